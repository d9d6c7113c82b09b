"""The table of ``i2cdrv watch`` as lines of text that fit the terminal."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

from ...lib.printable import printable
from .state import HISTORY_VALUES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .state import DeviceRow, WatchState

COLUMNS = ("device", "chip", "channel", "value", "unit", "last", "age", "state", "errors")
RIGHT = ("value", "age", "errors")  # numbers
MIN_HISTORY = 4  # values; a shorter sparkline shows nothing
DROP_ORDER = (
    "last",
    "chip",
    "errors",
    "unit",
    "age",
    "state",
    "channel",
)  # of the columns, where there is no room
GAP_WIDTH = 2  # between two columns
NO_VALUE = "–"
BLOCKS = "▁▂▃▄▅▆▇█"
UNITS = ((86400, "d"), (3600, "h"), (60, "min"))

Row = dict[str, str]


class Line(NamedTuple):
    """A line and its kind: ``head``, the state of the device, or empty."""

    text: str
    kind: str = ""


def lines(state: WatchState, width: int, height: int, now: float) -> list[Line]:
    """Return the devices with their channels, and below them the reasons for missing values."""
    devices = state.rows()
    rows = [(device, row) for device in devices for row in _rows(device, now)]
    widths = _fitted([row for _, row in rows], width)
    notes = [
        Line(_clipped(f"{device.title} {note}", width), device.state)
        for device in devices
        if (note := device.note(now))
    ]
    notes += [Line(_clipped(sentence, width), "failed") for sentence in state.ended]
    shown = [Line(_line(row, widths, width), "" if device.state == "live" else device.state) for device, row in rows]
    if not devices:
        shown = [Line(_clipped("no device is served", width))]
    head = Line(_line({name: name for name in COLUMNS}, widths, width), "head")
    return _cut(head, shown, notes, width, height)


def _cut(head: Line, rows: Sequence[Line], notes: Sequence[Line], width: int, height: int) -> list[Line]:
    """Return the lines that fit; the number of the others is shown."""
    below = _some(notes, max(1, height // 3), "notes", width)
    return [head, *_some(rows, max(1, height - 1 - len(below)), "rows", width), *below]


def _some(lines: Sequence[Line], most: int, noun: str, width: int) -> list[Line]:
    if len(lines) <= most:
        return list(lines)
    return [*lines[: most - 1], Line(_clipped(f"… {len(lines) - most + 1} more {noun}", width))]


def _rows(device: DeviceRow, now: float) -> list[Row]:
    """Return a row for each channel; the first has the columns of the device."""
    whole = {
        "device": device.title,
        "chip": device.description["chip"],
        "age": _age(device.age(now)),
        "state": device.state,
        "errors": str(device.errors),
    }
    channels = [_channel(device, name, now) for name in device.channels] or [{"channel": NO_VALUE, "value": NO_VALUE}]
    return [{**(whole if number == 0 else {}), **channel} for number, channel in enumerate(channels)]


def _channel(device: DeviceRow, name: str, now: float) -> Row:
    value, unit = device.show(name)
    history = sparkline(list(device.history[name]), HISTORY_VALUES, 10.0 ** -device.digits(name))
    return {
        "channel": device.label(name),
        "value": value if device.has_value(now) else NO_VALUE,
        "unit": unit,
        "last": history,
    }


def _age(seconds: float | None) -> str:
    if seconds is None:
        return NO_VALUE
    size, unit = next(((size, unit) for size, unit in UNITS if seconds >= size), (1, "s"))
    return f"{int(seconds // size)} {unit}"


def _fitted(rows: Sequence[Row], width: int) -> dict[str, int]:
    """Return the widths of the columns that fit: sparklines are shortened first, then columns are dropped."""
    widths = {
        name: max(len(name), *(len(row.get(name, "")) for row in rows)) if rows else len(name) for name in COLUMNS
    }
    widths["last"] = max(MIN_HISTORY, min(HISTORY_VALUES, widths["last"] + width - _total(widths)))
    for name in DROP_ORDER:
        if _total(widths) > width:
            del widths[name]
    return widths


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + GAP_WIDTH * (len(widths) - 1)


def _line(row: Row, widths: Mapping[str, int], width: int) -> str:
    cells = [_cell(name, row.get(name, ""), size) for name, size in widths.items()]
    return _clipped((" " * GAP_WIDTH).join(cells), width)


def _cell(name: str, text: str, size: int) -> str:
    if name == "last":
        return text[-size:].rjust(size) if text != name else text.ljust(size)
    return text.rjust(size) if name in RIGHT else text.ljust(size)


def _clipped(text: str, width: int) -> str:
    text = printable(text.rstrip())
    return text if len(text) <= width else f"{text[: max(0, width - 1)]}…"


def sparkline(values: Sequence[float | None], width: int, least: float = 0.0) -> str:
    """Return the last ``width`` values as blocks; None is a gap.  Values within ``least`` of each other stay level."""
    some = values[-width:] if width > 0 else ()
    known = [value for value in some if value is not None]
    if not known:
        return " " * len(some)
    low, span = min(known), max(known) - min(known)
    if not least < span < inf:
        return "".join(" " if value is None else BLOCKS[3] for value in some)
    return "".join(" " if value is None else BLOCKS[min(7, int(8 * (value - low) / span))] for value in some)
