"""The series of lines that ``log`` gives; a follower survives a restart of the service."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ..errors import Error, Unknown
from ..ipc.names import LOG
from ..ipc.streams import End
from ..ipc.varlink import NoAnswer
from ..lib import rundir, validate
from ..lib.limits import LEVELS
from .place import CHECK_S, RETRY_S, call_all, find_device, is_loss, steady
from .plan import LIST_TIMEOUT_S, Emit, Next, Open
from .records import LogLine
from .requests import name_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from pathlib import Path

    from .place import Place
    from .plan import Plan, Series

    Process = tuple[Path, dict[str, Any]]  # the socket of a process, and its reply to Describe


class Logbook:
    """The state of one reader."""

    def __init__(self, place: Place, wanted: Mapping[str, Any], *, follow: bool) -> None:
        self._place, self._wanted, self._follow = place, wanted, follow
        self._open: dict[int, Path] = {}  # the sockets by the number of the process
        self._began: dict[int, float] = {}
        self._lost: dict[int, int] = {}
        self._end, self._why = 0.0, ""

    def series(self) -> Series:
        """Give the kept lines of all processes in the order of their times, and then new lines as they arrive."""
        found = yield from steady(self._place, self._processes)
        yield from self._kept(found)
        while self._follow and not self._place.closed:
            item = yield Next(CHECK_S if self._open else RETRY_S)
            if item is None and not self._open:
                yield from self._search()
            elif item is not None and isinstance(item[1], End):
                self._ended(*item)
            elif item is not None:
                yield from map(Emit, self._lines(*item))

    def _processes(self) -> Plan[list[Process]]:
        """Return the processes with a log: the daemon alone, if it runs."""
        found = yield from call_all(self._place, f"{LOG}.Describe")
        return [one for one in found if one[0].name == rundir.DAEMON] or found

    def _kept(self, found: Iterable[Process]) -> Series:
        lines: list[tuple[float, LogLine]] = []
        following: dict[int, tuple[Path, int]] = {}
        for path, process in found:
            pid = process["pid"]
            self._began[pid] = process.get("began") or 0.0
            yield from self._begin(path, pid, {})
            while not isinstance((reply := (yield from self._reply(path))), End):
                lines += [(self._began[pid] + line.seconds, line) for line in self._lines(pid, reply)]
                following[pid] = path, reply["next"]
            if reply.error is not None and not is_loss(reply.error, self._place):
                raise reply.error
            del self._open[pid]
        if not lines and "device" in self._wanted:
            yield from find_device(self._place, self._wanted["device"])  # or raise Unknown
        lines.sort(key=lambda one: one[0])
        most = self._wanted.get("lines")
        yield from (Emit(line) for _, line in (lines if most is None else lines[max(0, len(lines) - most) :]))
        for pid, (path, since) in following.items() if self._follow else ():
            yield from self._begin(path, pid, {"since": since, "follow": True})

    def _reply(self, path: Path) -> Generator[Next, Any, Any]:
        """Return the next reply of the only open call.  Raises NoAnswer."""
        item = yield Next(LIST_TIMEOUT_S)
        if item is None:
            raise NoAnswer(f"{path} did not answer within {LIST_TIMEOUT_S:g} s; see journalctl -u i2cdrv")
        return item[1]

    def _begin(self, path: Path, pid: int, further: Mapping[str, Any]) -> Series:
        self._open[pid] = path
        wanted = {name: value for name, value in self._wanted.items() if name != "lines" or not further}
        yield Open(pid, path, f"{LOG}.Read", {**wanted, **further})

    def _lines(self, pid: int, reply: Mapping[str, Any]) -> list[LogLine]:
        """Return the lines of a reply; the first one has the number of those lost before it."""
        lost = self._lost.pop(pid, 0) + reply["lost"]
        if not reply["lines"]:
            self._lost[pid] = lost
        return [LogLine.of(line, pid, 0 if n else lost) for n, line in enumerate(reply["lines"])]

    def _ended(self, pid: int, end: End) -> None:
        if end.error is not None and not is_loss(end.error, self._place):
            raise end.error
        del self._open[pid]
        self._why, self._end = end.describe(f"process {pid}"), time.monotonic() + self._place.patience

    def _search(self) -> Series:
        """Look for a process in place of the ended processes.  Raises Unknown after too long a time."""
        try:
            found = yield from self._processes()
        except Error as error:
            if not is_loss(error, self._place):
                raise
        else:
            for path, process in found:
                yield from self._begin(path, process["pid"], {"since": 0, "follow": True})
        if not self._open and time.monotonic() >= self._end:
            raise Unknown(f"{self._why}, and no other i2cdrv runs after {self._place.patience:g} s")


def log(place: Place, level: str, lines: int | None, device: object, *, follow: bool) -> Series:
    """Give the lines of the log."""
    wanted: dict[str, Any] = {"level": validate.text("level", level, ", ".join(LEVELS))}
    if lines is not None:
        wanted["lines"] = validate.integer("lines", lines, range(1 << 31))
    if device is not None:
        wanted["device"] = name_of(device)
    return Logbook(place, wanted, follow=validate.flag("follow", follow)).series()
