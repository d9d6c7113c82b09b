"""``io.i2cdrv.Trace``: the transfers of this process's buses, for other processes; ``i2cdrv trace`` is a client of it.

A bus thread only appends to a bounded buffer.  The reader's own thread empties it from time to time; what the reader is
too slow for is lost, and counted.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...errors import Error, Unknown
from ...i2c.event import Lost
from ...i2c.record import Header
from ..names import TEXTS, TRACE
from ..varlink import Interface

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Mapping

    from ...core.bus import Bus
    from ...i2c.event import Event
    from ..varlink import Call

MOST = 4096  # events that wait for a reader
AT_ONCE = 64  # events of one reply
PERIOD = 0.1  # s between two looks into the buffer


class Buffer:
    """Events between the bus thread, which never waits, and one reader.  ``addr``: only those of one address."""

    def __init__(self, addr: int | None, most: int = MOST) -> None:
        self._addr, self._most = addr, most
        self._events: deque[tuple[int, Event]] = deque()
        self._told = 0  # events that came, lost ones too; counted by the bus thread alone
        self._next = 0  # the number of the event that the reader expects

    def __call__(self, event: Event) -> None:
        """Take an event, or lose it; on the kthread."""
        if self._addr is None or getattr(event, "addr", None) == self._addr:
            if len(self._events) < self._most:
                self._events.append((self._told, event))
            self._told += 1

    def take(self, most: int) -> list[Event]:
        """The next events, at most so many, and the number of those that are missing between them; for the reader."""
        events: list[Event] = []
        while self._events and len(events) < most:
            number, event = self._events.popleft()
            if number > self._next:
                events.append(Lost(event.time, number - self._next))
            events.append(event)
            self._next = number + 1
        return events


class _Handlers:
    """The methods, for some buses."""

    def __init__(self, buses: Collection[Bus]) -> None:
        self._all = buses

    @property
    def _buses(self) -> dict[int, Bus]:
        return {bus.adapter.nr: bus for bus in list(self._all)}

    def interface(self) -> Interface:
        interface = Interface(TEXTS[TRACE])
        interface.add("ListBuses", self.list_buses)
        interface.add("Trace", self.trace)
        return interface

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
            there = [one for one in bus.attach_tracer(buffer) if addr in (None, one.addr)]
            yield {"header": Header(nr, bus.adapter.name, bus.adapter.functionality, there).as_dict()}
            while not call.over.wait(PERIOD):
                while lines := [event.as_dict() for event in buffer.take(AT_ONCE)]:
                    yield {"lines": lines}
        finally:
            with suppress(Error):  # the bus thread hangs: it tells nobody anything
                bus.detach_tracer(buffer)


def interface(buses: Collection[Bus]) -> Interface:
    """What other processes may hear of the buses; looked through at each call."""
    return _Handlers(buses).interface()
