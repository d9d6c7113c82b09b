"""Real I2C sensors driven from userspace, with the habits of the Linux kernel.

``with i2cdrv.open("bme280", bus=1, addr=0x76) as bme: print(bme.sample())``

Everything a driver or a script needs stands here and is imported when first used: ``import i2cdrv`` costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers know the name; to import typing would take longer than all the rest here

if TYPE_CHECKING:
    from typing import Any

    from .core.session import open as open
    from .driver.channel import Ampere as Ampere
    from .driver.channel import Celsius as Celsius
    from .driver.channel import Pascal as Pascal
    from .driver.channel import Range as Range
    from .driver.channel import RelativeHumidity as RelativeHumidity
    from .driver.channel import Volt as Volt
    from .driver.channel import Watt as Watt
    from .driver.channel import absent as absent
    from .driver.command import Command as Command
    from .driver.command import join_words as join_words
    from .driver.constants import Checksum as Checksum
    from .driver.driver import Driver as Driver
    from .driver.driver import attribute as attribute
    from .driver.moduleparam import hexint as hexint
    from .driver.moduleparam import param as param
    from .driver.moduleparam import uint as uint
    from .driver.register import Register as Register
    from .errors import BadChecksum as BadChecksum
    from .errors import Busy as Busy
    from .errors import ConfigLost as ConfigLost
    from .errors import EndOfRecord as EndOfRecord
    from .errors import Error as Error
    from .errors import Invalid as Invalid
    from .errors import Nack as Nack
    from .errors import NoDevice as NoDevice
    from .errors import NotConverted as NotConverted
    from .errors import NotMeasured as NotMeasured
    from .errors import NotRecorded as NotRecorded
    from .errors import NotSupported as NotSupported
    from .errors import OutOfRange as OutOfRange
    from .errors import TimedOut as TimedOut
    from .errors import Unknown as Unknown
    from .i2c.adapter import Functionality as Functionality
    from .lib.version import __version__ as __version__

_HOME = {
    "i2c.adapter": ("Functionality",),
    "driver.channel": ("Ampere", "Celsius", "Pascal", "Range", "RelativeHumidity", "Volt", "Watt", "absent"),
    "driver.command": ("Command", "join_words"),
    "driver.constants": ("Checksum",),
    "driver.driver": ("Driver", "attribute"),
    "errors": (
        "BadChecksum", "Busy", "ConfigLost", "EndOfRecord", "Error", "Invalid", "Nack", "NoDevice", "NotConverted",
        "NotMeasured", "NotRecorded", "NotSupported", "OutOfRange", "TimedOut", "Unknown",
    ),
    "driver.moduleparam": ("hexint", "param", "uint"),
    "driver.register": ("Register",),
    "core.session": ("open",),
    "lib.version": ("__version__",),
}  # fmt: skip
_ROOM = {name: room for room, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _ROOM:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{_ROOM[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *_ROOM]
