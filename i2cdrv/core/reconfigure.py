"""Updates of a device's parameters at run time: one after the other, and none during a sample."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import Error
from ..lib.log.logger import log

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ..kthread.task import Task
    from .binding import Binding


class ParameterUpdates:
    """The updates of one device, on the kthread.  ``current``: the update under way, or the last one.

    ``changed``: CLOCK_BOOTTIME of the last change; older samples were measured with other settings.
    """

    def __init__(self, device: Binding) -> None:
        self.current: Task[None] | None = None
        self.changed = float("-inf")
        self._device, self._driver = device, device.driver

    def renew(self) -> None:
        """Serve the new instance of the driver."""
        self.current, self._driver = None, self._device.driver

    async def wait_idle(self) -> None:
        """Wait until no update is under way; its errors belong to its caller."""
        if self.current is not None and not self.current.done:
            with suppress(Error):
                await self.current

    async def apply(self, variable: str, value: Any) -> None:
        """Set a parameter, in the chip too; if that fails, restore the old value and raise the error."""
        await self._exclusive(partial(self._apply, variable, value))

    async def revert(self, variable: str, value: Any) -> None:
        """Set the old value; if the chip does not take it, the next sample initializes the chip."""
        await self._exclusive(partial(self._revert, variable, value))

    async def _exclusive(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Update while no sample is under way: its first half would have been measured with other settings."""
        device = self._device
        while (busy := self._busy()) is not None:
            with suppress(Error):
                await busy
        name, timeout = f"change of {device}", 2 * self._driver.timeout
        update = device.bus.kthread.child(device.guarded(work), name, timeout=timeout, owner=device.owner)
        self.current = update
        await update

    def _busy(self) -> Task[Any] | None:
        tasks = (self._device.samples.pending, self.current)
        return next((task for task in tasks if task is not None and not task.done), None)

    async def _apply(self, variable: str, value: Any) -> None:
        old = getattr(self._driver, variable)
        setattr(self._driver, variable, value)
        try:
            await self._push_to_chip(variable)
        except Exception:
            await self._revert(variable, old)
            raise

    async def _revert(self, variable: str, value: Any) -> None:
        setattr(self._driver, variable, value)
        device = self._device
        if not device.recovery.initialized:
            return
        try:
            await self._push_to_chip(variable)
        except Exception as error:  # noqa: BLE001, RUF100  # the caller gets the first error
            log("warning", "settings not restored", device=str(device), error=str(error), next="probing again")
            device.recovery.invalidate()

    async def _push_to_chip(self, variable: str) -> None:
        """Set the chip to the values of the driver's parameters."""
        if variable == "debug":
            self._device.trace(self._driver.debug)
            return
        if not self._device.recovery.initialized:
            await self._device.recovery.ensure_ready()
        else:
            await self._driver.reconfigure()
        self.changed = self._device.bus.adapter.clock.boottime()
