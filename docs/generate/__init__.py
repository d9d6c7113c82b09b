"""Parts of pages that are generated from the code: the commands and the built-in drivers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import commands, modules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GENERATED: Mapping[str, Callable[[], str]] = {
    "reference/commands": commands.markdown,
    "reference/modules": modules.markdown,
}
