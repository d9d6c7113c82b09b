"""A simulated bus on which the bytes of a datasheet are laid over the answers of the simulated chip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from i2cdrv.i2c.adapter import Write
from i2cdrv.sim import Chip, SimAdapter, WordChip
from i2cdrv.sim.bytechip import ByteChip

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from i2cdrv.i2c.adapter import Message


class SheetBus(SimAdapter):
    """The chip is busy, refuses and forgets as it always does; only the bytes of its answers are others."""

    def __init__(self, addr: int, chip: Chip, answers: Mapping[str, str]) -> None:
        super().__init__({addr: chip}, frequency=None)
        self._answers = {
            tuple(map(bytes.fromhex, key.split(","))): bytes.fromhex(text) for key, text in answers.items()
        }
        self._writes: list[bytes] = []
        self._stride = 2 if isinstance(chip, WordChip) else 1  # bytes from a register number to the next
        self._in_bursts = isinstance(chip, ByteChip | WordChip)  # a read may begin before the register
        self.unread = set(self._answers)

    def _transfer(self, messages: Sequence[Message]) -> list[bytes]:
        answers = iter(super()._transfer(messages))
        found = []
        for message in messages:
            if isinstance(message, Write):
                self._writes.append(message.data)
            else:
                found.append(self._laid_over(next(answers)))
        return found

    def _laid_over(self, answer: bytes) -> bytes:
        for writes, text in self._answers.items():
            at = self._place(writes, len(answer), len(text))
            if at is not None:
                self.unread.discard(writes)
                answer = _merged(answer, text, at)
        return answer

    def _place(self, writes: tuple[bytes, ...], length: int, own: int) -> int | None:
        """Return where in the answer the bytes of the sheet begin, perhaps before it; None if they are not in it."""
        last = self._writes[-1] if self._writes else b""
        if len(writes) == len(writes[0]) == len(last) == 1:
            at = self._stride * (writes[0][0] - last[0])
            inside = -own < at < length if self._in_bursts else at == 0 or length - own <= at < 0
            return at if inside else None
        return 0 if tuple(self._writes[-len(writes) :]) == writes and length >= own else None


def _merged(answer: bytes, text: bytes, at: int) -> bytes:
    merged = bytearray(answer)
    for i, byte in enumerate(text, at):
        if 0 <= i < len(merged):
            merged[i] = byte
    return bytes(merged)
