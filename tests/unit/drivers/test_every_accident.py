"""Accidents in the middle of a sample: no driver publishes a wrong value.  A new driver gets these tests by itself."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

import pytest

import i2cdrv
from i2cdrv.errors import Error, OutOfRange
from i2cdrv.sim import CHIPS, Chip
from tests.support.effort import some

from .bench import (
    FACTS,
    NEXT_CONVERSION_S,
    TRIED,
    Failing,
    address,
    assert_right,
    bus_with,
    derived,
    every_chip,
    load,
    moves,
    ready,
    set_conditions,
    transfers_of_sample,
    unit,
    values_in,
)
from .conditions import TOLERANCE, conditions, other_conditions


def right_or_an_error(chip: str, adapter: Failing, device: Any) -> None:
    """And if it is an error, soon a right one."""
    try:
        assert_right(chip, device.sample())
    except Error:
        adapter.clock.sleep(FACTS[chip].power_up)
        assert_right(chip, device.sample())


@every_chip
@pytest.mark.parametrize("vouched", [True, False])
def test_brown_out_at_any_moment_of_a_sample_never_gives_a_wrong_value(chip: str, vouched: bool) -> None:
    for moment in some(range(1, transfers_of_sample(chip, vouched) + 1), 4):
        adapter = bus_with(chip)
        with ready(chip, adapter, vouched) as device:
            adapter.disturb(moment, adapter.chips[address(chip)].power_on)
            right_or_an_error(chip, adapter, device)


@every_chip
@pytest.mark.parametrize("vouched", [True, False])
def test_another_chip_of_the_kind_at_any_moment_of_a_sample_is_never_mixed_with_the_old_one(
    chip: str, vouched: bool
) -> None:
    for moment in some(range(1, transfers_of_sample(chip, vouched) + 1), 4):
        adapter = Failing({address(chip): CHIPS[chip](**other_inputs(chip))})
        with ready(chip, adapter, vouched) as device:
            before = device.sample() if vouched else None
            adapter.clock.sleep(NEXT_CONVERSION_S)
            adapter.disturb(moment, partial(replace, adapter, chip))
            try:
                sample = device.sample()
            except Error:
                sample = None
            adapter.disturb(0)
            if sample is not None and not others(chip, sample):
                assert_right(chip, sample)
            assert before is None or others(chip, before)
            adapter.clock.sleep(FACTS[chip].power_up)
            assert_right(chip, device.sample())


def replace(adapter: Failing, chip: str) -> None:
    adapter.detach(address(chip))
    adapter.attach(address(chip), CHIPS[chip]())
    set_conditions(adapter, chip)


def other_inputs(chip: str) -> dict[str, float]:
    return {name: value for name, value in other_conditions(chip).items() if name in CHIPS[chip].inputs}


def others(chip: str, sample: Any) -> bool:
    """Return whether all values are measurements of the old chip."""
    expected = derived(other_conditions(chip))
    found = values_in(chip, sample).items()
    return all(abs(value - expected[name]) <= TOLERANCE[unit(chip, name)] for name, value in found)


@pytest.mark.parametrize("chip", [chip for chip in TRIED if not moves(chip)])
@pytest.mark.parametrize("vouched", [True, False])
def test_a_bit_that_flips_on_the_wire_moves_a_value_by_its_accuracy_at_most(chip: str, vouched: bool) -> None:
    """A value without any check is not moved at all."""
    channels = load(chip).driver.channels_of(chip)
    ranges = {channel.name: channel.range for channel in channels if channel.range is not None}
    adapter = bus_with(chip)
    for moment in some(range(1, transfers_of_sample(chip, vouched) + 1), 4):
        for bit in some(range(max(1, 8 * bytes_answered(chip, adapter, vouched, moment))), 3):
            with ready(chip, adapter, vouched) as device:
                adapter.disturb(moment, flip=1 << bit)
                with suppress(OutOfRange):  # it looks like the end of the converter
                    sample = device.sample()
                    for name, value in [one for one in values_in(chip, sample).items() if one[0] in ranges]:
                        accuracy = (ranges[name].accuracy or 0.0) + ranges[name].share * abs(truth(chip, name))
                        allowed = TOLERANCE[unit(chip, name)] + accuracy * (
                            vouched or FACTS[chip].unchecked or FACTS[chip].confirmed
                        )
                        assert abs(value - truth(chip, name)) <= allowed, (name, moment, bit)


def bytes_answered(chip: str, adapter: Failing, vouched: bool, moment: int) -> int:
    with ready(chip, adapter, vouched) as device:
        adapter.disturb(moment)
        device.sample()
        return adapter.answered


def truth(chip: str, name: str) -> float:
    return derived(conditions(chip))[name]


class Stuck(Chip):
    """Acknowledges everything, and sends one byte forever."""

    def __init__(self, byte: int) -> None:
        self.byte = byte
        super().__init__()

    def write(self, byte: int) -> bool:
        return True

    def read(self) -> int:
        return self.byte


@every_chip
@pytest.mark.parametrize("byte", [0x00, 0xFF])
def test_a_chip_that_sends_one_byte_forever_is_never_trusted(chip: str, byte: int) -> None:
    if FACTS[chip].unchecked and not byte:
        pytest.skip("nothing distinguishes it from a measurement")
    adapter = bus_with(chip)
    with suppress(Error), i2cdrv.open(chip, bus=Failing({address(chip): Stuck(byte)}), addr=address(chip)) as device:
        for _ in range(3):
            with pytest.raises(Error):
                device.sample()
    for vouched in (True, False):
        with ready(chip, adapter, vouched) as device:
            was = adapter.detach(address(chip))
            adapter.attach(address(chip), Stuck(byte))
            for _ in range(3):
                with pytest.raises(Error):
                    device.sample()
            adapter.detach(address(chip))
            adapter.attach(address(chip), was)
            adapter.clock.sleep(FACTS[chip].power_up)
            assert_right(chip, device.sample())


@pytest.mark.parametrize("chip", [chip for chip in TRIED if FACTS[chip].has_identity])
def test_any_other_chip_in_its_place_never_gives_a_value(chip: str) -> None:
    identity = load(chip).driver.identity
    its = identity.get(chip, {}).items()
    same = {chip, *(name for name, one in identity.items() if one.items() <= its or its <= one.items())}
    for other in some(sorted(FACTS.keys() - same), 4):
        adapter = bus_with(chip)
        with ready(chip, adapter, vouched=True) as device:
            was = adapter.detach(address(chip))
            adapter.attach(address(chip), CHIPS[other]())
            for _ in range(3):
                adapter.clock.sleep(0.5)
                with pytest.raises(Error):
                    device.sample()
            adapter.detach(address(chip))
            adapter.attach(address(chip), was)
            adapter.clock.sleep(2.0)
            assert_right(chip, device.sample())
