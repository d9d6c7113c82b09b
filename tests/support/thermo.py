"""A driver, its chips and their bus, with faults to order."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from i2cdrv import Celsius, Driver, Range, attribute, param, reg_field
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import of_class
from i2cdrv.core.recovery.bus_health import UNUSED_ADDRESS
from i2cdrv.core.recovery.recovery import ATTEMPTS
from i2cdrv.errors import Busy, Error, Nack
from i2cdrv.i2c.adapter import Functionality, Message, Read, Size, Write
from i2cdrv.lib.clock import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from i2cdrv.core.bus import Bus
    from i2cdrv.core.device import Device

WHO, CTRL = reg_field(0x00), reg_field(0x01)
TEMP = reg_field(0x02, signed=True)
LIMIT = reg_field(0x03, signed=True)


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-128, 127, accuracy=1)]


class Thermo(Driver):
    """A conversion takes 10 ms; ``faults`` are raised by the next samples, in turn."""

    addresses = range(0x40, 0x60)
    identity = {"thermo": {WHO: 0x5A}, "hygro": {WHO: 0x5B}}
    timeout = 2.0

    level: int = param("what probe writes", default=1)
    limit = attribute(LIMIT)
    who = attribute(WHO, writable=False)

    async def probe(self) -> None:
        self.faults: list[Exception] = getattr(self, "faults", [])
        self.conversions: int = getattr(self, "conversions", 0)
        self.regmap.write(CTRL, self.level)
        self.on_remove(self.regmap.write, CTRL, 0)
        await self.client.sleep(0.001)

    async def sample(self) -> Sample:
        self.conversions += 1
        await self.client.sleep(0.01)
        if self.faults:
            raise self.faults.pop(0)
        return Sample(self.regmap.read(TEMP))


class FakeAdapter:
    """A chip like Thermo's at each address; records writes and reads."""

    name = "fake"
    functionality = Functionality.I2C

    def __init__(self, nr: int = 1) -> None:
        self.nr = nr
        self.clock = VirtualClock()
        self.chips: dict[int, dict[int, int]] = {}
        self.transfers: list[str] = []
        self.absent: set[int] = set()
        self.held: set[int] = set()
        self.closed = 0
        self.script: deque[Error | None] = deque()  # how the next transfers end: an error, or as they would
        self.answer_all = False  # SDA is held low: every address is acknowledged, every bit reads 0
        self.nobody_error: Error | None = None  # the error of an unused address, if it is not Nack
        self.threads: set[int] = set()

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        self.threads.add(threading.get_ident())
        addr = messages[0].addr
        if self.answer_all:
            return [bytes(message.length) for message in messages if isinstance(message, Read)]
        if addr == UNUSED_ADDRESS and self.nobody_error is not None:
            raise self.nobody_error
        if addr != UNUSED_ADDRESS and self.script and (error := self.script.popleft()) is not None:
            raise error
        if addr in self.absent or addr == UNUSED_ADDRESS:
            raise Nack("no answer")
        register, *data = bytes(messages[0][1])
        registers = self.chips.setdefault(addr, {0x00: 0x5A, 0x02: 0xEC})
        if len(messages) == 2:
            assert isinstance(messages[1], Read)
            self.transfers.append(f"{addr:02x} read {register:02x}")
            return [bytes([registers.get(register, 0)])]
        assert isinstance(messages[0], Write)
        self.transfers.append(f"{addr:02x} write {register:02x} {bytes(data).hex()}")
        registers[register] = data[0]
        return []

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        raise AssertionError("nobody asked for SMBus")

    def claim(self, addr: int, *, force: bool = False) -> None:
        self.threads.add(threading.get_ident())
        if addr in self.held and not force:
            raise Busy(f"0x{addr:02x} is used by the kernel driver lm75")

    def close(self) -> None:
        self.closed += 1


def bind(bus: Bus, addr: int = 0x48, driver: type[Driver] = Thermo, **values: Any) -> Device[Any]:
    loaded = LoadedModule(of_class(driver))
    loaded.params.assign(values)
    return bus.bind(loaded, addr)


def samples_of(device: Device[Any]) -> int:
    return device.driver.conversions  # type: ignore[attr-defined, no-any-return]


def fail(device: Device[Any], *errors: Error) -> None:
    """Let the next samples fail, however often each is tried."""
    device.driver.faults += [error for error in errors for _ in range(ATTEMPTS)]  # type: ignore[attr-defined]
