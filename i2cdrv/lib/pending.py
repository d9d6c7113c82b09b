"""Work that waits for one thread, each item at most once."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Pending(Generic[T]):
    """Hashable items in the order in which they first came; an item that waits already is not added again."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._items: dict[T, None] = {}
        self._closed = threading.Event()

    @property
    def closed(self) -> bool:
        return self._closed.is_set()

    def add(self, item: T) -> None:
        """Let an item wait; once closed, drop it."""
        with self._changed:
            if not self.closed:
                self._items[item] = None
                self._changed.notify()

    def take(self, limit: float) -> list[T]:
        """Return all that waits; wait at most ``limit`` s for the first item."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self.closed, limit)
            items, self._items = self._items, {}
            return list(items)

    def pause(self, seconds: float) -> None:
        """Let items come together for that long; end early when closed."""
        self._closed.wait(max(0.0, seconds))

    def close(self) -> None:
        """Drop all that waits and end the wait of ``take``."""
        with self._changed:
            self._closed.set()
            self._items.clear()
            self._changed.notify_all()
