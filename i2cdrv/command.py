"""Chips that take commands and answer in 16-bit words, each with its CRC (Sensirion's I2C protocol)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .errors import BadChecksum

if TYPE_CHECKING:
    from .client import Client


def _crc_of_byte(crc: int) -> int:
    for _ in range(8):
        crc = (crc << 1 ^ 0x31 if crc & 0x80 else crc << 1) & 0xFF
    return crc


_CRC = bytes(_crc_of_byte(byte) for byte in range(256))


def crc8(data: bytes) -> int:
    """CRC-8 with polynomial 0x31 and start 0xFF; 0xBE 0xEF gives 0x92 (SHT4x, "Checksum Calculation")."""
    crc = 0xFF
    for byte in data:
        crc = _CRC[crc ^ byte]
    return crc


def split_words(answer: bytes) -> tuple[int, ...]:
    """The words of an answer of (high, low, CRC) triples.  Raises BadChecksum."""
    words = []
    for i in range(0, len(answer), 3):
        high, low, crc = answer[i : i + 3]
        if _CRC[_CRC[_CRC[0xFF ^ high] ^ low] ^ crc]:  # a CRC over data and its own CRC is 0
            raise BadChecksum(f"word {i // 3} of the answer {answer.hex(' ')} has a wrong CRC")
        words.append(high << 8 | low)
    return tuple(words)


def join_words(*words: int) -> int:
    """One number of several 16-bit words, the first one most significant."""
    return int.from_bytes(b"".join(word.to_bytes(2, "big") for word in words), "big")


class Command(NamedTuple):
    """``opcode`` goes out; after ``delay`` s (the datasheet's longest time) ``words`` 16-bit words come back.

    Two transfers, or one for a command without an answer; the bus is free during the delay.
    ``reads``: by the datasheet the command changes nothing, so it may be sent to a chip that is not recognised yet.
    """

    opcode: int
    words: int = 0
    delay: float = 0.0
    size: int = 1
    reads: bool = False

    async def execute(self, client: Client) -> tuple[int, ...]:
        """Run it.  Errors: Nack, BadChecksum, NotSupported (the adapter has no plain I2C)."""
        (client.ask if self.reads else client.write)(self.opcode.to_bytes(self.size, "big"))
        if self.delay:
            await client.sleep(self.delay)
        return split_words(client.read(3 * self.words)) if self.words else ()
