"""The reference of the built-in drivers, from their declarations and the first docstring of each file."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from i2cdrv.core import modinfo, module

from .commands import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def markdown() -> str:
    """Return one section for each module."""
    return "\n".join(_section(found) for found in module.load_all())


def _section(found: module.Module) -> str:
    info = modinfo.as_dict(found)
    summary, _, details = (ast.get_docstring(ast.parse(found.path.read_text())) or "").partition("\n")
    parts = [
        f"## {found.name}",
        escape(summary),
        escape(details.strip()),
        f"Chips: {', '.join(found.names)}.  Addresses: {_addresses(found.driver.addresses)}."
        f"{_interval(found.driver.fastest)}",
        _table(("channel", "unit"), ((one["name"], one["unit"]) for one in info["channels"])),
        _table(("parameter", "meaning", "values", "default"), map(_parameter, info["parameters"])),
    ]
    return "\n\n".join(parts) + "\n"


def _interval(fastest: float) -> str:
    return f"  Interval: {fastest:g} s or more." if fastest else ""


def _addresses(addresses: Sequence[int]) -> str:
    first, last = min(addresses), max(addresses)
    if len(addresses) > 2 and len(addresses) == last - first + 1:
        return f"0x{first:02x} … 0x{last:02x}"
    return ", ".join(f"0x{address:02x}" for address in addresses)


def _parameter(param: dict[str, Any]) -> tuple[str, str, str, str]:
    return f"`{param['name']}`", param["description"], param["accepts"], param["default"]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
