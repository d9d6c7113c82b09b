"""Chips that take commands: an opcode with arguments, a wait, and an answer, each with its checksum or without."""

from __future__ import annotations

from struct import pack, unpack
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ..errors import BadChecksum, Disagreement, Invalid
from ..i2c.contention import WRONG_CODE
from ..lib.crc import crc8, table
from ..lib.validate import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..i2c.client import Client
    from .register import Register

R = TypeVar("R", bound="Register")

WORD_BYTES = 2


class Crc(NamedTuple):
    """A CRC-8 behind each 16-bit word, or with ``frame=True`` one behind all bytes of a message.

    ``start``: the initial value; ``final`` is XORed with the remainder.  The default is that of Sensirion's chips.
    """

    polynomial: int = 0x31
    start: int = 0xFF
    final: int = 0x00
    frame: bool = False

    def add(self, data: bytes) -> bytes:
        """Return the bytes with their checksums."""
        step = len(data) if self.frame else WORD_BYTES
        parts = (data[at : at + step] for at in range(0, len(data), step))
        return b"".join(part + bytes((crc8(part, self.polynomial, self.start) ^ self.final,)) for part in parts)

    def length(self, size: int) -> int:
        """Return the number of bytes on the wire for this many bytes of data."""
        return size + (1 if self.frame else size // WORD_BYTES)

    def remove(self, answer: bytes) -> bytes:
        """Return the bytes without their checksums.  Raises BadChecksum, naming the word."""
        if not self.frame:
            words = self.words(answer)
            return pack(f">{len(words)}H", *words)
        if self.add(data := answer[:-1]) != answer:
            raise _wrong("the answer", answer)
        return data

    def words(self, answer: bytes) -> tuple[int, ...]:
        """Return the words without their checksums.  Raises BadChecksum, naming the word."""
        if self.frame:
            return split_words(self.remove(answer))
        remainders, start, final = table(self.polynomial), self.start, self.final
        words: list[int] = []
        for high, low, crc in zip(answer[::3], answer[1::3], answer[2::3], strict=True):
            if remainders[remainders[start ^ high] ^ low] ^ final != crc:
                raise _wrong(f"word {len(words)} of the answer", answer)
            words.append(high << 8 | low)
        return tuple(words)


def _wrong(part: str, answer: bytes) -> BadChecksum:
    return BadChecksum(f"{part} {answer.hex(' ')} has a wrong CRC: {WRONG_CODE}")


def split_words(data: bytes) -> tuple[int, ...]:
    """Return the 16-bit words, the high byte of each first."""
    return unpack(f">{len(data) // WORD_BYTES}H", data)


def join_words(*words: int) -> int:
    """Return one number made of 16-bit words, the most significant first."""
    return int.from_bytes(b"".join(word.to_bytes(2, "big") for word in words), "big")


class Command(NamedTuple):
    """A command: the opcode, then after ``delay`` s (the datasheet's longest time) an answer of 16-bit words.

    Two transfers, or one for a command without an answer; the bus is free during the delay.
    ``size``: bytes of the opcode.  ``args``: the number of words behind it, with the same CRC as the answer.
    ``crc``: None for a chip without; its answers are measured again when a value jumps.
    ``reads``: by the datasheet the command changes nothing, so it may be sent to a chip that is not recognised yet.
    """

    opcode: int
    words: int = 0
    delay: float = 0.0
    size: int = 1
    reads: bool = False
    args: int = 0
    crc: Crc | None = Crc()

    def __str__(self) -> str:
        """Return the opcode as the datasheet writes it."""
        return f"command 0x{self.opcode:0{2 * self.size}x}"

    async def execute(self, client: Client, *args: int) -> tuple[int, ...]:
        """Send the command with its arguments, and return the words of its answer.

        Errors: Nack, BadChecksum, NotSupported (the adapter has no plain I2C); Invalid for an argument that is no word;
        Disagreement for the answer to an earlier command, which a chip returns after it has missed this one.
        """
        self._send(client, args)
        if self.delay:
            await client.sleep(self.delay)
        if not self.words:
            return ()
        answer = self._words(client)
        self._refuse_others(client, answer, client.fixed_answers)
        if client.fetched:
            self._refuse_others(client, answer, {words: command for command, words in client.fetched.items()})
        return answer

    def _refuse_others(self, client: Client, answer: tuple[int, ...], known: Mapping[tuple[int, ...], object]) -> None:
        """Raise Disagreement for an answer that is known to be another command's."""
        for words, command in known.items():
            if answer[: len(words)] == words and command != self:
                raise Disagreement(f"{client} answers another command: it has missed {self.opcode:#x}")

    async def fetch(self, client: Client, what: type[R], *args: int) -> R:
        """Send the command with its arguments, and return its answer as a Register, whose ``addr`` is that of byte 0.

        Errors: as ``execute``; those of the Register's declarations, once the chip is recognised.
        """
        self._send(client, args)
        if self.delay:
            await client.sleep(self.delay)
        data = self._bytes(client, what.size)
        if self.crc is not None and not self.crc.frame:
            words = split_words(data)
            self._refuse_others(client, words, client.fixed_answers)
            client.fetched[self] = words
        if what.checks is not None and client.recognised:
            what.checks.check(int.from_bytes(data, what.byteorder), 0, 0, client)
        return what.decode(data)

    def _send(self, client: Client, args: tuple[int, ...]) -> None:
        opcode = self.opcode.to_bytes(self.size, "big")
        if args or self.args:
            opcode += self._arguments(args)
        (client.ask if self.reads else client.write)(opcode)

    def _arguments(self, args: tuple[int, ...]) -> bytes:
        if len(args) != self.args:
            raise TypeError(f"{self} takes {self.args} arguments, not {len(args)}")
        for value in args:
            if value not in range(0x10000):
                raise Invalid(f"{self}: argument {shown(value)} is outside 0 … 0xffff")
        data = b"".join(value.to_bytes(WORD_BYTES, "big") for value in args)
        return data if self.crc is None else self.crc.add(data)

    def _words(self, client: Client) -> tuple[int, ...]:
        size = WORD_BYTES * self.words
        if self.crc is None:
            return split_words(client.read(size))
        return client.read_checked(self.crc.length(size), self.crc.words)

    def _bytes(self, client: Client, size: int) -> bytes:
        if self.crc is None:
            return client.read(size)
        return client.read_checked(self.crc.length(size), self.crc.remove)
