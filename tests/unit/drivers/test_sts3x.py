"""STS3x against its datasheet, version 5 (October 2019): commands, times, conversion."""

from __future__ import annotations

import pytest

import i2cdrv

from .facts import Facts
from .wire import conversation, word

FACTS = {"sts3x": Facts(2, 7, has_identity=False)}  # idle between measurements

STATUS, AFTER_RESET, CLEARED, HEATED = "F3 2D\n", word(0x8010), word(0x0000), word(0x2000)
RESET = "30 93\n wait 1 ms\n 30 A2\n wait 1.5 ms\n 30 41\n wait 1 ms\n"
PROBE = f"{STATUS} > {AFTER_RESET}\n {RESET}"
ROOM = f"> {word(0x6666)}\n"  # 40 % of 0xFFFF: 25 °C


@pytest.mark.parametrize(
    ("repeatability", "measure"),
    [
        ("high", "24 00\n wait 15.5 ms\n"),
        ("medium", "24 0B\n wait 6.5 ms\n"),
        ("low", "24 16\n wait 4.5 ms\n"),
    ],
)
def test_conversation_of_probe_and_sample(repeatability: str, measure: str) -> None:
    talk = f"{PROBE} {measure} {ROOM} {STATUS} > {CLEARED}\n"
    with (
        conversation(0x4A, talk) as bus,
        i2cdrv.open("sts3x", bus=bus, addr=0x4A, repeatability=repeatability) as device,
    ):
        assert device.sample().temp == pytest.approx(25.0, abs=1e-9)


@pytest.mark.parametrize("found", [AFTER_RESET, HEATED])
def test_a_reset_or_a_heater_is_noticed_and_undone(found: str) -> None:
    measure = "24 00\n wait 15.5 ms\n"
    heard = f"{STATUS} > {found}\n"
    talk = f"{PROBE} {measure} {ROOM} {heard} {heard} {RESET} {measure} {ROOM} {STATUS} > {CLEARED}\n"
    with conversation(0x4A, talk) as bus, i2cdrv.open("sts3x", bus=bus, addr=0x4A) as device:
        assert device.sample().temp == pytest.approx(25.0, abs=1e-9)
        assert device.recovery.steps["reprobes"] == 1
