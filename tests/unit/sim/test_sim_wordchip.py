"""A chip with registers of 16 bits, and the start-up that every chip may have, by the rules of TMP117 and HDC1080."""

from __future__ import annotations

from typing import ClassVar

import pytest

from i2cdrv.errors import Nack
from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.sim import Input, SimAdapter, WordChip

RESULT, CONFIG, FIXED, SMALL = 0, 1, 2, 3


class Plain(WordChip):
    inputs: ClassVar = {"temp": Input(0.0, "°C")}
    resets: ClassVar = {CONFIG: 0x1234, FIXED: 0x5678, SMALL: 0x9A}
    writable: ClassVar = {CONFIG: 0x0F0F, SMALL: 0x0F}
    narrow = frozenset({SMALL})
    t_startup = 0.01

    def store(self, register: int, value: int, mask: int) -> None:
        super().store(register, value, mask)
        self._conversions.start(self.now(), 0.1, 0.2)

    def convert(self, end: float) -> None:
        self._registers[RESULT] = int(self.value("temp", end))


@pytest.fixture
def bus() -> SimAdapter:
    bus = SimAdapter({0x48: Plain(temp=lambda now: 1000 * now)})
    bus.clock.sleep(0.01)
    return bus


def get(bus: SimAdapter, register: int, length: int = 2) -> str:
    return bus.xfer([Write(0x48, bytes((register,))), Read(0x48, length)])[0].hex()


@pytest.mark.parametrize(
    ("written", "register", "found"),
    [
        ("", CONFIG, "1234"),
        ("01 ffff", CONFIG, "1f3f"),  # the other bits are read-only
        ("01 0000", CONFIG, "1030"),
        ("02 ffff", FIXED, "5678"),
        ("03 f5", SMALL, "9595"),
        ("", 0x77, "0000"),
    ],
)
def test_a_write_changes_the_writable_bits(bus: SimAdapter, written: str, register: int, found: str) -> None:
    if written:
        bus.xfer([Write(0x48, bytes.fromhex(written))])
    assert get(bus, register) == found


def test_the_latest_conversion_has_the_input_at_its_end(bus: SimAdapter) -> None:
    bus.xfer([Write(0x48, b"\x01\x00\x00")])
    began = bus.clock.monotonic()
    bus.clock.sleep(0.75)  # conversions end after 0.1, 0.3, 0.5 and 0.7 s
    assert int(get(bus, RESULT), 16) == pytest.approx(1000 * (began + 0.7), abs=2)


def test_a_chip_acknowledges_nothing_while_it_starts_up() -> None:
    chip = Plain()
    bus = SimAdapter({0x48: chip})
    chip.power_on()
    bus.clock.sleep(0.009)
    with pytest.raises(Nack):
        get(bus, CONFIG)
    bus.clock.sleep(0.001)
    assert get(bus, CONFIG) == "1234"
