"""Names in a driver that are almost those of the framework, which would never look at them.

A misspelt ``recognize`` would never run, and a misspelt ``address`` would leave the driver without addresses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .attribute import Attribute
from .moduleparam import Param

if TYPE_CHECKING:
    from collections.abc import Collection

DECLARATIONS = (
    "addresses", "identity", "id_table", "aliases", "soft_reset", "asleep", "constants", "sharing", "coupled",
    "sample_of", "functionality", "pec", "fastest", "timeout", "startup", "allowance", "params", "attributes",
    "accepts", "foreign",
)  # fmt: skip
HOOKS = ("recognise", "reset", "probe", "configure", "sample", "verify", "prove")
COLLECTED = {  # by the framework from the class, and the way to declare an element
    "params": "declare a parameter as name: type = param(…)",
    "attributes": "declare an attribute as name = attribute(FIELD)",
    "channels": "declare a channel in the return type of sample",
    "sample_types": "declare the return type of sample",
    "shapes": "declare the return type of sample",
}
DIFFERENT_PART = 0.2  # of the letters of two names, at most


def refuse_misspelt(cls: type) -> None:
    """Raise TypeError for a name that the framework collects itself, or that is almost a declaration or a hook.

    A method is compared with the hooks, another value with the declarations.  Parameters, attributes and names that
    begin with ``_`` are the driver's own.
    """
    for name, value in vars(cls).items():
        if not name.startswith("_") and not isinstance(value, Param | Attribute):
            _check(f"{cls.__name__}.{name}", name, HOOKS if hasattr(value, "__get__") else DECLARATIONS)


def _check(path: str, name: str, known: Collection[str]) -> None:
    if name in COLLECTED:
        raise TypeError(f"{path} is collected by the framework: {COLLECTED[name]}")
    right = "" if name in known else _nearest(name, known)
    if right:
        instead = COLLECTED.get(right, f"did you mean {right}?")
        raise TypeError(f"{path} has no meaning for the framework; {instead} (a name of your own begins with _)")


def _nearest(name: str, known: Collection[str]) -> str:
    """Return the nearest known name; an empty text if none is near."""
    possible = [one for one in known if _may_be_near(name, one)]
    if not possible:
        return ""
    from difflib import get_close_matches  # imported only where it may find a mistake: it is slow

    return next(iter(get_close_matches(name, possible, 1, 1 - DIFFERENT_PART)), "")


def _may_be_near(name: str, other: str) -> bool:
    """Return False if the two have more different letters, in any order, than DIFFERENT_PART allows."""
    different = sum(abs(name.count(letter) - other.count(letter)) for letter in {*name, *other})
    return different <= DIFFERENT_PART * (len(name) + len(other))
