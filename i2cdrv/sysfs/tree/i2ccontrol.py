"""The control files of the I2C bus: bytes that users write, and the calls of the driver model that they mean.

Accepted and rejected input, errnos and log lines are the kernel's (drivers/i2c/i2c-core-base.c, drivers/base/bus.c).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...core.address import check_name
from ...core.force import KEYS, Force
from ...core.kernellog import refusals_logged
from ...errors import Invalid

if TYPE_CHECKING:
    from ...core.i2cclient import I2cClient
    from ...core.model import DriverCore

_NUMBER = re.compile(
    rb"[\t-\r ]*(-?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))"
)  # scanf's %hi, which takes no plus


def new_device(core: DriverCore, nr: int, data: bytes) -> I2cClient:
    """Store ``lm75 0x48``, or ``lm75 0x48 force_id``.  Errors: those of ``DriverCore.new_device``."""
    with refusals_logged(nr):
        name, addr, force = _parse_new_device(data)
    return core.new_device(nr, name, addr, force)


def delete_device(core: DriverCore, nr: int, data: bytes) -> None:
    """Store ``0x48``.  Errors: Invalid; those of ``DriverCore.delete_device``."""
    with refusals_logged(nr):
        addr = _parse_number(data, "delete_device")
    core.delete_device(nr, addr)


def bind(core: DriverCore, driver: str, data: bytes) -> None:
    """Store the name of a device; one newline may follow.  Errors: those of ``DriverCore.bind``."""
    core.bind(driver, _name(data))


def unbind(core: DriverCore, driver: str, data: bytes) -> None:
    """Store the name of a device, as ``bind`` does.  Errors: those of ``DriverCore.unbind``."""
    core.unbind(driver, _name(data))


def drivers_probe(core: DriverCore, data: bytes) -> None:
    """Store the name of a device, as ``bind`` does.  Raises NoDevice."""
    core.attach(_name(data))


def drivers_autoprobe(core: DriverCore, data: bytes) -> None:
    """Store a switch: 0 is off, any other first byte on."""
    core.drivers_autoprobe = data[:1] != b"0"


def _name(data: bytes) -> str:
    return data.removesuffix(b"\n").decode("ascii", "backslashreplace")


def _parse_new_device(data: bytes) -> tuple[str, int, Force]:
    """Return name, address and overridden checks.  Raises Invalid."""
    blank = data.find(b" ")
    if blank < 0:
        raise Invalid("new_device: Missing parameters")
    check_name(data[:blank])
    place, force = _parse_overrides(data[blank:])
    name = data[:blank].decode("utf-8", "backslashreplace")
    return name, _parse_number(place, "new_device"), force


def _parse_overrides(data: bytes) -> tuple[bytes, Force]:
    """Split off the words behind the address that the kernel's file does not have: ``force_addr``, ``force_id``."""
    words = {KEYS[flag].encode(): flag for flag in (Force.ADDR, Force.ID)}
    force, text = Force.NONE, data.removesuffix(b"\n")
    while (split := text.rpartition(b" "))[2] in words:
        text, force = split[0], force | words[split[2]]
    return (text, force) if force else (data, force)


def _parse_number(data: bytes, file: str) -> int:
    """Parse the address; one newline may follow, and any text behind it.  More than 16 bits are an error."""
    found = _NUMBER.match(data)
    if found is None:
        raise Invalid(f"{file}: Can't parse I2C address")
    sign, hexadecimal, octal, decimal = found.groups()
    digits = hexadecimal or octal or decimal
    value = int(digits[:32], 16 if hexadecimal else 8 if octal else 10)
    rest = data[found.end() :]
    if rest and rest[:1] != b"\n":
        raise Invalid(f"{file}: Extra parameters")
    if value > 0xFFFF:
        raise Invalid(f"{file}: Can't parse I2C address")
    return -value & 0xFFFF if sign else value
