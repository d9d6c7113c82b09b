"""All litmus tests: the kernel's 35 of tools/memory-model and those of Documentation, and our own."""

from __future__ import annotations

from tests.system.litmus import atomics, many, ours, two
from tests.system.litmus.declare import Litmus

MEMORY_MODEL: tuple[Litmus, ...] = tuple(sorted(two.TESTS + many.TESTS))
DOCUMENTATION: tuple[Litmus, ...] = atomics.TESTS
OURS: tuple[Litmus, ...] = ours.TESTS
ALL: tuple[Litmus, ...] = MEMORY_MODEL + DOCUMENTATION + OURS
