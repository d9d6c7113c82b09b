"""The states of a device as one table: the events, and the state after each."""

from __future__ import annotations

from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING

from ...atomic import AtomicU64, Relaxed
from ...lib.log.ratelimit import Ratelimit

if TYPE_CHECKING:
    from ...lib.clock import Clock


class State(StrEnum):
    """The state of a chip and its driver."""

    ABSENT = auto()  # it does not answer, or another chip does
    PROBING = auto()
    LIVE = auto()
    SUSPECT = auto()  # it answers, but the latest sample is an error
    FAILED = auto()  # its driver is at fault and is not run any more


class Event(Enum):
    """An event of a device."""

    PROBE = auto()  # the driver initializes the chip
    OK = auto()  # probe succeeded, or a sample was verified
    ERROR = auto()  # a sample failed
    LOST = auto()  # no chip answers, or another one
    FAULT = auto()  # the driver broke a rule that holds for all drivers


NEXT = {
    (State.PROBING, Event.PROBE): State.PROBING,
    (State.PROBING, Event.OK): State.LIVE,
    (State.PROBING, Event.ERROR): State.SUSPECT,
    (State.PROBING, Event.LOST): State.ABSENT,
    (State.PROBING, Event.FAULT): State.FAILED,
    (State.LIVE, Event.OK): State.LIVE,
    (State.LIVE, Event.ERROR): State.SUSPECT,
    (State.LIVE, Event.PROBE): State.PROBING,
    (State.LIVE, Event.FAULT): State.FAILED,
    (State.SUSPECT, Event.OK): State.LIVE,
    (State.SUSPECT, Event.ERROR): State.SUSPECT,
    (State.SUSPECT, Event.PROBE): State.PROBING,
    (State.SUSPECT, Event.FAULT): State.FAILED,
    (State.ABSENT, Event.PROBE): State.PROBING,
    (State.ABSENT, Event.FAULT): State.FAILED,
}  # other transitions cannot happen
LEVELS = {State.LIVE: "info", State.SUSPECT: "warning", State.ABSENT: "warning"}  # an ejection is logged elsewhere


class DeviceState:
    """The state of one device, its reason, and the clock's time in s at which it began.

    Each change of state is counted and logged once.  Transient states (probing) are not.  Log lines are rate-limited.
    """

    def __init__(self, device: str, clock: Clock) -> None:
        self.now = State.PROBING
        self.reason = ""
        self.since = clock.monotonic()
        self.changes = AtomicU64(0)
        self._clock = clock
        self.stable = State.LIVE  # the last state that was not transient; at first, the state that binding should reach
        self._limit = Ratelimit(clock, device=device)

    def handle(self, event: Event, reason: str = "") -> None:
        """Change the state by an event; a failed device ignores events.  Raises KeyError for an impossible one."""
        if self.now is State.FAILED:
            return
        self.now = NEXT[self.now, event]
        if self.now is State.PROBING or self.now is self.stable:
            self.reason = reason if self.now is State.FAILED else self.reason
            return
        was, lasted = self.stable, self._clock.monotonic() - self.since
        self.stable, self.reason, self.since = self.now, reason, self._clock.monotonic()
        self.changes.add(1, Relaxed)
        if self.now in LEVELS:
            why = {"reason": reason} if reason else {}
            self._limit.log(LEVELS[self.now], str(self.now), was=str(was), seconds=round(lasted, 3), **why)

    def rebind(self) -> None:
        """Leave the state failed: another instance of the driver makes the chip ready."""
        self.now = State.PROBING

    def rollback(self) -> None:
        """Return to the state before the probe, which learned nothing about the chip."""
        self.now = self.stable
