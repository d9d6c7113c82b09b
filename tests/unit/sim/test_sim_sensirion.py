"""SHT3x, SHTC3 and SCD4x against their datasheets; the checksums are those of the sheets' examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.errors import Nack
from i2cdrv.sim.chips.scd4x import Scd4x
from i2cdrv.sim.chips.sht3x import Sht3x
from i2cdrv.sim.chips.shtc3 import Shtc3

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire

ROOM = "66 66 93 80 00 a2"  # SHT3x: 25 °C = 0x6666, 50 %RH = 0x8000


# SHT3x, version 5


@pytest.mark.parametrize(("command", "seconds"), [("2400", 0.0155), ("240b", 0.0065), ("2416", 0.0045)])
def test_an_sht3x_has_a_measurement_after_its_time_and_once(command: str, seconds: float, wired: type[Wire]) -> None:
    wire = wired(Sht3x(temp=25, humidity=50))
    wire.write(command)
    wire.sleep(seconds - 1e-6)
    for busy in (lambda: wire.read(6), lambda: wire.write("2400")):
        with pytest.raises(Nack, match="address"):
            busy()
    wire.sleep(1e-6)
    assert wire.read(6) == ROOM
    with pytest.raises(Nack, match="address"):
        wire.read(6)


@pytest.mark.parametrize("data", ["2401", "24001", "fd", "30"])
def test_an_sht3x_measures_nothing_for_bytes_that_are_no_command(data: str, wired: type[Wire]) -> None:
    wire = wired(Sht3x())
    if len(data) > 2:
        with pytest.raises(Nack, match="data byte"):
            wire.write(data if len(data) % 2 == 0 else f"{data}0")
    else:
        wire.write(data)
    with pytest.raises(Nack, match=r"address \(read\)"):
        wire.read(6)


@pytest.mark.parametrize(
    ("command", "temp", "humidity"),
    [("e1 1f", 60, 80), ("e1 14", 58, 79), ("e1 09", -9, 22), ("e1 02", -10, 20)],
)
def test_alert_limits_of_an_sht3x_after_power_on(command: str, temp: float, humidity: float, wired: type[Wire]) -> None:
    """Application note "Alert Mode", table 3: 9 bits of the temperature, 7 of the humidity."""
    wire = wired(Sht3x())
    wire.write(command)
    word = int.from_bytes(bytes.fromhex(wire.read(3))[:2], "big")
    assert -45 + 175 * (word & 0x1FF) / 0x1FF == pytest.approx(temp, abs=0.4)
    assert 100 * (word >> 9) / 0x7F == pytest.approx(humidity, abs=0.8)


def test_the_status_of_an_sht3x_shows_its_reset_and_its_heater(wired: type[Wire]) -> None:
    """Table 18: after a reset bits 15 and 4 are set; table 19 clears them; bit 13 is the heater."""
    wire = wired(Sht3x())
    assert wire.get("f32d", 2) == "80 10"
    for command, status in [("3041", "00 00"), ("306d", "20 00"), ("3041", "20 00"), ("3066", "00 00")]:
        wire.write(command)
        wire.sleep(0.001)
        assert wire.get("f32d", 2) == status
    wire.write("306d")
    wire.sleep(0.001)
    wire.write("30a2")
    wire.sleep(0.0015)
    assert wire.get("f32d", 2) == "80 10"


# SHTC3, version 1


def test_an_shtc3_acknowledges_only_its_wakeup_while_it_sleeps(wired: type[Wire]) -> None:
    wire = wired(Shtc3(temp=25, humidity=50))
    assert wire.get("efc8", 3)[:5] == "08 87"
    wire.write("b098")
    for asleep in (lambda: wire.write("efc8"), lambda: wire.write("7866"), lambda: wire.read(3)):
        with pytest.raises(Nack):
            asleep()
    wire.write("3517")
    with pytest.raises(Nack):
        wire.write("efc8")
    wire.sleep(240e-6)
    assert wire.get("efc8", 3)[:5] == "08 87"


@pytest.mark.parametrize(("command", "seconds"), [("7866", 0.0121), ("609c", 0.0008)])
def test_an_shtc3_has_a_measurement_after_its_time(command: str, seconds: float, wired: type[Wire]) -> None:
    wire = wired(Shtc3(temp=42.5, humidity=50))  # 42.5 °C is half of 175 above −45
    wire.write(command)
    wire.sleep(seconds - 1e-6)
    with pytest.raises(Nack, match="address"):
        wire.read(6)
    wire.sleep(1e-6)
    assert wire.read(6) == "80 00 a2 80 00 a2"


# SCD4x, version 1.3


def started(wired: type[Wire], chip: Scd4x) -> Wire:
    wire = wired(chip)
    wire.write("21b1")
    return wire


def answer(wire: Wire, command: str, length: int) -> str:
    wire.write(command)
    wire.sleep(0.001)
    return wire.read(length)


def test_an_scd4x_has_a_measurement_each_five_seconds_for_one_read(wired: type[Wire]) -> None:
    wire = started(wired, Scd4x(co2=500, temp=25, humidity=37))
    assert answer(wire, "e4b8", 3) == "80 00 a2"  # §3.8.2
    with pytest.raises(Nack):
        wire.write("ec05")
    for _ in range(3):
        wire.sleep(5)
        assert answer(wire, "e4b8", 2) == "80 06"
        assert answer(wire, "ec05", 9)[:5] == "01 f4"
        assert answer(wire, "e4b8", 3) == "80 00 a2"


def test_the_values_of_an_scd4x_are_those_of_the_example(wired: type[Wire]) -> None:
    wire = started(wired, Scd4x(co2=500, temp=25, humidity=37))
    wire.sleep(5)
    words = answer(wire, "ec05", 9).split()
    assert [words[0] + words[1], words[6:]] == ["01f4", ["5e", "b8", words[8]]]  # §3.5.2: 37 %RH


@pytest.mark.parametrize("command", ["21b1", "3682", "2427079e09", "2416000181"])
def test_an_scd4x_that_measures_acknowledges_no_command_of_the_idle_mode(command: str, wired: type[Wire]) -> None:
    wire = started(wired, Scd4x())
    with pytest.raises(Nack, match="data byte 2"):
        wire.write(command)
    wire.write("3f86")
    wire.sleep(0.5)
    wire.write("3682")


def test_the_settings_of_an_scd4x_need_the_right_checksum(wired: type[Wire]) -> None:
    wire = wired(Scd4x())
    wire.write("2427079e09")  # §3.6.3
    wire.sleep(0.001)
    assert answer(wire, "2322", 3) == "07 9e 09"
    with pytest.raises(Nack, match="data byte 5"):
        wire.write("2427044c00")
    assert answer(wire, "2322", 3) == "07 9e 09"
    wire.write("2416000081")
    wire.sleep(0.001)
    assert answer(wire, "2313", 3) == "00 00 81"  # §3.7.3: disabled


def test_the_serial_number_of_an_scd4x_is_that_of_the_example(wired: type[Wire]) -> None:
    assert answer(wired(Scd4x(serial=273_325_796_834_238)), "3682", 9) == "f8 96 31 9f 07 c2 3b be 89"  # §3.9.2


def test_power_on_makes_an_scd4x_idle(wired: type[Wire]) -> None:
    chip = Scd4x()
    wire = started(wired, chip)
    wire.sleep(6)
    chip.power_on()
    wire.sleep(10)
    assert answer(wire, "e4b8", 3) == "80 00 a2"
