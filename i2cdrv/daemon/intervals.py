"""The time between the samples of the daemon's devices, from its configuration and from users, and their priority."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..kthread.task import Priority
from .statefile import Override

if TYPE_CHECKING:
    from ..core.i2cclient import I2cClient
    from .modules import ModuleManager
    from .prober import Prober
    from .statefile import StateFile


class Intervals:
    """The intervals of one driver model's clients, in s."""

    def __init__(self, modules: ModuleManager, prober: Prober, file: StateFile) -> None:
        self._modules, self._prober, self._file = modules, prober, file

    def of(self, client: I2cClient) -> float:
        """Return the interval as set at run time, unless the configuration has changed since."""
        configured, kept = self._configured(client), self._file.state.intervals.get(client.overrides.key)
        seconds = kept.value if kept is not None and kept.configured_value == configured else configured
        return float(seconds if client.driver is None else max(seconds, client.driver.module.driver.fastest))

    def drop_outdated(self, client: I2cClient) -> None:
        """Forget an interval that was set at run time before the configuration changed it."""
        key = client.overrides.key
        kept = self._file.state.intervals.get(key)
        if kept is not None and kept.configured_value != self._configured(client):
            self._file.try_change(lambda state: state.intervals.pop(key, None))

    def keep(self, client: I2cClient, interval: float) -> None:
        """Keep an interval that is set at run time.  Errors: those of writing the file."""
        kept = Override(interval, self._configured(client))
        self._file.change(lambda state: state.intervals.update({client.overrides.key: kept}))

    def priority_of(self, client: I2cClient) -> Priority:
        """Return the priority of a client's samples, from the configuration."""
        one = self._prober.of(client)
        return Priority.NORMAL if one is None else one.priority

    def _configured(self, client: I2cClient) -> float:
        one = self._prober.of(client)
        interval = None if one is None else one.interval
        return self._modules.config.service.interval if interval is None else interval
