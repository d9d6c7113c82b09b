"""``io.i2cdrv.Watch``: the devices of this process and their readings; ``i2cdrv watch`` is its client."""

from __future__ import annotations

import os
import time
from math import floor, log10
from random import uniform
from typing import TYPE_CHECKING, Any

from ...core.hub import PublishedReading
from ...errors import Unknown, nearest
from ...lib.age import boottime
from ..names import WATCH
from .handlers import Handlers, waits

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Mapping

    from ...core.device import Device
    from ...core.hub import Listener, ReadingHub
    from ...driver.channel import Channel
    from ..varlink import Call, Interface

    Devices = Callable[[], Iterable[Device[Any]]]

MAX_READINGS_PER_REPLY = 64
POLL_PERIOD_S = 0.08, 0.12  # for readings; at random, or a hundred callers would take the GIL one after another
DEVICE_PERIOD_S = 1.0  # between two checks of the devices


class _Watch(Handlers):
    """The methods for some devices."""

    name = WATCH

    def __init__(self, hub: ReadingHub, devices: Devices) -> None:
        self._hub, self._devices = hub, devices

    def list_devices(self, _call: Call) -> Mapping[str, Any]:
        return {"pid": os.getpid(), "devices": list(map(_described, self._devices()))}

    def watch(self, call: Call) -> Generator[Mapping[str, Any], None, None]:
        wanted = self._wanted(call.parameters.get("devices"))
        with self._hub.listening() as listener:
            devices = self._chosen(wanted)
            sent = list(map(_described, devices))
            latest = [one for device in devices if (one := _last(device)) is not None]
            yield {"devices": sent, **_readings(latest)}
            known = {(one.reading.device, one.reading.boottime) for one in latest}
            next_check = time.monotonic() + DEVICE_PERIOD_S
            while not call.closed.wait(uniform(*POLL_PERIOD_S)):
                yield from _news(listener, wanted, known)
                if time.monotonic() >= next_check:
                    next_check = time.monotonic() + DEVICE_PERIOD_S
                    now = list(map(_described, self._chosen(wanted)))
                    if now != sent:
                        sent = now
                        yield {"devices": sent}

    @waits
    def read(self, call: Call) -> Mapping[str, Any]:
        (device,) = self._chosen(self._wanted([call.parameters["device"]]))
        reading = device.current_reading(raw=bool(call.parameters.get("raw")))
        published = PublishedReading(reading, str(device.state), device.reason)
        return {
            "reading": published.as_dict(), "boottime": boottime(), "interval": device.interval, "pid": os.getpid(),
        }  # fmt: skip

    def _wanted(self, names: Collection[str] | None) -> frozenset[str] | None:
        """Return the devices to serve, None for all of them.  Raises Unknown for a name that no device has."""
        served = {word: device.name for device in self._devices() for word in (device.name, device.label) if word}
        for name in names or ():
            if name not in served:
                known = f"served: {', '.join(served)}" if served else "no device is served"
                raise Unknown(f"{name} is not served here{nearest(name, served)} ({known})")
        return frozenset(served[name] for name in names) if names else None

    def _chosen(self, wanted: frozenset[str] | None) -> list[Device[Any]]:
        return [device for device in self._devices() if wanted is None or device.name in wanted]


def _news(
    listener: Listener, wanted: frozenset[str] | None, known: set[tuple[str, float]]
) -> Generator[Mapping[str, Any], None, None]:
    """Yield the readings that are new to the caller."""
    while published := listener.take(MAX_READINGS_PER_REPLY):
        mine = [one for one in published if wanted is None or one.reading.device in wanted]
        readings = [one for one in mine if (one.reading.device, one.reading.boottime) not in known]
        lost = {"lost": lost} if (lost := listener.lost()) else {}
        if readings or lost:
            yield {**_readings(readings), **lost}
    known.clear()


def _readings(published: Iterable[PublishedReading]) -> dict[str, Any]:
    return {"readings": [one.as_dict() for one in published], "boottime": boottime()}


def _described(device: Device[Any]) -> dict[str, Any]:
    errors = device.samples.errors
    named = {"name": device.label} if device.label else {}
    return {
        "device": device.name,
        **named,
        "chip": device.client.name,
        "module": device.module.name,
        "state": str(device.state),
        "reason": device.reason,
        "interval": None if device.polling.timer is None else device.interval,
        "errors": {kind: errors[kind] for kind in errors},
        "channels": {channel.name: _described_channel(channel) for channel in device.channels},
    }


def _described_channel(channel: Channel) -> dict[str, Any]:
    labelled = {"label": channel.label} if channel.label else {}
    return {"unit": channel.unit.symbol, "digits": _digits(channel), **labelled}


def _digits(channel: Channel) -> int:
    """Return the digits to show: one more than the first digit of the accuracy; further digits are noise."""
    if channel.range is None or channel.range.accuracy is None:
        return channel.unit.digits
    return min(channel.unit.digits, max(0, 1 - floor(log10(channel.range.accuracy))))


def _last(device: Device[Any]) -> PublishedReading | None:
    reading = device.last_reading()
    return None if reading is None else PublishedReading(reading, str(device.state), device.reason)


def interface(hub: ReadingHub, devices: Devices) -> Interface:
    """Return the interface to the devices.  ``devices``: returns the present devices, on any thread."""
    return _Watch(hub, devices).interface()
