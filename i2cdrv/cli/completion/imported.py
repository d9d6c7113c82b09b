"""The declarations of an imported driver, as completion has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core import modinfo
from ...driver.moduleparam import Array
from ...driver.moduleparam.types import Boolean, BooleanInteger, EnableOnly, InvertedBoolean
from .declared import Declared, Parameter

if TYPE_CHECKING:
    from ...core.module import Module
    from ...driver.moduleparam import Param

BOOLEANS = (Boolean, InvertedBoolean, BooleanInteger, EnableOnly)
MAX_ADDRESSES = 16  # to offer


def of_module(module: Module) -> Declared:
    """Return the declarations of an imported module."""
    driver = module.driver
    return Declared(
        module.name,
        module.description,
        module.names,
        tuple(parameter(param).values() for param in driver.params.values()),
        tuple((channel.name, channel.unit.symbol) for channel in driver.channels),
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
