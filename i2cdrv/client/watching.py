"""The series of readings that ``watch`` gives: it survives a restart of the service."""

from __future__ import annotations

import time
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from ..errors import Error, Unknown, nearest
from ..ipc.names import WATCH
from ..ipc.streams import End
from ..lib import rundir
from .overdue import Overdue
from .place import CHECK_S, RETRY_S, call_all, is_loss, steady
from .plan import Emit, Next, Open
from .reading import Reading

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from .place import Place
    from .plan import Plan, Series

    Served = tuple[Path, dict[str, Any]]  # the socket of a process, and its reply to ListDevices

MAX_RETRY_S = 5.0  # between two searches for a device that has been away for long


class Source:
    """A stream of readings of one process, of all its devices or of some."""

    def __init__(self, path: Path, pid: int, devices: Iterable[str]) -> None:
        self.path, self.pid = path, pid
        self.devices = set(devices)  # present or not
        self.present: Mapping[str, Mapping[str, Any]] = {}
        self.overdue = Overdue()

    def describe(self, present: Mapping[str, Mapping[str, Any]]) -> Iterator[Reading]:
        """Accept the present devices.  Yield a last reading of each that lost its driver, as nothing else shows it."""
        for name in self.present.keys() - present.keys():
            yield self._without_value(name, "ENODEV", f"no driver is bound to {name} any more")
        self.present = present
        self.devices.update(present)
        self.overdue.describe(present)

    def stopped(self, overdue: Iterable[tuple[str, float]]) -> Iterator[Reading]:
        """Yield a reading of each device that is no longer sampled."""
        for name, age in overdue:
            why = f"the last sample of {name} is {age:.0f} s old: process {self.pid} has stopped sampling"
            yield self._without_value(name, "ENODATA", why)

    def _without_value(self, name: str, error: str, message: str) -> Reading:
        was = self.present[name]
        origin = {"device": name, "name": was.get("name"), "driver": was["module"], "chip": was["chip"]}
        why = {"status": "error", "error": error, "message": message}
        return Reading({**origin, **why, "time": time.time(), "boottime": 0.0}, 0.0, pid=self.pid)


class Watching:
    """The state of one watch.  ``gaps``: the devices whose process ended, and how."""

    def __init__(self, place: Place, wanted: Sequence[str]) -> None:
        self._place, self._wanted = place, wanted
        self._sources: dict[int, Source] = {}
        self._keys = count()
        self._lost = 0
        self.gaps: dict[str, str] = {}
        self._next_search = 0.0
        self._lost_at = 0.0  # the time of the latest end of a process; both monotonic, in s
        self._why = ""  # there is no stream

    def series(self) -> Series:
        """Open a stream of each process that serves a wanted device, and again after a restart."""
        found = yield from steady(self._place, partial(self._served, strict=True), *self._wanted)
        yield from self._open(found)
        if not self._sources:
            raise Unknown("no device is served by a running i2cdrv: start one with i2cdrv load")
        while True:
            item = yield Next(RETRY_S if self._is_searching() else CHECK_S)
            if self._place.closed:
                return
            yield from map(Emit, self._idle() if item is None else self.accept(*item))
            if self._is_searching() and time.monotonic() >= self._next_search:
                yield from self._search()
                self._next_search = time.monotonic() + self._pause()

    def _is_searching(self) -> bool:
        """Return whether a device waits for a process that serves it."""
        return bool(self.gaps) or not self._sources

    def _pause(self) -> float:
        """Return the time in s to the next search: a tenth of the time since the loss."""
        return min(max(RETRY_S, (time.monotonic() - self._lost_at) / 10), MAX_RETRY_S)

    # Processes.

    def _served(self, *, strict: bool) -> Plan[list[Served]]:
        """Return the processes with their devices.  ``strict``: raise Unknown for a wanted device without a process."""
        found = yield from call_all(self._place, f"{WATCH}.ListDevices")
        names = [name for _, reply in found for device in reply["devices"] for name in _names(device)]
        for name in self._wanted if strict else ():
            if name not in names:
                served = f"served: {', '.join(names)}" if names else "no device is served"
                raise Unknown(f"{name} is not served by a running i2cdrv{nearest(name, names)} ({served}); "
                              "start it with i2cdrv load")  # fmt: skip
        return found

    def _open(self, found: Iterable[Served]) -> Series:
        """Open streams of the devices that no open stream has."""
        for path, reply in found:
            devices = self._new_devices(reply["devices"])
            if self._needs(path, devices):
                source = Source(path, reply["pid"], devices)
                self._sources[key := next(self._keys)] = source
                yield Open(key, path, f"{WATCH}.Watch", {"devices": devices} if self._wanted else {})

    def _new_devices(self, devices: Iterable[Mapping[str, Any]]) -> list[str]:
        """Return the wanted devices that no open stream has."""
        followed = {device for source in self._sources.values() for device in source.devices}
        wanted = [one for one in devices if not self._wanted or not {*_names(one)}.isdisjoint(self._wanted)]
        return [one["device"] for one in wanted if one["device"] not in followed]

    def _needs(self, path: Path, devices: Collection[str]) -> bool:
        """Return whether a process needs a stream; without wanted devices, the daemon does even before it has any."""
        if self._wanted:
            return bool(devices)
        is_open = any(one.path == path for one in self._sources.values())
        return not is_open and (bool(devices) or path.name == rundir.DAEMON or self._place.socket is not None)

    def _search(self) -> Series:
        """Look for a process in place of an ended one.  Raises the error if all have ended for too long."""
        try:
            found = yield from self._served(strict=False)
        except Error as error:
            if not is_loss(error, self._place):
                raise
        else:
            yield from self._open(found)
        if not self._sources and time.monotonic() >= self._lost_at + self._place.patience:
            missing = ", ".join(self._wanted) or "no device"
            patience = f"{self._place.patience:g} s"
            raise Unknown(f"{missing}: {self._why}, and no other i2cdrv serves it after {patience}")

    # Readings.

    def accept(self, key: int, reply: Mapping[str, Any] | End) -> Iterator[Reading]:
        """Yield the readings of a reply.  Raises the error of a stream that a restart of the service cannot repair."""
        source = self._sources[key]
        if isinstance(reply, End):
            self._ended(key, source, reply)
            return
        if (devices := reply.get("devices")) is not None:
            yield from source.describe({device["device"]: device for device in devices})
        if lost := reply.get("lost") or 0:
            self._lost += lost
            source.overdue.forget()
        for found in reply.get("readings") or ():
            source.devices.add(found["device"])  # a new device sends readings before it is listed
            source.overdue.accept(found["device"], found["boottime"])
            now = reply.get("boottime") or found["boottime"]
            gap = self.gaps.pop(found["device"], "")
            yield Reading(found, now, pid=source.pid, lost=self._lost, gap=gap)
            self._lost = 0
        yield from source.stopped(source.overdue.found())

    def _idle(self) -> Iterator[Reading]:
        """Yield the readings of a moment at which no process sends any."""
        for source in self._sources.values():
            yield from source.stopped(source.overdue.found_when_idle())

    def _ended(self, key: int, source: Source, end: End) -> None:
        if end.error is not None and not is_loss(end.error, self._place) and not isinstance(end.error, Unknown):
            raise end.error
        self._why = end.describe(f"process {source.pid}")
        self._lost_at, self._next_search = time.monotonic(), 0.0
        del self._sources[key]
        self.gaps.update(dict.fromkeys(source.devices, self._why))


def _names(device: Mapping[str, Any]) -> list[str]:
    return [name for name in (device["device"], device.get("name")) if name]


def watch(place: Place, wanted: Sequence[str]) -> Series:
    """Give the readings of these devices, or of all."""
    return Watching(place, wanted).series()
