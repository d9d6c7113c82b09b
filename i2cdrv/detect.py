"""What is on a bus, found without harm: presence first, then identity registers, and only where reading them is safe.

Reading a register writes its number.  Some chips take that byte as data: a port expander drives its pins, a DAC its
output, a multiplexer opens channels, an HTU21D resets.  The tables here say where such chips live; nothing is written
to them.
"""

from __future__ import annotations

import errno
import re
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from . import module as modules
from .adapter import Functionality, Read, Size, Write
from .bounds import places
from .client import Client
from .errors import Busy, Error, Invalid, Nack, NoDevice, NotRecorded
from .force import Force
from .i2cdev import is_header_bus
from .log import log
from .regmap import RegMap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .adapter import Adapter
    from .bus import Bus
    from .driver import Driver
    from .module import Module

LIMIT = 60.0  # s for all addresses of a bus
ADDRESSES = range(0x08, 0x78)  # the others are reserved (I2C specification, 3.1.12)
READ_TO_PROBE = (range(0x30, 0x38), range(0x50, 0x60))  # as i2cdetect: a quick write can corrupt an EEPROM

NEVER_WRITTEN: Mapping[range, str] = {
    range(0x20, 0x28): "may be a port expander, which takes any byte as its outputs",
    range(0x38, 0x40): "may be a port expander, which takes any byte as its outputs",
    range(0x50, 0x58): "may be an EEPROM",
    range(0x60, 0x68): "may be a DAC, which takes any bytes as its output",
    range(0x68, 0x70): "may be an ADC, which takes any byte as its configuration",
}
MUXES = range(0x70, 0x78)
PCF8591 = range(0x48, 0x50)  # takes any byte as its control byte: bit 6 switches its output on
OUTPUT_ENABLE = 0x40
HTU21D = 0x40  # a write of 0xFE resets it; its user register is read with 0xE7
HTU21D_USER = re.compile(rb"[\x02\x3a]")


@runtime_checkable
class Remembering(Protocol):
    """An adapter that knows where the chips are, because it plays what once was done with them."""

    def address_of(self, module: str, chip: str) -> int | None:
        """The address of the chip; None if it does not know."""
        ...


class Found(NamedTuple):
    """What answers at an address.  ``chips``: names; ``sure`` if the identity matched, else they are only possible."""

    addr: int
    chips: tuple[str, ...]
    sure: bool
    note: str = ""


def survey(bus: Bus, *, any_bus: bool = False) -> list[Found]:
    """``scan`` for the chips of all modules, on the thread that owns the bus; from any other."""
    known = modules.load_all()
    return bus.run(lambda: scan(bus, known, any_bus=any_bus), "detection", timeout=LIMIT)


def scan(bus: Bus, modules: Sequence[Module], *, any_bus: bool = False) -> list[Found]:
    """Everything that answers, lowest address first.

    Errors: Error (EPERM) on buses that are not for sensors; BusFault.
    """
    name = bus.adapter.name
    if not any_bus and not is_header_bus(name):
        raise Error(
            f"i2c-{bus.adapter.nr} is {name!r}: probing it can disturb the display or the board; "
            "--any-bus does it all the same",
            errno.EPERM,
        )
    found = [one for addr in ADDRESSES if (one := _look(bus, addr, modules)) is not None]
    if len(found) == len(ADDRESSES):
        bus.health.ask()  # where SDA is held a chip seems to be at every address
    return found


def _look(bus: Bus, addr: int, modules: Sequence[Module]) -> Found | None:
    if addr in bus.devices:
        return Found(addr, (bus.devices[addr].client.name,), sure=True, note="bound")
    try:
        bus.adapter.claim(addr)
    except Busy as busy:
        return Found(addr, (), sure=False, note=busy.message)
    if not present(bus.wire, addr):
        return None
    here = [module for module in modules if addr in module.driver.addresses]
    possible = tuple(sorted(name for module in here for name in module.aliases))
    danger = why_not_to_write(bus.wire, addr)
    sure = () if danger else tuple(name for module in here for name in matching(bus.wire, addr, module.driver))
    return Found(addr, sure or possible, bool(sure), danger)


def present(adapter: Adapter, addr: int) -> bool:
    """True if something acknowledges the address; a quick write, or a read where i2cdetect reads."""
    reads = any(addr in places for places in READ_TO_PROBE) or not adapter.functionality & Functionality.SMBUS_QUICK
    try:
        if adapter.functionality & Functionality.I2C:
            adapter.xfer([Read(addr, 1) if reads else Write(addr, b"")])
        else:
            adapter.smbus_xfer(addr, Size.BYTE if reads else Size.QUICK, 0, 1 if reads else b"")
    except Error as error:
        if error.errno in (errno.EBUSY, errno.EAGAIN, errno.ETIMEDOUT) or isinstance(error, NotRecorded):
            raise  # the bus is in trouble: that says nothing about the chip
        return False
    return True


def why_not_to_write(adapter: Adapter, addr: int) -> str:
    """Empty if a register number may be written there, else the reason why not."""
    for range_, reason in NEVER_WRITTEN.items():
        if addr in range_:
            return reason
    if addr in MUXES:
        return _mux_danger(adapter, addr)
    if addr == HTU21D and HTU21D_USER.fullmatch(_register(adapter, addr, 0xE7)):
        return "looks like an HTU21D, which a probe would reset"
    return ""


def _mux_danger(adapter: Adapter, addr: int) -> str:
    try:
        return "" if _answers_vary(adapter, addr) else "may be a multiplexer: it repeats one byte"
    except Nack:
        return "does not answer a plain read"


def _answers_vary(adapter: Adapter, addr: int) -> bool:
    """Plain reads: a chip with registers steps through them, a multiplexer repeats its channel mask."""
    if adapter.functionality & Functionality.I2C:
        return len(set(adapter.xfer([Read(addr, 256)])[0])) > 1
    first = adapter.smbus_xfer(addr, Size.BYTE, 0, 1)
    return any(adapter.smbus_xfer(addr, Size.BYTE, 0, 1) != first for _ in range(255))


def _register(adapter: Adapter, addr: int, number: int) -> bytes:
    """One byte of a register, or nothing if the chip does not give it."""
    try:
        if adapter.functionality & Functionality.I2C:
            return adapter.xfer([Write(addr, bytes((number,))), Read(addr, 1)])[0]
        return adapter.smbus_xfer(addr, Size.BYTE_DATA, number, 1)
    except NotRecorded:
        raise
    except Error:
        return b""


def matching(adapter: Adapter, addr: int, driver: type[Driver]) -> Iterator[str]:
    """The chip names whose identity registers, only read, have their values; where that could do harm, none."""
    for name, identity in driver.identity.items():
        if addr in PCF8591 and any(field.addr & OUTPUT_ENABLE for field in identity):
            continue
        regmap = RegMap(Client(adapter, addr, name))
        try:
            if all(regmap.read(field) == value for field, value in identity.items()):
                yield name
        except NotRecorded:
            raise
        except Error:
            continue  # what cannot be read is not that chip


def find_address(bus: Bus, module: Module, *, force: int = False) -> int:
    """The address of the one chip of that kind: by its identity, or the only answer where it has none.

    Errors: NoDevice if there is none, Invalid if there are several; both say what is there.  Busy if somebody has the
    only ones.
    """
    if taint := Force(force).taint:
        raise Invalid(f"{taint} needs an address: say with --addr which chip is to be taken for a {module.chip}")
    if isinstance(bus.adapter, Remembering):
        known = bus.adapter.address_of(module.name, module.chip)
        if known is not None:
            return known
    taken = {addr: busy for addr in module.driver.addresses if (busy := _taken(bus, addr, force))}
    free = [addr for addr in module.driver.addresses if addr not in taken]
    answering = [addr for addr in free if present(bus.wire, addr)]
    if taken and not answering:
        raise next(iter(taken.values()))
    if module.chip not in module.driver.identity:
        return _only(bus, module, answering)
    return _identified(bus, module, answering)


def _taken(bus: Bus, addr: int, force: int) -> Busy | None:
    """Who has the address, if anybody does."""
    if addr in bus.devices:
        return Busy(f"{bus.devices[addr]} is bound to {bus.devices[addr].module.name} already")
    try:
        bus.adapter.claim(addr, force=bool(force & Force.SHARE))
    except Busy as busy:
        return busy
    return None


def _identified(bus: Bus, module: Module, answering: Sequence[int]) -> int:
    unsafe = {addr: reason for addr in answering if (reason := why_not_to_write(bus.wire, addr))}
    names = {addr: tuple(matching(bus.wire, addr, module.driver)) for addr in answering if addr not in unsafe}
    matches = [addr for addr, found in names.items() if module.chip in found]
    if len(matches) > 1:
        raise Invalid(f"there are {module.chip} at {_listed(matches)} on i2c-{bus.adapter.nr}: choose with --addr")
    if matches:
        return matches[0]
    seen = [f"{addr:#04x} {' or '.join(names.get(addr, ())) or unsafe.get(addr, 'another chip')}" for addr in answering]
    raise NoDevice(f"no {module.chip} found on {_where(bus, module)}; {_answers(seen)}")


def _only(bus: Bus, module: Module, answering: Sequence[int]) -> int:
    if len(answering) == 1:
        log("info", f"{module.chip} has no identity register: the only chip at its addresses is taken for one",
            addr=f"{answering[0]:#04x}")  # fmt: skip
        return answering[0]
    if not answering:
        raise NoDevice(f"no {module.chip} found on {_where(bus, module)}; {_answers(())}")
    raise Invalid(
        f"{module.chip} has no identity register, and chips answer at {_listed(answering)} on i2c-{bus.adapter.nr}: "
        "say which with --addr"
    )


def _where(bus: Bus, module: Module) -> str:
    return f"i2c-{bus.adapter.nr} at {places(module.driver.addresses)}"


def _answers(seen: Sequence[str]) -> str:
    if not seen:
        return "nothing answers there: check the wiring, the power and the address (i2cdrv detect shows the bus)"
    return f"there is: {', '.join(seen)}"


def _listed(addresses: Iterable[int]) -> str:
    return ", ".join(f"{addr:#04x}" for addr in addresses)
