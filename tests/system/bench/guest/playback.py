"""A recorded conversation played back: a bus that costs nothing, for the start-up figures.

To Adafruit's drivers it is a busio.I2C, to RPi's and Pimoroni's an SMBus, to i2cdrv an Adapter.  Nothing is imported.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Clock:
    """Waits for nothing."""

    grid = slack = 0.0

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    boottime = monotonic

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def wait(self, _event: object, seconds: float) -> None:
        self.now += seconds


class Wires:
    """Gives the answers (in hexadecimal) one after the other, for any request; writes are lost."""

    nr, name, functionality = 0, "playback", 0x1

    def __init__(self, answers: str) -> None:
        self._next = map(bytes.fromhex, answers.split()).__next__
        self.clock = Clock()

    # i2cdrv

    def claim(self, addr: int, *, force: bool = False) -> None:
        pass

    def close(self) -> None:
        pass

    def xfer(self, messages: Sequence[tuple[int, bytes | int]]) -> list[bytes]:
        return [self._next() for _, content in messages if isinstance(content, int)]

    def smbus_xfer(self, *_: object) -> bytes:
        raise NotImplementedError  # every Adapter has it; no driver uses it where there is plain I2C

    # busio

    def try_lock(self) -> bool:
        return True

    def unlock(self) -> None:
        pass

    def writeto(self, _addr: int, _buffer: bytes, *, start: int = 0, end: int | None = None) -> None:
        pass

    def readfrom_into(self, _addr: int, buffer: bytearray, *, start: int = 0, end: int | None = None) -> None:
        buffer[start:end] = self._next()

    # SMBus

    def read_byte_data(self, _addr: int, _register: int) -> int:
        return self._next()[0]

    def read_word_data(self, _addr: int, _register: int) -> int:
        return int.from_bytes(self._next(), "little")

    def read_i2c_block_data(self, _addr: int, _register: int, _length: int) -> list[int]:
        return list(self._next())

    def write_byte_data(self, _addr: int, _register: int, _value: int) -> None:
        pass

    def write_i2c_block_data(self, _addr: int, _register: int, _data: object) -> None:
        pass
