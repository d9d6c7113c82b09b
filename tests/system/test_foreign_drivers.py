"""Unmodified libraries from PyPI are drivers of i2cdrv: their values are the physical inputs of the simulated chips.

They are installed where ``make verify`` has installed them; the tolerances are those of its rows (``tests/oracles``).
"""

from __future__ import annotations

import sys
import time
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import i2cdrv
from i2cdrv.bridge import adafruit, declare, smbus
from i2cdrv.core import module
from i2cdrv.driver.layout import flat
from i2cdrv.errors import Error, NotSupported, TimedOut
from i2cdrv.i2c.adapter import Read
from i2cdrv.lib.clock import RealClock
from i2cdrv.sim import CHIPS, SimAdapter
from tests import oracles
from tests.system.verify.install import folders, installed
from tests.system.verify.peer import drawn, tolerance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from i2cdrv.i2c.adapter import Message
    from tests.oracles import Peer

CASES = 4  # inputs of each chip
LONGEST_S = 8.0  # that a caller waits for a library that may take 1 s
THERE = installed()


class Foreign(NamedTuple):
    """A library, and the chip that it reads.  ``channels``: that the inputs of the chip have values for."""

    library: str
    chip: str
    channels: str
    start: str = ""
    options: str = ""


ADAFRUIT = [
    Foreign("adt7410", "adt7410", "temp", options="high_resolution=True"),
    Foreign("ahtx0", "aht20", "temp humidity"),
    Foreign("bh1750", "bh1750", "light"),
    Foreign("bme280", "bme280", "temp humidity pressure"),
    Foreign("bmp280", "bmp280", "temp pressure"),
    Foreign("bmp3xx", "bmp388", "temp pressure"),
    Foreign("dps310", "dps310", "temp pressure"),
    Foreign("hdc302x", "hdc3020", "temp humidity"),
    Foreign("htu21d", "htu21", "temp humidity"),
    Foreign("ina219", "ina219", "voltage current"),
    Foreign("ina260", "ina260", "voltage current"),
    Foreign("lis3dh", "lis3dh", "accel_x accel_y accel_z"),
    Foreign("lps28", "lps28dfw", "temp pressure"),
    Foreign("lps2x.LPS22", "lps22hb", "temp pressure"),
    Foreign("lps2x.LPS25", "lps25hb", "temp pressure"),
    Foreign("lps35hw", "lps35hw", "temp pressure"),
    Foreign("mcp9808", "mcp9808", "temp"),
    Foreign("mlx90614", "mlx90614", "ambient object"),
    Foreign("pct2075", "pct2075", "temp"),
    Foreign("scd4x", "scd4x", "co2 temp humidity", start="start_periodic_measurement"),
    Foreign("sht31d", "sht3x", "temp humidity"),
    Foreign("sht4x", "sht4x", "temp humidity"),
    Foreign("shtc3", "shtc3", "temp humidity"),
    Foreign("si7021", "si7021", "temp humidity"),
    Foreign("tmp117", "tmp117", "temp"),
    Foreign("veml7700", "veml7700", "light"),
]


def row_of(distribution: str, chip: str) -> Peer:
    """The row of ``make verify`` for a library, or a skip where that has not installed it."""
    row = next(row for row in oracles.peers() if row.name == distribution and row.chip == chip)
    if row.distribution not in THERE:
        pytest.skip(f"{row.distribution} is not installed: make verify")
    return row


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], Peer]]:
    """Make the library of a row importable for one test."""
    before = set(sys.modules)

    def use(distribution: str, chip: str) -> Peer:
        row = row_of(distribution, chip)
        for folder in folders(row.distribution):
            monkeypatch.syspath_prepend(folder)
        return row

    yield use
    declare._drivers.clear()
    for name in set(sys.modules) - before:
        if "build/peers" in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def bus_of(chip: str, addr: int, **options: Any) -> SimAdapter:
    return SimAdapter({addr: CHIPS[chip]()}, **options)


def address_of(row: Peer) -> int:
    return module.load(row.chip).driver.addresses[0] if row.addr is None else row.addr


@pytest.mark.parametrize("foreign", ADAFRUIT, ids=lambda foreign: foreign.library)
def test_adafruits_library_gives_the_inputs_of_the_chip(foreign: Foreign, use: Callable[[str, str], Peer]) -> None:
    row = use(f"adafruit-circuitpython-{foreign.library.partition('.')[0]}", foreign.chip)
    addr = address_of(row)
    bus = bus_of(foreign.chip, addr)
    name, start, options = f"adafruit:{foreign.library}", foreign.start, foreign.options
    with i2cdrv.open(name, bus=bus, addr=addr, start=start, options=options) as device:
        channels = {channel.name: channel for channel in device.channels}
        for inputs in islice(drawn(row, Random(f"{foreign.library}")), CASES):
            bus.chips[addr].set(**inputs)
            bus.clock.sleep(row.settle)
            sample = device.sample()
            for name in foreign.channels.split():
                measured = channels[name].of(sample)
                assert abs(measured - expected(row, name, inputs)) <= tolerance(row, name, measured), (name, inputs)


@pytest.mark.parametrize("foreign", ADAFRUIT, ids=lambda foreign: foreign.library)
def test_a_chip_that_is_pulled_out_is_an_error_and_returns(foreign: Foreign, use: Callable[[str, str], Peer]) -> None:
    addr = address_of(use(f"adafruit-circuitpython-{foreign.library.partition('.')[0]}", foreign.chip))
    bus = bus_of(foreign.chip, addr)
    name, start, options = f"adafruit:{foreign.library}", foreign.start, foreign.options
    with i2cdrv.open(name, bus=bus, addr=addr, start=start, options=options) as device:
        before = device.sample()
        chip = bus.detach(addr)
        for _ in range(3):
            bus.clock.sleep(1.0)
            with pytest.raises(Error):
                device.sample()
        bus.attach(addr, chip)
        bus.clock.sleep(1.0)
        after = device.sample()
        assert device.state.value == "live"
    assert flat(after) == pytest.approx(flat(before), rel=0.001)


def expected(row: Peer, name: str, inputs: dict[str, float]) -> float:
    """The physical value, or the value that a library is known to give in its place."""
    return row.says[name](inputs) if name in row.says else inputs[name]


def test_a_library_with_two_addresses_is_refused_with_the_reason(use: Callable[[str, str], Peer]) -> None:
    row = use("adafruit-circuitpython-ms8607", "ms8607")
    addr = address_of(row)
    with pytest.raises(NotSupported, match="0x40 as well"):
        i2cdrv.open("adafruit:ms8607", bus=bus_of("ms8607", addr), addr=addr)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of its datetime.utcnow(), since Python 3.12
def test_functions_of_a_library_over_smbus2(use: Callable[[str, str], Peer]) -> None:
    row = use("rpi-bme280", "bme280")
    driver = smbus(
        "bme280",
        measure="sample",
        channels={"temp": ("temperature", "°C"), "humidity": ("humidity", "%RH"), "pressure": ("pressure", "hPa")},
    )
    _compare(driver, row, 0x76, ("temp", "humidity", "pressure"))


def test_an_object_of_a_library_over_smbus2(use: Callable[[str, str], Peer]) -> None:
    row = use("pimoroni-bme280", "bme280")
    channels = {
        "temp": ("get_temperature()", "°C", (-40.0, 85.0)),
        "humidity": ("get_humidity()", "%RH"),
        "pressure": ("get_pressure()", "hPa"),
    }
    driver = smbus("bme280.BME280", channels=channels, start=["update_sensor"])
    _compare(driver, row, 0x76, ("temp", "humidity", "pressure"))


def _compare(driver: Any, row: Peer, addr: int, names: tuple[str, ...]) -> None:
    bus = bus_of(row.chip, addr)
    with i2cdrv.open(driver, bus=bus, addr=addr) as device:
        for inputs in islice(drawn(row, Random(1)), CASES):
            bus.chips[addr].set(**inputs)
            bus.clock.sleep(row.settle)
            sample = device.sample()._asdict()
            for name in names:
                assert abs(sample[name] - inputs[name]) <= tolerance(row, name, sample[name]), (name, inputs)


# Libraries that never return.


class Line(SimAdapter):
    """A bus on which the chip at ``high`` acknowledges, and every byte of it is 0xFF."""

    high = 0

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        if messages[0].addr == self.high:
            return [b"\xff" * message.length for message in messages if isinstance(message, Read)]
        return super().xfer(messages)


def all_ones(bus: Line, addr: int, patch: pytest.MonkeyPatch) -> None:
    """The chip leaves SDA alone: a flag that the library waits for never falls."""
    patch.setattr(bus, "high", addr)


def never_ready(bus: Line, addr: int, patch: pytest.MonkeyPatch) -> None:
    """The chip's oscillator has stopped: no conversion ends."""
    moment = bus.chips[addr].now()
    patch.setattr(bus.chips[addr], "now", lambda: moment)


HANGING = [
    ("ahtx0", "aht20", all_ones),
    ("bmp280", "bmp280", all_ones),
    ("bme280", "bme280", never_ready),
    ("htu21d", "htu21", never_ready),
]


@pytest.mark.parametrize(("library", "chip", "accident"), HANGING, ids=[each[0] for each in HANGING])
def test_a_library_that_never_returns_is_contained(
    library: str,
    chip: str,
    accident: Callable[[Line, int, pytest.MonkeyPatch], None],
    use: Callable[[str, str], Peer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = use(f"adafruit-circuitpython-{library}", chip)
    addr = address_of(row)
    bus = Line({addr: CHIPS[chip](), 0x18: CHIPS["mcp9808"]()}, clock=RealClock(), frequency=None)
    readings: list[Any] = []
    with (
        i2cdrv.open(adafruit(library, limit=1.0, settle=0.2), bus=bus, addr=addr) as device,
        i2cdrv.open("mcp9808", bus=bus, addr=0x18) as other,
    ):
        good = device.sample()
        other.poll(0.1, readings.append)
        with monkeypatch.context() as patch:
            accident(bus, addr, patch)
            before, began = len(readings), time.monotonic()
            with pytest.raises(TimedOut, match="did not return within 1 s"):
                device.sample()
            assert time.monotonic() - began < LONGEST_S
            seen = readings[before:]
        assert len(seen) >= 5
        assert all(reading.error is None for reading in seen)
        assert device.sample() == pytest.approx(good, rel=0.01)
        assert device.state.value == "live"
