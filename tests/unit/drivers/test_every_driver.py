"""The tests of every driver: a new one gets them by existing.

A chip needs its ``FACTS`` in ``test_MODULE.py``, typed from its datasheet, and a simulated chip of its name.
"""

from __future__ import annotations

import re
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

import pytest

import i2cdrv
from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.driver.driver import Driver
from i2cdrv.errors import ConfigLost, Error, Invalid, Nack, NoDevice, NotSupported, OutOfRange
from i2cdrv.i2c.adapter import Functionality
from i2cdrv.i2c.client import Client
from i2cdrv.sim import CHIPS, SimAdapter
from tests.support.effort import some

from .bench import (
    FACTS,
    FROM_THEN_ON,
    NEXT_CONVERSION_S,
    ONCE,
    Failing,
    address,
    assert_right,
    bus_with,
    every_chip,
    load,
    reads_asleep,
    ready,
    set_conditions,
    transfers_of_sample,
    values_in,
    values_of,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@every_chip
def test_samples_the_truth_in_the_fewest_transfers(chip: str) -> None:
    adapter = bus_with(chip)
    with i2cdrv.open(chip, bus=adapter, addr=address(chip)) as device:
        assert_right(chip, device.sample())  # the first one is read again
        for share in (5e-5, 0, 5e-5):
            set_conditions(adapter, chip, share)  # no two are the same
            adapter.clock.sleep(max(NEXT_CONVERSION_S, load(chip).driver.fastest))
            before = adapter.transactions, adapter.bytes
            assert_right(chip, device.sample())
            cost = adapter.transactions - before[0], adapter.bytes - before[1]
            assert cost == (FACTS[chip].transactions, FACTS[chip].bytes)


@every_chip
def test_no_end_of_a_range_is_refused_because_its_code_is_rounded(chip: str) -> None:
    """A converter that ends there, or a smaller full scale, may refuse it."""
    ranges = {one.name: one.range for one in load(chip).driver.channels_of(chip) if one.name in CHIPS[chip].inputs}
    for name, end in [(name, end) for name, limits in ranges.items() if limits for end in limits[:2]]:
        adapter = bus_with(chip)
        adapter.chips[address(chip)].set(**{name: end})
        with i2cdrv.open(chip, bus=adapter, addr=address(chip)) as device:
            try:
                found = values_in(chip, device.sample()).get(name)
            except Error as error:
                found = error
        if isinstance(found, OutOfRange):
            assert re.search("end of its converter|end of the converter|full scale", found.message)


@every_chip
def test_has_the_channels_of_its_declaration(chip: str) -> None:
    """A family whose chips have different channels declares the class of each (``sample_of``)."""
    with i2cdrv.open(chip, bus=bus_with(chip), addr=address(chip)) as device:
        sample = device.sample()
    driver = load(chip).driver
    if len(driver.sample_types) > 1:
        assert driver.sample_of[chip] is type(sample)


@every_chip
def test_every_word_of_every_parameter_gives_right_samples_at_once(chip: str) -> None:
    """A wait that is too short shows as a refused read or as the old content of the registers."""
    for name, parameter in load(chip).driver.params.items():
        for value in values_of(parameter):
            if name != "debug":
                refused = suppress(Invalid) if chip in load(chip).driver.id_table else nullcontext()
                with refused, i2cdrv.open(chip, bus=bus_with(chip), addr=address(chip), **{name: value}) as device:
                    assert_right(chip, device.sample())


@every_chip
def test_unbinding_puts_the_chip_to_sleep_and_binding_again_wakes_it(chip: str) -> None:
    adapter = Failing({address(chip): CHIPS[chip]()})
    i2cdrv.open(chip, bus=adapter, addr=address(chip)).close()
    assert reads_asleep(adapter, chip)
    set_conditions(adapter, chip)
    with i2cdrv.open(chip, bus=adapter, addr=address(chip)) as device:
        assert_right(chip, device.sample())


@every_chip
def test_unbinding_just_after_power_on_ends_cleanly(chip: str) -> None:
    """On the fastest bus all transfers may be over before the chip is ready; an scd4x acknowledges none until then."""
    for moment in (0.0, 0.0005, 0.001, 0.002, 0.005):
        adapter = bus_with(chip, frequency=1_000_000)
        device = i2cdrv.open(chip, bus=adapter, addr=address(chip))
        device.sample()
        adapter.chips[address(chip)].power_cycle(adapter.clock.monotonic())
        adapter.clock.sleep(moment)
        with suppress(Nack):
            device.close()
        assert reads_asleep(adapter, chip), moment


@every_chip
def test_first_sample_after_power_on_is_a_real_one(chip: str) -> None:
    adapter = bus_with(chip)
    adapter.attach(address(chip), adapter.detach(address(chip)))
    adapter.clock.sleep(FACTS[chip].power_up)
    with i2cdrv.open(chip, bus=adapter, addr=address(chip)) as device:
        assert_right(chip, device.sample())


@every_chip
def test_brown_out_between_samples_never_gives_a_wrong_value(chip: str) -> None:
    adapter = bus_with(chip)
    with i2cdrv.open(chip, bus=adapter, addr=address(chip)) as device:
        for later in (0.0, 0.0005, 0.0015, 0.003, 0.05, 0.5, 5.0):
            adapter.chips[address(chip)].power_on()
            adapter.clock.sleep(later)
            try:
                assert_right(chip, device.sample())
            except (ConfigLost, Nack):
                adapter.clock.sleep(FACTS[chip].power_up)
                assert_right(chip, device.sample())


@every_chip
def test_an_absent_chip_is_an_error_that_leaves_nothing_behind(chip: str) -> None:
    adapter = Failing({})
    bus = Bus(adapter)
    with pytest.raises((Nack, NoDevice)):
        bus.bind(LoadedModule(load(chip)), address(chip))
    assert bus.devices == {}
    adapter.attach(address(chip), bus_with(chip).detach(address(chip)))
    adapter.clock.sleep(max(0.1, FACTS[chip].power_up))
    assert_right(chip, bus.bind(LoadedModule(load(chip)), address(chip)).sample())


@every_chip
@pytest.mark.parametrize("for_how_long", [ONCE, FROM_THEN_ON])
def test_probe_that_fails_at_any_transfer_gives_an_error_and_is_undone(chip: str, for_how_long: int) -> None:
    for k in some(range(1, transfers_of_probe(chip) + 1), 4):
        adapter = bus_with(chip)
        bus = Bus(adapter)
        adapter.fail(k, k + for_how_long)
        driver, taken, undone = watched(chip, adapter)
        with pytest.raises(Error):
            bus.kthread.call(driver.start(), "probe", timeout=driver.timeout)
        assert undone == taken[::-1]
        assert not taken or for_how_long or reads_asleep(adapter, chip)
        adapter.fail(0, 0)
        assert_right(chip, bus.bind(LoadedModule(load(chip)), address(chip)).sample())


def transfers_of_probe(chip: str) -> int:
    adapter = bus_with(chip)
    Bus(adapter).bind(LoadedModule(load(chip)), address(chip))
    return adapter.asked


def watched(chip: str, adapter: SimAdapter) -> tuple[Driver, list[int], list[int]]:
    """Return a driver, the numbers of the steps it gave to ``on_remove``, and those of the steps that were run."""
    driver = load(chip).driver(Client(adapter, address(chip), chip), {})
    taken, undone, original = list[int](), list[int](), driver.on_remove

    def on_remove(action: Callable[..., Awaitable[object] | None], *args: Any, **kwargs: Any) -> None:
        def step(nth: int) -> Awaitable[object] | None:
            undone.append(nth)
            return action(*args, **kwargs)

        taken.append(len(taken))
        original(step, taken[-1])

    driver.on_remove = on_remove  # type: ignore[method-assign]
    return driver, taken, undone


@every_chip
@pytest.mark.parametrize("vouched", [True, False])
def test_sample_that_fails_at_any_transfer_once_is_right_all_the_same(chip: str, vouched: bool) -> None:
    adapter = bus_with(chip)
    for k in some(range(1, transfers_of_sample(chip, vouched) + 1), 4):
        with ready(chip, adapter, vouched) as device:
            adapter.fail(k, k)
            assert_right(chip, device.sample())
            adapter.fail(0, 0)


@every_chip
def test_sample_that_fails_from_any_transfer_on_is_an_error_and_a_later_one_is_right(chip: str) -> None:
    adapter = bus_with(chip)
    with i2cdrv.open(chip, bus=adapter, addr=address(chip)) as device:
        for k in range(1, FACTS[chip].transactions + 1):
            adapter.fail(k, FROM_THEN_ON)
            with pytest.raises(Error):
                device.sample()
            adapter.fail(0, 0)
            adapter.clock.sleep(0.1)
            assert_right(chip, device.sample())


@every_chip
def test_unbinding_from_a_dead_bus_raises_and_releases_the_chip(chip: str) -> None:
    adapter = bus_with(chip)
    bus = Bus(adapter)
    device = bus.bind(LoadedModule(load(chip)), address(chip))
    adapter.fail(1, FROM_THEN_ON)
    if FACTS[chip].sleeps is None and not FACTS[chip].stops:
        bus.unbind(device)
    else:
        with pytest.raises(Error):
            bus.unbind(device)
    assert bus.devices == {}


@every_chip
def test_works_without_plain_i2c_or_reports_that_it_needs_it(chip: str) -> None:
    adapter = bus_with(chip, Functionality.SMBUS_EMUL)
    if load(chip).driver.functionality:
        with pytest.raises(NotSupported):
            i2cdrv.open(chip, bus=adapter, addr=address(chip))
    else:
        with i2cdrv.open(chip, bus=adapter, addr=address(chip)) as device:
            assert_right(chip, device.sample())
