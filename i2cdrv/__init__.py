"""I2C sensors driven from userspace, with the habits of the Linux kernel.

``with i2cdrv.open("bme280", bus=1, addr=0x76) as bme: print(bme.sample())`` drives a chip.
``with i2cdrv.connect() as client: print(client.devices())`` uses the running service.

Every name that a script or a driver needs is here.  Each is imported when it is first used: ``import i2cdrv`` costs
nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers know the name; importing typing would take longer than all the rest here

if TYPE_CHECKING:
    from typing import Any

    from .client.aio import connect_async as connect_async
    from .client.busio import I2C as I2C
    from .client.smbus import SMBus as SMBus
    from .client.sync import connect as connect
    from .core.device import Device as Device
    from .core.session import open as open
    from .driver.attribute import Attribute as Attribute
    from .driver.attribute import attribute as attribute
    from .driver.bitfield import CodedEnum as CodedEnum
    from .driver.channel import Channels as Channels
    from .driver.channel import Range as Range
    from .driver.channel import absent as absent
    from .driver.command import Command as Command
    from .driver.command import Crc as Crc
    from .driver.command import join_words as join_words
    from .driver.constants import Checksum as Checksum
    from .driver.constants import PromChecksum as PromChecksum
    from .driver.display import Unit as Unit
    from .driver.driver import Driver as Driver
    from .driver.moduleparam import hexint as hexint
    from .driver.moduleparam import param as param
    from .driver.moduleparam import uint as uint
    from .driver.regfield import RegField as RegField
    from .driver.regfield import reg_field as reg_field
    from .driver.register import Register as Register
    from .driver.reset import Reset as Reset
    from .driver.role import unsaturated as unsaturated
    from .driver.specifiers import bits as bits
    from .driver.specifiers import concat as concat
    from .driver.specifiers import reserved as reserved
    from .driver.specifiers import s8 as s8
    from .driver.specifiers import s16 as s16
    from .driver.specifiers import u8 as u8
    from .driver.specifiers import u16 as u16
    from .driver.unit import Ampere as Ampere
    from .driver.unit import CarbonDioxide as CarbonDioxide
    from .driver.unit import Celsius as Celsius
    from .driver.unit import Count as Count
    from .driver.unit import Farad as Farad
    from .driver.unit import Hertz as Hertz
    from .driver.unit import Index as Index
    from .driver.unit import Intensity as Intensity
    from .driver.unit import Joule as Joule
    from .driver.unit import Lux as Lux
    from .driver.unit import Metre as Metre
    from .driver.unit import MetrePerSecondSquared as MetrePerSecondSquared
    from .driver.unit import MicrogramPerCubicMetre as MicrogramPerCubicMetre
    from .driver.unit import Ohm as Ohm
    from .driver.unit import PartsPerBillion as PartsPerBillion
    from .driver.unit import PartsPerMillion as PartsPerMillion
    from .driver.unit import Pascal as Pascal
    from .driver.unit import Percent as Percent
    from .driver.unit import RadianPerSecond as RadianPerSecond
    from .driver.unit import RelativeHumidity as RelativeHumidity
    from .driver.unit import Rpm as Rpm
    from .driver.unit import Tesla as Tesla
    from .driver.unit import UvIndex as UvIndex
    from .driver.unit import Volt as Volt
    from .driver.unit import Watt as Watt
    from .errors import BadChecksum as BadChecksum
    from .errors import BusFault as BusFault
    from .errors import Busy as Busy
    from .errors import ConfigLost as ConfigLost
    from .errors import Disagreement as Disagreement
    from .errors import DriverFault as DriverFault
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
    from .errors import Overrun as Overrun
    from .errors import Stalled as Stalled
    from .errors import TimedOut as TimedOut
    from .errors import Unknown as Unknown
    from .i2c.adapter import Functionality as Functionality
    from .lib.crc import crc8 as crc8
    from .lib.version import __version__ as __version__

_NAMES = {
    "client.aio": ("connect_async",),
    "client.busio": ("I2C",),
    "client.smbus": ("SMBus",),
    "client.sync": ("connect",),
    "core.device": ("Device",),
    "core.session": ("open",),
    "driver.attribute": ("Attribute", "attribute"),
    "driver.bitfield": ("CodedEnum",),
    "driver.channel": ("Channels", "Range", "absent"),
    "driver.command": ("Command", "Crc", "join_words"),
    "driver.constants": ("Checksum", "PromChecksum"),
    "driver.display": ("Unit",),
    "driver.driver": ("Driver",),
    "driver.moduleparam": ("hexint", "param", "uint"),
    "driver.regfield": ("RegField", "reg_field"),
    "driver.register": ("Register",),
    "driver.reset": ("Reset",),
    "driver.role": ("unsaturated",),
    "driver.specifiers": ("bits", "concat", "reserved", "s8", "s16", "u8", "u16"),
    "driver.unit": (
        "Ampere", "CarbonDioxide", "Celsius", "Count", "Farad", "Hertz", "Index", "Intensity", "Joule", "Lux", "Metre",
        "MetrePerSecondSquared", "MicrogramPerCubicMetre", "Ohm", "PartsPerBillion", "PartsPerMillion", "Pascal",
        "Percent", "RadianPerSecond", "RelativeHumidity", "Rpm", "Tesla", "UvIndex", "Volt", "Watt",
    ),
    "errors": (
        "BadChecksum", "BusFault", "Busy", "ConfigLost", "Disagreement", "DriverFault", "EndOfRecord", "Error",
        "Invalid", "Nack", "NoDevice", "NotConverted", "NotMeasured", "NotRecorded", "NotSupported", "OutOfRange",
        "Overrun", "Stalled", "TimedOut", "Unknown",
    ),
    "i2c.adapter": ("Functionality",),
    "lib.crc": ("crc8",),
    "lib.version": ("__version__",),
}  # fmt: skip
_MODULE = {name: module for module, names in _NAMES.items() for name in names}
__all__ = list(_MODULE)  # help() and dir() list these

if not TYPE_CHECKING:  # with these, checkers would accept every name

    def __getattr__(name: str) -> Any:
        if name not in _MODULE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(f".{_MODULE[name]}", __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
