"""``io.i2cdrv.Watch``: the devices of this process and what they measure; ``i2cdrv watch`` is a client of it."""

from __future__ import annotations

import os
import time
from math import floor, log10
from typing import TYPE_CHECKING, Any

from ...core.hub import PublishedReading
from ...errors import Unknown, nearest
from ...lib.age import boottime
from ..names import TEXTS, WATCH
from ..varlink import Interface

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Mapping

    from ...core.device import Device
    from ...core.hub import Listener, ReadingHub
    from ...driver.channel import Channel
    from ..varlink import Call

    Devices = Callable[[], Iterable[Device[Any]]]

AT_ONCE = 64  # readings of one reply
PERIOD = 0.1  # s between two looks for readings
LOOK = 1.0  # s between two looks at the devices


class _Handlers:
    """The methods, for some devices."""

    def __init__(self, hub: ReadingHub, devices: Devices) -> None:
        self._hub, self._devices = hub, devices

    def interface(self) -> Interface:
        interface = Interface(TEXTS[WATCH])
        interface.add("ListDevices", self.list_devices)
        interface.add("Watch", self.watch)
        interface.add("Read", self.read, waits=True)
        return interface

    def list_devices(self, _call: Call) -> Mapping[str, Any]:
        return {"pid": os.getpid(), "devices": list(map(_described, self._devices()))}

    def watch(self, call: Call) -> Generator[Mapping[str, Any], None, None]:
        wanted = self._wanted(call.parameters.get("devices"))
        with self._hub.listening() as listener:
            there = self._there(wanted)
            told = list(map(_described, there))
            last = [heard for device in there if (heard := _last(device)) is not None]
            yield {"devices": told, **_readings(last)}
            known = {(heard.reading.device, heard.reading.boottime) for heard in last}
            look = time.monotonic() + LOOK
            while not call.over.wait(PERIOD):
                yield from _news(listener, wanted, known)
                if time.monotonic() >= look:
                    look = time.monotonic() + LOOK
                    now = list(map(_described, self._there(wanted)))
                    if now != told:
                        told = now
                        yield {"devices": told}

    def read(self, call: Call) -> Mapping[str, Any]:
        (device,) = self._there(self._wanted([call.parameters["device"]]))
        reading = device.current_reading()
        heard = PublishedReading(reading, str(device.state), device.reason)
        return {
            "reading": heard.as_dict(), "boottime": boottime(), "interval": device.interval, "pid": os.getpid(),
        }  # fmt: skip

    def _wanted(self, names: Collection[str] | None) -> frozenset[str] | None:
        """Errors: Unknown for a device that is not there."""
        there = [device.name for device in self._devices()]
        for name in names or ():
            if name not in there:
                served = f"served: {', '.join(there)}" if there else "no device is served"
                raise Unknown(f"{name} is not served here{nearest(name, there)} ({served})")
        return frozenset(names) if names else None

    def _there(self, wanted: frozenset[str] | None) -> list[Device[Any]]:
        return [device for device in self._devices() if wanted is None or device.name in wanted]


def _news(
    listener: Listener, wanted: frozenset[str] | None, known: set[tuple[str, float]]
) -> Generator[Mapping[str, Any], None, None]:
    """The readings that have come, but for those that the caller knows."""
    while heard := listener.take(AT_ONCE):
        mine = [one for one in heard if wanted is None or one.reading.device in wanted]
        readings = [one for one in mine if (one.reading.device, one.reading.boottime) not in known]
        lost = {"lost": lost} if (lost := listener.lost()) else {}
        if readings or lost:
            yield {**_readings(readings), **lost}
    known.clear()


def _readings(heard: Iterable[PublishedReading]) -> dict[str, Any]:
    return {"readings": [one.as_dict() for one in heard], "boottime": boottime()}


def _described(device: Device[Any]) -> dict[str, Any]:
    errors = device.samples.errors
    return {
        "device": device.name,
        "chip": device.client.name,
        "module": device.module.name,
        "state": str(device.state),
        "reason": device.reason,
        "interval": None if device.polling.timer is None else device.interval,
        "errors": {kind: errors[kind] for kind in errors},
        "channels": {
            channel.name: {"unit": channel.unit.symbol, "digits": _digits(channel)}
            for channel in device.driver.channels
        },
    }


def _digits(channel: Channel) -> int:
    """The accuracy's first digit and one more; what follows says nothing of the world."""
    if channel.range is None or channel.range.accuracy is None:
        return channel.unit.digits
    return min(channel.unit.digits, max(0, 1 - floor(log10(channel.range.accuracy))))


def _last(device: Device[Any]) -> PublishedReading | None:
    reading = device.last_reading()
    return None if reading is None else PublishedReading(reading, str(device.state), device.reason)


def interface(hub: ReadingHub, devices: Devices) -> Interface:
    """What other processes may watch.  ``devices``: gives those that there are now, from any thread."""
    return _Handlers(hub, devices).interface()
