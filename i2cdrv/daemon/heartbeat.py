"""Whether every bus thread does its work: each has to run a piece of ours before the next one is given to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..core.bus import Bus
    from ..kthread.task import Task

LIMIT = 3600.0  # s of the bus's clock; how long it may take is decided by who asks


class Heartbeat:
    """Of some buses, as often as it is taken."""

    def __init__(self) -> None:
        self._given: dict[Bus, Task[None]] = {}

    def take(self, buses: Iterable[Bus]) -> list[str]:
        """The threads that have not run what they were given when it was taken before; empty if all is well."""
        there = list(buses)
        self._given = {bus: task for bus, task in self._given.items() if bus in there}
        late = [bus.kthread.name for bus, task in self._given.items() if not task.done]
        for bus in there:
            if bus not in self._given or self._given[bus].done:
                self._given[bus] = _give(bus)
        return late


def _give(bus: Bus) -> Task[Any]:
    async def nothing() -> None: ...

    return bus.kthread.spawn(nothing(), "sign of life", timeout=LIMIT)
