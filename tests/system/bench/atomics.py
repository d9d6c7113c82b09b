"""The cost of an atomic operation, beside a bare ``with lock:`` around the same statement, and beside C."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CDLL
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

from i2cdrv.atomic import Acquire, Atomic, AtomicI64, Full, Refcount, Relaxed, Release, SeqLock

from .rounds import Loop, timed
from .section import Section

LOCKED = "with lock:\n    plain.value += 1"
C = "void add(long count) { static long value; while (count--) __atomic_fetch_add(&value, 1, __ATOMIC_SEQ_CST); }"
OPERATIONS = (
    "integer.load(Acquire)",
    "integer.store(5, Release)",
    "integer.fetch_add(1, Full)",
    "integer.add(1, Relaxed)",
    "integer.xchg(5, Full)",
    "integer.cmpxchg(5, 5, Full)",
    "reference.load(Acquire)",
    "reference.store(pair, Release)",
    "refcount.inc_not_zero(); refcount.dec_and_test()",
    "seqlock.read(two)",
)


@contextmanager
def operation(statement: str) -> Iterator[tuple[Loop, Loop]]:
    pair = [0, 0]
    names = {
        "Acquire": Acquire, "Full": Full, "Relaxed": Relaxed, "Release": Release, "integer": AtomicI64(0), "pair": pair,
        "reference": Atomic[object](None), "refcount": Refcount(1), "seqlock": SeqLock(), "two": partial(tuple, pair),
    }  # fmt: skip
    yield locked(), timed(statement, **names)


def locked() -> Loop:
    """The usual hand-written code."""
    return timed(LOCKED, lock=threading.Lock(), plain=SimpleNamespace(value=0))


@contextmanager
def in_c() -> Iterator[tuple[Loop, Loop]]:
    """The processor's own, for scale."""
    with TemporaryDirectory() as folder:
        library = Path(folder, "add.so")
        subprocess.run(["gcc", "-O2", "-shared", "-xc", "-", "-o", library], input=C, text=True, check=True)
        add = CDLL(str(library)).add

        def loop(count: int) -> float:
            began = time.process_time()
            add(count)
            return (time.process_time() - began) / count

        yield locked(), loop


SECTION = Section(
    "(i) Atomic operations",
    "Each beside `with lock: plain.value += 1`.",
    "lock",
    {name: partial(operation, name) for name in OPERATIONS} | ({"fetch_add in C": in_c} if shutil.which("gcc") else {}),
    loops=1_000,
)
