"""Calls that wait for different buses, made at the same time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


def at_once(works: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Call each function on its own thread and wait for all; return results or exceptions, in the same order."""
    outcomes: list[T | Exception] = [RuntimeError("not called")] * len(works)

    def call(at: int) -> None:
        try:
            outcomes[at] = works[at]()
        except Exception as error:  # noqa: BLE001, RUF100  # the caller decides
            outcomes[at] = error

    threads = [threading.Thread(target=call, args=(at,), name="seek", daemon=True) for at in range(1, len(works))]
    for thread in threads:
        thread.start()
    if works:
        call(0)
    for thread in threads:
        thread.join()
    return outcomes
