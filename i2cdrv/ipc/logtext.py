"""A line of the log as text for a person, as dmesg shows the kernel's; it imports little, for ``i2cdrv log``."""

from __future__ import annotations

from ..lib.age import local_time
from ..lib.jsontext import quote
from ..lib.limits import SEVERITY
from ..lib.printable import as_json, printable, printable_json

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    Line = Mapping[str, Any]

QUOTED = frozenset(' ="\\')  # characters that put a text in quotes
LOST = "lines lost: dropped from memory"


def lines_of(reply: Mapping[str, Any]) -> Sequence[Line]:
    """Return the lines of a reply, after one for the lines lost before them."""
    lines: Sequence[Line] = reply["lines"]
    first = {name: lines[0][name] for name in ("time", "seconds")} if lines else {}
    return [{"lost": reply["lost"], **first}, *lines] if reply["lost"] else lines


def seconds_of(line: Line) -> str:
    """Return the seconds since the process began: ``[   12.345678] ``."""
    return f"[{line['seconds']:12.6f}] "


def ctime_of(line: Line) -> str:
    """Return the date and the time of a line."""
    return local_time("[%a %b %e %H:%M:%S %Y] ", line["time"])


def as_text(line: Line, stamp: Callable[[Line], str], prefix: str) -> list[str]:
    """Return the lines for a person: ``[   12.345678] warning: 1-0076: absent was=live``; multi-line values below.

    A device with a name is ``garden (1-0076)``.
    """
    if "lost" in line:
        return [f"{prefix}-- {line['lost']} {LOST} --"]
    values = dict(line["values"])
    device = values.pop("device", None)
    if device is not None and "name" in values:
        device = f"{values.pop('name')} ({device})"
    long = [values.pop(name) for name, value in line["values"].items() if "\n" in str(value) and name in values]
    level = "" if SEVERITY.get(line["level"], 0) > SEVERITY["warning"] else f"{line['level']}: "
    head = f"{stamp(line)}{prefix}"
    first = f"{level}{'' if device is None else f'{device}: '}{_words(line['event'], values)}"
    return [f"{head}{text}" for text in (first, *_indented(long))]


def _words(event: str, values: Mapping[str, Any]) -> str:
    return printable(" ".join((event, *(f"{name}={_value(value)}" for name, value in values.items()))))


def _value(value: Any) -> str:
    """Write a value as logfmt does; structlog's renderer would take longer to import than the command runs."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value if QUOTED.isdisjoint(value) else printable_json(quote(value))
    is_finite = type(value) in (int, float) and value - value == 0
    return repr(value) if is_finite else as_json(value)  # which imports json


def _indented(long: Iterable[str]) -> Iterator[str]:
    for text in long:
        yield from (f"  {line}" for line in text.rstrip("\n").split("\n"))
