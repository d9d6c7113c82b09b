"""A module in use (struct module): its parameters, and the devices that must hear of their changes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from ..atomic import Refcount
from ..driver.moduleparam import Param, Parameters
from ..errors import Error, NoDevice
from ..lib.log.logger import log, printk

if TYPE_CHECKING:
    from collections.abc import Callable

    from .module import Module


class Changeable(Protocol):
    """A device, as far as parameters go."""

    def change(self, variable: str, value: Any) -> None: ...

    def restore(self, variable: str, value: Any) -> None: ...


class LoadedModule:
    """What ``load`` makes of a module: ``params`` are its parameters, ``devices`` what its driver is bound to.

    ``refcount``: one for being loaded, and one for each device.
    """

    def __init__(self, module: Module, *, ignore_unknown: bool = False) -> None:
        self.module = module
        self.devices: list[Changeable] = []
        self.orphans: list[Any] = []  # what was bound, and could not be bound again when the module was read again
        self.keep: Callable[[Param, Any], object] = lambda *_: None  # what else must have a new value, a file perhaps
        self.reloadable = False  # whether ``i2cdrv reload`` can reach the process
        self.refcount = Refcount(1, lambda message: log("error", message, module=module.name))
        self.params = Parameters(module.name, module.driver.params, printk, self._change, ignore_unknown=ignore_unknown)

    def get(self) -> None:
        """Keep it loaded, for one device (try_module_get).  Raises NoDevice if it is being unloaded."""
        if not self.refcount.inc_not_zero():
            raise NoDevice(f"module {self.module.name} is being unloaded")

    def put(self) -> None:
        """The device needs it no longer (module_put)."""
        self.refcount.dec()

    def replace(self, module: Module) -> list[str]:
        """Be the module as it was read again, while no device is bound; gives the parameters whose value is lost."""
        self.module = module
        return self.params.redeclare(module.driver.params)

    def _change(self, param: Param, value: Any) -> None:
        """Every device takes the new value, and who keeps it, or none has it.  Raises the first error."""
        old = self.params.value(param)
        changed: list[Changeable] = []
        try:
            for device in self.devices:
                device.change(param.variable, value)
                changed.append(device)
            if self.params.loaded:
                self.keep(param, value)
        except Error:
            for one in changed:
                with suppress(Error):  # the first failure is the one to report
                    one.restore(param.variable, old)
            raise
