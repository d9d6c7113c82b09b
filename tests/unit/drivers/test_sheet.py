"""The worked numbers of the datasheets: their bytes pass through the real driver (``tests/oracles``)."""

from __future__ import annotations

import pytest

from i2cdrv.errors import Nack
from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.sim import CHIPS
from tests import oracles
from tests.oracles import Sheet, words
from tests.support.sheetbus import SheetBus
from tests.system.verify.sheet import faults


def named(row: Sheet) -> str:
    shown = ", ".join(f"{name}={value:g}" for name, value in row.channels.items())
    return f"{row.chip} {shown}"


@pytest.mark.parametrize("row", oracles.sheets(), ids=named)
def test_driver_computes_the_worked_number_of_the_sheet(row: Sheet) -> None:
    assert not faults(row)


@pytest.mark.parametrize("row", oracles.sheets(), ids=named)
def test_worked_number_names_its_document_and_section(row: Sheet) -> None:
    assert row.document
    assert row.section
    assert row.channels


def read(bus: SheetBus, register: int, length: int) -> bytes:
    (answer,) = bus.xfer([Write(0x76, bytes((register,))), Read(0x76, length)])
    return answer


def test_another_number_and_bytes_that_nothing_reads_are_faults() -> None:
    row = Sheet("lm75", {"00": "1900", "0E": "0000"}, {"temp": 25.1}, "SNIS153D", "Temperature Data Format", 0.05)
    assert len(faults(row)) == 2
    assert "temp is 25.0, not 25.1 ± 0.05: SNIS153D" in faults(row)[0]


def test_channel_that_the_driver_does_not_have_is_named() -> None:
    row = Sheet("lm75", {"00": "1900"}, {"tmp": 25.0}, "SNIS153D", "Temperature Data Format")
    assert faults(row) == ["lm75: the driver has no channel tmp"]


def test_bytes_of_a_burst_that_reaches_the_register_are_laid_over() -> None:
    bus = SheetBus(0x76, CHIPS["bme280"](), {"F7": "01 02 03", "E3": "AA"})
    assert read(bus, 0xF2, 13)[5:8] == b"\x01\x02\x03"
    assert read(bus, 0xF8, 2) == b"\x02\x03"
    assert read(bus, 0xD0, 1) == b"\x60"
    assert bus.unread == {(b"\xe3",)}


def test_answer_to_a_command_is_laid_over_a_later_read() -> None:
    bus = SheetBus(0x44, CHIPS["sht4x"](), {"FD": words(0x8000, 0x8000)})
    bus.xfer([Write(0x44, b"\xfd")])
    with pytest.raises(Nack):
        bus.xfer([Read(0x44, 6)])
    bus.clock.sleep(0.01)
    assert bus.xfer([Read(0x44, 6)]) == [bytes.fromhex("8000A28000A2")]  # the CRC of 0x8000 (SGP40, table 10)


def test_several_writes_are_one_key() -> None:
    bus = SheetBus(0x44, CHIPS["sht4x"](), {"FD, 89": "01 02"})
    for command in (b"\x89", b"\xfd", b"\x89"):
        bus.xfer([Write(0x44, command)])
        bus.clock.sleep(0.01)
        bus.xfer([Read(0x44, 6)])
    assert not bus.unread
