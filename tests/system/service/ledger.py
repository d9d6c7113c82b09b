"""The writes, their times, and their acknowledgements: they determine the possible state after a crash."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NEVER = float("inf")


@dataclass
class Write:
    """One value; ``ended`` when it was acknowledged."""

    value: str
    began: float
    ended: float = NEVER

    @property
    def acknowledged(self) -> bool:
        return self.ended < NEVER


class Ledger:
    """All writes to some keys since they were last looked at; any thread may write."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self._writes: dict[str, list[Write]] = {}
        self._lock = threading.Lock()

    def begin(self, key: str, value: str) -> Write:
        """A write is about to be made."""
        with self._lock:
            write = Write(value, time.monotonic())
            self._writes.setdefault(key, []).append(write)
            return write

    def done(self, writes: Iterable[Write]) -> None:
        """They were acknowledged."""
        with self._lock:
            for write in writes:
                write.ended = time.monotonic()
                self.acknowledged += 1

    def refused(self, key: str, write: Write) -> None:
        """It was not made, and its writer knows."""
        with self._lock:
            self._writes[key].remove(write)

    def possible(self, key: str) -> set[str]:
        """Return the possible values: every write that no acknowledged one has certainly come after."""
        writes = self._writes[key]
        return {
            write.value
            for write in writes
            if not any(other.acknowledged and other.began > write.ended for other in writes)
        }

    def look(self, found: dict[str, str]) -> list[str]:
        """Compare with the present state, and take that as the beginning; return the mistakes."""
        wrong = []
        for key, value in found.items():
            if key in self._writes and value not in self.possible(key):
                wrong.append(f"{key} is {value!r}, and can only be one of {sorted(self.possible(key))}")
            began = time.monotonic()
            self._writes[key] = [Write(value, began, began)]
        return wrong
