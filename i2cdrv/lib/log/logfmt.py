"""A line of the log in words: ``event key=value …``, without what would end it, or be an order for a terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

SPECIAL = frozenset(' ="\\')


def words(event: str, values: Mapping[str, object]) -> str:
    """The event, and the values behind it."""
    return " ".join((printable(event), *(f"{printable(name)}={_word(value)}" for name, value in values.items())))


def _word(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return printable(text if SPECIAL.isdisjoint(text) else json.dumps(text, ensure_ascii=False))
