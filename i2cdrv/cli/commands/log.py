"""``i2cdrv log``: the log of the running i2cdrv, as dmesg shows the kernel's."""

from __future__ import annotations

from contextlib import closing
from heapq import merge
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import Unknown
from ...ipc import peers
from ...ipc.names import LOG
from ...ipc.streams import End, MergedStreams
from ...lib import rundir
from ...lib.age import local_time
from ...lib.log.levels import SEVERITY
from ...lib.log.logger import log
from ...lib.printable import as_json, printable
from ...lib.signals import ended_by_interruption
from ..console import meeting_of
from ..output import check_reader, print_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from ...ipc.varlink import Client

    Line = dict[str, Any]
    Show = Callable[[int, Line], Iterable[str]]

LOOK_S = 0.5  # between two looks at whether anybody still reads what is printed
SILENCE = 10.0  # s without a word from a process that only has to say what it knows
QUOTED = frozenset(' ="\\')  # characters that put a text in quotes
LOST = "lines are missing here: the log keeps no more"


class Kept(NamedTuple):
    """The log of one process: what it has kept, and the number to go on from.  ``began``: its CLOCK_BOOTTIME then."""

    client: Client
    pid: int
    began: float
    lines: list[Line]
    next: int


def run(args: argparse.Namespace) -> int:
    """Show the log of the daemon or, where none runs, of every process of the run directory."""
    wanted = {"level": args.level} | ({} if args.lines is None else {"lines": args.lines})
    with ended_by_interruption():
        books = [_read(*found, wanted) for found in find(meeting_of(args))]
        show = _shower(args, several=len(books) > 1)
        _print(_latest(books, args.lines), show)
        if args.follow:
            return _follow(books, args.level, show)
    return 0


def find(run_dir: Path | None) -> list[tuple[Client, int, float]]:
    """Return whose log there is, the number of each process and when it began.  Raises Unknown if there is none."""
    found = []
    for client, reply in peers.answers(run_dir, f"{LOG}.Describe"):
        found.append((client, reply["pid"], reply.get("began") or 0.0))
        if client.path.name == rundir.DAEMON:
            break
    if not found:
        raise Unknown("no i2cdrv runs here, so there is no log: start it with i2cdrv load; journalctl -u i2cdrv has "
                      "that of a daemon that has ended")  # fmt: skip
    return found


def _read(client: Client, pid: int, began: float, wanted: dict[str, Any]) -> Kept:
    lines: list[Line] = []
    following = 0
    for reply in client.stream(f"{LOG}.Read", wanted, silence=SILENCE):
        lines += _lines(reply)
        following = reply["next"]
    return Kept(client, pid, began, lines, following)


def _lines(reply: dict[str, Any]) -> list[Line]:
    """The lines of a reply; what is lost before them is one too."""
    lines: list[Line] = reply["lines"]
    first = {name: lines[0][name] for name in ("time", "seconds")} if lines else {}
    return [{"lost": reply["lost"], **first}, *lines] if reply["lost"] else lines


def _latest(books: list[Kept], most: int | None) -> Iterable[tuple[int, Line]]:
    """The last so many lines of all, in the order in which they came."""
    came = [[(book.began + line.get("seconds", 0.0), book.pid, line) for line in book.lines] for book in books]
    told = [(pid, line) for _, pid, line in merge(*came, key=lambda one: one[0])]
    return told if most is None else told[max(0, len(told) - most) :]


def _follow(books: list[Kept], level: str, show: Show) -> int:
    """Show what comes, until all have ended; 1 if one did not end in order."""
    status = 0
    where = {book.pid: {"level": level, "since": book.next, "follow": True} for book in books}
    streams = {book.pid: book.client.stream(f"{LOG}.Read", where[book.pid]) for book in books}
    with closing(MergedStreams(streams)) as together:
        while together.left:
            if (came := together.next(LOOK_S)) is None:
                check_reader()
                continue
            pid, reply = came
            if not isinstance(reply, End):
                _print(((pid, line) for line in _lines(reply)), show)
            else:
                log("info" if reply.in_order else "error", reply.told(f"process {pid}"))
                status = status if reply.in_order else 1
    return status


def _print(told: Iterable[tuple[int, Line]], show: Show) -> None:
    print_lines(*(text for pid, line in told for text in show(pid, line)))


def _shower(args: argparse.Namespace, *, several: bool) -> Show:
    if args.json:
        return lambda pid, line: (as_json({"pid": pid, **line}),)
    stamp = _ctime if args.ctime else _seconds
    return lambda pid, line: as_text(line, stamp, f"{pid} " if several else "")


def _seconds(line: Line) -> str:
    return f"[{line['seconds']:12.6f}] "


def _ctime(line: Line) -> str:
    return local_time("[%a %b %e %H:%M:%S %Y] ", line["time"])


def as_text(line: Line, stamp: Callable[[Line], str], who: str) -> list[str]:
    """For a person: ``[   12.345678] warning: 1-0076: absent was=live``; a value of many lines has them below."""
    if "lost" in line:
        return [f"{who}-- {line['lost']} {LOST} --"]
    values = dict(line["values"])
    device = values.pop("device", None)
    long = [values.pop(name) for name, value in line["values"].items() if "\n" in str(value) and name in values]
    level = "" if SEVERITY.get(line["level"], 0) > SEVERITY["warning"] else f"{line['level']}: "
    head = f"{stamp(line)}{who}"
    first = f"{level}{'' if device is None else f'{device}: '}{_words(line['event'], values)}"
    return [f"{head}{text}" for text in (first, *_indented(long))]


def _words(event: str, values: Mapping[str, object]) -> str:
    return printable(" ".join((event, *(f"{name}={_value(value)}" for name, value in values.items()))))


def _value(value: object) -> str:
    """Write a value as logfmt does; structlog's renderer would take longer to import than the command runs."""
    if value is None:
        return ""
    plain = isinstance(value, str) and QUOTED.isdisjoint(value)
    return str(value) if plain else as_json(value)


def _indented(long: Iterable[str]) -> Iterator[str]:
    for text in long:
        yield from (f"  {line}" for line in text.rstrip("\n").split("\n"))
