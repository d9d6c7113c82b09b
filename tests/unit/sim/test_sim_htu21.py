"""HTU21D, SHT2x and Si70xx against their datasheets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.errors import Nack
from i2cdrv.sim.chips.htu21 import Htu21, Sht21, Si7021
from tests.oracles import words

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire

HALF = {"temp": 41.01, "humidity": 56.5}  # −46.85 + 175.72 / 2, −6 + 125 / 2: 0x8000
TEMP, HUMIDITY = bytes.fromhex(words(0x8000, init=0)).hex(" "), bytes.fromhex(words(0x8002, init=0)).hex(" ")


@pytest.mark.parametrize(
    ("chip", "temp_s", "humidity_s"),
    [(Htu21, 0.050, 0.016), (Sht21, 0.085, 0.029), (Si7021, 0.0108, 0.0228)],
)
def test_no_read_is_acknowledged_during_a_measurement(
    chip: type[Htu21], temp_s: float, humidity_s: float, wired: type[Wire]
) -> None:
    wire = wired(chip(**HALF))
    for command, seconds, answer in (("f3", temp_s, TEMP), ("f5", humidity_s, HUMIDITY)):
        wire.write(command)
        wire.sleep(seconds - 1e-6)
        with pytest.raises(Nack, match=r"address \(read\)"):
            wire.read(3)
        wire.sleep(1e-6)
        assert wire.read(3) == answer


def test_the_clock_is_stretched_in_hold_mode(wired: type[Wire]) -> None:
    wire = wired(Sht21(**HALF))
    began = wire.clock.monotonic()
    assert wire.get("e3", 3) == TEMP
    assert wire.clock.monotonic() - began == pytest.approx(0.085)
    assert wire.get("e5", 2) == HUMIDITY[:5]  # the checksum need not be read


def test_the_ids_have_a_checksum_after_each_byte_and_each_word(wired: type[Wire]) -> None:
    """HTU2X serial number reading; CRC of DC: 79 (HTU21D).  The CRC of a Si7021 covers the earlier bytes, too."""
    assert wired(Htu21(serial=0x00DCDC00)).get("fa0f", 8) == "00 00 dc 79 dc 79 00 00"
    assert wired(Htu21()).get("fcc9", 6)[:5] == "32 31"
    wire = wired(Si7021(serial=0x00683A00))
    assert wire.get("fa0f", 8)[:17] == f"00 00 68 {words(0x0068, init=0)[-2:].lower()} 3a 7c"  # 683A: 7C (HTU21D)
    assert wire.get("fcc9", 6)[:8] == bytes.fromhex(words(0x15FF, init=0)).hex(" ")
    for unknown in ("fa0e", "00", "f300"):
        with pytest.raises(Nack, match="data byte"):
            wire.write(unknown)


@pytest.mark.parametrize(("chip", "after", "reset"), [(Htu21, "87", "06"), (Si7021, "bf", "3a")])
def test_reserved_bits_stay_and_a_reset_keeps_the_heater_of_an_htu21(
    chip: type[Htu21], after: str, reset: str, wired: type[Wire]
) -> None:
    wire = wired(chip(**HALF))
    wire.write("e687")
    assert wire.get("e7", 1) == after
    wire.write("f3")
    wire.sleep(0.007)  # 11 bits: HTU21D "Measuring time"
    assert wire.read(3) == TEMP
    wire.write("fe")
    wire.sleep(0.015)
    assert wire.get("e7", 1) == reset


def test_a_si7021_has_the_temperature_of_its_humidity_measurement_and_a_heater_level(wired: type[Wire]) -> None:
    wire = wired(Si7021(**HALF))
    wire.get("e5", 3)
    assert wire.get("e0", 2) == "80 00"  # §5.1.2
    wire.write("5107")
    assert (wire.get("11", 1), wire.get("84b8", 1)) == ("07", "20")  # §5.4, §6.2
