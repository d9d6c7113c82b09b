"""Tables of objects, as a prompt and as a notebook show them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Protocol, TypeVar

from ..lib.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GAP = "  "
MAX_WIDTH = 60  # of a cell, in characters


class Row(Protocol):
    """An object that has a row in a table: a cell for each heading."""

    def row(self) -> Mapping[str, str]: ...


R = TypeVar("R", bound=Row)


class Table(list[R]):
    """A list that is shown as a table."""

    def __repr__(self) -> str:
        return as_text(*self._parts()) if self else "[]"

    def _repr_html_(self) -> str:
        return as_html(*self._parts()) if self else "<p>none</p>"

    def _parts(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        rows = [one.row() for one in self]
        return list(rows[0]), [list(row.values()) for row in rows]


def as_text(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return lines with aligned cells."""
    lines = [columns, *([_cut(printable(cell)) for cell in row] for row in rows)]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    return "\n".join(
        GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _cut(cell: str) -> str:
    return cell if len(cell) <= MAX_WIDTH else f"{cell[: MAX_WIDTH - 1]}…"


def as_html(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of HTML; no cell can contain a tag."""
    head = "".join(f"<th>{escape(printable(column))}</th>" for column in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(text: str) -> str:
    return f'<td style="text-align: left">{escape(printable(text))}</td>'
