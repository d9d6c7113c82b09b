"""``parameters``: a file for each parameter, in the directory of a module or of a device with a driver."""

from __future__ import annotations

import errno
from functools import partial
from typing import TYPE_CHECKING

from ...core.notifier import BusNotifier
from ...errors import Error
from ..kernfs import Attribute
from .i2c import home_of
from .nodes import directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ...core.i2cclient import I2cClient
    from ...core.loaded import LoadedModule
    from ...driver.moduleparam import ParameterFiles
    from ...lib.listeners import Listeners
    from ..kernfs import Directory, Tree


def add_parameters(
    tree: Tree, home: Directory, params: ParameterFiles, *written: Listeners[[str]]
) -> Callable[[], None]:
    """Add the files of parameters, and notify of each ``written`` parameter; return a function that ends it."""
    files: dict[str, Attribute] = {}
    for name, param in params.params.items():
        if param.perm:
            store = partial(params.store if param.perm & 0o222 else _refused, name)
            files[name] = Attribute(param.perm, partial(params.show, name), store, store_waits=True)
            home.directory("parameters").add(name, files[name])
    ends = [listeners.add(partial(_notify, tree, files)) for listeners in written]
    return partial(_end, ends)


def _end(ends: Iterable[Callable[[], None]]) -> None:
    for end in ends:
        end()


def _notify(tree: Tree, files: dict[str, Attribute], name: str) -> None:
    if name in files:
        tree.notify(files[name])


def _refused(name: str, _data: bytes) -> None:
    """Refuse a write to a parameter that is declared read-only, also after chmod."""
    raise Error(f"the parameter {name} can only be read", errno.EPERM)


class DeviceParameterFiles(BusNotifier):
    """The parameters of each device with a driver; a write changes the device alone."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._unsubscribe: dict[str, Callable[[], None]] = {}

    def bound(self, client: I2cClient) -> None:
        device = client.device
        assert device is not None
        home, params = directory(self._tree, home_of(client)), device.params
        end = add_parameters(self._tree, home, params, params.written, device.loaded.params.written)
        self._unsubscribe[str(client)] = end

    def released(self, client: I2cClient, loaded: LoadedModule) -> None:
        self._unsubscribe.pop(str(client))()
        directory(self._tree, home_of(client)).remove("parameters")
