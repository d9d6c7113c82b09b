"""The table of ``i2cdrv watch`` as lines of text that fit the terminal."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

from ...lib.printable import printable
from .board import COURSE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .board import Board, Entry

COLUMNS = ("device", "chip", "channel", "value", "unit", "last", "age", "state", "errors")
RIGHT = ("value", "age", "errors")  # numbers
LEAST = 4  # values, below which their course says nothing
DISPENSABLE = (
    "last",
    "chip",
    "errors",
    "unit",
    "age",
    "state",
    "channel",
)  # the first goes first, where there is no room
GAP = 2  # columns of the terminal between two of ours
NO_VALUE = "–"
BLOCKS = "▁▂▃▄▅▆▇█"
UNITS = ((86400, "d"), (3600, "h"), (60, "min"))

Row = dict[str, str]


class Line(NamedTuple):
    """A line, and what it is: ``head``, the state of the device, or nothing."""

    text: str
    kind: str = ""


def lines(board: Board, width: int, height: int, now: float) -> list[Line]:
    """The devices with their channels; below them, why one has no value."""
    entries = board.entries()
    rows = [(entry, row) for entry in entries for row in _rows(entry, now)]
    widths = _fitted([row for _, row in rows], width)
    notes = [
        Line(_clipped(f"{entry.device} {note}", width), entry.state) for entry in entries if (note := entry.note(now))
    ]
    notes += [Line(_clipped(said, width), "failed") for said in board.ended]
    shown = [Line(_line(row, widths, width), "" if entry.state == "live" else entry.state) for entry, row in rows]
    if not entries:
        shown = [Line(_clipped("no device is served", width))]
    head = Line(_line({name: name for name in COLUMNS}, widths, width), "head")
    return _cut(head, shown, notes, width, height)


def _cut(head: Line, rows: Sequence[Line], notes: Sequence[Line], width: int, height: int) -> list[Line]:
    """As many as there is room for; what is left out is counted."""
    below = _some(notes, max(1, height // 3), "notes", width)
    return [head, *_some(rows, max(1, height - 1 - len(below)), "rows", width), *below]


def _some(lines: Sequence[Line], most: int, what: str, width: int) -> list[Line]:
    if len(lines) <= most:
        return list(lines)
    return [*lines[: most - 1], Line(_clipped(f"… {len(lines) - most + 1} more {what}", width))]


def _rows(entry: Entry, now: float) -> list[Row]:
    """One for each channel; what is said of the device stands in the first."""
    whole = {
        "device": entry.device,
        "chip": entry.told["chip"],
        "age": _age(entry.age(now)),
        "state": entry.state,
        "errors": str(entry.errors),
    }
    channels = [_channel(entry, name, now) for name in entry.channels] or [{"channel": NO_VALUE, "value": NO_VALUE}]
    return [{**(whole if number == 0 else {}), **channel} for number, channel in enumerate(channels)]


def _channel(entry: Entry, name: str, now: float) -> Row:
    value, unit = entry.show(name)
    course = sparkline(list(entry.courses[name]), COURSE, 10.0 ** -entry.digits(name))
    return {"channel": name, "value": value if entry.has_value(now) else NO_VALUE, "unit": unit, "last": course}


def _age(seconds: float | None) -> str:
    if seconds is None:
        return NO_VALUE
    size, unit = next(((size, unit) for size, unit in UNITS if seconds >= size), (1, "s"))
    return f"{int(seconds // size)} {unit}"


def _fitted(rows: Sequence[Row], width: int) -> dict[str, int]:
    """The widths of the columns that fit: the courses become shorter, then columns go."""
    widths = {
        name: max(len(name), *(len(row.get(name, "")) for row in rows)) if rows else len(name) for name in COLUMNS
    }
    widths["last"] = max(LEAST, min(COURSE, widths["last"] + width - _total(widths)))
    for name in DISPENSABLE:
        if _total(widths) > width:
            del widths[name]
    return widths


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1)


def _line(row: Row, widths: Mapping[str, int], width: int) -> str:
    cells = [_cell(name, row.get(name, ""), size) for name, size in widths.items()]
    return _clipped((" " * GAP).join(cells), width)


def _cell(name: str, text: str, size: int) -> str:
    if name == "last":
        return text[-size:].rjust(size) if text != name else text.ljust(size)
    return text.rjust(size) if name in RIGHT else text.ljust(size)


def _clipped(text: str, width: int) -> str:
    text = printable(text.rstrip())
    return text if len(text) <= width else f"{text[: max(0, width - 1)]}…"


def sparkline(values: Sequence[float | None], width: int, least: float = 0.0) -> str:
    """The last ``width`` values; None is a gap.  ``least``: what spans less than that stays on one level."""
    some = values[-width:] if width > 0 else ()
    there = [value for value in some if value is not None]
    if not there:
        return " " * len(some)
    low, span = min(there), max(there) - min(there)
    if not least < span < inf:
        return "".join(" " if value is None else BLOCKS[3] for value in some)
    return "".join(" " if value is None else BLOCKS[min(7, int(8 * (value - low) / span))] for value in some)
