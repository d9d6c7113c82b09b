"""Names and addresses as the control files of an adapter take and show them (drivers/i2c/i2c-core-base.c)."""

from __future__ import annotations

import re

from ..errors import Invalid
from .force import KEYS, Force

NAME_SIZE = 20  # I2C_NAME_SIZE, with the NUL
TEN_BIT, SLAVE = 0xA000, 0x1000  # added to the address (i2c_dev_set_name, I2C_ADDR_OFFSET_…)
_NUMBER = re.compile(
    rb"[\t-\r ]*(-?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))"
)  # scanf's %hi, which takes no plus


def parse_new_device(data: bytes) -> tuple[str, int, Force]:
    """Return name, address and overridden checks of ``lm75 0x48`` or ``bmp280 0x76 force_id``.  Raises Invalid."""
    blank = data.find(b" ")
    if blank < 0:
        raise Invalid("new_device: Missing parameters")
    if blank >= NAME_SIZE:
        raise Invalid("new_device: Invalid device name")
    place, force = _overrides(data[blank:])
    return data[:blank].decode("utf-8", "backslashreplace"), number(place, "new_device"), force


def _overrides(data: bytes) -> tuple[bytes, Force]:
    """Take off the words behind the address that the kernel's file does not have: ``force_addr``, ``force_id``."""
    words = {KEYS[flag].encode(): flag for flag in (Force.ADDR, Force.ID)}
    found, text = Force.NONE, data.removesuffix(b"\n")
    while (split := text.rpartition(b" "))[2] in words:
        text, found = split[0], found | words[split[2]]
    return (text, found) if found else (data, found)


def number(data: bytes, file: str) -> int:
    """The address; one newline may follow, and whatever is behind that.  More than 16 bits are not cut off here."""
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


def check_address(addr: int) -> None:
    """Raise Invalid for one that no client can have; flags may be in it."""
    if addr & TEN_BIT == TEN_BIT:
        if addr & ~TEN_BIT > 0x3FF:
            raise Invalid(f"Invalid 10-bit I2C address {addr & ~TEN_BIT:#04x}")
    elif not 0 < addr & ~SLAVE <= 0x7F:
        raise Invalid(f"Invalid 7-bit I2C address {addr & ~SLAVE:#04x}")


def number_part(addr: int) -> int:
    """What goes over the wire, of an address with its flags."""
    return addr & 0x3FF


def shown(addr: int) -> str:
    """As the kernel's log lines have it."""
    return f"{number_part(addr):#04x}"
