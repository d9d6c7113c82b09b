"""Parameters of a device that change at run time: one change after the other, none while a sample is under way."""

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
    """Those of one device, on the kthread.  ``under_way``: the one that is, or was the last."""

    def __init__(self, device: Binding) -> None:
        self.under_way: Task[None] | None = None
        self._device, self._driver = device, device.driver

    def renew(self) -> None:
        """Serve the new instance of the driver."""
        self.under_way, self._driver = None, self._device.driver

    async def over(self) -> None:
        """Wait until none is under way; what came of it concerns who made it."""
        if self.under_way is not None and not self.under_way.done:
            with suppress(Error):
                await self.under_way

    async def change(self, variable: str, value: Any) -> None:
        """Take the new value, in the chip too; if that fails, put the old one back and raise the error."""
        await self._alone(partial(self._changed, variable, value))

    async def restore(self, variable: str, value: Any) -> None:
        """Take the old value; if the chip does not, the next sample makes it ready anew."""
        await self._alone(partial(self._restored, variable, value))

    async def _alone(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """While no sample is under way: its first half would have been measured with other settings."""
        device = self._device
        while (busy := self._busy()) is not None:
            with suppress(Error):
                await busy
        name, timeout = f"change of {device}", 2 * self._driver.timeout
        change = device.bus.kthread.child(device.guarded(work), name, timeout=timeout, owner=device.owner)
        self.under_way = change
        await change

    def _busy(self) -> Task[Any] | None:
        tasks = (self._device.samples.flight, self.under_way)
        return next((task for task in tasks if task is not None and not task.done), None)

    async def _changed(self, variable: str, value: Any) -> None:
        old = getattr(self._driver, variable)
        setattr(self._driver, variable, value)
        try:
            await self._settle(variable)
        except Exception:
            await self._restored(variable, old)
            raise

    async def _restored(self, variable: str, value: Any) -> None:
        setattr(self._driver, variable, value)
        device = self._device
        if not device.recovery.initialized:
            return
        try:
            await self._settle(variable)
        except Exception as error:  # noqa: BLE001, RUF100  # who changed the parameter hears of the first failure
            what = f"the old settings could not be restored: {error}"
            log("warning", what, device=str(device), next="probing again")
            device.recovery.invalidate()

    async def _settle(self, variable: str) -> None:
        """Make what the driver's parameters say true."""
        if variable == "debug":
            self._device.trace(self._driver.debug)
        elif not self._device.recovery.initialized:
            await self._device.recovery.ensure_ready()
        else:
            await self._driver.reconfigure()
