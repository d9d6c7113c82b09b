"""``module/NAME``: a driver module that is loaded, with its parameters (/sys/module)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.notifier import BusNotifier
from .nodes import constant, directory, link, shown
from .parameters import add_parameters

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
        foreign = "F" if loaded.module.driver.foreign else ""
        shown(home, "taint", lambda: foreign + ("U" if loaded.params.tainted else ""))
        if loaded.module.version:
            constant(home, "version", loaded.module.version)
        link(home.directory("drivers"), f"i2c:{name}", 3, f"bus/i2c/drivers/{name}")
        self._unsubscribe[name] = add_parameters(self._tree, home, loaded.params, loaded.params.written)

    def driver_removed(self, loaded: LoadedModule) -> None:
        self._unsubscribe.pop(loaded.module.name)()
        self._modules.remove(loaded.module.name)
