"""``io.i2cdrv.Modules``: the modules that this process has loaded; ``i2cdrv param`` is its client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.reload import reload
from ...errors import Unknown
from ..names import MODULES
from ..varlink import raw, text
from .handlers import Handlers, changes

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from ...core.loaded import LoadedModule
    from ...core.model import DriverCore
    from ..varlink import Call, Interface


class _Modules(Handlers):
    """The methods for some modules."""

    name = MODULES

    def __init__(self, modules: Collection[LoadedModule], core: DriverCore | None) -> None:
        self._core, self._modules = core, modules

    def list_modules(self, _call: Call) -> dict[str, Any]:
        return {
            "modules": [
                {
                    "name": loaded.module.name,
                    "devices": [str(device) for device in loaded.devices],
                    "users": loaded.refcount.read() - 1,
                    "path": str(loaded.module.path),
                    "description": loaded.module.description,
                    **({"foreign": loaded.module.driver.foreign} if loaded.module.driver.foreign else {}),
                }
                for loaded in list(self._modules)
            ]
        }

    def show_parameters(self, call: Call) -> dict[str, Any]:
        params = self._module(call).params
        shown = {param.name: params.show(param.name) for param in params.readable()}
        return {"parameters": {name: text(value.removesuffix(b"\n")) for name, value in shown.items()}}

    @changes
    def store_parameter(self, call: Call) -> dict[str, Any]:
        self._module(call).params.write(call.parameters["name"], raw(call.parameters["value"]))
        return {}

    @changes
    def reload_module(self, call: Call) -> dict[str, Any]:
        done = reload(self._module(call), self._core)
        failed = {device: error.message for device, error in done.failed.items()}
        return {"dropped": list(done.dropped), "devices": list(done.devices), "failed": failed}

    def _module(self, call: Call) -> LoadedModule:
        name = call.parameters["module"]
        for loaded in list(self._modules):
            if loaded.module.name == name:
                return loaded
        raise Unknown(f"module {name} is not loaded here")


def interface(modules: Collection[LoadedModule], core: DriverCore | None = None) -> Interface:
    """Return the interface to the modules.  ``core``: the driver model with their devices."""
    return _Modules(modules, core).interface()
