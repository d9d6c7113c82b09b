"""TMP102 against SBOS397C; the tables it shares with its family are in test_sim_lm75.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.sim.chips.tmp102 import Tmp102

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire


def test_configuration(wired: type[Wire]) -> None:
    wire = wired(Tmp102(), fresh=True)
    assert wire.get("01") == "60 a0"
    wire.sleep(0.1)
    assert wire.get("01") == "60 a0"  # between two conversions
    wire.sleep(0.16)
    wire.write("01 ffff")
    assert wire.get("01")[:2] == "7f"  # shut down and converting
    assert wire.get("01")[-2:] == "d0"  # POL inverts AL
    wire.write("01 0000")
    assert wire.get("01") == "60 20"


def test_takes_the_first_byte_of_the_configuration_alone(wired: type[Wire]) -> None:
    wire = wired(Tmp102())
    wire.write("01 01")
    wire.sleep(0.035)
    assert wire.get("01") == "e1 a0"  # not converting: OS reads 1 in shutdown


@pytest.mark.parametrize(
    ("celsius", "code"),
    [  # table 6
        (150.0, 0x0960),
        (128.0, 0x0800),
        (127.9375, 0x07FF),
        (100.0, 0x0640),
        (80.0, 0x0500),
        (75.0, 0x04B0),
        (50.0, 0x0320),
        (25.0, 0x0190),
        (0.25, 0x0004),
        (0.0, 0x0000),
        (-0.25, 0x1FFC),
        (-25.0, 0x1E70),
        (-55.0, 0x1C90),
    ],
)
def test_extended_mode(celsius: float, code: int, wired: type[Wire]) -> None:
    wire = wired(Tmp102(temp=celsius))
    wire.write("01 60b0")
    wire.sleep(0.25)
    assert wire.get("00") == (code << 3 | 1).to_bytes(2, "big").hex(" ")


def test_format_changes_with_the_next_conversion(wired: type[Wire]) -> None:
    wire = wired(Tmp102(temp=25.0))
    wire.write("01 60b0")
    assert wire.get("00") == "19 00"
    wire.sleep(0.035)
    assert wire.get("00") == "0c 81"


def test_limits_have_13_bits_in_extended_mode(wired: type[Wire]) -> None:
    wire = wired(Tmp102())
    wire.write("01 60b0")
    wire.write("02 ffff")
    assert wire.get("02") == "ff f8"


@pytest.mark.parametrize(("rate", "period"), [("20", 4.0), ("60", 1.0), ("a0", 0.25), ("e0", 0.125)])
def test_conversion_rate(rate: str, period: float, wired: type[Wire]) -> None:
    sensor = Tmp102(temp=25.0)
    wire = wired(sensor, fresh=True)
    wire.write("01 60" + rate)
    wire.sleep(0.035 - 1e-6)
    assert wire.get("00") == "00 00"
    wire.sleep(1e-6)
    assert wire.get("00") == "19 00"
    sensor.set(temp=50.0)
    wire.sleep(period - 1e-6)
    assert wire.get("00") == "19 00"
    wire.sleep(1e-6)
    assert wire.get("00") == "32 00"


def test_one_shot(wired: type[Wire]) -> None:
    sensor = Tmp102(temp=25.0)
    wire = wired(sensor)
    wire.write("01 61a0")
    wire.sleep(1.0)
    sensor.set(temp=50.0)
    wire.write("01 e1a0")
    assert wire.get("01") == "61 a0"  # converting
    wire.sleep(0.035 - 1e-6)
    assert (wire.get("01"), wire.get("00")) == ("61 a0", "19 00")
    wire.sleep(1e-6)
    assert (wire.get("01"), wire.get("00")) == ("e1 a0", "32 00")


@pytest.mark.parametrize(("conf", "faults"), [("60", 1), ("68", 2), ("70", 4), ("78", 6)])
def test_alert_bit_after_a_number_of_faults(conf: str, faults: int, wired: type[Wire]) -> None:
    """On at 80 °C, off below 75 °C; each conversion counts."""
    sensor = Tmp102(temp=25.0)
    wire = wired(sensor)
    wire.write(f"01 {conf}a0")
    wire.sleep(0.035)
    for celsius, before, after in ((80.0, "a0", "80"), (74.9, "80", "a0")):
        sensor.set(temp=celsius)
        wire.sleep(0.25 * (faults - 1))
        assert wire.get("01")[-2:] == before
        wire.sleep(0.25)
        assert wire.get("01")[-2:] == after


def test_alert_has_hysteresis(wired: type[Wire]) -> None:
    sensor = Tmp102(temp=80.0)
    wire = wired(sensor)
    assert wire.get("01") == "60 80"
    sensor.set(temp=75.0)
    wire.sleep(1.0)
    assert wire.get("01") == "60 80"
