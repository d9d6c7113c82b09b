"""``i2cdrv watch``: the readings of the running i2cdrv, as a live table, line by line, or as JSON."""

from __future__ import annotations

import sys
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ...core.readingtext import failure_of, faults_of, title_of, values_of
from ...errors import Unknown, nearest
from ...ipc import peers
from ...ipc.names import WATCH
from ...ipc.streams import End, MergedStreams
from ...lib import rundir
from ...lib.age import boottime, local_time
from ...lib.log.logger import log
from ...lib.printable import as_json
from ...lib.signals import ended_by_interruption
from ..console import search_dir
from ..output import print_lines
from . import table
from .state import WatchState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ...ipc.varlink import Client
    from .screen import Screen
    from .state import DeviceRow

DRAW_PERIOD_S = 0.25  # at most one table in this time
IDLE_PERIOD_S = 1.0  # between two tables without a reading: ages grow


class Options(NamedTuple):
    """The arguments and options of ``i2cdrv watch``; ``limit``: readings to show."""

    devices: Sequence[str] = ()
    limit: int | None = None
    plain: bool = False
    json: bool = False
    run_dir: str | None = None


class ServedDevices(NamedTuple):
    """The wanted devices of one process, with the users' names of them."""

    client: Client
    pid: int
    devices: Mapping[str, str]

    def chosen(self, wanted: Sequence[str]) -> ServedDevices:
        """Return the wanted devices among these."""
        return self._replace(devices={one: name for one, name in self.devices.items() if {one, name} & set(wanted)})


def run(options: Options) -> int:
    """Show readings until the limit or a signal (status 0), or until all processes have ended (1)."""
    served = find(search_dir(options.run_dir), options.devices)
    with ended_by_interruption(), closing(_streams(served, options.devices)) as streams:
        watch = _Watch(streams, options.limit)
        screen = None if options.json or options.plain else _screen()
        if screen is not None:
            watch.live(screen)
        else:
            watch.print(_as_json if options.json else _as_line)
        return watch.status()
    return 0


def find(run_dir: Path | None, wanted: Sequence[str]) -> list[ServedDevices]:
    """Return the processes that serve the devices, or any device.  Raises Unknown, naming the served devices."""
    processes = [
        ServedDevices(client, reply["pid"], {device["device"]: device.get("name") or "" for device in reply["devices"]})
        for client, reply in peers.call_all(run_dir, f"{WATCH}.ListDevices")
    ]
    devices = [device for one in processes for device in one.devices]
    names = [*devices, *(name for one in processes for name in one.devices.values() if name)]
    for name in wanted:
        if name not in names:
            served = f"served: {', '.join(devices)}" if devices else "no device is served"
            raise Unknown(
                f"{name} is not served by a running i2cdrv{nearest(name, names)} ({served}); start it with i2cdrv load"
            )
    if wanted:
        return [mine for one in processes if (mine := one.chosen(wanted)).devices]
    found = [one for one in processes if one.devices or one.client.path.name == rundir.DAEMON]
    if not found:
        raise Unknown("no device is served by a running i2cdrv: start one with i2cdrv load")
    return found


def _streams(served: Sequence[ServedDevices], wanted: Sequence[str]) -> MergedStreams[int]:
    streams = {}
    for client, pid, devices in served:
        streams[pid] = client.open(f"{WATCH}.Watch", {"devices": list(devices)} if wanted else {})
    return MergedStreams(streams)


def _screen() -> Screen | None:
    """Return the place for a live table; None without rich or without a terminal."""
    if not sys.stdout.isatty():
        return None
    try:
        from .screen import Screen
    except ImportError:
        log("notice", "rich not installed, printing lines", fix="pip install 'i2cdrv[tui]'")
        return None
    screen = Screen()
    return screen if screen.can_be_drawn_on else None


class _Watch:
    """The readings of all processes.  ``left``: the number of readings still to show; None is no limit."""

    def __init__(self, streams: MergedStreams[int], left: int | None) -> None:
        self._streams, self._left = streams, left
        self._state = WatchState()

    def print(self, show: Callable[[DeviceRow], str]) -> None:
        """Print a line for each reading."""
        while self._continues():
            for row in self._readings(None):
                print_lines(show(row))
            while self._state.ended and self._streams.open:
                log("warning", self._state.ended.pop(0))

    def live(self, screen: Screen) -> None:
        """Draw a table after new readings, at most four times a second, and every second while ages grow."""
        drawn = next_draw = 0.0
        fresh = True
        with screen:
            while self._continues():
                fresh = bool(list(self._readings(max(0.0, next_draw - boottime())))) or fresh
                now = boottime()
                if now >= next_draw:
                    next_draw = now + DRAW_PERIOD_S
                    if fresh or now >= drawn + IDLE_PERIOD_S:
                        drawn, fresh = now, False
                        screen.draw(partial(self._lines, now))
            screen.draw(partial(self._lines, boottime()))

    def status(self) -> int:
        """Return 0 if the limit was reached; log why there are no more readings and return 1 otherwise."""
        if self._left == 0:
            return 0
        log("error", self._state.ended[-1])
        return 1

    def _continues(self) -> bool:
        return self._left != 0 and bool(self._streams.open)

    def _lines(self, now: float, width: int, height: int) -> list[table.Line]:
        return table.lines(self._state, width, height, now)

    def _readings(self, seconds: float | None) -> Iterator[DeviceRow]:
        """Yield the device of each reading of the next reply; nothing if the time passes without a reply."""
        item = self._streams.next(seconds)
        if item is None:
            return
        pid, reply = item
        if isinstance(reply, End):
            self._state.end(pid, reply.describe(f"process {pid}"))
            return
        for row in self._state.accept(pid, reply, boottime()):
            if self._left == 0:
                return
            self._left = None if self._left is None else self._left - 1
            yield row


def _as_json(row: DeviceRow) -> str:
    return as_json(row.reading)


def _as_line(row: DeviceRow) -> str:
    """Return the line for a person: ``20:48:12 0-0076 bme280: temp 21.47 °C, pressure 100648 Pa``."""
    reading: Any = row.reading
    moment = local_time("%H:%M:%S", reading["time"])
    if why := failure_of(reading):
        text = f"no value: {why}"
    else:
        values = [" ".join(filter(None, (title_of(reading, name), *row.show(name)))) for name in values_of(reading)]
        faults = [f"{title_of(reading, name)} no value: {why}" for name, why in faults_of(reading).items()]
        text = ", ".join(values + faults)
    return f"{moment} {row.title} {row.description['chip']}: {text}"
