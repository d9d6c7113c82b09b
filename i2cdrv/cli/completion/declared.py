"""The declarations of a driver that a command line can use."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...core import modinfo
from ...driver.moduleparam import Array
from ...driver.moduleparam.types import Boolean, BooleanInteger, EnableOnly, InvertedBoolean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...core.module import Module
    from ...driver.moduleparam import Param

BOOLEANS = (Boolean, InvertedBoolean, BooleanInteger, EnableOnly)
MAX_ADDRESSES = 16  # to offer


class Parameter(NamedTuple):
    """A parameter.  ``words``: its accepted words, if they are few; ``default``: the text of its default.

    ``is_array``: it takes several of the words, between commas.
    """

    name: str
    description: str
    perm: int
    words: tuple[str, ...]
    default: str
    is_array: bool = False


class Declared(NamedTuple):
    """A driver.  ``channels``: the unit of each by name; ``addresses``: none if there are too many to offer."""

    name: str
    description: str
    chips: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    channels: Mapping[str, str]
    addresses: tuple[str, ...]


def of_module(module: Module) -> Declared:
    """Return the declarations of an imported module."""
    driver = module.driver
    return Declared(
        module.name,
        module.description,
        module.names,
        {name: parameter(param) for name, param in driver.params.items()},
        {channel.name: channel.unit.symbol for channel in driver.channels},
        shown(driver.addresses),
    )


def parameter(param: Param) -> Parameter:
    """Return the declarations of a parameter."""
    words = modinfo.choices(param) or []
    if isinstance(param.type, BOOLEANS):
        words = [param.type.get(value).decode() for value in (True, False)]
    default = param.type.get(param.default).decode("utf-8", "backslashreplace")
    return Parameter(param.name, param.description, param.perm, tuple(words), default, isinstance(param.type, Array))


def shown(addresses: object) -> tuple[str, ...]:
    """Return addresses as they are written."""
    if not isinstance(addresses, tuple | list | range) or len(addresses) > MAX_ADDRESSES:
        return ()
    return tuple(f"{addr:#04x}" for addr in addresses if isinstance(addr, int))
