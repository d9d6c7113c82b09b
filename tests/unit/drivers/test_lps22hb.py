"""LPS22HB and its relatives against the datasheet, DocID027083 rev. 6 (2017): one conversion for each sample."""

from __future__ import annotations

import pytest

import i2cdrv
from i2cdrv.errors import Invalid, NoDevice, OutOfRange
from i2cdrv.i2c.adapter import Write
from i2cdrv.sim import CHIPS, SimAdapter

from .facts import Facts
from .wire import conversation

NAMES = ("lps22hb", "lps33hw", "lps35hw", "lps22hh", "lps22df", "lps28dfw")
FACTS = {**{name: Facts(2, 12) for name in NAMES}, "lps25hb": Facts(2, 13, ("20", "80", "00"))}


def setting(register: str, value: str) -> str:
    """Two equal reads, a write, and a read (``update``)."""
    return f"{register} > {value}\n {register} > {value}\n {register} {value}\n {register} > {value}\n"


RESET = "11 04\n 11 > 10\n"  # SWRESET, until it is 0 (§9.6)
IDENTITY = "0F > B1\n 1A > 00\n"
PROBE = f"{IDENTITY} {RESET} {setting('10', '00')} {setting('0B', '00')}"
READ = "27 > 03 8D F5 3F 2E F6\n"  # P_DA, T_DA; 3FF58D (figure 6); −2514, 0.01 °C each
VERIFY = f"{IDENTITY} 10 > 00\n 0B > 00\n"


def test_conversation_of_probe_and_sample() -> None:
    again = READ.replace("> 03", "> 00")  # the first read has cleared the flags
    talk = f"{PROBE} 11 11\n wait 15.9 … 16.1 ms\n {READ} {again} {VERIFY} {again}"
    with conversation(0x5C, talk) as bus, i2cdrv.open("lps22hb", bus=bus, addr=0x5C) as device:
        sample = device.sample()
    assert sample.pressure == pytest.approx(102_334.69, abs=0.01)
    assert sample.temp == -25.14


@pytest.mark.parametrize("pressure", [30_000.0, 101_325.0, 400_000.0])
def test_an_lps28dfw_measures_up_to_4060_hpa(pressure: float) -> None:
    bus = SimAdapter({0x5C: CHIPS["lps28dfw"](pressure=pressure)})
    with i2cdrv.open("lps28dfw", bus=bus, addr=0x5C, full_scale="hpa4060") as device:
        assert device.sample().pressure == pytest.approx(pressure, abs=100 / 2048)


@pytest.mark.parametrize("pressure", [126_010.0, 204_700.0, 300_000.0])
def test_an_lps28dfw_beyond_its_narrow_full_scale_names_the_wide_one(pressure: float) -> None:
    """Its full scale is 1260 hPa (FS_MODE = 0); the converter ends at 2^23 / 4096 hPa."""
    bus = SimAdapter({0x5C: CHIPS["lps28dfw"](pressure=pressure)})
    with i2cdrv.open("lps28dfw", bus=bus, addr=0x5C) as device:
        with pytest.raises(OutOfRange, match="beyond 126000 Pa, its full scale: set full_scale=hpa4060"):
            device.sample()
        bus.chips[0x5C].set(pressure=126_000.0)
        assert device.sample().pressure == 126_000.0


@pytest.mark.parametrize("pressure", [407_000.0, 500_000.0])
def test_an_lps28dfw_beyond_its_wide_full_scale_has_no_pressure(pressure: float) -> None:
    bus = SimAdapter({0x5C: CHIPS["lps28dfw"](pressure=pressure)})
    with i2cdrv.open("lps28dfw", bus=bus, addr=0x5C, full_scale="hpa4060") as device, pytest.raises(OutOfRange):
        device.sample()


@pytest.mark.parametrize("chip", [*NAMES[:-1], "lps25hb"])
def test_the_others_have_one_full_scale(chip: str) -> None:
    with pytest.raises(Invalid, match=f"full_scale=hpa4060: the {chip} has no full_scale; remove it"):
        i2cdrv.open(chip, bus=SimAdapter({0x5C: CHIPS[chip]()}), addr=0x5C, full_scale="hpa4060")


@pytest.mark.parametrize(("chip", "autozero"), [("lps22hb", "0B 20"), ("lps28dfw", "0B 20"), ("lps25hb", "21 02")])
def test_a_pressure_that_was_made_relative_is_not_published(chip: str, autozero: str) -> None:
    """AUTOZERO: the output is the difference to the pressure at that moment (§9.1)."""
    bus = SimAdapter({0x5C: CHIPS[chip](pressure=98_765.0)})
    with i2cdrv.open(chip, bus=bus, addr=0x5C) as device:
        device.sample()
        bus.xfer([Write(0x5C, bytes.fromhex(autozero))])
        assert device.sample().pressure == pytest.approx(98_765.0, abs=0.1)
        assert device.recovery.steps["reprobes"] == 1


@pytest.mark.parametrize(("chip", "other"), [("lps22hb", "lps22hh"), ("lps22hh", "lps25hb"), ("lps25hb", "lps28dfw")])
def test_relatives_are_told_apart(chip: str, other: str) -> None:
    with pytest.raises(NoDevice, match=f"is not a {chip}"):
        i2cdrv.open(chip, bus=SimAdapter({0x5D: CHIPS[other]()}), addr=0x5D)
