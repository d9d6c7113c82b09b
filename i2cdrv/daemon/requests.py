"""The requests of users to load modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..errors import Busy
from ..ipc.varlink import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..core.loaded import LoadedModule
    from ..core.module import Module


class Place(NamedTuple):
    """The place of a device to load.  ``addr``: None searches the bus."""

    bus: str
    addr: int | None
    interval: float | None = None
    force: int = False


class LoadResult(NamedTuple):
    """A loaded module.  ``module``: with the requested chip; ``is_new``: it was not loaded before."""

    loaded: LoadedModule
    module: Module
    is_new: bool


class LoadRequest(NamedTuple):
    """A user's request to load a module.  ``words``: the module's parameters; ``own``: those of the chip alone."""

    name: str
    found: LoadResult
    words: Sequence[str]
    own: Mapping[str, bytes]

    def busy(self, device: str) -> Busy:
        """Return the error of a device that is bound already."""
        problem = f"{device} is bound to {self.found.loaded.module.name} already"
        if not self.own:
            return Busy(f"{problem}: i2cdrv read {device}")
        name, value = next(iter(self.own.items()))
        return Busy(f"{problem}; its parameters are set one by one: i2cdrv param {device} {name}={text(value)}")
