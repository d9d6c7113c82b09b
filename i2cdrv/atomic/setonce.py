"""A value that is set once and then only read (rust/kernel/sync/set_once.rs)."""

from __future__ import annotations

from typing import Generic, TypeVar

from .atomic import AtomicU32
from .ordering import Acquire, Relaxed, Release

T = TypeVar("T")

EMPTY, WRITING, READY = range(3)


class SetOnce(Generic[T]):
    """A slot that is empty until a thread populates it."""

    __slots__ = ("_state", "_value")

    _value: T

    def __init__(self) -> None:
        self._state = AtomicU32(EMPTY)

    def populate(self, value: T) -> bool:
        """Set the value; return False if another thread was first."""
        if not self._state.cmpxchg(EMPTY, WRITING, Relaxed):
            return False
        self._value = value
        self._state.store(READY, Release)
        return True

    def as_ref(self) -> T | None:
        """Return the value; None while it is empty, or being populated."""
        return self._value if self._state.load(Acquire) == READY else None
