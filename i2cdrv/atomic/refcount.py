"""A reference count that leaks rather than frees too early (include/linux/refcount.h)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Final

from .atomic import AtomicI32
from .ordering import Acquire, Relaxed, Release

SATURATED: Final = -(1 << 30)  # 0xC000_0000: equally far from 0 and from the wrap
_MASK = 0xFFFF_FFFF


def _warn(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=4)


class Refcount:
    """A count from 1 to 0x7FFF_FFFF.  After an overflow or a misuse it warns once and stays at 0xC000_0000.

    ``warn``: is called with the message, which has the kernel's wording.
    """

    __slots__ = ("_count", "_warn", "_warned")

    def __init__(self, count: int = 1, warn: Callable[[str], object] = _warn) -> None:
        self._count = AtomicI32(count)
        self._warn = warn
        self._warned = False

    def read(self) -> int:
        """Return the count, as an unsigned number."""
        return self._count.load(Relaxed) & _MASK

    def set(self, count: int) -> None:
        """Set the count; only while no other thread uses it."""
        self._count.store(count, Relaxed)

    def inc(self) -> None:
        """Take one more reference; the caller must hold one already.  Relaxed."""
        old = self._count.fetch_add(1, Relaxed)
        if old == 0:
            self._saturate("addition on 0; use-after-free")
        elif _overflowed(old):
            self._saturate("saturated; leaking memory")

    def inc_not_zero(self) -> bool:
        """Take a reference and return True; if none is left, return False.  Relaxed."""
        old = self._count.load(Relaxed)
        while old != 0:
            stored = self._count.cmpxchg(old, old if _overflowed(old) else old + 1, Relaxed)
            if stored:
                if _overflowed(old):
                    self._saturate("saturated; leaking memory")
                return True
            old = stored.value
        return False

    def dec(self) -> None:
        """Drop a reference, which must not be the last.  Release."""
        if self._count.fetch_add(-1, Release) <= 1:
            self._saturate("decrement hit 0; leaking memory")

    def dec_and_test(self) -> bool:
        """Drop a reference; return True for the last.  Release; Acquire on True, so earlier accesses are visible."""
        old = self._count.fetch_add(-1, Release)
        if old == 1:
            self._count.load(Acquire)
            return True
        if old <= 0:
            self._saturate("underflow; use-after-free")
        return False

    def _saturate(self, reason: str) -> None:
        self._count.store(SATURATED, Relaxed)
        if not self._warned:
            self._warned = True
            self._warn(f"refcount_t: {reason}.")

    def __repr__(self) -> str:
        return f"Refcount({self.read():#x})" if self.read() & ~0x7FFF_FFFF else f"Refcount({self.read()})"


def _overflowed(old: int) -> bool:
    return old < 0 or old == 0x7FFF_FFFF
