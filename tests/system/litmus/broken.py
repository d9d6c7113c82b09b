"""Atomics for threads which are none: the harness must detect them, if it can detect anything."""

from __future__ import annotations

import time

from i2cdrv.atomic import Err, Ok


def between() -> None:
    """A call between a load and a store: here the interpreter may switch to another thread, and is made to."""
    time.sleep(0)


class Plain:
    """Every operation without a lock."""

    __slots__ = ("_value",)

    def __init__(self, value: int) -> None:
        self._value = value

    def load(self, order: object) -> int:
        return self._value

    def store(self, value: int, order: object) -> None:
        self._value = value

    def xchg(self, value: int, order: object) -> int:
        old = self._value
        between()
        self._value = value
        return old

    def cmpxchg(self, old: int, new: int, order: object) -> Ok[int] | Err[int]:
        found = self._value
        between()
        if found != old:
            return Err(found)
        self._value = new
        return Ok(found)

    def add(self, value: int, order: object) -> None:
        self.fetch_add(value, order)

    def fetch_add(self, value: int, order: object) -> int:
        old = self._value
        between()
        self._value = old + value
        return old
