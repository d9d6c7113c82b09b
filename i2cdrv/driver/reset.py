"""The declaration of a chip's soft reset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .command import Command

if TYPE_CHECKING:
    from .driver import Driver
    from .register import RegField

POLL_S = 0.002


class Reset(NamedTuple):
    """A soft reset: register fields to write, or a command, and the content of registers afterwards.

    ``settle``: the longest time in s until the chip answers.  ``until``: fields that reach their values within
    ``timeout`` s.  ``gives``: fields that have their values at once; a chip that reads differently is another chip.
    """

    write: Mapping[RegField[Any], object] | Command
    settle: float = 0.0
    until: Mapping[RegField[Any], object] = {}
    timeout: float = 0.1
    gives: Mapping[RegField[Any], object] = {}

    async def run(self, driver: Driver) -> None:
        """Reset the chip and wait until it is ready.  Raises TimedOut, or NoDevice for another chip."""
        await self._send(driver)
        if self.settle:
            await driver.client.sleep(self.settle)
        for field, value in self.until.items():
            await driver.regmap.poll(field, value, every=POLL_S, timeout=self.timeout)
        for field, value in self.gives.items():
            if (found := driver.regmap.read(field)) != value:
                raise driver.other_chip(f"{field} reads {found:#x} after a reset, not {value:#x}")

    async def _send(self, driver: Driver) -> None:
        if isinstance(self.write, Command):
            await self.write.execute(driver.client)
            return
        for field, value in self.write.items():
            driver.regmap.write(field, value)
