"""The cost of i2cdrv, beside bare smbus2 and the drivers in use today: ``make bench``."""
