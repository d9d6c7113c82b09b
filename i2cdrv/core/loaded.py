"""A module in use (struct module): its parameters, and the devices that its driver is bound to."""

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

    Store = Callable[["LoadedModule", Param, Any], object]


class Configurable(Protocol):
    """The part of a device that takes new values of parameters."""

    def apply(self, variable: str, value: Any) -> None: ...

    def revert(self, variable: str, value: Any) -> None: ...


class LoadedModule:
    """A module after ``load``.  ``params``: its parameters; ``devices``: the devices that its driver is bound to.

    ``refcount``: one for being loaded, and one for each device.
    """

    def __init__(self, module: Module, *, ignore_unknown: bool = False, store: Store | None = None) -> None:
        """``store``: keeps each value that is set after loading, for example in a file; its error rejects the value."""
        self.module = module
        self.devices: list[Configurable] = []
        self.orphans: list[Any] = []  # devices that could not be bound again when the module was reloaded
        self.reloadable = False  # whether ``i2cdrv reload`` can reach the process
        self.refcount = Refcount(1, lambda message: log("error", message, module=module.name))
        self.params = Parameters(module.name, module.driver.params, printk, self._apply, ignore_unknown=ignore_unknown)
        self._store = store

    def get(self) -> None:
        """Keep the module loaded for one device (try_module_get).  Raises NoDevice if it is being unloaded."""
        if not self.refcount.inc_not_zero():
            raise NoDevice(f"module {self.module.name} is being unloaded")

    def put(self) -> None:
        """Release the module for one device (module_put)."""
        self.refcount.dec()

    def replace(self, module: Module) -> list[str]:
        """Become the reloaded module, while no device is bound; return the parameters that lose their value."""
        self.module = module
        return self.params.redeclare(module.driver.params)

    def _apply(self, param: Param, value: Any) -> None:
        """Set the new value in every device and store it, or in none.  Raises the first error."""
        old = self.params.value(param)
        changed: list[Configurable] = []
        try:
            for device in self.devices:
                device.apply(param.variable, value)
                changed.append(device)
            if self.params.loaded and self._store is not None:
                self._store(self, param, value)
        except Error:
            for device in changed:
                with suppress(Error):  # the first failure is the one to report
                    device.revert(param.variable, old)
            raise
