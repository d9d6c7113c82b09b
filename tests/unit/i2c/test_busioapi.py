"""The methods of busio.I2C over one transfer: slices of buffers, and nothing else than their bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.i2c.busioapi import BusioApi

if TYPE_CHECKING:
    from collections.abc import Sequence

    from i2cdrv.i2c.adapter import Message

ADDR = 0x18


class Bus(BusioApi):
    """Writes down each transfer; answers with 1, 2, 3, …."""

    def __init__(self) -> None:
        self.sent: list[list[Message]] = []

    def transfer(self, messages: Sequence[Message]) -> list[bytes]:
        self.sent.append(list(messages))
        return [bytes(range(1, message.length + 1)) for message in messages if isinstance(message, Read)]


def test_a_slice_is_written() -> None:
    bus = Bus()
    bus.writeto(ADDR, bytearray(b"abcd"), start=1, end=3)
    bus.writeto(ADDR, b"abcd")
    bus.writeto(ADDR, memoryview(b"abcd"), start=-1)
    bus.writeto(ADDR, b"")
    assert bus.sent == [[Write(ADDR, data)] for data in (b"bc", b"abcd", b"d", b"")]


def test_a_slice_is_filled_and_the_rest_stays() -> None:
    bus, buffer = Bus(), bytearray(b"....")
    bus.readfrom_into(ADDR, buffer, start=1, end=3)
    assert buffer == b".\x01\x02."
    bus.readfrom_into(ADDR, buffer)
    assert buffer == b"\x01\x02\x03\x04"
    assert bus.sent == [[Read(ADDR, 2)], [Read(ADDR, 4)]]


def test_a_write_and_a_read_are_one_transfer() -> None:
    bus, buffer = Bus(), bytearray(b"....")
    bus.writeto_then_readfrom(ADDR, b"abcd", buffer, out_start=1, out_end=2, in_start=2)
    assert bus.sent == [[Write(ADDR, b"b"), Read(ADDR, 2)]]
    assert buffer == b"..\x01\x02"


def test_one_buffer_serves_both_ways() -> None:
    bus, buffer = Bus(), bytearray(b"abc")
    bus.writeto_then_readfrom(ADDR, buffer, buffer, out_end=1, in_start=1)
    assert bus.sent == [[Write(ADDR, b"a"), Read(ADDR, 2)]]
    assert buffer == b"a\x01\x02"


def test_the_lock_is_free() -> None:
    with Bus() as bus:
        assert bus.try_lock()
        assert bus.try_lock()
        bus.unlock()
        bus.deinit()
