"""A module in use (struct module): its parameters, and the devices that must hear of their changes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from .errors import Error
from .log import printk
from .moduleparam import Param, Parameters

if TYPE_CHECKING:
    from .module import Module


class Changeable(Protocol):
    """A device, as far as parameters go."""

    def change(self, variable: str, value: Any) -> None: ...

    def restore(self, variable: str, value: Any) -> None: ...


class LiveModule:
    """What ``load`` makes of a module: ``params`` are its parameters, ``devices`` what its driver is bound to."""

    def __init__(self, module: Module, *, ignore_unknown: bool = False) -> None:
        self.module = module
        self.devices: list[Changeable] = []
        self.params = Parameters(module.name, module.driver.params, printk, self._change, ignore_unknown=ignore_unknown)

    def _change(self, param: Param, value: Any) -> None:
        """Every device takes the new value, or none keeps it.  Raises the first error."""
        old = self.params.value(param)
        changed: list[Changeable] = []
        for device in self.devices:
            try:
                device.change(param.variable, value)
            except Error:
                for one in changed:
                    with suppress(Error):  # the first failure is the one to report
                        one.restore(param.variable, old)
                raise
            changed.append(device)
