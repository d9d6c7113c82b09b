"""INA219 against SBOS448."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.errors import Invalid
from i2cdrv.sim.chips.ina2xx import Ina219

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire


def test_worked_example(wired: type[Wire]) -> None:
    """§9.2.2.1: 10 A through 2 mΩ, 11.98 V at the load."""
    wire = wired(Ina219(shunt_ohms=0.002, current=10.0, voltage=11.98))
    wire.write("00 019f")
    wire.write("05 5000")
    wire.sleep(0.002)
    assert [wire.get(f"{pointer:02x}") for pointer in (1, 2, 4, 3)] == ["07 d0", "5d 9a", "27 10", "17 66"]


def test_power_on_values(wired: type[Wire]) -> None:
    wire = wired(Ina219(), fresh=True)
    assert [wire.get(f"{pointer:02x}") for pointer in range(6)] == ["39 9f", *["00 00"] * 5]


@pytest.mark.parametrize(
    ("config", "millivolts", "value"),
    [
        # §8.6.2.1 and §8.6.3.1: full scale of each gain, both signs, and saturation
        ("219f", 40.0, "0f a0"),
        ("219f", 41.0, "0f a0"),
        ("219f", -41.0, "f0 60"),
        ("299f", 80.0, "1f 40"),
        ("299f", -81.0, "e0 c0"),
        ("319f", 160.0, "3e 80"),
        ("319f", -161.0, "c1 80"),
        ("399f", 320.0, "7d 00"),
        ("399f", 321.0, "7d 00"),
        ("399f", -320.0, "83 00"),
        ("399f", -0.01, "ff ff"),
        ("399f", 0.0, "00 00"),
    ],
)
def test_shunt_voltage(config: str, millivolts: float, value: str, wired: type[Wire]) -> None:
    wire = wired(Ina219(shunt_ohms=0.1, current=millivolts / 100))
    wire.write("00" + config)
    wire.sleep(0.002)
    assert wire.get("01") == value


@pytest.mark.parametrize(
    ("config", "volts", "value"),
    [
        ("399f", 32.0, "fa 02"),  # 0x1F40 << 3, and CNVR
        ("399f", 33.0, "fa 02"),
        ("399f", 5.0, "27 12"),
        ("399f", 0.0, "00 02"),
        ("199f", 16.0, "7d 02"),  # 0x0FA0 << 3
        ("199f", 17.0, "7d 02"),
        ("399f", -1.0, "00 02"),
    ],
)
def test_bus_voltage(config: str, volts: float, value: str, wired: type[Wire]) -> None:
    wire = wired(Ina219(voltage=volts))
    wire.write("00" + config)
    wire.sleep(0.002)
    assert wire.get("02") == value


@pytest.mark.parametrize(
    ("config", "seconds"),
    [
        ("399f", 2 * 532e-6),  # shunt and bus, 12 bits
        ("3807", 2 * 84e-6),
        ("388f", 148e-6 + 148e-6),
        ("3917", 276e-6 + 276e-6),
        ("3a07", 84e-6 + 84e-6),  # 0 X 0 0
        ("3c47", 532e-6 + 532e-6),
        ("3ccf", 1.06e-3 + 1.06e-3),
        ("3d57", 2.13e-3 + 2.13e-3),
        ("3ddf", 4.26e-3 + 4.26e-3),
        ("3e67", 8.51e-3 + 8.51e-3),
        ("3eef", 17.02e-3 + 17.02e-3),
        ("3f77", 34.05e-3 + 34.05e-3),
        ("3fff", 68.10e-3 + 68.10e-3),
        ("3ffd", 68.10e-3),  # shunt only
        ("387e", 84e-6),  # bus only
        ("399b", 2 * 532e-6),  # triggered
    ],
)
def test_conversion_time(config: str, seconds: float, wired: type[Wire]) -> None:
    wire = wired(Ina219(voltage=5.0))
    wire.write("00" + config)
    wire.sleep(seconds - 1e-6)
    assert wire.get("02")[-1] == "0"
    wire.sleep(1e-6)
    assert wire.get("02")[-1] == "2"


def test_conversion_ready_clears_by_reading_power_or_a_new_mode(wired: type[Wire]) -> None:
    wire = wired(Ina219(voltage=5.0))
    wire.write("00 399b")
    wire.sleep(0.01)
    assert wire.get("02") == "27 12"
    assert wire.get("02") == "27 12"
    wire.get("03")
    assert wire.get("02") == "27 10"
    wire.write("00 399b")  # triggers again
    wire.sleep(0.01)
    assert wire.get("02") == "27 12"
    wire.write("00 3998")  # power-down does not clear it
    assert wire.get("02") == "27 12"
    wire.write("00 399f")
    assert wire.get("02") == "27 10"


@pytest.mark.parametrize("mode", ["8", "c"])
def test_power_down_and_adc_off_keep_the_values(mode: str, wired: type[Wire]) -> None:
    chip = Ina219(voltage=5.0)
    wire = wired(chip)
    wire.write("00 399" + mode)
    chip.set(voltage=12.0)
    wire.sleep(1.0)
    assert wire.get("02") == "27 12"


def test_a_triggered_conversion_happens_once(wired: type[Wire]) -> None:
    chip = Ina219(voltage=5.0)
    wire = wired(chip)
    wire.write("00 399b")
    wire.sleep(0.01)
    chip.set(voltage=12.0)
    wire.sleep(1.0)
    assert wire.get("02") == "27 12"
    assert wire.get("00") == "39 9b"


@pytest.mark.parametrize("mode", ["9", "d"])
def test_converts_only_the_channels_of_the_mode(mode: str, wired: type[Wire]) -> None:
    chip = Ina219(voltage=5.0, current=0.1)
    wire = wired(chip)
    chip.set(voltage=12.0, current=0.2)
    wire.write("00 399" + mode)
    wire.sleep(0.01)
    assert wire.get("01") == "07 d0"
    assert wire.get("02") == "27 12"


def test_reset_bit(wired: type[Wire]) -> None:
    wire = wired(Ina219())
    wire.write("05 1000")
    wire.write("00 8000")
    assert (wire.get("00"), wire.get("05")) == ("39 9f", "00 00")


def test_register_bits(wired: type[Wire]) -> None:
    wire = wired(Ina219())
    wire.write("00 7fff")
    wire.write("05 ffff")
    assert (wire.get("00"), wire.get("05")) == ("3f ff", "ff fe")
    wire.write("01 1234")
    assert wire.get("01") != "12 34"


def test_reverse_current(wired: type[Wire]) -> None:
    wire = wired(Ina219(shunt_ohms=0.1, current=-1.0, voltage=5.0))
    wire.write("05 1000")  # one LSB is 10 µV / 0.1 Ω = 100 µA
    wire.sleep(0.01)
    assert (wire.get("01"), wire.get("04")) == ("d8 f0", "d8 f0")  # -10000
    assert wire.get("03") == "09 c4"  # 10000 × 1250 / 5000


def test_overflow(wired: type[Wire]) -> None:
    wire = wired(Ina219(shunt_ohms=0.1, current=3.2, voltage=5.0))
    wire.write("05 1000")
    wire.sleep(0.01)
    assert wire.get("02") == "27 12"  # 32000 fits
    wire.write("05 2000")
    wire.sleep(0.01)
    assert wire.get("02") == "27 13"


@pytest.mark.parametrize("ohms", [0.0, -0.1, float("nan"), float("inf")])
def test_a_shunt_has_a_resistance(ohms: float) -> None:
    with pytest.raises(Invalid, match="shunt_ohms"):
        Ina219(shunt_ohms=ohms)


@pytest.mark.parametrize(("amperes", "current", "flags"), [(1.6384, "80 00", "3"), (-1.6384, "80 00", "2")])
def test_overflow_begins_past_16_bits(amperes: float, current: str, flags: str, wired: type[Wire]) -> None:
    wire = wired(Ina219(shunt_ohms=0.1, current=amperes))
    wire.write("05 2000")
    wire.sleep(0.01)
    assert wire.get("04") == current
    assert wire.get("02")[-1] == flags


def test_bus_only_keeps_the_shunt_voltage(wired: type[Wire]) -> None:
    chip = Ina219(voltage=5.0, current=0.1)
    wire = wired(chip)
    chip.set(voltage=12.0, current=0.2)
    wire.write("00 399e")
    wire.sleep(0.01)
    assert wire.get("01") == "03 e8"
    assert wire.get("02") == "5d c2"


def test_registers_that_do_not_exist_read_as_zero(wired: type[Wire]) -> None:
    assert wired(Ina219()).get("fe") == "00 00"
