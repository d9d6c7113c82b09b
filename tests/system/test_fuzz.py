"""Random bytes as a chip's answers, and random words as parameters: errors of ours, no hang, no value out of range."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import available
from i2cdrv.core.module import load as load_module
from i2cdrv.core.recovery.bus_health import UNUSED_ADDRESS
from i2cdrv.core.recovery.state import State
from i2cdrv.errors import DriverFault, Error, Nack, TimedOut
from i2cdrv.i2c.adapter import Functionality, Message, Read, Size
from i2cdrv.sim import CHIPS, SimAdapter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from i2cdrv.core.device import Device

load = cache(load_module)
every_chip = pytest.mark.parametrize("chip", [chip for name in available() for chip in load(name).chips])
ERRORS = (Nack("no answer"), TimedOut("timed out"), Error("input/output error"), Error("arbitration lost", 11))


class Babbling:
    """The bus of a real (simulated) chip whose answers are, now and then, any bytes, or any error."""

    nr, name, functionality = 0, "babbling", Functionality.I2C

    def __init__(self, chip: str, random: Random) -> None:
        self.random = random
        self.often = 0.0  # how often an answer is not the chip's
        self.addr = next(iter(load(chip).driver.addresses))
        self.sim = SimAdapter({self.addr: CHIPS[chip]()})
        self.clock = self.sim.clock
        self.transfers = 0

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        self.transfers += 1
        answers = self.sim.xfer(messages)
        if messages[0].addr == UNUSED_ADDRESS or self.random.random() >= self.often:
            return answers
        if self.random.random() < 0.2:
            raise self.random.choice(ERRORS)
        flat = self.random.choice((None, None, b"\x00", b"\xff", b"\x80"))
        lengths = [message.length for message in messages if isinstance(message, Read)]
        return [flat * length if flat else self.random.randbytes(length) for length in lengths]

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        raise AssertionError("nobody asked for SMBus")

    def claim(self, addr: int, *, force: bool = False) -> None:
        pass

    def close(self) -> None:
        pass


def assert_in_range(device: Device[Any], sample: Any) -> None:
    for channel in device.driver.channels:
        if channel.range is not None and hasattr(sample, channel.name):
            value = getattr(sample, channel.name)
            assert channel.range.lowest <= value <= channel.range.highest, channel.name


def sample_often(device: Device[Any], adapter: Babbling, times: int) -> None:
    """Sample it; each time it is a value in its range or an error, and over within the driver's limits."""
    for _ in range(times):
        before = adapter.clock.monotonic()
        try:
            assert_in_range(device, device.sample())
        except Error:
            assert device.state is not State.FAILED, device.reason
        assert adapter.clock.monotonic() - before < 4 * device.driver.timeout
        adapter.clock.sleep(1.0)


@every_chip
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(random=st.randoms(use_true_random=False), often=st.sampled_from([0.01, 0.1, 0.5, 1.0]))
def test_any_bytes_are_a_value_in_its_range_or_an_error_and_it_recovers(
    chip: str, random: Random, often: float
) -> None:
    adapter = Babbling(chip, random)
    bus = Bus(adapter)
    device = bus.bind(LoadedModule(load(chip)), adapter.addr, chip=chip)
    device.sample()
    adapter.often = often
    sample_often(device, adapter, 10)
    adapter.often = 0.0
    adapter.sim.chips[adapter.addr].power_on()  # the reads may have locked it until then
    adapter.clock.sleep(1.0)
    sample_often(device, adapter, 1)
    assert_in_range(device, device.sample())
    assert device.state is State.LIVE
    bus.unbind(device)


@every_chip
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(random=st.randoms(use_true_random=False))
def test_any_bytes_while_it_is_probed_are_no_more_than_an_error(chip: str, random: Random) -> None:
    adapter = Babbling(chip, random)
    bus = Bus(adapter)
    adapter.often = random.choice((0.1, 0.5, 1.0))
    before = adapter.clock.monotonic()
    try:
        device = bus.bind(LoadedModule(load(chip)), adapter.addr, chip=chip)
    except DriverFault:
        raise
    except Error:
        assert bus.devices == {}
    else:
        sample_often(device, adapter, 3)
    assert adapter.clock.monotonic() - before < 20 * load(chip).driver.timeout


WORDS = st.text(max_size=12) | st.sampled_from(
    ["", "0", "1", "-1", "x16", "normal", "1e9", "nan", "inf", "0x10", "y", "n", "\0", "1e-300", "99999999999999999999"]
)


@every_chip
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_word_is_a_parameter_or_refused_and_the_chip_continues(chip: str, data: st.DataObject) -> None:
    adapter = Babbling(chip, Random(0))
    bus = Bus(adapter)
    loaded = LoadedModule(load(chip))
    device = bus.bind(loaded, adapter.addr, chip=chip)
    for _ in range(3):
        name = data.draw(st.sampled_from(sorted(loaded.params.params)))
        before = loaded.params.show(name)
        try:
            loaded.params.write(name, data.draw(WORDS).encode())
        except Error:
            assert loaded.params.show(name) == before
        adapter.clock.sleep(1.0)
        try:
            assert_in_range(device, device.sample())
        except Error:
            assert device.state is not State.FAILED, device.reason
    loaded.params.write("debug", b"0")
