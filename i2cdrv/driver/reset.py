"""The declaration of a chip's soft reset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import NoDevice
from .command import Command

if TYPE_CHECKING:
    from ..i2c.client import Client
    from .regfield import RegField
    from .regmap import RegMap

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

    async def run(self, client: Client, regmap: RegMap) -> None:
        """Reset the chip and wait until it is ready.  Raises TimedOut, or NoDevice for another chip."""
        await self._send(client, regmap)
        await self.ready(client, regmap)
        for field, value in self.gives.items():
            if (found := regmap.read(field)) != value:
                wrong = f"{field} reads {found:#x} after a reset, not {value:#x}"
                raise NoDevice(f"{client} is no {client.name}: {wrong}")

    async def ready(self, client: Client, regmap: RegMap) -> None:
        """Wait as long as after a reset, or after power-on.  Raises TimedOut."""
        if self.settle:
            await client.sleep(self.settle)
        for field, value in self.until.items():
            await regmap.poll(field, value, every=POLL_S, timeout=self.timeout)

    async def _send(self, client: Client, regmap: RegMap) -> None:
        if isinstance(self.write, Command):
            await self.write.execute(client)
            return
        for field, value in self.write.items():
            regmap.write(field, value)
