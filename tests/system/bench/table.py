"""Results as aligned text, and as the raw figures they were made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

NONE = "–"


class Table(NamedTuple):
    """``caption`` describes the comparison; a column whose header begins with ">" is right-aligned."""

    title: str
    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    raw: Mapping[str, Any]

    def __str__(self) -> str:
        names = [name.removeprefix(">") for name in self.header]
        widths = [max(map(len, column)) for column in zip(names, *self.rows, strict=True)]
        lines = [names, ["-" * width for width in widths], *self.rows]
        return "\n".join([self.title, self.caption, "", *(self._line(line, widths) for line in lines), ""])

    def _line(self, cells: Sequence[str], widths: Sequence[int]) -> str:
        sides = (">" if name.startswith(">") else "<" for name in self.header)
        shown = zip(cells, sides, widths, strict=True)
        return "  ".join(f"{cell:{side}{width}}" for cell, side, width in shown).rstrip()


def number(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}"


def times(ratio: float) -> str:
    return f"{ratio:.2f}×"


def verdict(ratio: float, goal: float) -> str:
    """The goal beside the figure."""
    return f"≤ {goal:g}×: {'met' if ratio <= goal else 'MISSED'}"
