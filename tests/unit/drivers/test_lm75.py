"""The LM75 family against its datasheets; each chip's table of temperatures, below zero too."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import Any, NamedTuple

import pytest

import i2cdrv
from i2cdrv.errors import Disagreement, Error, Invalid, NoDevice, OutOfRange
from i2cdrv.i2c.adapter import Write
from i2cdrv.sim import CHIPS, SimAdapter

from .facts import Facts
from .wire import conversation

SHUTDOWN = Facts(1, 5, ("01", "01", "01"), has_identity=False)
FACTS = {
    **dict.fromkeys(("lm75", "lm75a", "tmp75", "tmp105", "pct2075", "ds1775", "mcp980x"), SHUTDOWN),
    "tmp102": Facts(1, 5, ("01", "01 00", "01 00"), has_identity=False),  # SD
}

FAMILY = list(import_module("i2cdrv.drivers.lm75").Lm75.id_table)
every_chip = pytest.mark.parametrize("chip", FAMILY)


class Sheet(NamedTuple):
    """Configuration at power-on, when set and when asleep; longest conversion in ms; words and their meaning.

    ``off``: how far from the truth a reading may be, in °C.
    """

    power_on: str
    awake: str
    asleep: str
    conversion: float
    words: dict[str, float]
    off: float
    settings: int = 1  # fields of the configuration that are set besides the shutdown
    idle: str = ""  # the register of the pause between conversions, which reads 00 at power-on


NINE = {  # LM75, table "Temperature register"
    **{"7D 00": 125.0, "19 00": 25.0, "00 80": 0.5, "FF 80": -0.5, "E7 00": -25.0, "C9 00": -55.0},
    "19 7F": 25.0,  # the bits below are undefined
}
ELEVEN = {  # PCT2075, table 10; DS1775 in 11 bits, table 3
    **{"7F 00": 127.0, "7E E0": 126.875, "7E 20": 126.125, "7D 00": 125.0, "19 00": 25.0, "00 20": 0.125},
    **{"FF E0": -0.125, "E7 00": -25.0, "C9 20": -54.875, "C9 00": -55.0},
    "19 1F": 25.0,  # the bits below do not count
}
TWELVE = {  # TMP75 and TMP102, table "Temperature data format"; MCP9800, table 5-4
    **{"7F F0": 127.9375, "64 00": 100.0, "50 00": 80.0, "4B 00": 75.0, "32 00": 50.0, "19 00": 25.0, "00 40": 0.25},
    **{"FF C0": -0.25, "E7 00": -25.0, "C9 00": -55.0, "19 70": 25.4375, "E6 90": -25.4375},
}
SHEETS = {
    "lm75": Sheet("00", "00", "01", 300, NINE, 0.25),
    "lm75a": Sheet("00", "00", "01", 300, NINE, 0.4375),  # NXP's has 11 bits, of which 9 are read
    "tmp75": Sheet("00", "60", "61", 300, TWELVE, 1 / 32),  # R1 R0 = 11
    "tmp102": Sheet("60 A0", "60 A0", "61 A0", 35, TWELVE, 1 / 32, settings=2),
    "tmp105": Sheet("00", "60", "61", 300, TWELVE, 1 / 32),
    "pct2075": Sheet("00", "00", "01", 100, ELEVEN, 1 / 16, idle="04"),
    "ds1775": Sheet("00", "40", "41", 750, ELEVEN, 1 / 16),  # R1 R0 = 10
    "mcp980x": Sheet("00", "60", "61", 600, TWELVE, 1 / 32),
}


LIMITS = "03 > 50 00\n02 > 4B 00\n"  # T_OS 80 °C and T_HYST 75 °C, the power-on values of all of them
FAMILIAR = f"{LIMITS}{LIMITS}02 > 4B 00\n03 > 50 00\n"  # and no bit below the lowest of 12


def probe(sheet: Sheet, found: str) -> str:
    """The limits, and one change of the configuration for each setting and the end of the shutdown."""
    set_up = change("00", "00", sheet.idle) if sheet.idle else ""
    if sheet.awake != "00":
        set_up = change(found, sheet.awake) + (sheet.settings - 1) * change(sheet.awake, sheet.awake)
    return f"{FAMILIAR}{set_up}{change(sheet.awake, sheet.awake)}wait {sheet.conversion} ms\n{LIMITS}"


def change(old: str, new: str, register: str = "01") -> str:
    return 2 * f"{register} > {old}\n" + f"{register} {new}\n{register} > {new}\n"


def verify(sheet: Sheet, limits: str = LIMITS) -> str:
    """Each setting, that it is not shut down, and the limits."""
    idle = f"{sheet.idle} > 00\n" if sheet.idle else ""
    return idle + f"01 > {sheet.awake}\n" * (1 + (sheet.awake != "00") * sheet.settings) + limits


def checked(sheet: Sheet, once: str) -> str:
    """A sample that is read twice, and again after the check of the chip."""
    return 2 * once + verify(sheet) + once


def sleep(sheet: Sheet) -> str:
    return change(sheet.awake, sheet.asleep)


def test_every_chip_of_the_family_has_its_table_here() -> None:
    assert set(SHEETS) == set(FAMILY)


@every_chip
def test_conversation_of_probe_samples_and_removal(chip: str) -> None:
    sheet = SHEETS[chip]
    flat = (0.0, -0.5, -1 / 8, -1 / 16)  # all bits 0, all 1: these have a test of their own
    words = {word: temp for word, temp in sheet.words.items() if -55 <= temp <= 125 and temp not in flat}
    samples, before = "", None
    for word, temp in words.items():
        once = f"00 > {word}\n"
        samples += once if before is not None and abs(temp - before) <= 1.0 else checked(sheet, once)
        before = temp
    talk = probe(sheet, sheet.power_on) + samples + sleep(sheet)
    with conversation(0x48, talk) as bus, i2cdrv.open(chip, bus=bus, addr=0x48) as device:
        assert [device.sample().temp for _ in words] == list(words.values())


@every_chip
def test_words_and_their_meaning(chip: str) -> None:
    driver: Any = import_module("i2cdrv.drivers.lm75").Lm75
    for word, temp in SHEETS[chip].words.items():
        assert driver.id_table[chip].temp.decode(bytes.fromhex(word)) == temp


@pytest.mark.parametrize("chip", ["tmp75", "tmp102", "tmp105", "mcp980x"])
@pytest.mark.parametrize("word", ["19 01", "19 08", "19 0F"])  # bit 0 is the extended format of a TMP102
def test_bits_below_the_temperature_that_always_read_0_are_a_reason_to_measure_again(chip: str, word: str) -> None:
    """TMP75, TMP105, TMP102: the remaining or unused bits read 0; MCP9800, register 5-2: read as 0."""
    sheet = SHEETS[chip]
    talk = f"{probe(sheet, sheet.power_on)} 00 > {word}\nwait 1 … 5 ms\n{checked(sheet, '00 > 19 10' + chr(10))}"
    with conversation(0x48, talk + sleep(sheet)) as bus, i2cdrv.open(chip, bus=bus, addr=0x48) as device:
        assert device.sample().temp == 25.0625


@every_chip
@pytest.mark.parametrize("word", ["7F 00", "80 00", "C8 80", "7D 80"])
def test_a_temperature_that_it_cannot_measure_is_an_error(chip: str, word: str) -> None:
    sheet = SHEETS[chip]
    talk = probe(sheet, sheet.power_on) + checked(sheet, f"00 > {word}\n") + sleep(sheet)
    with (
        conversation(0x48, talk) as bus,
        i2cdrv.open(chip, bus=bus, addr=0x48) as device,
        pytest.raises(OutOfRange),
    ):
        device.sample()


@every_chip
def test_0_degrees_are_read_again_because_power_on_looks_the_same(chip: str) -> None:
    sheet = SHEETS[chip]
    nothing = f"00 > 00 00\n{verify(sheet)}00 > 00 00\n"
    once = f"{nothing}wait {sheet.conversion + 1} … {sheet.conversion + 5} ms\n"  # and a pause
    first = checked(sheet, "00 > E7 00\n")
    talk = f"{probe(sheet, sheet.power_on)}{once}{first}{2 * once}{nothing}{nothing}{sleep(sheet)}"
    with conversation(0x48, talk) as bus, i2cdrv.open(chip, bus=bus, addr=0x48) as device:
        assert [device.sample().temp for _ in range(3)] == [-25.0, 0.0, 0.0]


def test_a_tmp102_in_its_extended_format_is_set_back() -> None:
    talk = (
        f"{FAMILIAR}{change('61 B0', '61 A0')}{change('61 A0', '61 A0')}{change('61 A0', '60 A0')}"
        f"wait 35 ms\n{LIMITS}{change('60 A0', '61 A0')}"
    )
    with conversation(0x4B, talk) as bus:
        i2cdrv.open("tmp102", bus=bus, addr=0x4B).close()


def test_other_bits_of_the_configuration_stay_as_they_are() -> None:
    talk = f"{FAMILIAR}{change('1F', '1E')}wait 300 ms\n{LIMITS}{change('1E', '1F')}"
    with conversation(0x48, talk) as bus:
        i2cdrv.open("lm75", bus=bus, addr=0x48).close()


@every_chip
def test_samples_the_simulated_temperature(chip: str) -> None:
    simulated = CHIPS[chip]()
    bus = SimAdapter({0x4F: simulated})
    with i2cdrv.open(chip, bus=bus, addr=0x4F) as device:
        for tenths in (-550, -403, -251, -10, -6, 6, 7, 251, 499, 850, 1249):
            simulated.set(temp=tenths / 10)
            bus.clock.sleep(1.5)
            assert device.sample().temp == pytest.approx(tenths / 10, abs=SHEETS[chip].off)


@every_chip
@pytest.mark.parametrize("temp", [-40.0, 85.0])
def test_a_sleeping_chip_with_an_old_value_is_measured_again(chip: str, temp: float) -> None:
    simulated = CHIPS[chip](temp=20.0)
    bus = SimAdapter({0x48: simulated})
    i2cdrv.open(chip, bus=bus, addr=0x48).close()
    bus.clock.sleep(2)
    simulated.set(temp=temp)
    with i2cdrv.open(chip, bus=bus, addr=0x48) as device:
        assert device.sample() == (temp,)


@every_chip
@pytest.mark.parametrize(("name", "register"), [("temp_max", "03"), ("temp_max_hyst", "02")])  # T_OS, T_HYST
def test_limits_are_written_and_read_in_twos_complement(chip: str, name: str, register: str) -> None:
    sheet = SHEETS[chip]
    limits = {"F6 00": -10.0, "FF 80": -0.5, "00 80": 0.5, "50 00": 80.0, "C9 00": -55.0, "7F 80": 127.5}
    store = "".join(
        f"{register} > 50 00\n" * 2 + f"{register} {word}\n{register} > {word}\n{register} > {word}\n"
        for word in limits
    )
    with (
        conversation(0x48, probe(sheet, sheet.power_on) + store + sleep(sheet)) as bus,
        i2cdrv.open(chip, bus=bus, addr=0x48) as device,
    ):
        for temp in limits.values():
            device.store(name, temp)
            assert device.show(name) == temp


@every_chip
def test_limits_of_the_simulated_chip_keep_to_themselves(chip: str) -> None:
    with i2cdrv.open(chip, bus=SimAdapter({0x48: CHIPS[chip](temp=-20.0)}), addr=0x48) as device:
        assert (device.show("temp_max"), device.show("temp_max_hyst")) == (80.0, 75.0)  # power-on
        device.store("temp_max", -5.5)
        device.store("temp_max_hyst", -10.0)
        assert (device.show("temp_max"), device.show("temp_max_hyst")) == (-5.5, -10.0)
        with pytest.raises(Invalid):
            device.store("temp_max", 128.0)
        assert device.show("temp_max") == -5.5
        assert device.sample() == (-20.0,)


# The substitute for an identity


@every_chip
def test_a_power_dip_that_cost_settings_or_limits_is_noticed_at_the_next_jump(chip: str) -> None:
    simulated = CHIPS[chip](temp=20.0)
    bus = SimAdapter({0x48: simulated})
    with i2cdrv.open(chip, bus=bus, addr=0x48) as device:
        device.store("temp_max", 30.0)
        device.sample()
        simulated.power_on()
        bus.clock.sleep(2.0)
        assert device.sample().temp == pytest.approx(20.0, abs=0.25)  # not detected: no register differs
        probes = device.recovery.steps["reprobes"]
        simulated.set(temp=50.0)
        bus.clock.sleep(2.0)
        assert device.sample() == (50.0,)
        assert device.recovery.steps["reprobes"] == probes + 1
        assert device.show("temp_max") == 30.0  # it has it again
        simulated.set(temp=20.0)
        bus.clock.sleep(2.0)
        assert device.sample() == (20.0,)
        assert device.recovery.steps["reprobes"] == probes + 1


@every_chip
def test_0_after_a_power_dip_is_noticed_at_once(chip: str) -> None:
    simulated = CHIPS[chip](temp=20.0)
    bus = SimAdapter({0x48: simulated})
    with i2cdrv.open(chip, bus=bus, addr=0x48) as device:
        device.store("temp_max_hyst", 30.0)
        device.sample()
        simulated.power_on()
        assert device.sample() == (20.0,)
        assert device.recovery.steps["reprobes"] == 1


@every_chip
def test_limits_of_0_verify_nothing_where_all_else_is_0_too(chip: str) -> None:
    simulated = CHIPS[chip](temp=0.0)
    bus = SimAdapter({0x48: simulated})
    with i2cdrv.open(chip, bus=bus, addr=0x48) as device:
        assert device.sample() == (0.0,)
        device.store("temp_max", 0.0)
        device.store("temp_max_hyst", 0.0)
        if SHEETS[chip].awake == "00":  # no setting of these is a 1
            with pytest.raises(NoDevice, match="has no limits"):
                device.sample()
        else:
            assert device.sample() == (0.0,)


def test_a_limit_that_the_chip_does_not_take_is_reported() -> None:
    sheet = SHEETS["lm75"]
    talk = f"{probe(sheet, '00')}03 > 50 00\n03 > 50 00\n03 1E 00\n03 > 50 00\n{sleep(sheet)}"
    with (
        conversation(0x48, talk) as bus,
        i2cdrv.open("lm75", bus=bus, addr=0x48) as device,
        pytest.raises(Disagreement),
    ):
        device.store("temp_max", 30.0)


# Register numbers that are lost, and settings that slow a chip down


def test_a_lost_register_number_is_noticed_by_the_read_after_the_check() -> None:
    """A TMP102 whose alert limit is 110 °C: the limit was read last, and answers in the place of the temperature."""
    bus = SimAdapter({0x48: CHIPS["tmp102"](temp=20.0)})
    with i2cdrv.open("tmp102", bus=bus, addr=0x48) as device:
        device.store("temp_max", 110.0)
        assert device.sample() == (20.0,)
        for count in range(1, 8):
            bus.xfer([Write(0x48, b"\x03")])
            with bus.faults.inject(f"pointer-lost count={count}", 0x48):
                bus.clock.sleep(1)
                assert_is_near_or_an_error(device, 20.0)


def assert_is_near_or_an_error(device: Any, temp: float) -> None:
    with suppress(Error):
        assert device.sample() == (temp,)


def test_a_chip_with_equal_registers_is_refused() -> None:
    bus = SimAdapter({0x48: CHIPS["tmp102"](temp=20.0)})
    bus.xfer([Write(0x48, b"\x03")])
    bus.faults.inject("pointer-lost", 0x48)
    with pytest.raises(NoDevice, match="the same in each register"):
        i2cdrv.open("tmp102", bus=bus, addr=0x48)


def test_a_limit_below_the_range_of_every_chip_is_refused() -> None:
    """80 °C that arrive one bit early are 5000 << 1 = A000, −96 °C."""
    bus = SimAdapter({0x48: CHIPS["lm75"](temp=20.0)})
    bus.faults.inject("shift=-1", 0x48)
    with pytest.raises(NoDevice, match="limit of -"):
        i2cdrv.open("lm75", bus=bus, addr=0x48)


@pytest.mark.parametrize(
    ("chip", "write"),
    [("tmp102", "01 60 20"), ("pct2075", "04 1F")],  # CR1 CR0 = 00: 0.25 Hz; T_idle = 31: 3.1 s
)
def test_a_pause_between_conversions_that_another_program_has_set_is_set_back(chip: str, write: str) -> None:
    simulated = CHIPS[chip](temp=20.0)
    bus = SimAdapter({0x48: simulated})
    with i2cdrv.open(chip, bus=bus, addr=0x48) as device:
        device.sample()
        bus.xfer([Write(0x48, bytes.fromhex(write))])
        bus.clock.sleep(11)  # the chip is checked every 10 s
        device.sample()
        simulated.set(temp=21.0)
        bus.clock.sleep(0.3)  # TMP102: 4 Hz and 35 ms; PCT2075: 100 ms
        assert device.sample() == (21.0,)
