"""The states of a device as one table: what happens to it, and what it is then."""

from __future__ import annotations

from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING

from ...atomic import AtomicU64, Relaxed
from ...lib.log.ratelimit import Ratelimit

if TYPE_CHECKING:
    from ...lib.clock import Clock


class State(StrEnum):
    """What can be said of the chip."""

    ABSENT = auto()  # it does not answer, or another chip does
    PROBING = auto()
    LIVE = auto()
    SUSPECT = auto()  # it is there, and the latest sample is an error
    FAILED = auto()  # its driver is at fault, and is not run any more


class Event(Enum):
    """What happens to a device."""

    PROBE = auto()  # the driver makes it ready, from the beginning
    SOUND = auto()  # probe succeeded, or a sample that can be vouched for
    TROUBLE = auto()  # a sample that is an error
    GONE = auto()  # nothing answers, or another chip
    FAULT = auto()  # the driver did what no driver may


NEXT = {
    (State.PROBING, Event.PROBE): State.PROBING,
    (State.PROBING, Event.SOUND): State.LIVE,
    (State.PROBING, Event.TROUBLE): State.SUSPECT,
    (State.PROBING, Event.GONE): State.ABSENT,
    (State.PROBING, Event.FAULT): State.FAILED,
    (State.LIVE, Event.SOUND): State.LIVE,
    (State.LIVE, Event.TROUBLE): State.SUSPECT,
    (State.LIVE, Event.PROBE): State.PROBING,
    (State.LIVE, Event.FAULT): State.FAILED,
    (State.SUSPECT, Event.SOUND): State.LIVE,
    (State.SUSPECT, Event.TROUBLE): State.SUSPECT,
    (State.SUSPECT, Event.PROBE): State.PROBING,
    (State.SUSPECT, Event.FAULT): State.FAILED,
    (State.ABSENT, Event.PROBE): State.PROBING,
    (State.ABSENT, Event.FAULT): State.FAILED,
}  # what is not here cannot happen
LEVELS = {State.LIVE: "info", State.SUSPECT: "warning", State.ABSENT: "warning"}  # who ejects a driver says why


class DeviceState:
    """The state of one device, its reason, and since when (the clock's time in s).

    A change is counted, and logged once; what is passed through on the way, as probing for a chip that is not there, is
    neither.  One that comes and goes all the time does not fill the log.
    """

    def __init__(self, device: str, clock: Clock) -> None:
        self.now = State.PROBING
        self.reason = ""
        self.since = clock.monotonic()
        self.changes = AtomicU64(0)
        self._device, self._clock = device, clock
        self.rest = State.LIVE  # the last one that was no passage; whoever binds a device expects it to be live
        self._limit = Ratelimit(clock)

    def on(self, event: Event, reason: str = "") -> None:
        """Let it happen; to one that has failed nothing does any more.  Raises KeyError for what cannot be."""
        if self.now is State.FAILED:
            return
        self.now = NEXT[self.now, event]
        if self.now is State.PROBING or self.now is self.rest:
            self.reason = reason if self.now is State.FAILED else self.reason
            return
        was, lasted = self.rest, self._clock.monotonic() - self.since
        self.rest, self.reason, self.since = self.now, reason, self._clock.monotonic()
        self.changes.add(1, Relaxed)
        if self.now in LEVELS:
            why = {"reason": reason} if reason else {}
            where = {"device": self._device, "was": str(was), "seconds": round(lasted, 3)}
            self._limit.log(LEVELS[self.now], str(self.now), **where, **why)

    def rebind(self) -> None:
        """Leave the state failed: another instance of the driver makes the chip ready."""
        self.now = State.PROBING

    def back(self) -> None:
        """Be what it was before it was probed: nothing was learnt of the chip."""
        self.now = self.rest
