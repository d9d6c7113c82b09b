"""HDC3020 against its datasheet, SNAS778D: commands, times, IDs, status."""

from __future__ import annotations

import pytest

import i2cdrv
from i2cdrv.errors import NoDevice
from tests.oracles import words

from .facts import Facts
from .wire import conversation

FACTS = {"hdc3020": Facts(2, 10, has_identity=False)}  # asleep between measurements

MANUFACTURER = f"37 81\n > {words(0x3000)}\n"
RESET = "30 93\n wait 1 ms\n 30 A2\n wait 5 ms\n"
NIST_ID = f"36 83\n > AB CD 6F\n 36 84\n > {words(0x0102)}\n 36 85\n > {words(0x0304)}\n"  # ABCD: 6F (SNAU265D, 3.4)
STATUS = "F3 2D\n"  # table 7-14
PROBE = f"{MANUFACTURER} {RESET} {NIST_ID} 30 41\n"
ROOM = f"> {words(0x6666, 0x8000)}\n"  # 40 % and 50 % of 0xFFFF: 25 °C, 50 %RH (§7.3.3)


@pytest.mark.parametrize(
    ("mode", "measure"),
    [
        ("lpm0", "24 00\n wait 14.1 ms\n"),  # table 7-4, §6.5
        ("lpm1", "24 0B\n wait 8.4 ms\n"),
        ("lpm2", "24 16\n wait 5.7 ms\n"),
        ("lpm3", "24 FF\n wait 4.2 ms\n"),
    ],
)
def test_conversation_of_probe_and_sample(mode: str, measure: str) -> None:
    talk = f"{PROBE} {measure} {ROOM} {NIST_ID} {STATUS} > {words(0x0000)}\n"
    with conversation(0x44, talk) as bus, i2cdrv.open("hdc3020", bus=bus, addr=0x44, mode=mode) as device:
        sample = device.sample()
    assert sample.temp == pytest.approx(25.0, abs=1e-9)
    assert sample.humidity == pytest.approx(50.0, abs=1e-3)


@pytest.mark.parametrize("found", [0x8010, 0x2000])  # a reset; the heater
def test_a_reset_or_a_heater_is_noticed_and_undone(found: int) -> None:
    measure, heard = "24 00\n wait 14.1 ms\n", f"{NIST_ID} {STATUS} > {words(found)}\n"
    again = f"{RESET} {NIST_ID} 30 41\n {measure} {ROOM} {NIST_ID} {STATUS} > {words(0)}\n"
    talk = f"{PROBE} {measure} {ROOM} {heard} {MANUFACTURER} {again}"
    with conversation(0x44, talk) as bus, i2cdrv.open("hdc3020", bus=bus, addr=0x44) as device:
        assert device.sample().temp == pytest.approx(25.0, abs=1e-9)
        assert device.recovery.steps["reprobes"] == 1


def test_a_chip_of_another_manufacturer_is_refused() -> None:
    with (
        conversation(0x44, f"37 81\n > {words(0x5449)}\n") as bus,
        pytest.raises(NoDevice, match="its manufacturer ID is 0x5449"),
    ):
        i2cdrv.open("hdc3020", bus=bus, addr=0x44)
