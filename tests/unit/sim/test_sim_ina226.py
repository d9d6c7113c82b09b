"""INA226 against SBOS547."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.sim.chips.ina2xx import Ina226

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire


def test_worked_example(wired: type[Wire]) -> None:
    """Table 1 of SBOS547: 10 A through 2 mΩ, 11.98 V."""
    wire = wired(Ina226(shunt_ohms=0.002, current=10.0, voltage=11.98))
    wire.write("05 0a00")
    wire.sleep(0.003)
    assert [wire.get(f"{pointer:02x}") for pointer in (1, 2, 4, 3)] == ["1f 40", "25 70", "27 10", "12 b8"]


def test_power_on_values(wired: type[Wire]) -> None:
    wire = wired(Ina226(), fresh=True)
    assert [wire.get(f"{pointer:02x}") for pointer in range(8)] == ["41 27", *["00 00"] * 7]
    assert (wire.get("fe"), wire.get("ff")) == ("54 49", "22 60")


@pytest.mark.parametrize("calibration", ["ffff"])
def test_calibration_of_the_ina226_has_15_bits(calibration: str, wired: type[Wire]) -> None:
    wire = wired(Ina226())
    wire.write("05" + calibration)
    assert wire.get("05") == "7f ff"


@pytest.mark.parametrize(
    ("millivolts", "value"),
    [(80.0, "7d 00"), (-80.0, "83 00"), (81.9175, "7f ff"), (90.0, "7f ff"), (-90.0, "80 00"), (-0.0025, "ff ff")],
)
def test_shunt_voltage(millivolts: float, value: str, wired: type[Wire]) -> None:
    """-80 mV is the example of the sheet."""
    assert wired(Ina226(shunt_ohms=0.1, current=millivolts / 100)).get("01") == value


@pytest.mark.parametrize(("volts", "value"), [(5.0, "0f a0"), (36.0, "70 80"), (50.0, "7f ff"), (-1.0, "00 00")])
def test_bus_voltage(volts: float, value: str, wired: type[Wire]) -> None:
    assert wired(Ina226(voltage=volts)).get("02") == value


@pytest.mark.parametrize(
    ("config", "seconds"),
    [
        ("4127", 2 * 1.1e-3),
        ("4007", 2 * 140e-6),
        ("404f", 2 * 204e-6),
        ("4097", 2 * 332e-6),
        ("40df", 2 * 588e-6),
        ("416f", 2 * 2.116e-3),
        ("41b7", 2 * 4.156e-3),
        ("41ff", 2 * 8.244e-3),
        ("4205", 4 * 140e-6),
        ("4405", 16 * 140e-6),
        ("4606", 64 * 140e-6),
        ("4807", 128 * 280e-6),
        ("4a05", 256 * 140e-6),
        ("4c05", 512 * 140e-6),
        ("4e05", 1024 * 140e-6),
        ("4123", 2 * 1.1e-3),  # triggered
    ],
)
def test_conversion_time(config: str, seconds: float, wired: type[Wire]) -> None:
    wire = wired(Ina226())
    wire.write("00" + config)
    wire.sleep(seconds - 1e-6)
    assert wire.get("06") == "00 00"
    wire.sleep(1e-6)
    assert wire.get("06") == "00 08"  # CVRF
    assert wire.get("06") == "00 00"


def test_configuration_keeps_its_fixed_bits(wired: type[Wire]) -> None:
    wire = wired(Ina226())
    wire.write("00 7fff")
    assert wire.get("00") == "4f ff"
    wire.write("00 0000")
    assert wire.get("00") == "40 00"
    wire.write("00 8000")
    assert wire.get("00") == "41 27"


@pytest.mark.parametrize(
    ("function", "limit", "alert"),
    [
        ("8000", "2edf", True),  # SOL: 30 mV = 0x2EE0 is above
        ("8000", "2ee0", False),
        ("8000", "f000", True),
        ("4000", "2ee1", True),  # SUL
        ("4000", "2ee0", False),
        ("2000", "0f9f", True),  # BOL: 5 V = 0x0FA0
        ("2000", "0fa0", False),
        ("1000", "0fa1", True),  # BUL
        ("1000", "0fa0", False),
        ("0800", "0000", False),  # POL: no power without calibration
        ("a000", "0fa0", True),  # SOL goes before BOL
    ],
)
def test_alert(function: str, limit: str, alert: bool, wired: type[Wire]) -> None:
    wire = wired(Ina226(shunt_ohms=0.1, current=0.3, voltage=5.0))
    wire.write("07" + limit)
    wire.write("06" + function)
    wire.sleep(0.01)
    assert wire.get("06") == f"{function[:2]} {'18' if alert else '08'}"
    assert wire.get("07") == f"{limit[:2]} {limit[2:]}"


def test_latched_alert_waits_for_a_read(wired: type[Wire]) -> None:
    chip = Ina226(voltage=12.0)
    wire = wired(chip)
    wire.write("07 1000")
    wire.write("06 2001")  # BOL, LEN
    wire.sleep(0.01)
    chip.set(voltage=1.0)
    wire.sleep(0.01)
    assert wire.get("06") == "20 19"
    wire.sleep(0.01)
    assert wire.get("06") == "20 09"


def test_overflow(wired: type[Wire]) -> None:
    wire = wired(Ina226(shunt_ohms=0.1, current=0.8, voltage=5.0))
    wire.write("05 7fff")
    wire.sleep(0.01)
    assert wire.get("06") == "00 0c"


def test_polarity_and_latch_are_no_alert_functions(wired: type[Wire]) -> None:
    wire = wired(Ina226(voltage=5.0))
    wire.write("06 0403")  # CNVR, APOL, LEN
    wire.sleep(0.01)
    assert wire.get("06") == "04 0b"


def test_power_alert(wired: type[Wire]) -> None:
    wire = wired(Ina226(shunt_ohms=0.1, current=0.3, voltage=5.0))
    wire.write("05 0800")  # current = shunt = 12000, power = 12000 × 4000 / 20000 = 2400
    wire.write("07 095f")
    wire.write("06 0800")
    wire.sleep(0.01)
    assert wire.get("06") == "08 18"
    wire.write("07 0960")
    wire.sleep(0.01)
    assert wire.get("06") == "08 08"


def test_transparent_alert_follows_the_conversions(wired: type[Wire]) -> None:
    chip = Ina226(voltage=12.0)
    wire = wired(chip)
    wire.write("07 1000")
    wire.write("06 2000")  # BOL
    wire.sleep(0.01)
    assert (wire.get("06"), wire.get("06")) == ("20 18", "20 10")
    chip.set(voltage=1.0)
    wire.sleep(0.01)
    assert wire.get("06") == "20 08"
