"""The verdicts of a type checker on atomics; never run.

Each ``type: ignore`` is a mistake that must be found: mypy refuses the ones it does not need.  They have no code,
because versions of mypy do not agree on the codes.
"""

# mypy: disable-error-code="ignore-without-code"

from __future__ import annotations

from typing import assert_type

from i2cdrv.atomic import (
    Acquire,
    Atomic,
    AtomicBool,
    AtomicI32,
    AtomicU64,
    Err,
    Full,
    Ok,
    Relaxed,
    Release,
    SeqLock,
    SetOnce,
)

number = AtomicI32(0)
flag = AtomicBool(False)
name: Atomic[str | None] = Atomic(None)

# a load is Acquire or Relaxed
assert_type(number.load(Acquire), int)
assert_type(flag.load(Relaxed), bool)
assert_type(name.load(Acquire), str | None)
number.load(Release)  # type: ignore
number.load(Full)  # type: ignore
name.load(Release)  # type: ignore
flag.load(Full)  # type: ignore
number.load()  # type: ignore

# a store is Release or Relaxed
number.store(1, Release)
name.store("a", Relaxed)
number.store(1, Acquire)  # type: ignore
number.store(1, Full)  # type: ignore
name.store("a", Acquire)  # type: ignore
name.store(1, Release)  # type: ignore
number.store("1", Release)  # type: ignore

# add: Relaxed alone; only integers have it
number.add(1, Relaxed)
number.add(1, Acquire)  # type: ignore
number.add(1, Release)  # type: ignore
number.add(1, Full)  # type: ignore
flag.add(1, Relaxed)  # type: ignore
flag.fetch_add(1, Full)  # type: ignore
name.fetch_add(1, Full)  # type: ignore

# the others: any
assert_type(number.fetch_add(1, Release), int)
assert_type(AtomicU64(0).xchg(1, Full), int)
assert_type(number.cmpxchg(0, 1, Acquire), Ok[int] | Err[int])
assert_type(name.cmpxchg(None, "a", Relaxed), Ok[str | None] | Err[str | None])
number.xchg(1)  # type: ignore
number.fetch_add(1, "Full")  # type: ignore
flag.xchg(1, Full)  # type: ignore

assert_type(SetOnce[int]().as_ref(), int | None)
assert_type(SeqLock().read(lambda: (1, "a")), tuple[int, str])
