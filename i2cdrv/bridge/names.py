"""The names of libraries as driver modules: ``adafruit:bme280``.  Each load looks at a name, so nothing is imported."""

from __future__ import annotations

SCHEMES = ("adafruit", "smbus")
PREFIX = "i2cdrv_library."  # of the name of a library's module in sys.modules


def is_foreign(name: str) -> bool:
    """Return whether the name of a module is a library's."""
    scheme, colon, target = name.partition(":")
    return bool(colon and target) and scheme in SCHEMES
