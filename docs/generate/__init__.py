"""Parts of pages that are generated from the code: the commands, the built-in drivers, and the units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import commands, modules, units

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GENERATED: Mapping[str, Callable[[], str]] = {
    "reference/commands": commands.markdown,
    "reference/modules": modules.markdown,
    "reference/units": units.markdown,
}
