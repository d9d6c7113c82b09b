"""The types of declarations in a class, without those of its base classes."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Iterable


def own_types(cls: type, names: Iterable[str], *, extras: bool = False) -> dict[str, Any]:
    """Return the types that a class's own annotations give these names; ``extras``: those of Annotated, too.

    typing would evaluate all annotations of all base classes, too, for each class again.
    """
    declared = SimpleNamespace(__annotations__={name: cls.__annotations__[name] for name in names})
    module = getattr(sys.modules.get(cls.__module__), "__dict__", {})  # a loader need not register its module
    return get_type_hints(declared, dict(vars(cls)), module, include_extras=extras)  # in the order of typing's own
