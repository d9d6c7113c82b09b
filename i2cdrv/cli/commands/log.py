"""``i2cdrv log``: the log of the running i2cdrv, as dmesg shows the kernel's."""

from __future__ import annotations

from contextlib import closing
from heapq import merge
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import Unknown
from ...ipc import peers
from ...ipc.logtext import as_text, ctime_of, lines_of, seconds_of
from ...ipc.names import LOG
from ...ipc.streams import End, MergedStreams
from ...lib import rundir
from ...lib.log.logger import log
from ...lib.printable import as_json
from ...lib.signals import ended_by_interruption
from ..console import search_dir
from ..output import check_reader, print_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ...ipc.logtext import Line
    from ...ipc.varlink import Client

    Show = Callable[[int, Line], Iterable[str]]

CHECK_PERIOD_S = 0.5  # between two checks that standard output still has a reader
READ_TIMEOUT_S = 10.0  # for the next reply of a process


class Options(NamedTuple):
    """The options of ``i2cdrv log``.  ``device``: only lines of this device, or of the device of this name."""

    device: str | None = None
    follow: bool = False
    level: str = "debug"
    lines: int | None = None
    ctime: bool = False
    json: bool = False
    run_dir: str | None = None


class ProcessLog(NamedTuple):
    """The lines that a process keeps, and the number of its next line.

    ``began``: CLOCK_BOOTTIME at the start of the process, in s.
    """

    client: Client
    pid: int
    began: float
    lines: list[Line]
    next: int


def run(options: Options) -> int:
    """Show the log of the daemon or, where none runs, of every process of the run directory."""
    run_dir = search_dir(options.run_dir)
    with ended_by_interruption():
        found = find(run_dir)
        wanted = {"level": options.level, **_device(run_dir, options.device)}
        logs = [_read(*one, wanted | ({} if options.lines is None else {"lines": options.lines})) for one in found]
        if options.device is not None and not any(one.lines for one in logs):
            peers.find_described(run_dir, options.device)
        show = _shower(options, several=len(logs) > 1)
        _print(_latest(logs, options.lines), show)
        if options.follow:
            return _follow(logs, wanted, show)
    return 0


def _device(run_dir: Path | None, word: str | None) -> dict[str, str]:
    """Return the field of the wanted device; a name that no device has now can be in older lines."""
    if word is None:
        return {}
    named = None if peers.DEVICE.fullmatch(word) else peers.device_named(run_dir, word)
    return {"device": named or word}


def find(run_dir: Path | None) -> list[tuple[Client, int, float]]:
    """Return a client, the number and the start of each process with a log: of the daemon alone, if one runs.

    Raises Unknown if no process runs.
    """
    found = []
    for client, reply in peers.call_all(run_dir, f"{LOG}.Describe"):
        found.append((client, reply["pid"], reply.get("began") or 0.0))
        if client.path.name == rundir.DAEMON:
            break
    if not found:
        raise Unknown("no i2cdrv runs here, so there is no log: start it with i2cdrv load; the log of a stopped "
                      "daemon: journalctl -u i2cdrv")  # fmt: skip
    return found


def _read(client: Client, pid: int, began: float, wanted: dict[str, Any]) -> ProcessLog:
    lines: list[Line] = []
    following = 0
    for reply in client.stream(f"{LOG}.Read", wanted, silence=READ_TIMEOUT_S):
        lines += lines_of(reply)
        following = reply["next"]
    return ProcessLog(client, pid, began, lines, following)


def _latest(logs: list[ProcessLog], most: int | None) -> Iterable[tuple[int, Line]]:
    """Return the latest lines of all processes, in the order of their times."""
    came = [[(one.began + line.get("seconds", 0.0), one.pid, line) for line in one.lines] for one in logs]
    merged = [(pid, line) for _, pid, line in merge(*came, key=lambda one: one[0])]
    return merged if most is None else merged[max(0, len(merged) - most) :]


def _follow(logs: list[ProcessLog], wanted: dict[str, Any], show: Show) -> int:
    """Print new lines until all processes have ended; return 1 if one did not end by itself."""
    status = 0
    calls = {one.pid: {**wanted, "since": one.next, "follow": True} for one in logs}
    streams = {one.pid: one.client.open(f"{LOG}.Read", calls[one.pid]) for one in logs}
    with closing(MergedStreams(streams)) as merged:
        while merged.open:
            if (item := merged.next(CHECK_PERIOD_S)) is None:
                check_reader()
                continue
            pid, reply = item
            if not isinstance(reply, End):
                _print(((pid, line) for line in lines_of(reply)), show)
            else:
                log("info" if reply.clean else "error", reply.describe(f"process {pid}"))
                status = status if reply.clean else 1
    return status


def _print(lines: Iterable[tuple[int, Line]], show: Show) -> None:
    print_lines(*(text for pid, line in lines for text in show(pid, line)))


def _shower(options: Options, *, several: bool) -> Show:
    if options.json:
        return lambda pid, line: (as_json({"pid": pid, **line}),)
    stamp = ctime_of if options.ctime else seconds_of
    return lambda pid, line: as_text(line, stamp, f"{pid} " if several else "")
