"""Functions that are called at an event until they unsubscribe."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Generic, ParamSpec

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")


class Listeners(Generic[P]):
    """The listeners of one event.  Calling the object calls each of ``functions``; that takes no lock."""

    def __init__(self) -> None:
        self.functions: tuple[Callable[P, object], ...] = ()
        self._lock = threading.Lock()

    def add(self, function: Callable[P, object]) -> Callable[[], None]:
        """Call the function at each event from now on; return a function that unsubscribes it.  From any thread."""
        with self._lock:
            self.functions += (function,)
        return partial(self._remove, function)

    def _remove(self, function: Callable[P, object]) -> None:
        with self._lock:
            self.functions = tuple(other for other in self.functions if other is not function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        for function in self.functions:
            function(*args, **kwargs)

    def __len__(self) -> int:
        return len(self.functions)
