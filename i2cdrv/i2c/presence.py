"""Probing an address: whether a chip answers, and whether a register number may be sent there.

Reading a register writes its number.  Some chips take that byte as data: a port expander drives its pins, a DAC its
output, a multiplexer opens channels, an HTU21D resets.  The tables here list the addresses of such chips.
"""

from __future__ import annotations

import errno
import re
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from ..errors import Error, Nack, NotRecorded, NotSupported
from .adapter import Functionality, Read, Size, Write
from .quirks import CERTAIN, REFUSALS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .adapter import Adapter, Message

READ_TO_PROBE = (range(0x30, 0x38), range(0x50, 0x60))  # as i2cdetect: a quick write can corrupt an EEPROM
BUS_ERRNOS = (errno.EBUSY, errno.EAGAIN, errno.ETIMEDOUT)  # of the bus, so no evidence about a chip

EEPROMS = range(0x50, 0x58)
NEVER_WRITTEN: Mapping[range, str] = {
    range(0x20, 0x28): "may be a port expander, which takes any byte as its outputs",
    range(0x38, 0x40): "may be a port expander, which takes any byte as its outputs",
    EEPROMS: "may be an EEPROM",
    range(0x60, 0x68): "may be a DAC, which takes any bytes as its output",
    range(0x68, 0x70): "may be an ADC, which takes any byte as its configuration",
}
MUXES = range(0x70, 0x78)
PCF8591 = range(0x48, 0x50)  # takes any byte as its control byte: bit 6 switches its output on
OUTPUT_ENABLE = 0x40
HTU21D = 0x40  # a write of 0xFE resets it; its user register is read with 0xE7
HTU21D_USER = rb"[\x02\x3a]"

LONGEST = 256  # bytes that are read to recognise a multiplexer: all registers of a chip


class Transfers(Protocol):
    """The part of an Adapter that finds chips."""

    @property
    def functionality(self) -> Functionality: ...

    def xfer(self, messages: Sequence[Message]) -> list[bytes]: ...

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes: ...


class Presence(Enum):
    """SILENT: the address acknowledges a write but no read.  UNKNOWN: no read, and a quick write is impossible."""

    ABSENT, PRESENT, SILENT, UNKNOWN = range(4)


def is_present(adapter: Transfers, addr: int) -> bool:
    """Return whether a chip acknowledges a quick write, or a read where i2cdetect reads.

    Errors: those of a bus in trouble; NotSupported if the adapter can do neither.
    """
    quick = None if _reads(addr) else _quick(adapter, addr)
    return _read(adapter, addr) if quick is None else quick


def presence(adapter: Adapter, addr: int) -> Presence:
    """Do ``is_present``, for a chip that a user named also if it answers no read.  Errors: as there.

    A chip that does not acknowledge a read is no EEPROM, which a quick write could corrupt.
    """
    quick = None if _reads(addr) else _quick(adapter, addr)
    if quick is None:
        if _read(adapter, addr):
            return Presence.PRESENT
        if _reads(addr):
            quick = _quick(adapter, addr)
        return Presence.UNKNOWN if quick is None else Presence.SILENT if quick else Presence.ABSENT
    return Presence.PRESENT if quick else Presence.ABSENT


def can_be_quick(adapter: Transfers) -> bool:
    """Return whether the adapter reports the quick write as supported."""
    return bool(adapter.functionality & Functionality.SMBUS_QUICK)


def _reads(addr: int) -> bool:
    return any(addr in addresses for addresses in READ_TO_PROBE)


def _quick(adapter: Transfers, addr: int) -> bool | None:
    """Return whether a quick write is acknowledged; None if the adapter may have refused it."""
    if not can_be_quick(adapter):
        return None
    try:
        _write(adapter, addr, b"", Size.QUICK)
    except Error as error:
        _raise_bus_error(error)
        return None if error.errno in REFUSALS else False
    return True


def _write(adapter: Transfers, addr: int, data: bytes, size: Size) -> None:
    """Send bytes as a plain write, or as the SMBus operation of that size with 0 where there are no plain ones."""
    if adapter.functionality & Functionality.I2C:
        adapter.xfer([Write(addr, data)])
    else:
        adapter.smbus_xfer(addr, size, 0, b"")


def _read(adapter: Transfers, addr: int) -> bool:
    try:
        _plain(adapter, addr, 1)
    except Error as error:
        _raise_bus_error(error)
        if error.errno in CERTAIN:
            raise
        return False
    return True


def _raise_bus_error(error: Error) -> None:
    if error.errno in BUS_ERRNOS or isinstance(error, NotRecorded):
        raise error


def number_taken(adapter: Adapter, addr: int) -> bool:
    """Return whether a chip acknowledges register number 0, where neither a read nor a quick write is conclusive."""
    try:
        _write(adapter, addr, b"\0", Size.BYTE)
    except Error as error:
        _raise_bus_error(error)
        return False
    return True


def why_not_to_write(adapter: Adapter, addr: int, *, silent: bool = False) -> str:
    """Return why no register number may be sent there; empty if it may.

    ``silent``: a bare read was not acknowledged, so the chip is neither an EEPROM nor a multiplexer.
    """
    if silent and (addr in EEPROMS or addr in MUXES):
        return ""
    for addresses, reason in NEVER_WRITTEN.items():
        if addr in addresses:
            return reason
    if addr in MUXES:
        return _mux_danger(adapter, addr)
    if addr == HTU21D and re.fullmatch(HTU21D_USER, _register(adapter, addr, 0xE7)):
        return "looks like an HTU21D, which a probe would reset"
    return ""


def _mux_danger(adapter: Adapter, addr: int) -> str:
    try:
        return "" if _answers_vary(adapter, addr) else "may be a multiplexer: it repeats one byte"
    except Nack:
        return SILENT_NOTE


SILENT_NOTE = "does not answer a plain read"


def _answers_vary(adapter: Adapter, addr: int) -> bool:
    """Read plainly: a chip with registers steps through them, a multiplexer repeats its channel mask."""
    first, length, left = b"", LONGEST if adapter.functionality & Functionality.I2C else 1, LONGEST
    while left > 0:
        try:
            data = _plain(adapter, addr, length)
        except NotSupported:
            if length == 1:
                raise
            length //= 2
            continue
        first, left = first or data[:1], left - length
        if data.strip(first):
            return True
    return False


def _plain(adapter: Transfers, addr: int, length: int) -> bytes:
    if adapter.functionality & Functionality.I2C:
        return adapter.xfer([Read(addr, length)])[0]
    return adapter.smbus_xfer(addr, Size.BYTE, 0, 1)


def _register(adapter: Adapter, addr: int, number: int) -> bytes:
    """Read one byte of a register; empty if the chip does not give it."""
    try:
        if adapter.functionality & Functionality.I2C:
            return adapter.xfer([Write(addr, bytes((number,))), Read(addr, 1)])[0]
        return adapter.smbus_xfer(addr, Size.BYTE_DATA, number, 1)
    except NotRecorded:
        raise
    except Error:
        return b""
