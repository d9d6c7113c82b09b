"""``io.i2cdrv.Trace``: the transfers of this process's buses; ``i2cdrv trace`` is its client.

A bus thread only appends to a bounded buffer.  The reader's own thread empties the buffer ten times a second.  Events
that do not fit are lost and counted.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...errors import Error, Unknown
from ...i2c.event import Lost
from ...i2c.record import Header
from ..names import TRACE
from .handlers import Handlers

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Mapping

    from ...core.bus import Bus
    from ...i2c.event import Event
    from ..varlink import Call, Interface

MAX_WAITING_EVENTS = 4096
MAX_EVENTS_PER_REPLY = 64
POLL_PERIOD_S = 0.1


class Buffer:
    """A queue of events from a bus thread, which never waits, to one reader.  ``addr``: only events of this address."""

    def __init__(self, addr: int | None, most: int = MAX_WAITING_EVENTS) -> None:
        self._addr, self._most = addr, most
        self._events: deque[tuple[int, Event]] = deque()
        self._arrived = 0  # events, including lost ones; written by the bus thread alone
        self._next = 0  # the number of the event that the reader expects

    def __call__(self, event: Event) -> None:
        """Keep an event if there is space; called on the bus thread."""
        if self._addr is None or getattr(event, "addr", None) == self._addr:
            if len(self._events) < self._most:
                self._events.append((self._arrived, event))
            self._arrived += 1

    def take(self, most: int) -> list[Event]:
        """Return the next events, ``most`` at most, with a Lost where events are missing; called by the reader."""
        events: list[Event] = []
        while self._events and len(events) < most:
            number, event = self._events.popleft()
            if number > self._next:
                events.append(Lost(event.time, number - self._next))
            events.append(event)
            self._next = number + 1
        return events


class _Trace(Handlers):
    """The methods for some buses."""

    name = TRACE

    def __init__(self, buses: Collection[Bus]) -> None:
        self._all = buses

    @property
    def _buses(self) -> dict[int, Bus]:
        return {bus.adapter.nr: bus for bus in list(self._all)}

    def list_buses(self, _call: Call) -> Mapping[str, Any]:
        return {
            "buses": [
                {"bus": nr, "adapter": bus.adapter.name, "devices": [str(one) for one in list(bus.devices.values())]}
                for nr, bus in self._buses.items()
            ]
        }

    def trace(self, call: Call) -> Generator[Mapping[str, Any], None, None]:
        nr = call.parameters["bus"]
        if nr not in self._buses:
            raise Unknown(f"i2c-{nr} is not served here")
        bus, addr = self._buses[nr], call.parameters.get("address")
        buffer = Buffer(addr)
        try:
            bound = [one for one in bus.attach_tracer(buffer) if addr in (None, one.addr)]
            yield {"header": Header(nr, bus.adapter.name, bus.adapter.functionality, bound).as_dict()}
            while not call.closed.wait(POLL_PERIOD_S):
                while lines := [event.as_dict() for event in buffer.take(MAX_EVENTS_PER_REPLY)]:
                    yield {"lines": lines} | _names(bus)
        finally:
            with suppress(Error):  # the bus thread hangs: it sends no more events
                bus.detach_tracer(buffer)


def _names(bus: Bus) -> dict[str, Any]:
    """Return the field of the names that users have given to the devices of a bus; nothing without one."""
    names = {str(one): one.label for one in list(bus.devices.values()) if one.label}
    return {"names": names} if names else {}


def interface(buses: Collection[Bus]) -> Interface:
    """Return the interface to the buses; each call reads the collection again."""
    return _Trace(buses).interface()
