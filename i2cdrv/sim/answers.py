"""Faults of the bytes of a read: shifted, old, from two moments, or with a wrong bit."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from .active_fault import ActiveFault
from .fault import Fault
from .wire import Wire

if TYPE_CHECKING:
    from .active_fault import Transfer


class _Answers(ActiveFault):
    """A fault of whole answers."""

    def __init__(self, fault: Fault, addr: int | None, wire: Wire) -> None:
        super().__init__(fault, addr, wire)
        self._seen: dict[tuple[bytes, int], bytes] = {}  # by request and length

    def answer(self, transfer: Transfer, request: bytes, data: bytes) -> bytes:
        arrived = self.replaced(transfer, request, data)
        if arrived == data:
            self.affect()
        else:
            self.hit()
        return arrived

    def replaced(self, transfer: Transfer, request: bytes, data: bytes) -> bytes:
        """Return the bytes that arrive instead."""
        raise NotImplementedError


class Misread(_Answers):
    def replaced(self, transfer: Transfer, request: bytes, data: bytes) -> bytes:
        if request != bytes((int(str(self.fault.value), 16),)) or not data:
            return data
        bit = Random(self.fault.seed).randrange(8 * len(data))
        return (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(len(data), "big")


class Shift(_Answers):
    """Late: 1 bits of the idle line come first.  Early: the chip's next bits come last."""

    def replaced(self, transfer: Transfer, request: bytes, data: bytes) -> bytes:
        bits, size = int(float(self.fault.value or 0)), 8 * len(data)
        extra = -(-abs(bits) // 8)
        if bits > 0:
            stream, first = b"\xff" * extra + data, 8 * extra - bits
        else:
            stream, first = data + transfer.further(extra), -bits
        word = int.from_bytes(stream, "big") >> 8 * len(stream) - first - size
        return (word & (1 << size) - 1).to_bytes(len(data), "big")


class Torn(_Answers):
    def __init__(self, fault: Fault, addr: int | None, wire: Wire) -> None:
        super().__init__(fault, addr, wire)
        self._chance = Random(fault.seed)

    def replaced(self, transfer: Transfer, request: bytes, data: bytes) -> bytes:
        before = self._seen.get((request, len(data)), data)
        self._seen[request, len(data)] = data
        place = self._chance.randrange(1, max(len(data), 2))
        return before[:place] + data[place:]


class Repeat(_Answers):
    """Repeats the previous answer; bytes beyond its length are the chip's own."""

    _before = b""

    def replaced(self, transfer: Transfer, request: bytes, data: bytes) -> bytes:
        before, self._before = self._before, data
        return (before + data[len(before) :])[: len(data)]


class Stale(_Answers):
    def replaced(self, transfer: Transfer, request: bytes, data: bytes) -> bytes:
        return self._seen.setdefault((request, len(data)), data)


class _StuckBit(ActiveFault):
    """A stuck bit of each byte in one direction."""

    of_reads: bool

    def changed(self, byte: int, read: bool) -> int:
        if read is not self.of_reads:
            return byte
        bit, level = map(int, str(self.fault.value).split(":"))
        arrived = byte | 1 << bit if level else byte & ~(1 << bit)
        if arrived == byte:
            self.affect()
        else:
            self.hit()
        return arrived


class ReadStuck(_StuckBit):
    of_reads = True


class WriteStuck(_StuckBit):
    of_reads = False
