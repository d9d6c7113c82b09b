"""The check that every bus thread works: each must run an empty task before the next check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..core.bus import Bus
    from ..kthread.task import Task

TASK_TIMEOUT_S = 3600.0  # of the bus's clock; the caller decides when a task is late


class Heartbeat:
    """The tasks that bus threads have to run."""

    def __init__(self) -> None:
        self._tasks: dict[Bus, Task[None]] = {}

    def check(self, buses: Iterable[Bus]) -> list[str]:
        """Return the threads that have not run the task of the previous check; empty if all work."""
        present = list(buses)
        self._tasks = {bus: task for bus, task in self._tasks.items() if bus in present}
        late = [bus.kthread.name for bus, task in self._tasks.items() if not task.done]
        for bus in present:
            if bus not in self._tasks or self._tasks[bus].done:
                self._tasks[bus] = _spawn(bus)
        return late


def _spawn(bus: Bus) -> Task[Any]:
    async def nothing() -> None: ...

    return bus.kthread.spawn(nothing(), "heartbeat", timeout=TASK_TIMEOUT_S)
