"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 20.0  # s; only a failing test needs them


def until(true: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until it is."""
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, "it has not come about"
        time.sleep(0.005)
