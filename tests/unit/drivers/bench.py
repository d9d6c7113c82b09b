"""The bench of the tests of every driver: each chip on a bus that fails on demand, and the truth of its samples."""

from __future__ import annotations

from contextlib import contextmanager
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

import i2cdrv
from i2cdrv.core.module import available
from i2cdrv.core.module import load as load_module
from i2cdrv.errors import Nack
from i2cdrv.i2c.adapter import Functionality, Read, Write
from i2cdrv.sim import CHIPS, SimAdapter
from tests.support.effort import is_thorough

from .conditions import COARSE, TOLERANCE, conditions
from .facts import facts_of_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from i2cdrv.driver.moduleparam import Param
    from i2cdrv.i2c.adapter import Message, Size

NEXT_CONVERSION_S = 0.005  # of a chip that converts by itself, 400 times a second, and shows a new result

MODULES = available()
load = cache(load_module)
FACTS = facts_of_all()
DRIVEN = [(name, chip) for name in MODULES for chip in load(name).chips]
every_module = pytest.mark.parametrize("name", MODULES)
# a quick run tries the first chip of each family
TRIED = [chip for _, chip in DRIVEN] if is_thorough() else list(dict(reversed(DRIVEN)).values())
every_chip = pytest.mark.parametrize("chip", TRIED)


def moves(chip: str) -> bool:
    """Return whether no value has an accuracy, because the quantity moves: a flipped bit looks like motion."""
    ranges = [channel.range for channel in load(chip).driver.channels if channel.range is not None]
    assert ranges
    return all(one.accuracy is None for one in ranges)


def values_of(parameter: Param) -> list[Any]:
    """The default, and every word that the parameter accepts."""
    words = list(type(parameter.default)) if isinstance(parameter.default, Enum) else []
    low = -float("inf") if parameter.minimum is None else parameter.minimum
    return [parameter.default, *(word for word in words if not isinstance(word.value, int) or word.value >= low)]


def number(data: bytes) -> int:
    return int.from_bytes(data, "big")


class Failing(SimAdapter):
    """Transfers number ``first`` … ``last`` (from 1) are not acknowledged.

    After transfer number ``moment`` something ``happens``; ``flip`` are bits that are wrong in its answer.
    """

    first = last = 0
    asked = 0
    moment = 0
    flip = 0
    answered = 0  # bytes that the transfer number ``moment`` brought
    happens: Callable[[], object] | None = None

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        self._perhaps()
        try:
            answers = super().xfer(messages)
        finally:  # no chip answers a test of the bus
            if self.asked == self.moment and self.happens is not None:
                self.happens()
        if self.asked == self.moment:
            self.answered = sum(map(len, answers))
            answers = [(number(data) ^ self.flip).to_bytes(len(data), "big") for data in answers]
        return answers

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        self._perhaps()
        return super().smbus_xfer(addr, size, command, data)

    def fail(self, first: int, last: int) -> None:
        self.first, self.last, self.asked = first, last, 0

    def disturb(self, moment: int, happens: Callable[[], object] | None = None, flip: int = 0) -> None:
        self.moment, self.happens, self.flip, self.asked, self.answered = moment, happens, flip, 0, 0

    def _perhaps(self) -> None:
        self.asked += 1
        if self.first <= self.asked <= self.last:
            raise Nack("as the test has it")


ONCE, FROM_THEN_ON = 0, 1_000_000
ALL = Functionality.I2C | Functionality.SMBUS_EMUL


def address(chip: str) -> int:
    return load(chip).driver.addresses[0]


def bus_with(chip: str, functionality: Functionality = ALL, frequency: int = 100_000) -> Failing:
    """A simulated bus with that chip, in the weather of above, which it has not measured yet."""
    adapter = Failing({address(chip): CHIPS[chip]()}, functionality=functionality, frequency=frequency)
    set_conditions(adapter, chip)
    return adapter


def set_conditions(adapter: SimAdapter, chip: str, more: float = 0.0) -> None:
    """Set the inputs; ``more``: the share by which each exceeds its condition."""
    adapter.chips[address(chip)].set(
        **{name: conditions(chip)[name] * (1 + more * COARSE.get(name, 1)) for name in CHIPS[chip].inputs}
    )


def derived(inputs: dict[str, float]) -> dict[str, float]:
    """Return the value of each channel under the conditions, with a shunt of 0.1 Ω."""
    voltage, current = inputs["voltage"], inputs["current"]
    difference = inputs["ain0"] - inputs["ain1"]
    return {**inputs, "shunt": current * 0.1, "power": voltage * current, "diff0": difference}


def assert_right(chip: str, sample: Any) -> None:
    expected = derived(conditions(chip))
    for name, value in values_in(chip, sample).items():
        assert value == pytest.approx(expected[name], abs=TOLERANCE[unit(chip, name)]), name


def values_in(chip: str, sample: Any) -> dict[str, Any]:
    """Return the values of a sample by the names of their channels."""
    found = ((channel.name, channel.of(sample)) for channel in load(chip).driver.channels)
    return {name: value for name, value in found if value is not None}


def reads_asleep(adapter: SimAdapter, chip: str) -> bool:
    sleeps = FACTS[chip].sleeps
    if sleeps is None:
        return True
    register, mask, value = (bytes.fromhex(text) for text in sleeps)
    addr = address(chip)
    adapter.clock.sleep(2.0)  # a measurement under way is completed first
    (data,) = adapter.xfer([Write(addr, register), Read(addr, len(mask))])
    return number(data) & number(mask) == number(value)


def unit(chip: str, name: str) -> str:
    return next(channel.unit.symbol for channel in load(chip).driver.channels if channel.name == name)


@contextmanager
def ready(chip: str, adapter: Failing, vouched: bool) -> Iterator[Any]:
    """A bound device; ``vouched``: it has given a sample."""
    with i2cdrv.open(chip, bus=adapter, addr=address(chip)) as device:
        if vouched:
            device.sample()
            adapter.clock.sleep(NEXT_CONVERSION_S)
        yield device
        adapter.disturb(0)


def transfers_of_sample(chip: str, vouched: bool) -> int:
    adapter = bus_with(chip)
    with ready(chip, adapter, vouched) as device:
        adapter.fail(0, 0)
        device.sample()
        return adapter.asked
