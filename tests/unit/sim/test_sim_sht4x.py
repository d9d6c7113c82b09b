"""SHT4x against its datasheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2cdrv.errors import Nack
from i2cdrv.sim.chips.sht4x import Sht4x
from i2cdrv.sim.wordcommands import crc8

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire

ROOM = "66 66 93 72 b0 dc"  # 25 °C = 0x6666, 50 %RH = 0x72B0


def test_crc_example_of_the_sheet() -> None:
    assert crc8(b"\xbe\xef") == 0x92


@given(st.binary(max_size=8))
def test_crc_by_long_division(data: bytes) -> None:
    """Remainder of data · x⁸ + init · xⁿ by x⁸ + x⁵ + x⁴ + 1."""
    bits = 8 * len(data)
    dividend = (int.from_bytes(data, "big") << 8) ^ (0xFF << bits)
    for bit in range(bits + 7, 7, -1):
        if dividend >> bit & 1:
            dividend ^= 0x131 << bit - 8
    assert crc8(data) == dividend


@pytest.mark.parametrize(
    ("command", "seconds"),
    [
        ("fd", 0.0083),
        ("f6", 0.0045),
        ("e0", 0.0016),
        ("39", 1.1),
        ("32", 0.11),
        ("2f", 1.1),
        ("24", 0.11),
        ("1e", 1.1),
        ("15", 0.11),
    ],
)
def test_a_measurement_is_there_after_its_time_and_not_before(command: str, seconds: float, wired: type[Wire]) -> None:
    wire = wired(Sht4x(temp=25, humidity=50))
    wire.write(command)
    wire.sleep(seconds - 1e-6)
    for busy in (lambda: wire.read(6), lambda: wire.write("fd"), lambda: wire.write("")):
        with pytest.raises(Nack, match="address"):
            busy()
    wire.sleep(1e-6)
    assert wire.read(6) == ROOM


def test_without_a_result_a_read_is_not_acknowledged(wired: type[Wire]) -> None:
    wire = wired(Sht4x(temp=25, humidity=50))
    with pytest.raises(Nack, match="address"):
        wire.read(6)
    wire.write("")
    wire.write("fd")
    wire.sleep(0.01)
    assert wire.read(6) == ROOM
    with pytest.raises(Nack, match="address"):
        wire.read(6)


def test_a_read_may_stop_early_but_not_be_continued(wired: type[Wire]) -> None:
    wire = wired(Sht4x(temp=25, humidity=50))
    wire.write("e0")
    wire.sleep(0.01)
    assert wire.read(3) == ROOM[:8]
    with pytest.raises(Nack, match="address"):
        wire.read(3)


def test_write_and_read_in_one_transfer_are_too_quick(wired: type[Wire]) -> None:
    wire = wired(Sht4x(temp=25, humidity=50))
    with pytest.raises(Nack, match=r"address \(read\)"):
        wire.get("fd", 6)
    wire.sleep(0.0083)
    assert wire.read(6) == ROOM


@pytest.mark.parametrize(("data", "byte"), [("00", 1), ("24ff", 2), ("fdfd", 2), ("f32d", 1)])
def test_bytes_that_are_no_command_are_not_acknowledged(data: str, byte: int, wired: type[Wire]) -> None:
    wire = wired(Sht4x())
    with pytest.raises(Nack, match=f"data byte {byte} of"):
        wire.write(data)


def test_serial_number(wired: type[Wire]) -> None:
    wire = wired(Sht4x(serial=0xBEEF0000))
    wire.write("89")
    wire.sleep(0.001)
    assert wire.read(6) == "be ef 92 00 00 81"


@pytest.mark.parametrize("restart", ["94", "power"])
def test_reset_takes_1_ms_and_forgets_the_result(restart: str, wired: type[Wire]) -> None:
    chip = Sht4x()
    wire = wired(chip)
    wire.write("fd")
    wire.sleep(0.01)
    if restart == "power":
        chip.power_on()
    else:
        wire.write(restart)
    wire.sleep(0.000999)
    with pytest.raises(Nack, match=r"address \(write\)"):
        wire.write("fd")
    wire.sleep(0.000001)
    with pytest.raises(Nack, match=r"address \(read\)"):
        wire.read(6)
    wire.write("fd")


def test_the_value_is_that_of_the_measurement(wired: type[Wire]) -> None:
    chip = Sht4x(temp=25, humidity=50)
    wire = wired(chip)
    wire.write("fd")
    wire.sleep(0.0083)
    chip.set(temp=90, humidity=90)
    assert wire.read(6) == ROOM


@pytest.mark.parametrize(
    ("temp", "humidity", "ticks"),
    [(-45, -6, (0, 0)), (130, 119, (0xFFFF, 0xFFFF)), (-60, -20, (0, 0)), (200, 200, (0xFFFF, 0xFFFF))],
)
def test_ends_of_the_scale(temp: float, humidity: float, ticks: tuple[int, int], wired: type[Wire]) -> None:
    wire = wired(Sht4x(temp=temp, humidity=humidity))
    wire.write("fd")
    wire.sleep(0.01)
    raw = bytes.fromhex(wire.read(6))
    assert (int.from_bytes(raw[:2], "big"), int.from_bytes(raw[3:5], "big")) == ticks


@given(temp=st.floats(-40, 125), humidity=st.floats(0, 100))
def test_conversion_of_signal_output(temp: float, humidity: float, wired: type[Wire]) -> None:
    wire = wired(Sht4x(temp=temp, humidity=humidity))
    wire.write("fd")
    wire.sleep(0.01)
    raw = bytes.fromhex(wire.read(6))
    assert -45 + 175 * int.from_bytes(raw[:2], "big") / 65535 == pytest.approx(temp, abs=0.0014)
    assert -6 + 125 * int.from_bytes(raw[3:5], "big") / 65535 == pytest.approx(humidity, abs=0.001)


def test_the_result_has_six_bytes_and_then_the_line_is_high(wired: type[Wire]) -> None:
    wire = wired(Sht4x(temp=25, humidity=50))
    wire.write("fd")
    wire.sleep(0.01)
    assert wire.read(8) == ROOM + " ff ff"


def test_polling_for_an_acknowledgement_loses_no_result(wired: type[Wire]) -> None:
    wire = wired(Sht4x(temp=25, humidity=50))
    wire.write("fd")
    wire.sleep(0.01)
    wire.write("")
    wire.read(0)
    assert wire.read(6) == ROOM
