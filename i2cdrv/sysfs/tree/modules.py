"""``module/NAME``: a driver module that is loaded, with its parameters (/sys/module)."""

from __future__ import annotations

import errno
from functools import partial
from typing import TYPE_CHECKING

from ...core.notifier import BusNotifier
from ...errors import Error
from ..kernfs import Attribute
from .nodes import constant, directory, link, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.loaded import LoadedModule
    from ..kernfs import Tree


class ModuleFiles(BusNotifier):
    """A directory for each registered driver's module."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._modules = directory(tree, "module")
        self._unsubscribe: dict[str, Callable[[], None]] = {}

    def driver_added(self, loaded: LoadedModule) -> None:
        name = loaded.module.name
        home = self._modules.directory(name)
        constant(home, "initstate", "live")
        shown(home, "refcnt", lambda: loaded.refcount.read() - 1)
        shown(home, "taint", lambda: "U" if loaded.params.tainted else "")
        if loaded.module.version:
            constant(home, "version", loaded.module.version)
        link(home.directory("drivers"), f"i2c:{name}", 3, f"bus/i2c/drivers/{name}")
        files = {key: param for key, param in loaded.params.params.items() if param.perm}
        parameters: dict[str, Attribute] = {}
        for key, param in files.items():
            store = partial(loaded.params.store if param.perm & 0o222 else _refused, key)
            show = partial(loaded.params.show, key)
            parameters[key] = Attribute(param.perm, show, store, store_waits=True)
            home.directory("parameters").add(key, parameters[key])
        self._unsubscribe[name] = loaded.params.written.add(partial(self._written, parameters))

    def _written(self, parameters: dict[str, Attribute], key: str) -> None:
        if key in parameters:
            self._tree.notify(parameters[key])

    def driver_removed(self, loaded: LoadedModule) -> None:
        self._unsubscribe.pop(loaded.module.name)()
        self._modules.remove(loaded.module.name)


def _refused(key: str, _data: bytes) -> None:
    """Refuse a write to a parameter that is declared read-only, also after chmod."""
    raise Error(f"the parameter {key} can only be read", errno.EPERM)
