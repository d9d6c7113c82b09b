"""Chips of Sensirion and TI: commands, and words of 16 bits that a checksum follows, in both directions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .chip import Chip, Conversions, Value


def crc8(data: bytes, crc: int = 0xFF) -> int:
    """Return the checksum: polynomial 0x31, mostly initialised to 0xFF (SHT4x, "Checksum calculation")."""
    for byte in data:
        crc = CRC[crc ^ byte]
    return crc


def _remainder(byte: int) -> int:
    for _ in range(8):
        byte = byte << 1 ^ (0x131 if byte & 0x80 else 0)
    return byte


CRC = bytes(map(_remainder, range(256)))


def words(*values: int) -> bytes:
    """Return each word with its checksum (SHT4x, "Data type and length")."""
    pairs = (value.to_bytes(2, "big") for value in values)
    return b"".join(pair + bytes((crc8(pair),)) for pair in pairs)


class WordCommands(Chip):
    """A chip that acknowledges nothing while it executes a command, and a read only once it has an answer.

    ``durations``: the time in s that each command takes; others are not acknowledged.  ``arguments``: the commands that
    a word with its checksum follows.  ``command_size``: bytes of a command.  A subclass writes ``execute``, and sets
    ``answer`` there.
    """

    command_size: ClassVar[int] = 2
    durations: ClassVar[Mapping[int, float]] = {}
    arguments: ClassVar[frozenset[int]] = frozenset()

    def __init__(self, **inputs: Value) -> None:
        self._execution = Conversions()
        super().__init__(**inputs)

    def power_on(self) -> None:
        super().power_on()
        self.answer = b""
        self._received = b""
        self._at = 0  # bytes of the answer that this message has read
        self._reads = False
        self._command, self._argument = 0, 0
        self._execution.stop()

    def occupy(self, command: int, argument: int, duration: float) -> None:
        """Execute a command at the end of ``duration`` s; until then nothing is acknowledged."""
        self.answer = b""
        self._command, self._argument = command, argument
        self._execution.start(self.now(), duration)

    def execute(self, command: int, argument: int, end: float) -> None:
        """Do the command, which ends at the moment ``end``."""
        raise NotImplementedError

    def accepts(self, command: int) -> bool:
        """Return whether the chip acknowledges the command in its present mode."""
        return command in self.durations

    def catch_up(self, now: float) -> None:
        super().catch_up(now)
        for end in self._execution.finished(now):
            self.execute(self._command, self._argument, end)
            super().catch_up(now)  # the command may have started conversions

    def start(self, read: bool) -> bool:
        self._received, self._at, self._reads = b"", 0, read
        ready = super().start(read) and not self._execution.busy(self.now())
        return ready and (not read or bool(self.answer))

    def write(self, byte: int) -> bool:
        self._received += bytes((byte,))
        size = self.command_size
        command = int.from_bytes(self._received[:size], "big")
        if len(self._received) < size:
            return True
        takes_word = command in self.arguments
        if not self.accepts(command) or len(self._received) > size + 3 * takes_word:
            return False
        return self._complete(command, takes_word)

    def _complete(self, command: int, takes_word: bool) -> bool:
        """Begin a command with its last byte; do not acknowledge a wrong checksum."""
        argument = self._received[self.command_size :]
        if takes_word and len(argument) < 3:
            return True
        if takes_word and crc8(argument[:2]) != argument[2]:
            return False
        self.occupy(command, int.from_bytes(argument[:2], "big"), self.durations[command])
        return True

    def read(self) -> int:
        at, self._at = self._at, self._at + 1
        return self.answer[at] if at < len(self.answer) else 0xFF

    def stop(self) -> None:
        """Drop an answer after it was read, even in part."""
        if self._reads and self._at:
            self.answer = b""
