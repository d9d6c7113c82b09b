"""A module in use (struct module): its parameters, and the devices that its driver is bound to."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from ..atomic import Refcount
from ..driver.moduleparam import DeviceParameters, Own, Param, Parameters
from ..errors import Error, NoDevice
from ..lib.log.logger import log, printk
from ..lib.stack import remember

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..driver.moduleparam import Overrides
    from .module import Module


class Store(Protocol):
    """Keeps the values that are set after loading, for example in a file; its error rejects the value."""

    def keep(self, loaded: LoadedModule, param: Param, value: Any) -> None:
        """Keep a value of the module."""
        ...

    def keep_own(self, device: Overrides, name: str, own: Own) -> None:
        """Keep the own values of a device for one parameter."""
        ...


class Configurable(Protocol):
    """The part of a device that takes new values of parameters."""

    params: DeviceParameters

    def apply(self, variable: str, value: Any) -> None: ...

    def revert(self, variable: str, value: Any) -> None: ...


class LoadedModule:
    """A module after ``load``.  ``params``: its parameters; ``devices``: the devices that its driver is bound to.

    ``refcount``: one for being loaded, and one for each device.
    """

    def __init__(self, module: Module, *, ignore_unknown: bool = False, store: Store | None = None) -> None:
        self._take(module)
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
        self._take(module)
        return self.params.redeclare(module.driver.params)

    def _take(self, module: Module) -> None:
        self.module = module
        remember(module.path)

    def _apply(self, param: Param, value: Any) -> None:
        """Set a new value of the module in every device without its own, and store it."""
        devices = [device for device in self.devices if not device.params.is_own(param.name)]
        self._apply_to(devices, param, (self.params.value(param), value), lambda store: store.keep(self, param, value))

    def change_own(self, params: DeviceParameters, param: Param, value: Any, own: Own) -> None:
        """Set a value in the device of these parameters, and store the device's own values."""
        devices = [device for device in self.devices if device.params is params]
        if not devices:
            raise NoDevice(f"{params.name} is not bound any more")
        values = params.value(param), value
        self._apply_to(devices, param, values, lambda store: store.keep_own(params.overrides, param.name, own))

    def _apply_to(
        self,
        devices: Sequence[Configurable],
        param: Param,
        values: tuple[Any, Any],
        keep: Callable[[Store], None],
    ) -> None:
        """Replace the old of two values by the new one in all devices and store it, or in none.

        Raises the first error.
        """
        old, new = values
        changed: list[Configurable] = []
        try:
            for device in devices:
                device.apply(param.variable, new)
                changed.append(device)
            if self.params.loaded and self._store is not None:
                keep(self._store)
        except Error:
            for device in changed:
                with suppress(Error):  # the first failure is the one to report
                    device.revert(param.variable, old)
            raise
