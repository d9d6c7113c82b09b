"""``io.i2cdrv.Modules``: the modules that this process has in use; ``i2cdrv param`` is a client of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.reload import reload
from ...errors import Unknown
from ..names import MODULES, TEXTS
from ..varlink import Interface, raw, text

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from ...core.loaded import LoadedModule
    from ...core.model import DriverCore
    from ..varlink import Call


class _Handlers:
    """The methods, for some modules."""

    def __init__(self, modules: Collection[LoadedModule], core: DriverCore | None) -> None:
        self._core, self._modules = core, modules

    def interface(self) -> Interface:
        interface = Interface(TEXTS[MODULES])
        interface.add("ListModules", self.list_modules)
        interface.add("ShowParameters", self.show)
        interface.add("StoreParameter", self.store, changes=True)
        interface.add("ReloadModule", self.reload, changes=True)
        return interface

    def list_modules(self, _call: Call) -> dict[str, Any]:
        return {
            "modules": [
                {
                    "name": loaded.module.name,
                    "devices": [str(device) for device in loaded.devices],
                    "users": loaded.refcount.read() - 1,
                    "path": str(loaded.module.path),
                    "description": loaded.module.description,
                }
                for loaded in list(self._modules)
            ]
        }

    def show(self, call: Call) -> dict[str, Any]:
        params = self._module(call).params
        shown = {name: params.show(name) for name, param in params.params.items() if param.perm & 0o444}
        return {"parameters": {name: text(value.removesuffix(b"\n")) for name, value in shown.items()}}

    def store(self, call: Call) -> dict[str, Any]:
        self._module(call).params.write(call.parameters["name"], raw(call.parameters["value"]))
        return {}

    def reload(self, call: Call) -> dict[str, Any]:
        done = reload(self._module(call), self._core)
        failed = {device: error.message for device, error in done.failed.items()}
        return {"dropped": list(done.dropped), "devices": list(done.devices), "failed": failed}

    def _module(self, call: Call) -> LoadedModule:
        name = call.parameters["module"]
        for loaded in list(self._modules):
            if loaded.module.name == name:
                return loaded
        raise Unknown(f"module {name} is not in use here")


def interface(modules: Collection[LoadedModule], core: DriverCore | None = None) -> Interface:
    """What other processes may do with the modules; ``core``: the driver model that their devices are in."""
    return _Handlers(modules, core).interface()
