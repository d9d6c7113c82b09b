"""Registers, formulas and settings: numbers that were wrong for years."""

from __future__ import annotations

from enum import Enum
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.driver.command import Crc
from i2cdrv.errors import Error
from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.bme280 import Bme280
from i2cdrv.sim.chips.bosch_trim import (
    NEGATIVE_H,
    Trim,
    fine_temperature,
    humidity,
    raw_humidity,
    raw_temperature,
)
from i2cdrv.sim.wordcommands import words

from .world import BEFORE, DRIVEN, NOW, Wires, address, bus_with, change, every_chip, is_right, load, opened, register

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from i2cdrv.i2c.adapter import Message


# Trimming words (BME280 table 16)

H4, H5, H3 = NEGATIVE_H.h4, NEGATIVE_H.h5, NEGATIVE_H.h3  # −16, −39, 200
AS_THE_PEERS_READ = {
    "pimoroni h4": NEGATIVE_H._replace(h4=(H4 & 0xFFF) - 1 << 12),  # `r - 1 << 12`
    "pimoroni h5": NEGATIVE_H._replace(h5=(H5 & 0xFFF) - 1 << 12),
    "periph, tinygo, esphome h4": NEGATIVE_H._replace(h4=H4 & 0xFFF),
    "periph, tinygo, esphome h5": NEGATIVE_H._replace(h5=H5 & 0xFFF),
    "rpi.bme280 h3": NEGATIVE_H._replace(h3=H3 - 0x100),
}


def percent(trim: Trim, temp: float, adc: int) -> float:
    """The sheet's integer formula, in the sheet's limits."""
    value = humidity(trim, adc, fine_temperature(trim, raw_temperature(trim, temp)))
    return min(max(value / 4194304, 0.0), 100.0)


@pytest.mark.parametrize("peer", AS_THE_PEERS_READ)
def test_negative_h4_and_h5_and_the_unsigned_h3_give_the_humidity_that_is_there(peer: str) -> None:
    """Pimoroni bme280: 0 % for a part whose true value is 59 %; RPi.bme280: dig_H3 with a sign."""
    temp, true = (-20.0 if "h3" in peer or "h5" in peer else 25.0), 59.0
    fine = fine_temperature(NEGATIVE_H, raw_temperature(NEGATIVE_H, temp))
    adc = raw_humidity(NEGATIVE_H, true, fine)
    assert percent(NEGATIVE_H, temp, adc) == pytest.approx(true, abs=0.02)
    assert abs(percent(AS_THE_PEERS_READ[peer], temp, adc) - true) > 0.5
    bus = Wires({0x76: Bme280(trim=NEGATIVE_H, temp=temp, humidity=true)})
    with opened("bme280", bus) as device:
        assert device.sample().humidity == pytest.approx(true, abs=0.1)


def test_pimoroni_reads_minus_16_as_16707584() -> None:
    """So the row above is theirs."""
    assert AS_THE_PEERS_READ["pimoroni h4"].h4 == 16_707_584
    fine = fine_temperature(NEGATIVE_H, raw_temperature(NEGATIVE_H, 25.0))
    assert percent(AS_THE_PEERS_READ["pimoroni h4"], 25.0, raw_humidity(NEGATIVE_H, 59.0, fine)) == 0.0


# Limits


def test_a_limit_of_minus_10_degrees_is_0x1f60_and_not_minus_246() -> None:
    """Adafruit mcp9808: sign and magnitude, 0x10A0."""
    bus = bus_with("mcp9808")
    with opened("mcp9808", bus) as device:
        bus.xfer([Write(0x18, bytes.fromhex("03 10 A0"))])
        assert device.show("temp_min") == -246.0
        device.store("temp_min", -10.0)
        assert register(bus, 0x18, 0x03, 2) == 0x1F60


# The bits of each setting: register, its size, its bits, typed from the sheets

BITS: dict[tuple[str, str], tuple[int, int, int]] = {
    ("bme280", "osrs_t"): (0xF4, 1, 0xE0),  # §5.4.5
    ("bme280", "osrs_p"): (0xF4, 1, 0x1C),
    ("bme280", "osrs_h"): (0xF2, 1, 0x07),  # §5.4.3
    ("bme280", "filter"): (0xF5, 1, 0x1C),  # §5.4.6
    ("bme280", "standby"): (0xF5, 1, 0xE0),
    ("bmp180", "osrs_p"): (0xF4, 1, 0xC0),  # §4
    ("bmp388", "osrs_t"): (0x1C, 1, 0x38),  # §4.3.19
    ("bmp388", "osrs_p"): (0x1C, 1, 0x07),
    ("bmp388", "filter"): (0x1F, 1, 0x0E),  # §4.3.21
    ("dps310", "osrs_t"): (0x07, 1, 0x07),  # §8.4
    ("dps310", "osrs_p"): (0x06, 1, 0x07),  # §8.3
    ("ina219", "bus_range"): (0x00, 2, 0x2000),  # §8.6.2.1
    ("ina219", "shunt_range"): (0x00, 2, 0x1800),
    ("ina219", "samples"): (0x00, 2, 0x07F8),
    ("ina226", "average"): (0x00, 2, 0x0E00),  # §7.6.1
    ("ina226", "time"): (0x00, 2, 0x01F8),
    ("mcp9808", "resolution"): (0x08, 1, 0x03),  # §5.1.6
    ("mcp9808", "temp_max"): (0x02, 2, 0x1FFC),  # §5.1.2
    ("mcp9808", "temp_min"): (0x03, 2, 0x1FFC),
    ("mcp9808", "temp_crit"): (0x04, 2, 0x1FFC),
    ("adt7410", "hysteresis"): (0x0A, 1, 0x0F),  # table 18
    ("adt7410", "temp_max"): (0x04, 2, 0xFFFF),  # tables 12 … 17
    ("adt7410", "temp_min"): (0x06, 2, 0xFFFF),
    ("adt7410", "temp_crit"): (0x08, 2, 0xFFFF),
    ("opt3001", "time"): (0x01, 2, 0x0800),  # table 10
    ("veml7700", "gain"): (0x00, 2, 0x0018),  # low byte first
    ("veml7700", "integration"): (0x00, 2, 0xC003),
    ("veml7700", "power_save"): (0x03, 2, 0x0700),
    ("lm75", "temp_max_hyst"): (0x02, 2, 0xFF80),
    ("lm75", "temp_max"): (0x03, 2, 0xFF80),
    ("lis3dh", "rate"): (0x20, 1, 0xF0),  # §8.8
    ("lis3dh", "scale"): (0x23, 1, 0x30),  # §8.11
    ("tmp117", "averaging"): (0x01, 2, 0x0060),  # §7.6.1.2
    ("tmp117", "cycle"): (0x01, 2, 0x0380),
    ("tmp117", "temp_max"): (0x02, 2, 0xFFFF),
    ("tmp117", "temp_min"): (0x03, 2, 0xFFFF),
    ("tmp117", "temp_offset"): (0x07, 2, 0xFFFF),
    ("lps22hb", "full_scale"): (0x11, 1, 0x40),  # FS_MODE of an LPS28DFW, in lps28dfw_reg.h
    ("ads1115", "inputs"): (0x01, 2, 0x7000),  # table 8-3
    ("ads1115", "full_scale"): (0x01, 2, 0x0E00),
    ("ads1115", "rate"): (0x01, 2, 0x00E0),
}
HAS_NOT = {"bmp280": {"MS10", "MS20"}}  # its table 11
HAS_NOT |= {chip: {"X8192"} for chip in ("ms5611", "ms5607")}
LPS = ("lps22hb", "lps33hw", "lps35hw", "lps22hh", "lps22df", "lps25hb")
HAS_NOT |= {chip: {"HPA4060"} for chip in LPS}
OF_12_BITS, OF_16_BITS = ("ads1015", "ads1014", "ads1013"), ("ads1115", "ads1114", "ads1113")
HAS_NOT |= {chip: {"SPS490", "SPS920", "SPS1600", "SPS2400", "SPS3300"} for chip in OF_16_BITS}
HAS_NOT |= {chip: {"SPS8", "SPS16", "SPS32", "SPS64", "SPS475", "SPS860"} for chip in OF_12_BITS}
OF_NO_EFFECT = {("bmp280", "osrs_h")}  # it has no humidity
OF_NO_EFFECT |= {(chip, "full_scale") for chip in LPS}
REFUSED = {(chip, "inputs") for chip in ("ads1114", "ads1113", "ads1014", "ads1013")}  # no multiplexer
REFUSED |= {(chip, "full_scale") for chip in ("ads1113", "ads1013")}  # no amplifier
IN_NO_REGISTER = {
    "precision",
    "mode",
    "repeatability",
    "power",
    "heater",
    "mtreg",
    "osr",
}  # a command; and bits that the chip changes by itself
OF_THE_CHIP = {"bme280": (0xF4, 0x03), "ina219": (0x00, 0x07), "ina226": (0x00, 0x07)}  # modes: a measurement ends
OF_THE_CHIP |= {"opt3001": (0x01, 0x01E0)}  # OVF, CRF, FH, FL
OF_THE_CHIP |= {"tmp117": (0x01, 0xF000)}  # its alerts and Data_Ready
OF_THE_CHIP |= {"ads1115": (0x01, 0x8004)}  # OS; COMP_LAT, which marks every second conversion, has no effect here
TOGETHER = {"bme280": {"mode": "normal"}}  # where the standby time is used


def registers(name: str, bus: SimAdapter, chip: str) -> dict[int, int]:
    """All that holds settings, but for the bits that change by themselves."""
    sizes = {number: size for (driver, _), (number, size, _) in BITS.items() if driver == name}
    volatile, bits = OF_THE_CHIP.get(name, (-1, 0))
    found = {number: register(bus, address(chip), number, size) for number, size in sizes.items()}
    return {number: value & ~(bits if number == volatile else 0) for number, value in found.items()}


def changed(before: dict[int, int], after: dict[int, int]) -> dict[int, int]:
    return {number: before[number] ^ after[number] for number in before if before[number] != after[number]}


def changes(chip: str) -> Iterator[tuple[str, list[Any]]]:
    """Yield each setting of the chip and its value, one after the other."""
    driver = load(chip).driver
    for name, param in driver.params.items():
        if isinstance(param.default, Enum):
            low: Any = param.minimum
            values = [value for value in type(param.default) if value.name not in HAS_NOT.get(chip, set())]
            yield name, [value for value in values if low is None or value.value >= low]
        elif isinstance(param.default, tuple) and (chip, name) not in REFUSED:
            times = len(param.default) if name == "full_scale" else 1  # one for each input
            yield name, [(value,) * times for value in type(param.default[0])]
    for name in driver.attributes:
        yield name, [30.5, -10.0, 0.0, -0.5, 80.0]


@every_chip
def test_a_setting_changes_its_own_bits_and_leaves_every_other_one_alone(chip: str) -> None:
    """Adafruit mpu6050 #45: filter_bandwidth = 6 wrote 0x30, the bits of EXT_SYNC."""
    name = DRIVEN[chip]
    bus = bus_with(chip)
    with opened(chip, bus, **TOGETHER.get(name, {})) as device:
        device.sample()
        for setting, values in changes(chip):
            if setting in IN_NO_REGISTER or (chip, setting) in OF_NO_EFFECT:
                continue
            assert (name, setting) in BITS, "type its register and its bits from the datasheet"
            number, _, bits = BITS[name, setting]
            write = partial(device.set_param if setting in load(chip).driver.params else device.store, setting)
            moved = 0
            for value in (*values, *reversed(values)):
                before = registers(name, bus, chip)
                write(value)
                device.sample()  # some are written with each measurement
                difference = changed(before, registers(name, bus, chip))
                assert difference.keys() <= {number}, (setting, value, difference)
                assert not difference.get(number, 0) & ~bits, (setting, value, difference)
                moved |= difference.get(number, 0)
            assert moved == bits or (moved and setting in device.driver.attributes), f"{setting} moves {moved:#06x}"


def test_a_bandwidth_written_three_bits_too_high_would_be_seen() -> None:
    assert changed({0x1A: 0x00}, {0x1A: 6 << 3}) == {0x1A: 0x30}
    assert 0x30 & ~0x07


# The first value after a change


def test_a_reader_that_does_not_wait_has_the_value_of_the_old_settings() -> None:
    """Adafruit ads1x15, tsl2591: the result in the register is the one from before the switch."""
    bus = bus_with("ina226", BEFORE)
    bus.clock.sleep(0.01)
    change(bus, "ina226", NOW)
    bus.xfer([Write(0x40, bytes.fromhex("00 4F FF"))])
    assert register(bus, 0x40, 0x02, 2) * 1.25e-3 == pytest.approx(BEFORE["voltage"], abs=0.001)


@every_chip
def test_first_value_after_a_change_of_settings_is_one_of_the_new_settings(chip: str) -> None:
    """Adafruit ads1x15: −1.968 V, which is the configuration register; tsl2591: stale after a change of gain."""
    for start in ({}, {"mode": "normal", "standby": "ms1000"}) if DRIVEN[chip] == "bme280" else ({},):
        for setting, values in changes(chip):
            if setting not in load(chip).driver.params:
                continue
            bus = bus_with(chip, BEFORE)
            with opened(chip, bus, **start) as device:
                for value, weather in zip((*values, *reversed(values)), (NOW, BEFORE) * len(values), strict=True):
                    device.sample()
                    change(bus, chip, weather)
                    device.set_param(setting, value)
                    found = device.sample()
                    assert is_right(chip, found, weather), (setting, value, found)


# Commands that failed


class Answers(Wires):
    """``change`` is made of each answer."""

    flips: tuple[int, int] | None = None  # byte and bit
    word: int | None = None

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        answers = super().xfer(messages)
        if self.word is not None:
            return [words(*[self.word] * (len(answer) // 3)) for answer in answers]
        return [self._flipped(answer) for answer in answers]

    def _flipped(self, answer: bytes) -> bytes:
        if self.flips is None:
            return answer
        at, bit = self.flips
        return bytes(byte ^ (1 << bit if i == at else 0) for i, byte in enumerate(answer))


def test_each_bit_of_each_byte_of_an_sht4x_that_is_wrong_is_noticed() -> None:
    """Adafruit ahtx0: the AHT20's CRC byte is never read."""
    for flips in product(range(6), range(8)):
        bus = Answers({0x44: bus_with("sht4x").detach(0x44)}, frequency=None)
        with opened("sht4x", bus) as device:
            assert is_right("sht4x", device.sample())
            bus.flips = flips
            with pytest.raises(Error):
                device.sample()
            bus.flips = None
            assert is_right("sht4x", device.sample())


def test_a_reader_without_crc_takes_a_flipped_bit_for_a_value() -> None:
    bus = Answers({0x44: bus_with("sht4x").detach(0x44)}, frequency=None)
    bus.flips = (0, 5)
    bus.xfer([Write(0x44, b"\xfd")])
    bus.clock.sleep(0.0083)
    ((high, low, *_),) = bus.xfer([Read(0x44, 6)])
    assert abs(-45 + 175 * (high * 256 + low) / 65535 - NOW["temp"]) > 10


@pytest.mark.parametrize("word", [0xFFFF, 0x0000])
def test_an_answer_of_nothing_but_ones_is_a_failure_even_with_a_right_crc(word: int) -> None:
    """Adafruit scd4x: 0xFFFF, unpacked with a sign and compared with 65535, was never noticed."""
    assert int.from_bytes(b"\xff\xff", "big", signed=True) != 65535
    assert Crc().words(words(word, word)) == (word, word)
    bus = Answers({0x44: bus_with("sht4x").detach(0x44)}, frequency=None)
    with opened("sht4x", bus) as device:
        device.sample()
        bus.word = word
        with pytest.raises(Error):
            device.sample()
