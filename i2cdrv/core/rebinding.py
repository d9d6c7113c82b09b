"""Ejection of a faulty driver, and later attempts with a new instance of it.

Nothing of the old instance is used again, and its tasks never run again (``Owner.failure``).  A thread that was left
behind in the driver's code still has the old instance, so the device waits until that thread has ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Error
from ..i2c.client import Client
from ..kthread.task import Owner, Timer
from ..lib.backoff import PAUSES_S, Backoff
from ..lib.log.logger import log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .binding import Binding
    from .polling import Polling
    from .reconfigure import ParameterUpdates


class Rebinding:
    """The attempts of one device.  In a script that drives the loop itself, a call for a sample makes one."""

    def __init__(self, device: Binding, polling: Polling, updates: ParameterUpdates) -> None:
        self._device, self._polling, self._updates = device, polling, updates
        self._backoff = Backoff(device.bus.adapter.clock)

    def __str__(self) -> str:
        """Return a text about the time of the next attempt, or the thread that it waits for."""
        return "tried again when its thread, which hangs, has ended" if self._hangs() else str(self._backoff)

    def new_owner(self) -> Owner:
        """Make the owner of the tasks of the present driver instance."""
        driver, module, loaded = self._device.driver, self._device.module, self._device.loaded
        return Owner(
            module.name,
            module.path,
            driver.allowance,
            driver.timeout,
            self._eject,
            reloadable=lambda: loaded.reloadable,
            device=str(self._device),
        )

    def _eject(self, why: Error) -> float | None:
        """Take the chip away from the driver instance; return the time in s until another instance gets it."""
        device = self._device
        if not device.recovery.fail(why):
            return None  # only the first reason counts
        device.client.ejected = why
        self._polling.stop()
        device.samples.fail(why)
        bound: Sequence[object] = device.loaded.devices
        if device not in bound:
            return None  # its first binding fails now, and the caller may try again
        kthread = device.bus.kthread
        kthread.add_timer(Timer(self._polling.report_failure), kthread.clock.monotonic())
        pause = self._backoff.put_off()
        self._set_timer()
        return pause

    def _set_timer(self) -> None:
        kthread = self._device.bus.kthread
        if not kthread.outruns_real_time:
            kthread.add_timer(Timer(self.attempt), self._backoff.due)

    def is_due(self) -> bool:
        """Return whether the time of the next attempt has come."""
        return self._backoff.is_due()

    def attempt(self) -> None:
        """Bind another instance and take a sample, if an attempt is due; on the kthread."""
        device = self._device
        if device.failed is None or not device.bound or not self.is_due():
            return
        if self._hangs():
            self._backoff.wait(PAUSES_S[0])
            self._set_timer()
            return
        self._backoff.begin()
        try:
            self._renew()
        except Exception as error:  # noqa: BLE001, RUF100  # of the driver's __init__: the bus thread must survive
            pause = self._backoff.put_off()
            self._set_timer()
            log("error", "rebinding failed", device=str(device), error=repr(error), retry=f"in {pause:.0f} s")
            return
        self._polling.restart()

    def _hangs(self) -> bool:
        return self._device.bus.kthread.has_left_behind(self._device.module.name)

    def _renew(self) -> None:
        device, old = self._device, self._device.driver
        client = Client(device.bus.wire, old.client.addr, old.client.name)
        driver = device.module.instance(client, device.params.values)
        driver.inherit(old)
        device.client, device.driver = client, driver
        device.recovery = device.recovery.renewed(device.driver)
        device.recovery.steps.add("rebinds")
        self._updates.renew()
        device.owner = self.new_owner()
        device.samples.renew(device.owner)
        device.trace(device.driver.debug)
