"""The HTU21D family against its datasheets: user register, kinds of measurement, IDs, conversion times."""

from __future__ import annotations

import pytest

import i2cdrv
from i2cdrv.errors import NoDevice
from tests.oracles import words

from .facts import Facts
from .wire import conversation

IDLE = Facts(4, 12, has_identity=False, power_up=0.017)  # two commands and two answers
FACTS = {
    **dict.fromkeys(("htu21", "sht21"), IDLE),
    **dict.fromkeys(("si7006", "si7013", "si7020", "si7021"), IDLE._replace(power_up=0.082)),
}

TEMP, HUMIDITY = f"> {words(0x6838, init=0)}\n", "> 7C 82 97\n"  # 24.69 °C; 54.8 %RH (HTU20D, "No hold master")
FIRST_ID = "FA 0F\n > DC 79 DC 79 DC 79 DC 79\n"  # DC: 79 (HTU21D, "CRC checksum")
SECOND_ID = "FC C9\n > 4E 85 6B\n"  # 4E85: 6B (HTU21D, "CRC checksum")
IDS = f"{FIRST_ID} {FIRST_ID} {SECOND_ID}"  # the first is not checked, so it is read twice
RESET = "FE\n wait 15 ms\n"  # HTU21D, "Soft reset"


def probe(user: str, temp_s: str, ids: str = IDS) -> str:
    return f"E7 > {user}\n F3\n wait {temp_s}\n {TEMP} {RESET} {ids}"


@pytest.mark.parametrize(
    ("chip", "user", "temp_s", "humidity_s", "ids"),
    [
        ("htu21", "02", "50 ms", "16 ms", IDS),
        ("sht21", "02", "85 ms", "29 ms", IDS),  # table 7
        ("si7021", "3A", "10.8 ms", "22.8 ms", f"{FIRST_ID} {FIRST_ID} FC C9\n > {words(0x15FF, init=0)}\n"),  # table 2
    ],
)
def test_conversation_of_probe_and_sample(chip: str, user: str, temp_s: str, humidity_s: str, ids: str) -> None:
    settings = 3 * f"E7 > {user}\n" + f"E6 {user}\n"
    measure = f"F3\n wait {temp_s}\n {TEMP} F5\n wait {humidity_s}\n {HUMIDITY}"
    verify = ids.replace(FIRST_ID, "", 1) + f"E7 > {user}\n"
    with conversation(0x40, f"{probe(user, temp_s, ids)} {settings} {measure} {verify}") as bus:
        sample = i2cdrv.open(chip, bus=bus, addr=0x40).sample()
    assert sample.temp == pytest.approx(24.69, abs=0.01)
    assert sample.humidity == pytest.approx(54.8, abs=0.05)


def test_the_heater_is_switched_on_and_at_removal_off() -> None:
    talk = probe("02", "50 ms") + 3 * "E7 > 02\n" + "E6 06\n E6 02"
    with conversation(0x40, talk) as bus, i2cdrv.open("htu21", bus=bus, addr=0x40, heater=True):
        pass


@pytest.mark.parametrize(
    ("chip", "found", "reason"),
    [
        ("htu21", "si7021", "its serial number is that of si7021"),
        ("si7020", "si7021", "its serial number is that of si7021"),
        ("si7021", "sht21", "its user register"),
        ("htu21", "mcp9808", "its user register"),
    ],
)
def test_another_chip_is_refused(chip: str, found: str, reason: str) -> None:
    with pytest.raises(NoDevice, match=reason):
        i2cdrv.open(chip, bus=f"sim:{found}@0x40", addr=0x40)


def test_the_first_id_is_read_until_it_is_the_same_twice() -> None:
    flipped = FIRST_ID.replace("DC 79", "DD 79", 1)
    talk = probe("02", "50 ms", f"{FIRST_ID} {flipped} wait 2 ms\n {IDS}") + 3 * "E7 > 02\n" + "E6 02"
    with conversation(0x40, talk) as bus:
        i2cdrv.open("htu21", bus=bus, addr=0x40)
