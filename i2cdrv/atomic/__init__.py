"""Shared state with the orderings of the Linux kernel memory model, on CPython with and without a GIL.

The names are those of Rust in Linux 6.18: ``a = AtomicI32(0); a.fetch_add(1, Full); a.load(Acquire)``.  An ordering
that an operation does not accept raises TypeError; a type checker reports it earlier.
"""

from .atomic import (
    Atomic,
    AtomicBool,
    AtomicI8,
    AtomicI16,
    AtomicI32,
    AtomicI64,
    AtomicU8,
    AtomicU16,
    AtomicU32,
    AtomicU64,
    Err,
    Ok,
)
from .barrier import smp_mb, smp_rmb, smp_wmb
from .ordering import Acquire, Full, Ordering, Relaxed, Release
from .refcount import Refcount
from .seqlock import SeqLock
from .setonce import SetOnce

__all__ = [
    "Acquire",
    "Atomic",
    "AtomicBool",
    "AtomicI8",
    "AtomicI16",
    "AtomicI32",
    "AtomicI64",
    "AtomicU8",
    "AtomicU16",
    "AtomicU32",
    "AtomicU64",
    "Err",
    "Full",
    "Ok",
    "Ordering",
    "Refcount",
    "Relaxed",
    "Release",
    "SeqLock",
    "SetOnce",
    "smp_mb",
    "smp_rmb",
    "smp_wmb",
]
