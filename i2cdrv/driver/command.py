"""Chips that take commands and answer in 16-bit words, each with its CRC (Sensirion's I2C protocol)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ..errors import BadChecksum, Disagreement
from ..i2c.contention import TWO_CHIPS

if TYPE_CHECKING:
    from ..i2c.client import Client


def _remainder(byte: int, polynomial: int) -> int:
    for _ in range(8):
        byte = (byte << 1 ^ polynomial if byte & 0x80 else byte << 1) & 0xFF
    return byte


@lru_cache(8)
def _table(polynomial: int) -> bytes:
    return bytes(_remainder(byte, polynomial) for byte in range(256))


_CRC = _table(0x31)


def crc8(data: bytes, polynomial: int = 0x31, start: int = 0xFF) -> int:
    """Return the CRC-8, most significant bit first; 0xBE 0xEF gives 0x92 (SHT4x, "Checksum Calculation")."""
    table, crc = _table(polynomial), start
    for byte in data:
        crc = table[crc ^ byte]
    return crc


def split_words(answer: bytes) -> tuple[int, ...]:
    """Return the words of an answer of (high, low, CRC) triples.  Raises BadChecksum."""
    words = []
    for i in range(0, len(answer), 3):
        high, low, crc = answer[i : i + 3]
        if _CRC[_CRC[_CRC[0xFF ^ high] ^ low] ^ crc]:  # a CRC over data and its own CRC is 0
            raise BadChecksum(
                f"word {i // 3} of the answer {answer.hex(' ')} has a wrong CRC: a disturbed line, or {TWO_CHIPS}"
            )
        words.append(high << 8 | low)
    return tuple(words)


def join_words(*words: int) -> int:
    """Return one number made of 16-bit words, the most significant first."""
    return int.from_bytes(b"".join(word.to_bytes(2, "big") for word in words), "big")


class Command(NamedTuple):
    """A command: the opcode, then after ``delay`` s (the datasheet's longest time) an answer of 16-bit words.

    Two transfers, or one for a command without an answer; the bus is free during the delay.
    ``reads``: by the datasheet the command changes nothing, so it may be sent to a chip that is not recognised yet.
    """

    opcode: int
    words: int = 0
    delay: float = 0.0
    size: int = 1
    reads: bool = False

    async def execute(self, client: Client) -> tuple[int, ...]:
        """Send the command and return the words of its answer.

        Errors: Nack, BadChecksum, NotSupported (the adapter has no plain I2C); Disagreement for the answer to
        an earlier command, which a chip returns after it has missed this one.
        """
        (client.ask if self.reads else client.write)(self.opcode.to_bytes(self.size, "big"))
        if self.delay:
            await client.sleep(self.delay)
        if not self.words:
            return ()
        answer = client.read_checked(3 * self.words, split_words)
        if client.fixed_answers.get(answer, self) != self:
            raise Disagreement(f"{client} answers another command: it has missed {self.opcode:#x}")
        return answer
