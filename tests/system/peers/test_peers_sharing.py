"""Threads, other programs and the clock: values of another register, of another moment, or half a second late."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

import i2cdrv
from i2cdrv.errors import Error, NotConverted
from i2cdrv.i2c.adapter import Functionality, Read, Write
from i2cdrv.sim import CHIPS, SimAdapter
from i2cdrv.sim.chips.bosch_trim import WORKED_EXAMPLE, fine_temperature
from i2cdrv.sim.chips.mcp9808 import Mcp9808

from .world import (
    DRIVEN,
    NOW,
    Wires,
    address,
    bus_with,
    change,
    every_chip,
    interval,
    is_right,
    load,
    opened,
    register,
    value_or_error,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from i2cdrv.i2c.adapter import Message

ROUNDS = 1500  # of a write and a read, by each of two threads


# One buffer for all registers

BUFFER = bytearray(3)


def write_as_the_peer(bus: SimAdapter, addr: int, number: int, value: int) -> Generator[None]:
    """Adafruit register 1.13.0: the buffer of all registers is filled, then the lock is taken, then it is sent."""
    BUFFER[0] = number
    BUFFER[1:] = value.to_bytes(2, "big")
    yield  # the other thread has the lock, and is not done yet
    bus.xfer([Write(addr, bytes(BUFFER))])


def test_two_threads_with_one_buffer_write_into_each_others_register() -> None:
    bus = SimAdapter({0x18: Mcp9808(), 0x19: Mcp9808()})
    one, two = write_as_the_peer(bus, 0x18, 0x02, 0x0190), write_as_the_peer(bus, 0x19, 0x04, 0x05A0)
    for thread in (one, two, one, two):
        next(thread, None)
    assert register(bus, 0x18, 0x02, 2) == 0x0000
    assert register(bus, 0x18, 0x04, 2) == 0x05A0


@pytest.fixture
def _eager_threads() -> Iterator[None]:
    """The interpreter changes threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_eager_threads")
def test_two_threads_on_one_bus_never_read_or_write_each_others_register() -> None:
    """Adafruit register 1.13.0: 22 … 139 wrong reads, and 2229 writes in another register, of 3000."""
    bus = SimAdapter({0x18: Mcp9808(temp=20.0), 0x19: Mcp9808(temp=-20.0)})
    devices: list[Any] = [i2cdrv.open("mcp9808", bus=bus, addr=addr) for addr in (0x18, 0x19)]
    wrong: list[tuple[Any, ...]] = []

    def work(device: Any, name: str, sign: int) -> None:
        for nth in range(ROUNDS):
            limit = sign * (nth % 400) / 4
            device.store(name, limit)
            read = device.show(name)
            if read != limit:
                wrong.append((name, limit, read))
            if nth % 10 == 0 and device.sample() != (sign * 20.0,):
                wrong.append((name, "sample"))

    threads = [
        threading.Thread(target=work, args=(devices[0], "temp_max", 1)),
        threading.Thread(target=work, args=(devices[1], "temp_crit", -1)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong
    untouched = [(0x18, 0x03), (0x18, 0x04), (0x19, 0x02), (0x19, 0x03)]
    assert [register(bus, addr, number, 2) for addr, number in untouched] == [0, 0, 0, 0]
    for device in devices:
        device.close()


# Register number, STOP, read


class Crowded(Wires):
    """Before each transfer another program reads the chip's register 0."""

    intruder = 0

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        if self.intruder:
            super().xfer([Write(self.intruder, b"\x00"), Read(self.intruder, 1)])
        return super().xfer(messages)


def crowded(chip: str) -> Crowded:
    bus = Crowded({address(chip): bus_with(chip).detach(address(chip))}, frequency=None)
    bus.intruder = address(chip)
    return bus


def test_a_reader_that_releases_the_bus_reads_another_programs_register() -> None:
    """Adafruit bme280: −140.9 °C, 1313 hPa, 0 %, without an error."""
    bus = crowded("bme280")
    bus.xfer([Write(0x76, b"\xfa")])
    (data,) = bus.xfer([Read(0x76, 3)])
    adc = int.from_bytes(data, "big") >> 4
    assert fine_temperature(WORKED_EXAMPLE, adc) / 5120 == pytest.approx(-140.9, abs=0.05)


CLEARED = ("tmp117", "tmp119")  # another program's read of the result clears the flag that ends the set-up
TAKEN = ("dps310", "dps368")  # such a read clears the flag of each sample, which is then an error
WITH_REGISTERS = [chip for chip in DRIVEN if not load(chip).driver.functionality & Functionality.I2C]


@pytest.mark.parametrize("chip", WITH_REGISTERS)
def test_another_program_between_two_transfers_changes_no_value(chip: str) -> None:
    """Adafruit bme280, bmp3xx, lis3dh, adxl34x: register number, STOP, read."""
    bus = crowded(chip)
    bus.intruder = 0 if chip in CLEARED else address(chip)
    with opened(chip, bus) as device:
        bus.intruder = address(chip)
        for _ in range(5):
            found = value_or_error(device)
            assert isinstance(found, NotConverted) if chip in TAKEN else is_right(chip, found), found
            bus.clock.sleep(interval(chip))
        for name in device.driver.attributes:
            device.store(name, -10.0)
            assert device.show(name) == -10.0


@pytest.mark.parametrize("chip", WITH_REGISTERS)
def test_each_register_is_read_in_one_transfer_with_its_number(chip: str) -> None:
    """No STOP in between."""
    bus = bus_with(chip)
    said: list[Sequence[Message]] = []
    bus.transferred.add(lambda messages, outcome: said.append(messages))
    with opened(chip, bus) as device:
        device.sample()
        for name in device.driver.attributes:
            device.store(name, 1.0)
    reads = [messages for messages in said if Read in map(type, messages) and messages[0].addr == address(chip)]
    assert reads
    for messages in reads:
        kinds = [type(message) for message in messages]
        assert kinds == [Write, Read] * (len(kinds) // 2)


# Values of one moment


def saw(time: float) -> float:
    """0 … 12, ever changing: no two moments near each other have one value."""
    return time * 997.0 % 12.0


def one_moment(chip: str) -> Wires:
    """All quantities are the same one."""
    bus = bus_with(chip)
    names = CHIPS[chip].inputs
    scale = {"voltage": 1.0, "current": 0.03, "pressure": 1000.0, "humidity": 4.0}
    base = {"pressure": 90_000.0, "humidity": 20.0}

    def follows(name: str) -> Any:
        return lambda time: base.get(name, 0.0) + scale.get(name, 1.0) * saw(time)

    bus.chips[address(chip)].set(**{name: follows(name) for name in names})
    return bus


def phases(chip: str, sample: Any) -> list[float]:
    """Return the values that all follow from one quantity."""
    if hasattr(sample, "voltage"):
        return [sample.voltage, sample.current / 0.03]
    if hasattr(sample, "accel"):
        return list(sample.accel)
    if hasattr(sample, "diff"):
        return [0.0, sample.diff[0]]  # of two inputs that are always the same
    found = [sample.temp]
    if hasattr(sample, "pressure"):
        found.append((sample.pressure - 90_000.0) / 1000.0)
    return [*found, (sample.humidity - 20.0) / 4.0] if hasattr(sample, "humidity") else found


def test_a_reader_of_one_register_after_the_other_has_values_of_two_moments() -> None:
    """Adafruit tsl2591: two separate reads of 16 bits."""
    bus = one_moment("ina226")
    bus.clock.sleep(0.0101)
    voltage = register(bus, 0x40, 0x02, 2) * 1.25e-3
    bus.clock.sleep(0.0031)
    current = register(bus, 0x40, 0x01, 2) * 2.5e-6 / 0.1
    assert abs(voltage - current / 0.03) > 0.5


NOT_AT_ONCE = {"hdc1080", "mlx90614", "mlx90614b"}  # unchecked bytes of a quantity that moves; registers of a word
NOT_AT_ONCE |= {"htu21", "sht21", "si7006", "si7013", "si7020", "si7021"}  # a command for each quantity
NOT_AT_ONCE |= {"veml7700", "veml6030"}  # registers of a word, which the chip fills without a pause
NOT_AT_ONCE |= {"ads1115", "ads1015", "bmp180", "bmp085"}  # one converter that measures one input after the other
NOT_AT_ONCE |= {"dps310", "dps368"}  # likewise
NOT_AT_ONCE |= {"ms5611", "ms5607", "ms5637", "ms8607", "ms5837", "ms5837_02ba"}  # so do their two commands
SEVERAL = [chip for chip in DRIVEN if len(CHIPS[chip].inputs) > 1 and chip not in NOT_AT_ONCE]


@pytest.mark.parametrize("chip", SEVERAL)
def test_all_values_of_a_sample_are_of_one_moment(chip: str) -> None:
    """Adafruit tsl2591, bme280: a conversion, or at least a read, for each property."""
    bus = one_moment(chip)
    right = 0
    with opened(chip, bus) as device:

        def slowly(messages: Sequence[Message]) -> list[bytes]:
            bus.clock.sleep(0.0007)  # a transfer takes time, and conversions continue meanwhile
            return SimAdapter.xfer(bus, messages)

        bus.line = slowly
        for nth in range(40):
            found = value_or_error(device)
            if not isinstance(found, Error):
                first, *others = phases(chip, found)
                assert all(abs(other - first) < 0.1 for other in others), found
                right += 1
            bus.clock.sleep(0.37 + 0.0013 * nth)
    assert right > 20


# No longer than the sheet requires

AIN_S = 25e-6 + 1 / 128 / 0.9  # s, of an input: from power-down (SBAS444E §7.4.2.1), at a rate 10 % low (§5.5)
WAITS = {  # s that probe and a sample take by the sheet: start-up, and the longest conversion of the default settings
    "bme280": (0.002 + 0.0093, 0.0093),  # t_startup (table 1); 1.25 + 2.3 + 2.875 + 2.875 ms (§9.1)
    "bmp280": (0.002 + 0.0064, 0.0064),  # table 13
    **dict.fromkeys(("bmp180", "bmp085"), (0.010, 0.0045 + 0.0075)),  # start-up (table 1); conversions (table 8)
    # t_startup (table 2); 1.18 · (0.234 + 0.392 + 4 · 2.02 + 0.163 + 2.02 ms) (§3.9.2, table 23)
    **dict.fromkeys(("bmp388", "bmp380", "bmp390"), (0.002, 0.01285)),
    **dict.fromkeys(("dps310", "dps368"), (0.040, 0.0036 + 0.0276)),  # table 8; table 16
    "ina219": (2 * 0.000586, 2 * 0.000586),  # §6.5
    **dict.fromkeys(("ina226", "ina230", "ina231", "ina260"), (2 * 0.00121, 2 * 0.00121)),  # §6.5
    "mcp9808": (0.250, 0.0),  # table 5-2, typical
    "sht4x": (0.001 + 0.001, 0.0083),  # "Timings"
    **dict.fromkeys(("adt7410", "adt7420"), (0.240, 0.0)),  # "Specifications", typical
    "opt3001": (0.883, 0.0),  # §6.5
    **dict.fromkeys(("veml7700", "veml6030"), (0.0025 + 0.1, 0.0)),  # application note 84323
    "lm75": (0.300, 0.0),
    "lm75a": (0.300, 0.0),
    "tmp75": (0.300, 0.0),
    "tmp102": (0.035, 0.0),
    "tmp105": (0.300, 0.0),
    "pct2075": (0.100, 0.0),  # a period; 28 ms of it are the conversion
    "ds1775": (0.750, 0.0),  # 11 bits
    "mcp980x": (0.600, 0.0),
    "aht20": (0.020, 0.080),  # §5.5; DHT20 §7.4
    "bh1750": (0.0, 0.180),  # "Electrical Characteristics"
    "hdc1080": (0.015, 0.01285),  # §7.5, both conversions
    "lis3dh": (0.005 + 7 / 400, 0.0),  # §7, table 10
    "tmp117": (0.002 + 8 * 0.0175, 0.0),  # table 6; §6.5, eight conversions
    "tmp119": (0.002 + 8 * 0.0175, 0.0),
    **dict.fromkeys(("ads1115", "ads1015"), (0.0, 4 * AIN_S)),
    **dict.fromkeys(("ads1114", "ads1113", "ads1014", "ads1013"), (0.0, AIN_S)),
    **dict.fromkeys(("ms5611", "ms5607"), (0.0028, 2 * 0.00904)),  # "Reset sequence", "Analog digital converter"
    **dict.fromkeys(("ms5637", "ms8607", "ms5837", "ms5837_02ba"), (0.0028, 2 * 0.00904)),
    **dict.fromkeys(("lps22hb", "lps33hw", "lps35hw"), (0.0, 1 / 75)),  # table 17, the period of the fastest rate
    **dict.fromkeys(("lps22hh", "lps22df", "lps28dfw"), (0.0, 1 / 200)),
    "lps25hb": (0.0, 1 / 25),
    "mlx90614": (0.0, 0.0),
    "mlx90614b": (0.0, 0.0),
    "sht3x": (0.001 + 0.0015 + 0.001, 0.0155),  # a break, the reset, the wait between two commands; table 4
    "htu21": (0.050 + 0.015, 0.050 + 0.016),  # a measurement and the reset; "Measuring time"
    "sht21": (0.085 + 0.015, 0.085 + 0.029),  # SHT21, table 7
    **dict.fromkeys(("si7006", "si7013", "si7020", "si7021"), (0.0108 + 0.015, 0.0108 + 0.0228)),  # table 2
    "hdc3020": (0.001 + 0.005, 0.0141),  # an exit and the reset; §6.5
    "sts3x": (0.001 + 0.0015 + 0.001, 0.0155),
    "scd4x": (0.001 + 0.5 + 3 * 0.001, 5.0),  # §3.8.2, §3.5.3, §3.9.2, §3.6.3, §3.7.2; a period (§3.5.1)
    "shtc3": (0.00024 + 0.00024, 0.00024 + 0.0121),  # a wake-up and the reset; a wake-up and table 6
}
MARGIN, READS = 1.5, 0.0015  # of a conversion whose longest time no sheet gives; s, to look whether it is over


@every_chip
def test_probe_and_sample_wait_no_longer_than_the_sheet_requires(chip: str) -> None:
    """Adafruit sgp40: 500 ms of sleep for a command of 30 ms, 1.5 s before the first value."""
    bus = bus_with(chip)
    began = bus.clock.monotonic()
    with opened(chip, bus) as device:
        probed = bus.clock.monotonic() - began
        device.sample()
        more = dict.fromkeys(("light", "white"), 1.001)  # steps of 0.83 lx
        change(bus, chip, {name: value * more.get(name, 1.00005) for name, value in NOW.items()})
        bus.clock.sleep(interval(chip))
        began = bus.clock.monotonic()
        device.sample()
        sampled = bus.clock.monotonic() - began
    assert chip in WAITS, "add the longest times of its datasheet: of the start, and of a sample"
    probe, sample = WAITS[chip]
    assert probed <= MARGIN * probe + READS
    assert sampled <= MARGIN * sample + READS
