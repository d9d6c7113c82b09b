"""A reference count that leaks rather than frees too early (include/linux/refcount.h)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Final

from .atomic import AtomicI32
from .ordering import Acquire, Relaxed, Release

SATURATED: Final = -(1 << 30)  # 0xC000_0000: as far from 0 as from where the sum would wrap
_MASK = 0xFFFF_FFFF


def _warn(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=4)


class Refcount:
    """1 … 0x7FFF_FFFF.  Beyond, and after any misuse, it stays at 0xC000_0000 for ever, and says so once.

    ``warn``: takes the message, with the kernel's words.
    """

    __slots__ = ("_count", "_warn", "_warned")

    def __init__(self, count: int = 1, warn: Callable[[str], object] = _warn) -> None:
        self._count = AtomicI32(count)
        self._warn = warn
        self._warned = False

    def read(self) -> int:
        """The count, as an unsigned number."""
        return self._count.load(Relaxed) & _MASK

    def set(self, count: int) -> None:
        """Set it; only while nobody else uses it."""
        self._count.store(count, Relaxed)

    def inc(self) -> None:
        """One more; only for who holds a reference already.  Relaxed."""
        old = self._count.fetch_add(1, Relaxed)
        if old == 0:
            self._saturate("addition on 0; use-after-free")
        elif _overflowed(old):
            self._saturate("saturated; leaking memory")

    def inc_not_zero(self) -> bool:
        """One more, unless there is none left: then False.  Relaxed."""
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
        """One less, which is not the last.  Release."""
        if self._count.fetch_add(-1, Release) <= 1:
            self._saturate("decrement hit 0; leaking memory")

    def dec_and_test(self) -> bool:
        """One less; True for the last, and then what others did with theirs is visible.  Release, Acquire on True."""
        old = self._count.fetch_add(-1, Release)
        if old == 1:
            self._count.load(Acquire)
            return True
        if old <= 0:
            self._saturate("underflow; use-after-free")
        return False

    def _saturate(self, what: str) -> None:
        self._count.store(SATURATED, Relaxed)
        if not self._warned:
            self._warned = True
            self._warn(f"refcount_t: {what}.")

    def __repr__(self) -> str:
        return f"Refcount({self.read():#x})" if self.read() & ~0x7FFF_FFFF else f"Refcount({self.read()})"


def _overflowed(old: int) -> bool:
    return old < 0 or old == 0x7FFF_FFFF
