"""Chips in a weather, on wires to which things happen; time is virtual."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from math import inf
from typing import TYPE_CHECKING, Any

import pytest

import i2cdrv
from i2cdrv.core.module import available
from i2cdrv.core.module import load as load_module
from i2cdrv.errors import Error, Nack, TimedOut
from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.sim import CHIPS, SimAdapter
from tests.support.fitting import fitted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from i2cdrv.i2c.adapter import Message

BEFORE = {"temp": 31.0, "pressure": 100_100.0, "humidity": 38.0, "voltage": 5.02, "current": 0.35}
BEFORE |= {"co2": 640.0, "light": 300.0, "white": 500.0, "ambient": 31.0, "object": 36.5, "object2": -8.0}
BEFORE |= {"accel_x": 1.0, "accel_y": -2.0, "accel_z": 9.5}
BEFORE |= {"ain0": 0.2, "ain1": 0.05, "ain2": 0.125, "ain3": 0.23}
NOW = {"temp": -8.5, "pressure": 98_765.0, "humidity": 61.0, "voltage": 11.98, "current": -0.3}
NOW |= {"co2": 1640.0, "light": 900.0, "white": 1500.0, "ambient": 12.5, "object": 90.5, "object2": 50.0}
NOW |= {"accel_x": -7.0, "accel_y": 4.0, "accel_z": -9.5}
NOW |= {"ain0": 0.1, "ain1": 0.21, "ain2": 0.235, "ain3": 0.03}  # within ±256 mV, the smallest range
PAIRS = {0: ("ain0", "ain1"), 1: ("ain0", "ain3"), 2: ("ain1", "ain3"), 3: ("ain2", "ain3")}  # SBAS444E, table 8-3
NEAR = {
    "°C": 0.3,
    "Pa": 8.0,
    "%": 0.1,
    "V": 0.005,
    "A": 0.001,
    "W": 0.02,
    "ppm": 1.0,
    "lx": 1.5,
    "": 1.5,
    "m/s²": 0.06,
}  # 0.25 °C: 9 bits; 1.08 lx: half a step
INTERVAL = 1.0  # s between samples, of a device with the default interval
LONGEST = 3  # timeouts of its driver that a caller is kept: a sample, a probe, and a sample after it
MOST = 6  # transfers of a sample, and more
OF_FOUR_INPUTS = 15  # transfers of a sample that measures four inputs, one after the other, and more
OF_POLLING = 40  # transfers of a sample that polls for 7.5 s whether there is a measurement, and more
PATIENCE = 5000  # transfers; a sample with more of them never ends

load = cache(load_module)
MODULES = available()
DRIVEN = {chip: name for name in MODULES for chip in load(name).chips}
UNCHECKED = ("bh1750",)  # nothing in its answers can be checked, and 0 is a value
every_chip = pytest.mark.parametrize("chip", DRIVEN)
every_checked_chip = pytest.mark.parametrize("chip", [chip for chip in DRIVEN if chip not in UNCHECKED])


Accident = Callable[["Wires", int], Callable[[], None]]


class Wires(SimAdapter):
    """A bus of which ``accident`` makes another one when ``spared`` more transfers went through.

    ``line``: the wires' answer in the place of the chips, from then on.
    """

    spared = inf
    accident: Callable[[], None] | None = None
    line: Callable[[Sequence[Message]], list[bytes]] | None = None
    asked = 0

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        self.asked += 1
        if self.asked > PATIENCE:
            raise AssertionError("it never ends")
        if self.spared <= 0 and self.accident is not None:
            self.accident()
            self.accident = None
        self.spared -= 1
        return super().xfer(messages) if self.line is None else self.line(messages)

    def befall(self, accident: Accident, addr: int, spared: int) -> ExitStack:
        """Act after that many transfers; closing the result undoes it."""
        undo = ExitStack()
        self.spared, self.accident = spared, lambda: self._happens(accident, addr, undo)
        undo.callback(setattr, self, "accident", None)
        return undo

    def _happens(self, accident: Accident, addr: int, undo: ExitStack) -> None:
        undo.callback(accident(self, addr))


# The events.  Each returns its undo.


def unplugged(bus: Wires, addr: int) -> Callable[[], None]:
    """No chip answers at the address."""
    chip = bus.detach(addr)

    def plugged() -> None:
        bus.attach(addr, chip)

    return plugged


def _line(bus: Wires, answer: Callable[[Sequence[Message]], list[bytes]]) -> Callable[[], None]:
    def mended() -> None:
        bus.line = None

    bus.line = answer
    return mended


def sda_low(bus: Wires, addr: int) -> Callable[[], None]:
    """Every address is acknowledged, every byte is 0, and no chip receives anything."""
    return _line(bus, lambda messages: [bytes(m.length) for m in messages if isinstance(m, Read)])


def sda_high(bus: Wires, addr: int) -> Callable[[], None]:
    """No address is acknowledged."""
    return _line(bus, _nobody)


def scl_low(bus: Wires, addr: int) -> Callable[[], None]:
    """The controller gives up after its time-out."""

    def late(messages: Sequence[Message]) -> list[bytes]:
        bus.clock.sleep(0.1)
        raise TimedOut("SCL is held low")

    return _line(bus, late)


def all_ones(bus: Wires, addr: int) -> Callable[[], None]:
    """Every address is acknowledged and every byte is 0xFF, as a bus simulated for the peers had it."""
    return _line(bus, lambda messages: [b"\xff" * m.length for m in messages if isinstance(m, Read)])


def _hung(bus: Wires, addr: int, byte: bytes) -> Callable[[], None]:
    def answer(messages: Sequence[Message]) -> list[bytes]:
        if any(message.addr != addr for message in messages):
            return _nobody(messages)
        return [byte * m.length for m in messages if isinstance(m, Read)]

    return _line(bus, answer)


def chip_says_zeros(bus: Wires, addr: int) -> Callable[[], None]:
    """The chip acknowledges, and holds SDA low in each byte; the bus is none the worse for it."""
    return _hung(bus, addr, b"\x00")


def chip_says_ones(bus: Wires, addr: int) -> Callable[[], None]:
    """The chip acknowledges, and leaves SDA alone."""
    return _hung(bus, addr, b"\xff")


def never_ready(bus: Wires, addr: int) -> Callable[[], None]:
    """The chip's oscillator stopped: no conversion ends any more, and a busy chip stays busy."""
    chip = bus.chips[addr]
    clock, moment = chip.now, chip.now()
    chip.now = lambda: moment

    def mended() -> None:
        chip.now = clock

    return mended


def _nobody(messages: Sequence[Message]) -> list[bytes]:
    raise Nack(f"{messages[0].addr:#04x} did not acknowledge its address")


ACCIDENTS = (unplugged, sda_low, sda_high, scl_low, all_ones, chip_says_zeros, chip_says_ones, never_ready)


# Chips and their inputs


def most(chip: str) -> int:
    """Return at least the number of transfers of a sample."""
    return OF_FOUR_INPUTS if chip in ("ads1115", "ads1015") else OF_POLLING if chip == "scd4x" else MOST


def interval(chip: str) -> float:
    """Return the s between samples: a slow chip has a new value less often."""
    return max(INTERVAL, load(chip).driver.fastest)


def address(chip: str) -> int:
    return load(chip).driver.addresses[0]


def bus_with(chip: str, weather: Mapping[str, float] = NOW) -> Wires:
    """Return that chip on a bus whose transfers take no time: time passes only while the driver waits."""
    bus = Wires({address(chip): CHIPS[chip]()}, frequency=None)
    change(bus, chip, weather)
    return bus


def change(bus: SimAdapter, chip: str, weather: Mapping[str, float]) -> None:
    weather = fitted(chip, weather, share(weather))
    bus.chips[address(chip)].set(**{name: weather[name] for name in CHIPS[chip].inputs})


def share(weather: Mapping[str, float]) -> float:
    """Return where in the range of a chip a value lies that the weather has beyond it."""
    return 0.4 if weather == BEFORE else 0.7


def opened(chip: str, bus: Wires, **params: Any) -> Any:
    return i2cdrv.open(chip, bus=bus, addr=address(chip), **params)


def is_right(chip: str, sample: Any, weather: Mapping[str, float] = NOW) -> bool:
    weather = fitted(chip, weather, share(weather))
    true = {**weather, "shunt": weather["current"] * 0.1, "power": weather["voltage"] * weather["current"]}
    true |= {f"diff{code}": weather[plus] - weather[minus] for code, (plus, minus) in PAIRS.items()}
    channels = [channel for channel in load(chip).driver.channels if channel.of(sample) is not None]
    return bool(channels) and all(
        abs(channel.of(sample) - true[channel.name]) <= NEAR[channel.unit.symbol] for channel in channels
    )


def value_or_error(device: Any) -> Any:
    """Return the outcome of one sample, within the time that a caller may be kept and a number of transfers."""
    bus: Wires = device.bus.adapter
    bus.asked, began = 0, bus.clock.monotonic()
    try:
        found = device.sample()
    except Error as error:
        found = error
    assert bus.asked < PATIENCE, "never ends"
    assert bus.clock.monotonic() - began <= LONGEST * device.driver.timeout
    return found


def register(bus: SimAdapter, addr: int, number: int, size: int) -> int:
    """A register as another program would read it."""
    return int.from_bytes(bus.xfer([Write(addr, bytes((number,))), Read(addr, size)])[0], "big")
