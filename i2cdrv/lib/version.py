"""The version of i2cdrv."""

__version__ = "0.1.0"
