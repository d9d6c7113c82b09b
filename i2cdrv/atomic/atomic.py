"""Values that several threads change: ``Atomic`` with the operations and the rules of rust/kernel/sync/atomic.rs.

Every operation is at least as strong as requested.  Each object has its own lock, which every read and write holds.
A program's atomic accesses are therefore sequentially consistent over all objects: the order in which locks are taken
has no cycle.  With the GIL a load needs no lock, because a slot is read in one step.

An operation calls nothing between its load and its store, so a signal handler cannot run between the two.  The lock is
reentrant: a handler that runs while it is held does not wait for its own thread.  A replaced object is released after
the lock, so its finaliser may use the atomic as well.
"""

from __future__ import annotations

import threading
from typing import ClassVar, Generic, NamedTuple, TypeVar

from .barrier import FREE_THREADED
from .ordering import (
    Acquire,
    AcquireOrRelaxed,
    Full,
    OnlyRelaxed,
    Ordering,
    Relaxed,
    Release,
    ReleaseOrRelaxed,
    refused,
)

T = TypeVar("T")


class Ok(NamedTuple, Generic[T]):
    """A compare-exchange that stored; ``value`` is the previous value.  It is true."""

    value: T

    def __bool__(self) -> bool:
        return True


class Err(NamedTuple, Generic[T]):
    """A compare-exchange that failed; ``value`` is the value found.  It orders nothing, and is false."""

    value: T

    def __bool__(self) -> bool:
        return False


class Atomic(Generic[T]):
    """A reference to any object, compared by identity."""

    __slots__ = ("_lock", "_value")

    def __init__(self, value: T) -> None:
        self._lock = threading.RLock()
        self._value = value
        self._check(value)

    def _check(self, value: T) -> None:
        """Raise TypeError or OverflowError for a value that this type cannot hold."""

    if FREE_THREADED:

        def load(self, order: AcquireOrRelaxed) -> T:
            """Return the value."""
            if order is not Acquire and order is not Relaxed:
                raise refused("load", order)
            with self._lock:
                return self._value

    else:

        def load(self, order: AcquireOrRelaxed) -> T:
            """Return the value."""
            if order is not Acquire and order is not Relaxed:
                raise refused("load", order)
            return self._value

    def store(self, value: T, order: ReleaseOrRelaxed) -> None:
        """Replace the value."""
        if order is not Release and order is not Relaxed:
            raise refused("store", order)
        with self._lock:
            old, self._value = self._value, value
        del old  # not before the lock is free

    def xchg(self, value: T, order: Ordering) -> T:
        """Replace the value; return the old one."""
        if type(order) is not Ordering:
            raise refused("xchg", order)
        self._check(value)
        with self._lock:
            old, self._value = self._value, value
        return old

    def cmpxchg(self, old: T, new: T, order: Ordering) -> Ok[T] | Err[T]:
        """Replace the value if it is ``old``.  It never fails for another reason."""
        if type(order) is not Ordering:
            raise refused("cmpxchg", order)
        self._check(new)
        with self._lock:
            found = self._value
            if found is old:
                self._value = new
        return Ok(found) if found is old else Err(found)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.load(Relaxed)!r})"


class AtomicBool(Atomic[bool]):
    """True or False."""

    __slots__ = ()

    def _check(self, value: bool) -> None:
        if value is not True and value is not False:
            raise TypeError(f"{value!r} is no bool")

    def store(self, value: bool, order: ReleaseOrRelaxed) -> None:
        """Replace the value."""
        self._check(value)
        super().store(value, order)


class AtomicInteger(Atomic[int]):
    """Base of the integers of fixed width: sums wrap as two's complement, stored values must fit."""

    __slots__ = ("_high", "_low")  # of the class, which an instance reaches more slowly

    bits: ClassVar[int]
    low: ClassVar[int]
    high: ClassVar[int]
    _mask: ClassVar[int]

    def __init_subclass__(cls, bits: int, signed: bool) -> None:
        cls.bits = bits
        cls.low = -(1 << (bits - 1)) if signed else 0
        cls._mask = (1 << bits) - 1
        cls.high = cls.low + cls._mask

    def __init__(self, value: int) -> None:
        self._low, self._high = self.low, self.high
        super().__init__(value)

    def _check(self, value: int) -> None:
        if value.__class__ is not int:
            raise TypeError(f"{value!r} is no int")
        if not self.low <= value <= self.high:
            raise OverflowError(f"{value} does not fit {type(self).__name__}: {self.low} … {self.high}")

    def store(self, value: int, order: ReleaseOrRelaxed) -> None:
        """Replace the value."""
        if order is not Release and order is not Relaxed:
            raise refused("store", order)
        if type(value) is not int or not self._low <= value <= self._high:
            self._check(value)
        with self._lock:
            self._value = value

    def cmpxchg(self, old: int, new: int, order: Ordering) -> Ok[int] | Err[int]:
        """Replace the value if it equals ``old``.  It never fails for another reason."""
        if type(order) is not Ordering:
            raise refused("cmpxchg", order)
        self._check(old)
        self._check(new)
        with self._lock:
            found = self._value
            if found == old:
                self._value = new
        return Ok(found) if found == old else Err(found)

    def add(self, value: int, order: OnlyRelaxed) -> None:
        """Add; the sum wraps."""
        if order is not Relaxed:
            raise refused("add", order)
        with self._lock:
            new = self._value + value
            if new > self._high or new < self._low:
                new = self._wrapped(new)
            self._value = new

    def fetch_add(self, value: int, order: Ordering) -> int:
        """Add; the sum wraps.  Return the previous value."""
        if order is not Full and type(order) is not Ordering:
            raise refused("fetch_add", order)
        with self._lock:
            old = self._value
            new = old + value
            if new > self._high or new < self._low:
                new = self._wrapped(new)
            self._value = new
        return old

    def _wrapped(self, value: int) -> int:
        return self.low + (value - self.low & self._mask)


class AtomicI8(AtomicInteger, bits=8, signed=True):
    """-128 … 127."""

    __slots__ = ()


class AtomicU8(AtomicInteger, bits=8, signed=False):
    """0 … 255."""

    __slots__ = ()


class AtomicI16(AtomicInteger, bits=16, signed=True):
    """-32768 … 32767."""

    __slots__ = ()


class AtomicU16(AtomicInteger, bits=16, signed=False):
    """0 … 65535."""

    __slots__ = ()


class AtomicI32(AtomicInteger, bits=32, signed=True):
    """atomic_t."""

    __slots__ = ()


class AtomicU32(AtomicInteger, bits=32, signed=False):
    """The same bits, read as unsigned."""

    __slots__ = ()


class AtomicI64(AtomicInteger, bits=64, signed=True):
    """atomic64_t."""

    __slots__ = ()


class AtomicU64(AtomicInteger, bits=64, signed=False):
    """The same bits, read as unsigned."""

    __slots__ = ()
