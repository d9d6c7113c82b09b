"""Other people's drivers: a Python library for a chip, unmodified, as a driver of i2cdrv.

``adafruit("scd4x", start=["start_periodic_measurement"])`` and ``smbus("bme280.BME280", channels={…})`` return a Driver
class: a module of one's own is an import, and a class with a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .declare import adafruit as adafruit
    from .declare import import_library as import_library
    from .declare import smbus as smbus

__all__ = ["adafruit", "import_library", "smbus"]

if not TYPE_CHECKING:  # with it, checkers would accept every name

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from . import declare  # most processes use no library

        return getattr(declare, name)
