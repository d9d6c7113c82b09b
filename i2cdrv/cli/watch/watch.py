"""``i2cdrv watch``: what the devices of the running i2cdrv measure, as a live table, line by line, or as JSON."""

from __future__ import annotations

import sys
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ...core.reading import failure_of, faults_of, values_of
from ...errors import Unknown, nearest
from ...ipc import peers
from ...ipc.names import WATCH
from ...ipc.streams import End, MergedStreams
from ...lib import rundir
from ...lib.age import boottime, local_time
from ...lib.log.logger import log
from ...lib.printable import as_json
from ...lib.signals import ended_by_interruption
from ..console import meeting_of
from ..output import print_lines
from . import table
from .board import Board

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ...ipc.varlink import Client
    from .board import Entry
    from .screen import Screen

DRAW = 0.25  # s between two looks of a person
TICK = 1.0  # s between two tables when nothing comes: ages grow


class Served(NamedTuple):
    """What a process serves of the devices that are wanted."""

    client: Client
    pid: int
    devices: Sequence[str]


def run(args: argparse.Namespace) -> int:
    """Show the readings until there are enough of them, a signal (0), or the end of all who serve (1)."""
    served = find(meeting_of(args), args.devices)
    with ended_by_interruption(), closing(_streams(served, args.devices)) as together:
        watch = _Watch(together, args.count)
        screen = None if args.json or args.plain else _screen()
        if screen is not None:
            watch.live(screen)
        else:
            watch.print(_as_json if args.json else _as_line)
        return watch.status()
    return 0


def find(run_dir: Path | None, wanted: Sequence[str]) -> list[Served]:
    """Who serves the devices, or any.  Raises Unknown, with what is served, if nobody does."""
    there = [
        Served(client, reply["pid"], [told["device"] for told in reply["devices"]])
        for client, reply in peers.answers(run_dir, f"{WATCH}.ListDevices")
    ]
    names = [name for one in there for name in one.devices]
    for name in wanted:
        if name not in names:
            served = f"served: {', '.join(names)}" if names else "no device is served"
            raise Unknown(
                f"{name} is not served by a running i2cdrv{nearest(name, names)} ({served}); start it with i2cdrv load"
            )
    if wanted:
        return [Served(*one[:2], mine) for one in there if (mine := [name for name in wanted if name in one.devices])]
    found = [one for one in there if one.devices or one.client.path.name == rundir.DAEMON]
    if not found:
        raise Unknown("no device is served by a running i2cdrv: start one with i2cdrv load")
    return found


def _streams(served: Sequence[Served], wanted: Sequence[str]) -> MergedStreams[int]:
    streams = {}
    for client, pid, devices in served:
        streams[pid] = client.stream(f"{WATCH}.Watch", {"devices": list(devices)} if wanted else {})
    return MergedStreams(streams)


def _screen() -> Screen | None:
    """Where a live table can be drawn; without rich, or without a terminal, nowhere."""
    if not sys.stdout.isatty():
        return None
    try:
        from .screen import Screen
    except ImportError:
        log("notice", "a live table needs rich: pip install 'i2cdrv[tui]'; here is a line for each reading")
        return None
    screen = Screen()
    return screen if screen.can_be_drawn_on else None


class _Watch:
    """The replies as they come; ``left``: readings that are still to be shown."""

    def __init__(self, together: MergedStreams[int], left: int | None) -> None:
        self._together, self._left = together, left
        self._board = Board()
        self._last_words = ""

    def print(self, show: Callable[[Entry], str]) -> None:
        """A line for each reading."""
        while self._goes_on():
            for entry in self._readings(None):
                print_lines(show(entry))
            while self._board.ended and self._together.left:
                log("warning", self._board.ended.pop(0))

    def live(self, screen: Screen) -> None:
        """A table, drawn when something has come, but not too often, and when ages have grown."""
        drawn = look = 0.0
        fresh = True
        with screen:
            while self._goes_on():
                fresh = bool(list(self._readings(max(0.0, look - boottime())))) or fresh
                now = boottime()
                if now >= look:
                    look = now + DRAW
                    if fresh or now >= drawn + TICK:
                        drawn, fresh = now, False
                        screen.draw(partial(self._lines, now))
            screen.draw(partial(self._lines, boottime()))

    def status(self) -> int:
        """0 if there were enough readings; 1, with a last word, if nobody is left who could give any."""
        if self._left == 0:
            return 0
        log("error", self._board.ended[-1])
        return 1

    def _goes_on(self) -> bool:
        return self._left != 0 and bool(self._together.left)

    def _lines(self, now: float, width: int, height: int) -> list[table.Line]:
        return table.lines(self._board, width, height, now)

    def _readings(self, seconds: float | None) -> Iterator[Entry]:
        """The devices of the readings of the next reply, if one comes within the time."""
        came = self._together.next(seconds)
        if came is None:
            return
        pid, reply = came
        if isinstance(reply, End):
            self._board.end(pid, reply.told(f"process {pid}"))
            return
        for entry in self._board.take(pid, reply, boottime()):
            if self._left == 0:
                return
            self._left = None if self._left is None else self._left - 1
            yield entry


def _as_json(entry: Entry) -> str:
    return as_json(entry.reading)


def _as_line(entry: Entry) -> str:
    """For a person: ``20:48:12 0-0076 bme280: temp 21.47 °C, pressure 100648 Pa``."""
    reading: Any = entry.reading
    moment = local_time("%H:%M:%S", reading["time"])
    if why := failure_of(reading):
        said = f"no value: {why}"
    else:
        values = [f"{name} {' '.join(entry.show(name))}" for name in values_of(reading)]
        said = ", ".join(values + [f"{name} no value: {why}" for name, why in faults_of(reading).items()])
    return f"{moment} {entry.device} {entry.told['chip']}: {said}"
