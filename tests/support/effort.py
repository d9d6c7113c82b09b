"""The number of cases that a test tries: all in a thorough run, a few by chance in a quick run.

A thorough run has ``--hypothesis-profile thorough``, as in ``make test`` and ``make check``.
``make quick`` also leaves out cases of parametrised tests.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

T = TypeVar("T")
THOROUGH_EXAMPLES = 100
QUICK_EXAMPLES = 20


def some(cases: Sequence[T], few: int) -> Sequence[T]:
    """Return all cases, or a few: other cases in each run, which pytest-randomly can repeat."""
    return cases if is_thorough() or len(cases) <= few else random.sample(cases, few)


def cases(items: Sequence[pytest.Item], most: int, seed: object) -> set[pytest.Item]:
    """Return the tests with at most that many cases of each; the seed makes the choice."""
    by_test: dict[str, list[pytest.Item]] = {}
    for item in items:
        by_test.setdefault(item.nodeid.partition("[")[0], []).append(item)
    return {
        item
        for name, found in by_test.items()
        for item in (found if len(found) <= most else random.Random(f"{seed} {name}").sample(found, most))
    }


def times(thorough: int, quick: int) -> int:
    """Return the number of repetitions."""
    return thorough if is_thorough() else quick


def is_thorough() -> bool:
    return settings.default is not None and settings.default.max_examples >= THOROUGH_EXAMPLES
