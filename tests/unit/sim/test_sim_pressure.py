"""The simulated MS5611 (MS5837-30BA rev. C2, "Conversion sequence") and LPS22HB (DocID027083 rev. 6) as chips."""

from __future__ import annotations

import pytest

from i2cdrv.errors import Nack
from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.sim import CHIPS, SimAdapter

ADDR = 0x5C


def bus_with(name: str, **inputs: float) -> SimAdapter:
    bus = SimAdapter({ADDR: CHIPS[name](**inputs)})
    bus.clock.sleep(0.1)
    return bus


def read(bus: SimAdapter, command: int, length: int) -> bytes:
    (answer,) = bus.xfer([Write(ADDR, bytes((command,))), Read(ADDR, length)])
    return answer


def write(bus: SimAdapter, text: str) -> None:
    bus.xfer([Write(ADDR, bytes.fromhex(text))])


def test_a_result_is_read_once_and_is_0_without_a_conversion() -> None:
    bus = bus_with("ms5611", temp=20.07, pressure=100_009.0)
    assert read(bus, 0x00, 3) == bytes(3)
    write(bus, "48")
    bus.clock.sleep(0.00905)
    assert abs(int.from_bytes(read(bus, 0x00, 3), "big") - 9_085_466) < 300  # the sheet rounds to 0.01 mbar and °C
    assert read(bus, 0x00, 3) == bytes(3)


def test_a_read_during_a_conversion_gives_0_and_spoils_the_result() -> None:
    bus = bus_with("ms5611", temp=20.07, pressure=100_009.0)
    write(bus, "58")
    assert read(bus, 0x00, 3) == bytes(3)
    bus.clock.sleep(0.00905)
    assert abs(int.from_bytes(read(bus, 0x00, 3), "big") - 8_569_150) > 10_000


def test_a_reset_ends_a_conversion_and_loads_the_prom_for_2_8_ms() -> None:
    bus = bus_with("ms5611")
    write(bus, "48")
    write(bus, "1E")
    with pytest.raises(Nack):
        read(bus, 0xA2, 2)
    bus.clock.sleep(0.01)
    assert read(bus, 0xA2, 2) == bytes.fromhex("9CBF")
    assert read(bus, 0x00, 3) == bytes(3)


@pytest.mark.parametrize(("name", "start"), [("lps22hb", "11 11"), ("lps28dfw", "11 01"), ("lps25hb", "A0 80 01")])
def test_one_shot_sets_the_flags_and_reading_the_highest_bytes_clears_them(name: str, start: str) -> None:
    bus = bus_with(name)
    step = 0x80 if name == "lps25hb" else 0
    write(bus, start)
    bus.clock.sleep(0.041)
    assert read(bus, step | 0x27, 1) == b"\x03"
    read(bus, step | 0x28, 3)
    assert read(bus, step | 0x27, 1) == (b"\x01" if step else b"\x02")  # lps25hb_reg.h has them the other way round
    read(bus, step | 0x2B, 2)
    assert read(bus, step | 0x27, 1) == b"\x00"


def test_continuous_mode_overwrites_and_shows_it() -> None:
    bus = bus_with("lps22hb", pressure=102_334.69)
    write(bus, "10 50")  # 75 Hz (table 17)
    bus.clock.sleep(0.04)
    assert read(bus, 0x27, 4) == bytes.fromhex("33 8D F5 3F")  # overrun; figure 6


def test_without_if_add_inc_a_burst_repeats_its_register() -> None:
    bus = bus_with("lps22hb")
    write(bus, "11 00")
    assert read(bus, 0x0F, 3) == b"\xb1\xb1\xb1"
