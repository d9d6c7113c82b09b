"""``i2cdrv.open``: a chip in three lines, by name, by file and by class."""

from __future__ import annotations

import errno
import threading
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import i2cdrv
from i2cdrv import reg_field
from i2cdrv.core import registry as buses
from i2cdrv.driver.driver import Driver
from i2cdrv.driver.moduleparam import param, uint
from i2cdrv.driver.unit import Celsius
from i2cdrv.errors import Busy, Error, Invalid, Nack, NoDevice, Unknown
from i2cdrv.i2c.adapter import Read
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim import CHIPS, SimAdapter
from i2cdrv.sim.chips.bme280 import Bmp280

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from i2cdrv.i2c.adapter import Message

Rate = IntEnum("Rate", "SLOW FAST")


class Sample(NamedTuple):
    temp: Celsius


class Thermo(Driver):
    """Reads an LM75."""

    addresses = (0x48, 0x49)

    rate: Rate = param("how often", default=Rate.SLOW)
    level: uint = param("how much", default=5, minimum=2, maximum=100)
    label: str = param("what it is called", default="")

    async def sample(self) -> Sample:
        return Sample(self.regmap.read(reg_field(0x00, 15, 7, size=2, signed=True, scale=0.5)))


class Bus(SimAdapter):
    """A simulated bus that records its users, and whether it was closed."""

    def __init__(self, **chips: float) -> None:
        """``lm75_48=-12.5`` is an LM75 at 0x48 that feels -12.5 °C."""
        placed = {}
        for word, temp in chips.items():
            name, _, addr = word.partition("_")
            placed[int(addr, 16)] = CHIPS[name](temp=temp)
        super().__init__(placed, nr=7, clock=VirtualClock(), frequency=None)
        self.threads: set[threading.Thread] = set()
        self.closed = False

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        self.threads.add(threading.current_thread())
        return super().xfer(messages)

    def close(self) -> None:
        self.closed = True


def test_a_chip_is_opened_by_name_and_closed_with_the_block() -> None:
    bus = Bus(mcp9808_18=-12.5)
    with i2cdrv.open("mcp9808", bus, 0x18) as device:
        assert str(device) == "7-0018"
        assert device.sample().temp == -12.5
        assert bus.xfer([Read(0x18, 2)])
        assert not bus.closed
    assert bus.closed


def test_a_chip_is_opened_by_the_name_of_its_relative() -> None:
    with i2cdrv.open("tmp102", Bus(tmp102_4a=-0.25), 0x4A) as device:
        assert device.sample().temp == -0.25
        assert device.module.name == "lm75"
        assert device.client.name == "tmp102"


def test_a_chip_is_opened_with_a_driver_of_the_program() -> None:
    with i2cdrv.open(Thermo, Bus(lm75_48=-25), 0x48) as device:
        assert device.sample() == Sample(-25.0)


def test_a_chip_is_opened_with_a_driver_file(tmp_path: Path) -> None:
    path = tmp_path / "session_chip.py"
    path.write_text(
        "from typing import NamedTuple\n"
        "from i2cdrv import Celsius, Driver\n"
        "class Sample(NamedTuple):\n"
        "    temp: Celsius\n"
        "class Chip(Driver):\n"
        "    async def sample(self) -> Sample:\n"
        "        return Sample(21.0)\n"
    )
    with i2cdrv.open(str(path), Bus(), 0x20) as device:
        assert device.sample().temp == 21.0
        assert device.module.name == "session_chip"


def test_without_an_address_the_chip_is_looked_for() -> None:
    with i2cdrv.open("mcp9808", Bus(mcp9808_1b=40.0)) as device:
        assert device.client.addr == 0x1B
        assert device.sample().temp == 40.0


def test_a_chip_without_an_identity_is_the_only_answering_one(capsys: pytest.CaptureFixture[str]) -> None:
    with i2cdrv.open(Thermo, Bus(lm75_49=3.5)) as device:
        assert device.client.addr == 0x49
    assert "its address alone: it has no identity register" in capsys.readouterr().err


def test_a_chip_that_is_not_there_is_no_device_and_the_bus_is_given_back() -> None:
    bus = Bus(lm75_48=20)
    with pytest.raises(NoDevice, match="no mcp9808 found on i2c-7 at 0x18 … 0x1f") as caught:
        i2cdrv.open("mcp9808", bus)
    assert caught.value.errno == errno.ENODEV
    assert bus.closed


def test_a_failed_probe_gives_the_bus_back() -> None:
    bus = Bus(lm75_18=20)
    with pytest.raises(NoDevice, match="is not a mcp9808"):
        i2cdrv.open("mcp9808", bus, 0x18)
    assert bus.closed


def test_two_chips_share_one_bus_and_its_kthread() -> None:
    bus = Bus(lm75_48=20, lm75_49=30)
    one, two = i2cdrv.open(Thermo, bus, 0x48), i2cdrv.open(Thermo, bus, 0x49)
    assert one.bus is two.bus
    one.close()
    assert not bus.closed
    assert two.sample() == Sample(30.0)
    two.close()
    assert bus.closed


def test_an_address_that_is_open_cannot_be_opened_again() -> None:
    bus = Bus(lm75_48=20)
    with i2cdrv.open(Thermo, bus, 0x48) as device:
        with pytest.raises(Busy):
            i2cdrv.open(Thermo, bus, 0x48)
        assert device.sample() == Sample(20.0)
    assert bus.closed


def test_only_the_kthread_looks_for_a_chip() -> None:
    bus = Bus(lm75_48=20, lm75_49=30)
    with i2cdrv.open(Thermo, bus, 0x48) as first:
        first.bus.kthread.start()
        bus.threads.clear()
        with i2cdrv.open(Thermo, bus):
            pass
        assert threading.current_thread() not in bus.threads
        assert len(bus.threads) == 1


# Parameters.


def opened(**params: Any) -> Thermo:
    with i2cdrv.open(Thermo, Bus(lm75_48=20), 0x48, **params) as device:
        assert isinstance(device.driver, Thermo)
        return device.driver


@pytest.mark.parametrize("rate", [Rate.FAST, "fast"])
@pytest.mark.parametrize("level", [16, "16", "0x10"])
def test_parameters_are_values_or_words(rate: object, level: object) -> None:
    driver = opened(rate=rate, level=level, label="21 °C")
    assert (driver.rate, driver.level, driver.label) == (Rate.FAST, 16, "21 °C")


def test_parameters_that_are_not_given_have_their_defaults() -> None:
    driver = opened()
    assert (driver.rate, driver.level, driver.label, driver.debug) == (Rate.SLOW, 5, "", False)


@pytest.mark.parametrize(
    ("params", "number", "sentence"),
    [
        ({"labels": 1}, errno.ENOENT, "unknown parameter 'labels' (did you mean label"),
        ({"rate": "faster"}, errno.EINVAL, "'faster' is not a value of rate; accepted: slow, fast (did you mean fast"),
        ({"rate": 2}, errno.EINVAL, "'2' is not a value of rate"),
        ({"level": 101}, errno.EINVAL, "'101' is not a value of level; accepted: at least 2, at most 100"),
        ({"level": 2**32}, errno.ERANGE, "is not a value of level"),
        ({"level": 2.5}, errno.EINVAL, "'2.5' is not a value of level"),
        ({"label": "x" * 1025}, errno.ENOSPC, "is not a value of label"),
        ({"debug": "maybe"}, errno.EINVAL, "'maybe' is not a value of debug"),
    ],
)
def test_a_wrong_parameter_is_refused_before_the_bus_is_opened(
    params: dict[str, Any], number: int, sentence: str
) -> None:
    bus = Bus(lm75_48=20)
    with pytest.raises(Error) as caught:
        i2cdrv.open(Thermo, bus, 0x48, **params)
    assert caught.value.errno == number
    assert sentence in caught.value.message
    assert not bus.threads


def test_debug_logs_the_transfers(capsys: pytest.CaptureFixture[str]) -> None:
    with i2cdrv.open(Thermo, Bus(lm75_48=-25), 0x48, debug=True) as device:
        device.sample()
    assert "device=7-0048 write=00 read=e7-00" in capsys.readouterr().err


# Absent chips.


def test_an_unknown_module_is_refused_with_the_nearest() -> None:
    with pytest.raises(Unknown, match="did you mean bme280"):
        i2cdrv.open("bme208", Bus())


def test_a_class_that_is_no_driver_is_refused() -> None:
    not_a_driver: Any = dict
    with pytest.raises(Invalid, match="is not a Driver class"):
        i2cdrv.open(not_a_driver, Bus())


def test_an_unknown_bus_is_refused() -> None:
    with pytest.raises(Unknown, match="no bus 'no such bus'"):
        i2cdrv.open("mcp9808", "no such bus")


def test_the_simulated_bus_of_the_package_is_one_for_the_process() -> None:
    with i2cdrv.open("sht4x", "sim") as device:
        sample = device.sample()
        assert 0 < sample.temp < 50
        assert 0 < sample.humidity < 100
        assert buses.acquire("sim") is device.bus
        device.bus.put()


# Checks that a person overrides


def test_an_address_that_the_datasheet_does_not_allow_is_refused_without_a_transfer() -> None:
    bus = Bus(lm75_51=20.0)
    with pytest.raises(
        Invalid,
        match=r"^\[Errno 22\] 0x51 is no address of .*0x48, 0x49; .*--force-addr, .*force_addr=True, .*force_addr: ",
    ):
        i2cdrv.open(Thermo, bus, 0x51)
    assert bus.transactions == 0
    with i2cdrv.open(Thermo, bus, 0x51, force_addr=True) as device:
        assert device.sample().temp == 20.0


def test_a_clone_is_driven_at_a_persons_request() -> None:
    class Clone(Bmp280):
        # samples and clones (Linux, drivers/iio/pressure/bmp280.h: BMP280 0x56, 0x57)
        resets = {**Bmp280.resets, 0xD0: 0x56}

    bus = Bus()
    bus.attach(0x76, Clone(temp=-12.5))
    bus.clock.sleep(1)
    with pytest.raises(NoDevice, match="reads 0x56, not 0x58"):
        i2cdrv.open("bmp280", bus, 0x76)
    with i2cdrv.open("bmp280", bus, 0x76, force_id=True) as device:
        assert device.sample().temp == pytest.approx(-12.5, abs=0.02)
        assert device.loaded.params.tainted
        assert device.force.taint == "--force-id"


# The end.


class Stubborn(Thermo):
    """Cannot be put to sleep."""

    async def probe(self) -> None:
        self.on_remove(self._sleep)

    async def _sleep(self) -> None:
        raise Nack("0x48 did not acknowledge its address")


def test_a_chip_that_cannot_be_given_back_takes_no_sample_away(capsys: pytest.CaptureFixture[str]) -> None:
    bus = Bus(lm75_48=20)
    with i2cdrv.open(Stubborn, bus, 0x48) as device:
        sample = device.sample()
    assert sample == Sample(20.0)
    assert bus.closed
    err = capsys.readouterr().err
    assert 'level=warning event="close failed" device=7-0048' in err
    assert "0x48 did not acknowledge its address" in err


def test_it_takes_no_error_of_the_block_away_either() -> None:
    with pytest.raises(ZeroDivisionError), i2cdrv.open(Stubborn, Bus(lm75_48=20), 0x48):
        raise ZeroDivisionError


def test_a_program_that_closes_a_device_itself_gets_the_error() -> None:
    device = i2cdrv.open(Stubborn, bus := Bus(lm75_48=20), 0x48)
    with pytest.raises(Nack, match="did not acknowledge"):
        device.close()
    assert bus.closed
