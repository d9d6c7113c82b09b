"""The LM75 family against the datasheets named in lm75.py and tmp102.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.sim.chips.lm75 import Ds1775, Lm75, Lm75a, Mcp980x, Pct2075, Tmp75, Tmp105
from i2cdrv.sim.chips.tmp102 import Tmp102

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire

ALL = (Lm75, Lm75a, Pct2075, Ds1775, Tmp75, Tmp105, Mcp980x, Tmp102)
ONE_BYTE = ALL[:-1]
BY_R1_R0 = (Ds1775, Tmp75, Tmp105, Mcp980x)


@pytest.mark.parametrize("chip", ALL)
def test_power_on_values(chip: type[Lm75], wired: type[Wire]) -> None:
    wire = wired(chip(), fresh=True)
    assert wire.read(2) == "00 00"  # the pointer is at the temperature, which is 0 °C until the first conversion
    assert wire.get("02") == "4b 00"  # 75 °C
    assert wire.get("03") == "50 00"  # 80 °C


@pytest.mark.parametrize("chip", ONE_BYTE)
def test_configuration_is_one_byte(chip: type[Lm75], wired: type[Wire]) -> None:
    wire = wired(chip())
    wire.write("01 1e")
    assert wire.get("01", 2) == "1e 1e"


NATIONAL = [  # LM75, table in "Temperature data format"
    (125.0, 0x0FA),
    (25.0, 0x032),
    (0.5, 0x001),
    (0.0, 0x000),
    (-0.5, 0x1FF),
    (-25.0, 0x1CE),
    (-55.0, 0x192),
]
NXP = [  # LM75A, table 10
    (127.0, 0x3F8),
    (126.875, 0x3F7),
    (126.125, 0x3F1),
    (25.0, 0x0C8),
    (0.125, 0x001),
    (0.0, 0x000),
    (-0.125, 0x7FF),
    (-25.0, 0x738),
    (-54.875, 0x649),
    (-55.0, 0x648),
]
TI = [  # TMP75, TMP105, TMP102: table 5
    (127.9375, 0x7FF),
    (128.0, 0x7FF),
    (100.0, 0x640),
    (80.0, 0x500),
    (75.0, 0x4B0),
    (50.0, 0x320),
    (25.0, 0x190),
    (0.25, 0x004),
    (0.0, 0x000),
    (-0.25, 0xFFC),
    (-25.0, 0xE70),
    (-55.0, 0xC90),
]
MAXIM = [  # DS1775, table 2; also fits MCP9800
    (125.0, 0x7D0),
    (25.0625, 0x191),
    (10.125, 0x0A2),
    (0.5, 0x008),
    (0.0, 0x000),
    (-0.5, 0xFF8),
    (-10.125, 0xF5E),
    (-25.0625, 0xE6F),
    (-55.0, 0xC90),
]


@pytest.mark.parametrize(
    ("chip", "unused", "celsius", "code"),
    [
        *((Lm75, 7, *row) for row in NATIONAL),
        *((chip, 5, *row) for row in NXP for chip in (Lm75a, Pct2075)),
        *((chip, 4, *row) for row in TI for chip in (Tmp75, Tmp105, Tmp102)),
        *((chip, 4, *row) for row in MAXIM for chip in (Ds1775, Mcp980x)),
    ],
)
def test_temperature_tables(chip: type[Lm75], unused: int, celsius: float, code: int, wired: type[Wire]) -> None:
    wire = wired(chip(temp=celsius))
    if chip in BY_R1_R0:
        wire.write("01 60")
    wire.sleep(2.0)
    assert wire.get("00") == (code << unused).to_bytes(2, "big").hex(" ")


@pytest.mark.parametrize("chip", BY_R1_R0)
@pytest.mark.parametrize(("conf", "value"), [("00", "f5 80"), ("20", "f5 c0"), ("40", "f5 a0"), ("60", "f5 b0")])
def test_resolution(chip: type[Lm75], conf: str, value: str, wired: type[Wire]) -> None:
    """-10.32 °C, to the next 0.5, 0.25, 0.125, 0.0625 °C."""
    wire = wired(chip(temp=-10.32))
    wire.write("01" + conf)
    wire.sleep(2.0)
    assert wire.get("00") == value


@pytest.mark.parametrize(
    ("chip", "conf", "seconds"),
    [
        (Lm75, "00", 0.1),
        (Lm75a, "00", 0.1),
        (Pct2075, "00", 0.028),
        *((Ds1775, conf, t) for conf, t in (("00", 0.1875), ("20", 0.375), ("40", 0.75), ("60", 1.5))),
        *((Tmp75, conf, t) for conf, t in (("00", 0.0375), ("20", 0.075), ("40", 0.15), ("60", 0.3))),
        *((Tmp105, conf, t) for conf, t in (("00", 0.0375), ("20", 0.075), ("40", 0.15), ("60", 0.3))),
        *((Mcp980x, conf, t) for conf, t in (("00", 0.075), ("20", 0.15), ("40", 0.3), ("60", 0.6))),
    ],
)
def test_conversion_time(chip: type[Lm75], conf: str, seconds: float, wired: type[Wire]) -> None:
    wire = wired(chip(temp=25.0), fresh=True)
    wire.write("01" + conf)
    wire.sleep(seconds - 1e-6)
    assert wire.get("00") == "00 00"
    wire.sleep(1e-6)
    assert wire.get("00") == "19 00"


@pytest.mark.parametrize(("chip", "value"), [(Lm75, "ff 80"), (Lm75a, "ff 80"), (Pct2075, "ff 80"), (Mcp980x, "ff 80")])
def test_limits_of_9_bits(chip: type[Lm75], value: str, wired: type[Wire]) -> None:
    wire = wired(chip())
    for pointer in ("02", "03"):
        wire.write(pointer + "ffff")
        assert wire.get(pointer) == value


@pytest.mark.parametrize("chip", [Ds1775, Tmp75, Tmp105, Tmp102])
def test_limits_of_12_bits(chip: type[Lm75], wired: type[Wire]) -> None:
    wire = wired(chip())
    for pointer in ("02", "03"):
        wire.write(pointer + "ffff")
        assert wire.get(pointer) == "ff f0"


@pytest.mark.parametrize(
    ("chip", "value"), [(Lm75, "1e"), (Lm75a, "1e"), (Pct2075, "1e"), (Ds1775, "7e"), (Tmp75, "7e")]
)
def test_configuration_bits_that_can_be_written(chip: type[Lm75], value: str, wired: type[Wire]) -> None:
    wire = wired(chip())
    wire.write("01 fe")
    assert wire.get("01", 1) == value


@pytest.mark.parametrize("chip", ONE_BYTE)
def test_shutdown_completes_the_conversion_and_then_keeps_the_value(chip: type[Lm75], wired: type[Wire]) -> None:
    sensor = chip(temp=25.0)
    wire = wired(sensor, fresh=True)
    wire.write("01 01")
    wire.sleep(5.0)
    assert wire.get("00") == "19 00"
    sensor.set(temp=50.0)
    wire.write("01 01")
    wire.sleep(5.0)
    assert wire.get("00") == "19 00"
    wire.write("01 00")
    wire.sleep(5.0)
    assert wire.get("00") == "32 00"


@pytest.mark.parametrize(("chip", "seconds"), [(Tmp75, 0.0375), (Tmp105, 0.0375), (Mcp980x, 0.075)])
def test_one_shot(chip: type[Lm75], seconds: float, wired: type[Wire]) -> None:
    sensor = chip(temp=25.0)
    wire = wired(sensor)
    wire.write("01 01")
    wire.sleep(1.0)
    sensor.set(temp=50.0)
    wire.write("01 81")
    assert wire.get("01", 1) == "01"
    wire.sleep(seconds - 1e-6)
    assert wire.get("00") == "19 00"
    wire.sleep(1e-6)
    assert wire.get("00") == "32 00"
    sensor.set(temp=75.0)
    wire.sleep(5.0)
    assert wire.get("00") == "32 00"


@pytest.mark.parametrize("chip", [Lm75, Lm75a, Ds1775, Pct2075])
def test_no_one_shot(chip: type[Lm75], wired: type[Wire]) -> None:
    sensor = chip(temp=25.0)
    wire = wired(sensor)
    wire.write("01 01")
    wire.sleep(5.0)
    sensor.set(temp=50.0)
    wire.write("01 81")
    wire.sleep(5.0)
    assert wire.get("00") == "19 00"


def test_registers_4_to_7_of_the_lm75_repeat_the_last_value_and_addresses_cycle_by_8(wired: type[Wire]) -> None:
    wire = wired(Lm75())
    wire.get("02")
    assert [wire.get(f"{pointer:02x}") for pointer in (4, 5, 6, 7)] == ["4b 00"] * 4
    wire.get("03")
    assert wire.get("04") == "50 00"
    assert (wire.get("0a"), wire.get("fb")) == ("4b 00", "50 00")


@pytest.mark.parametrize("chip", [Lm75a, Tmp75, Tmp105, Ds1775, Mcp980x, Tmp102])
def test_only_two_bits_of_the_pointer_count(chip: type[Lm75], wired: type[Wire]) -> None:
    assert wired(chip()).get("06") == "4b 00"


def test_registers_of_ti_are_updated_byte_by_byte(wired: type[Wire]) -> None:
    wire, other = wired(Tmp75()), wired(Lm75())
    for each in (wire, other):
        each.write("02 12")
    assert (wire.get("02"), other.get("02")) == ("12 00", "4b 00")


def test_the_temperature_cannot_be_written(wired: type[Wire]) -> None:
    wire = wired(Lm75(temp=25.0))
    wire.write("00 1234")
    assert wire.get("00") == "19 00"


def test_idle_time_of_the_pct2075(wired: type[Wire]) -> None:
    sensor = Pct2075(temp=25.0)
    wire = wired(sensor)
    assert wire.get("04", 1) == "00"  # 100 ms
    sensor.set(temp=0.0)
    wire.sleep(0.1)
    assert wire.get("00") == "00 00"
    sensor.set(temp=25.0)
    wire.write("04 ea")
    assert wire.get("04", 1) == "0a"  # 1 s
    wire.sleep(0.028)
    sensor.set(temp=50.0)
    wire.sleep(0.999999)
    assert wire.get("00") == "19 00"
    wire.sleep(0.000001)
    assert wire.get("00") == "32 00"


@pytest.mark.parametrize(
    ("chip", "value"),
    [(Lm75, "19 80"), (Lm75a, "19 40"), (Pct2075, "19 40"), (Tmp102, "19 50")],
)
def test_fixed_resolution(chip: type[Lm75], value: str, wired: type[Wire]) -> None:
    """25.3 °C, to the next 0.5, 0.125, 0.0625 °C."""
    assert wired(chip(temp=25.3)).get("00") == value
