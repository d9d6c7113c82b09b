"""A chip with registers of one byte, by the rules that BMP280 §5.2 and ADT7410 ("Serial interface") have."""

from __future__ import annotations

from typing import ClassVar

import pytest

from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.sim import ByteChip, SimAdapter


class Plain(ByteChip):
    resets: ClassVar = {0x0B: 0xCB, 0xFF: 0x55}
    writable: ClassVar = {0x04, 0x05, 0xFF, 0x00}


class Pairs(Plain):
    pairs = True


class Masked(ByteChip):
    resets = Plain.resets
    writable: ClassVar = {0x0B: 0x0F}


def after(chip: ByteChip, written: str, pointer: int, length: int) -> str:
    bus = SimAdapter({0x48: chip})
    if written:
        bus.xfer([Write(0x48, bytes.fromhex(written))])
    return bus.xfer([Write(0x48, bytes((pointer,))), Read(0x48, length)])[0].hex()


@pytest.mark.parametrize(
    ("chip", "written", "pointer", "length", "found"),
    [
        (Plain, "", 0x0B, 2, "cb00"),
        (Plain, "", 0xFF, 2, "5500"),  # the pointer wraps
        (Plain, "04 12 34 56", 0x04, 3, "123400"),  # 0x06 is read-only
        (Plain, "ff 12 34", 0xFF, 2, "1234"),
        (Masked, "0b 35", 0x0B, 1, "c5"),  # the upper bits are read-only
        (Pairs, "04 12 05 34", 0x04, 2, "1234"),
        (Pairs, "05 12 0b 34", 0x05, 1, "12"),
    ],
)
def test_the_pointer_steps(chip: type[ByteChip], written: str, pointer: int, length: int, found: str) -> None:
    assert after(chip(), written, pointer, length) == found


def test_a_read_without_a_pointer_continues_where_the_last_one_ended() -> None:
    bus = SimAdapter({0x48: Plain()})
    assert bus.xfer([Write(0x48, b"\x0a"), Read(0x48, 1)]) == [b"\x00"]
    assert bus.xfer([Read(0x48, 1)]) == [b"\xcb"]


def test_the_registers_have_their_reset_values_after_a_brown_out() -> None:
    chip = Plain()
    assert after(chip, "04 12", 0x04, 1) == "12"
    chip.power_on()
    assert after(chip, "", 0x04, 1) == "00"


@pytest.mark.parametrize(("value", "size", "order", "found"), [(-2, 2, "big", "fffe"), (0x1234, 3, "little", "341200")])
def test_put_writes_twos_complement(value: int, size: int, order: str, found: str) -> None:
    chip = Plain()
    bus = SimAdapter({0x48: chip})
    chip.put(0x10, value, size, order)  # type: ignore[arg-type]  # a word of the table
    assert bus.xfer([Write(0x48, b"\x10"), Read(0x48, size)])[0].hex() == found
