"""A module that another package imports and does not need here is loaded when something of it is used."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Later(ModuleType):
    """A module that imports the one of its name when something of it is used.

    It counts as false: so logging of Python 3.12 and later finds out that asyncio is not in use.
    """

    def __bool__(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        _forget(self)
        return getattr(import_module(self.__name__), name)


@contextmanager
def put_off(*names: str) -> Iterator[None]:
    """Let the imports of a block find modules that load nothing yet, unless they are loaded already."""
    later = [_Later(name) for name in names]
    for one in later:
        sys.modules.setdefault(one.__name__, one)
    try:
        yield
    finally:
        for one in later:
            _forget(one)


def _forget(later: _Later) -> None:
    """Let the next import find the module itself."""
    if sys.modules.get(later.__name__) is later:
        del sys.modules[later.__name__]
