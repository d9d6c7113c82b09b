"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 60.0  # s; only a failing test needs them


def until(true: Callable[[], object], what: str = "it has not come about", *, pause: float = 0.005) -> None:
    """Wait until it is; ``what`` failed if it never is."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, what
        time.sleep(pause)
