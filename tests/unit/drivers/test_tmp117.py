"""TMP117 against its datasheet, SNOSD82A (2018)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import i2cdrv
from i2cdrv.core.bus import Bus
from i2cdrv.core.detect import find_address, scan
from i2cdrv.core.module import load, load_all
from i2cdrv.errors import Error, NoDevice, OutOfRange, TimedOut
from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.sim import CHIPS, SimAdapter
from i2cdrv.sim.chips.tmp117 import Tmp117

from .facts import Facts
from .wire import conversation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from i2cdrv.i2c.adapter import Message
    from i2cdrv.sim import Chip

FACTS = dict.fromkeys(("tmp117", "tmp119"), Facts(1, 5, ("01", "0C 00", "04 00")))  # MOD = 01


def change(register: str, old: str, new: str) -> str:
    """A change of some of its bits: read twice, written, read back."""
    return f"{register} > {old}\n" * 2 + f"{register} {new}\n{register} > {new}\n"


RESET = """
    0F > 01 17  # device ID (§7.6.1.10)
    04 00 00  # EUN = 0: locked, before anything else is written (§7.5.1.2)
    01 00 02  # Soft_Reset (table 6)
    wait 2 … 2.1 ms
    04 > 00 00  # EEPROM_Busy = 0
"""


def convert(avg: str = "20", cycle: str = "02", wait: str = "140 … 141") -> str:
    """Locked; shut down, settings, and a first result: AVG × 17.5 ms at most (§6.5), then Data_Ready."""
    return (
        change("04", "00 00", "00 00")
        + change("01", "02 20", "06 20")
        + change("01", "06 20", f"06 {avg}")
        + change("01", f"06 {avg}", f"{_added('04', cycle)} {avg}")
        + change("01", f"{_added('04', cycle)} {avg}", f"{cycle} {avg}")
        + f"wait {wait} ms\n01 > {_added('20', cycle)} {avg}\n"
    )


def _added(one: str, other: str) -> str:
    return f"{int(one, 16) | int(other, 16):02X}"


LIMITS = """
    02 > 60 00
    03 > 80 00
    07 > 00 00
"""
PROBE = RESET + convert() + LIMITS
VERIFY = f"""
    0F > 01 17
    04 > 00 00
    01 > 02 20
    01 > 02 20
    01 > 02 20
    {LIMITS}
"""
SLEEP = "\n" + change("04", "00 00", "00 00") + change("01", "02 20", "06 20")  # locked, then MOD = 01


def first(word: str) -> str:
    """The first sample, which is read twice more."""
    return f"00 > {word}\n00 > {word}\n{VERIFY} 00 > {word}\n"


@pytest.mark.parametrize(
    ("word", "temp"),
    [
        *[("F3 80", -25.0), ("FF F0", -0.125), ("00 01", 0.0078125)],  # table 1
        *[("00 10", 0.125), ("00 80", 1.0), ("0C 80", 25.0), ("32 00", 100.0)],
        *[("E4 80", -55.0), ("4B 00", 150.0)],  # the ends of its range (§6.5)
    ],
)
def test_conversation_of_probe_sample_and_removal(word: str, temp: float) -> None:
    with (
        conversation(0x48, PROBE + first(word) + SLEEP) as bus,
        i2cdrv.open("tmp117", bus=bus, addr=0x48) as device,
    ):
        assert device.sample() == (temp,)


@pytest.mark.parametrize("word", ["7F FF", "E4 7F", "4B 01"])  # 255.9921 °C, below −55, above 150
def test_a_temperature_that_it_cannot_measure_is_an_error(word: str) -> None:
    with (
        conversation(0x4B, PROBE + first(word) + SLEEP) as bus,
        i2cdrv.open("tmp117", bus=bus, addr=0x4B) as device,
        pytest.raises(OutOfRange),
    ):
        device.sample()


def test_minus_256_degrees_is_no_temperature_but_a_chip_that_has_lost_power() -> None:
    """§7.3.1: it reads so until the first conversion is done."""
    talk = PROBE + "00 > 80 00\n" + PROBE + first("0C 80") + SLEEP
    with conversation(0x48, talk) as bus, i2cdrv.open("tmp117", bus=bus, addr=0x48) as device:
        assert device.sample() == (25.0,)


@pytest.mark.parametrize(
    ("word", "avg", "longest"), [("x1", "00", 17.5), ("x8", "20", 140), ("x32", "40", 560), ("x64", "60", 1120)]
)
def test_averaging_and_the_wait_for_a_result(word: str, avg: str, longest: float) -> None:
    talk = RESET + convert(avg=avg, wait=f"{longest} … {longest + 1}") + LIMITS
    sleep = change("04", "00 00", "00 00") + change("01", f"02 {avg}", f"06 {avg}")
    with conversation(0x48, talk + sleep) as bus:
        i2cdrv.open("tmp117", bus=bus, addr=0x48, averaging=word).close()


CYCLES = {  # CONV of bits 9 … 7, and the low byte (table 7)
    **{"ms15_5": ("00", "20"), "ms125": ("00", "A0"), "ms250": ("01", "20"), "ms500": ("01", "A0")},
    **{"s1": ("02", "20"), "s4": ("02", "A0"), "s8": ("03", "20"), "s16": ("03", "A0")},
}


@pytest.mark.parametrize("word", CYCLES)
def test_the_time_between_results(word: str) -> None:
    bus = SimAdapter({0x48: Tmp117()})
    with i2cdrv.open("tmp117", bus=bus, addr=0x48, cycle=word):
        (config,) = bus.xfer([Write(0x48, b"\x01"), Read(0x48, 2)])
    high, low = CYCLES[word]
    assert (config[0] & 0x0F, config[1]) == (int(high, 16), int(low, 16))


def test_a_chip_that_does_not_convert_is_an_error() -> None:
    never = (RESET + convert()).removesuffix("01 > 22 20\n") + "01 > 02 20\nwait 2 ms\n" * 50 + "01 > 02 20\n"
    with conversation(0x48, never + SLEEP) as bus, pytest.raises(TimedOut, match="register 0x01 bit 13"):
        i2cdrv.open("tmp117", bus=bus, addr=0x48)


LIMIT_REGISTERS = {"temp_max": "02", "temp_min": "03", "temp_offset": "07"}


@pytest.mark.parametrize(("name", "register"), LIMIT_REGISTERS.items())
@pytest.mark.parametrize(("temp", "word"), [(25.0, "0C 80"), (-25.0, "F3 80"), (-0.125, "FF F0"), (-256.0, "80 00")])
def test_limits_and_offset_are_in_the_format_of_the_temperature(
    name: str, register: str, temp: float, word: str
) -> None:
    """§7.6.1.3, §7.6.1.4, §7.6.1.8."""
    old = {"02": "60 00", "03": "80 00", "07": "00 00"}[register]
    talk = PROBE + change(register, old, word) + f"{register} > {word}" + SLEEP
    with conversation(0x48, talk) as bus, i2cdrv.open("tmp117", bus=bus, addr=0x48) as device:
        device.store(name, temp)
        assert device.show(name) == temp


def test_a_temperature_of_all_ones_is_a_temperature() -> None:
    """Table 1: FFFF is −0.0078125 °C.  A held line reads so, too, and is excluded first."""
    with i2cdrv.open("tmp117", bus=SimAdapter({0x48: Tmp117(temp=-1 / 128)}), addr=0x48) as device:
        assert device.sample() == (-0.0078125,)


def test_the_offset_of_the_eeprom_is_used_until_the_user_sets_another() -> None:
    chip = Tmp117(temp=20.0)
    chip.eeprom[7] = 0x0080  # 1 °C
    bus = SimAdapter({0x48: chip})
    with i2cdrv.open("tmp117", bus=bus, addr=0x48) as device:
        assert device.sample() == (21.0,)
        device.store("temp_offset", -0.5)
        bus.clock.sleep(1.0)
        assert device.sample() == (19.5,)
        chip.power_on()
        assert device.sample() == (19.5,)  # it is in the chip before the first conversion
    assert chip.eeprom[7] == 0x0080


# The EEPROM


def test_the_eeprom_is_never_written_unless_permanent_is_set() -> None:
    chip = Tmp117()
    bus = SimAdapter({0x48: chip})
    with i2cdrv.open("tmp117", bus=bus, addr=0x48, averaging="x64", cycle="s16") as device:
        for name in LIMIT_REGISTERS:
            device.store(name, 10.0)
        device.set_param("averaging", "x32")
        device.sample()
    assert chip.programmed == 0
    assert chip.eeprom == Tmp117().eeprom


@pytest.mark.parametrize("unlocked", ["before it is bound", "while it is bound"])
def test_an_eeprom_that_another_program_has_unlocked_is_locked_before_anything_is_written(unlocked: str) -> None:
    chip = Tmp117()
    bus = SimAdapter({0x48: chip})
    unlock = Write(0x48, b"\x04\x80\x00")
    bus.clock.sleep(0.01)
    if unlocked == "before it is bound":
        bus.xfer([unlock])
    with i2cdrv.open("tmp117", bus=bus, addr=0x48, averaging="x64") as device:
        device.sample()
        if unlocked == "while it is bound":
            bus.xfer([unlock])
            bus.clock.sleep(10.0)
            device.sample()  # it is checked by now
            assert device.recovery.steps["reprobes"] == 1
        device.store("temp_max", 30.0)
    assert chip.programmed == 0


def program(old: str, new: str) -> str:
    """Unlocked; a word is written, and its 7 ms are awaited (figure 19); locked."""
    return (
        f"01 > {old}\n"
        + change("04", "00 00", "80 00")
        + change("01", old, new)
        + "wait 7 … 7.1 ms\n04 > C0 00  # EEPROM_Busy\nwait 1 ms\n04 > 80 00\n"
        + change("04", "80 00", "00 00")
    )


def test_conversation_that_writes_the_averaging_into_the_eeprom() -> None:
    settings = convert(avg="60", wait="1120 … 1121").replace("01 > 02 20", "01 > 02 60")
    settings = settings.replace("06 20", "06 60")
    talk = RESET + program("02 20", "02 60") + "01 > 02 60  # CONV is there already\n" + settings + LIMITS
    sleep = change("04", "00 00", "00 00") + change("01", "02 60", "06 60")
    with conversation(0x48, talk + sleep) as bus:
        i2cdrv.open("tmp117", bus=bus, addr=0x48, averaging="x64", permanent="1").close()


def test_permanent_settings_are_written_once_and_kept_without_power() -> None:
    chip = Tmp117()
    bus = SimAdapter({0x48: chip})
    for _ in range(3):
        i2cdrv.open("tmp117", bus=bus, addr=0x48, averaging="x64", cycle="s4", permanent=True).close()
        chip.power_on()
        bus.clock.sleep(0.01)
    assert chip.programmed == 2
    (config,) = bus.xfer([Write(0x48, b"\x01"), Read(0x48, 2)])
    assert config == bytes.fromhex("02 E0")  # CONV = 101, AVG = 11, continuous (tables 6 and 7)


def test_a_change_at_run_time_is_permanent_too() -> None:
    chip = Tmp117()
    with i2cdrv.open("tmp117", bus=SimAdapter({0x48: chip}), addr=0x48, permanent=True) as device:
        device.set_param("averaging", "x1")
        assert chip.eeprom[1] == 0x0200
        device.set_param("averaging", "x1")
        assert chip.programmed == 1
        with pytest.raises(Error, match="permanent of 0-0048 cannot be written"):
            device.set_param("permanent", False)


# Other chips at its addresses


@pytest.mark.parametrize("words", ["01 16", "11 16", "02 17", "17 01"])  # the first two: a TMP116 (SBOS740A)
def test_another_chip_is_recognised_by_reading_alone(words: str) -> None:
    with conversation(0x48, f"0F > {words}") as bus, pytest.raises(NoDevice):
        i2cdrv.open("tmp117", bus=bus, addr=0x48)


def test_a_later_revision_is_the_same_chip() -> None:
    with conversation(0x48, PROBE.replace("01 17", "31 17") + SLEEP) as bus:
        i2cdrv.open("tmp117", bus=bus, addr=0x48).close()


class Recorded(SimAdapter):
    """It records the bytes that are written beyond a register number."""

    def __init__(self, chips: Mapping[int, Chip]) -> None:
        super().__init__(chips)
        self.written: list[bytes] = []

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        self.written += [one.data for one in messages if isinstance(one, Write) and len(one.data) > 1]
        return super().xfer(messages)


@pytest.mark.parametrize("limits", [{}, {"temp_max": 30.0, "temp_min": 10.0}])
def test_an_lm75_and_a_tmp117_are_told_apart_by_reading_alone(limits: dict[str, float]) -> None:
    """The TMP117's limits are possible as an LM75's, too; its device ID is not."""
    adapter = Recorded({0x48: Tmp117(), 0x49: CHIPS["lm75"]()})
    with i2cdrv.open("tmp117", bus=adapter, addr=0x48) as device:
        for name, temp in limits.items():
            device.store(name, temp)
    bus = Bus(adapter)
    adapter.written.clear()
    assert find_address(bus, load("tmp117")) == 0x48
    assert find_address(bus, load("lm75")) == 0x49
    assert adapter.written == []
    first, second = scan(bus, load_all())
    assert (first.chips, first.sure) == (("tmp117", "tmp119"), True)
    assert not second.sure
    assert not {"tmp117", "tmp119"} & set(second.chips)
    with pytest.raises(NoDevice):
        i2cdrv.open("lm75", bus=adapter, addr=0x48)
    with pytest.raises(NoDevice):
        i2cdrv.open("tmp117", bus=adapter, addr=0x49)
