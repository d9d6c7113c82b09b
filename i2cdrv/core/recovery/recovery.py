"""Recovery from a fault back to samples in three steps, each no stronger than the fault requires.

1. A failed read is retried at once (``RegMap``), then the whole sample.  A sample that is not credible is retried as
   well (``SampleVerifier``).
2. A chip that lost its settings, or failed again, is reinitialized: identity, reset where it has one, new trimming
   values.  Nothing else is sent before the identity is right, because another chip may be there now.
3. A chip that does not answer, or is another one, is absent.  It is searched for whenever a sample is due, and after a
   minute less and less often.

A fault of the bus leaves the state of its chips as it was.  A fault of the driver ejects the driver.
"""

from __future__ import annotations

import errno
from collections import deque
from typing import TYPE_CHECKING, Any

from ...driver import retry
from ...errors import (
    NOT_ACKNOWLEDGED,
    BusFault,
    ConfigLost,
    DriverFault,
    Ejected,
    EndOfRecord,
    Error,
    NoDevice,
    NotConverted,
    NotMeasured,
    NotRecorded,
    OutOfRange,
    TimedOut,
)
from ...lib.counters import STEPS, Counters
from ...lib.log.ratelimit import Ratelimit
from .state import DeviceState, Event, State
from .verify import SampleVerifier, StuckBits, Unchanged, Unconfirmed

if TYPE_CHECKING:
    from ...driver.driver import Driver
    from .bus_health import BusHealth

LIVE = State.LIVE  # an enumeration looks a member up in Python
TRANSIENT = (
    *retry.TRANSIENT_ERRNOS,
    errno.EBUSY,
    errno.EPROTO,
)  # errors that may be over soon
NOT_THE_CHIPS_FAULT = (BusFault, EndOfRecord, NotRecorded)
ABSENT_ERRNOS = (*NOT_ACKNOWLEDGED, errno.ENODEV)
DEFAULT_INTERVAL_S = 1.0  # between samples
ATTEMPTS = 3  # of a sample
MAX_UNCONFIRMED_ATTEMPTS = 8  # of a sample whose bytes only another measurement can confirm
MAX_CONVERSION_WAITS = 1000  # for the next conversion of a free-running chip; the driver's timeout ends it earlier
FIRST_WAIT_S, MAX_WAIT_S = 0.0005, 0.05  # between two of them; each is twice as long as the one before
READ_RETRIES = 2
JITTER_S = (0.001, 0.005)  # between attempts, so that a periodic disturbance of the bus does not hit each of them
MAX_LOSSES = 3  # of its settings, with good samples in between, within LOSSES_WITHIN_S or ten samples
LOSSES_WITHIN_S = 60.0  # after MAX_LOSSES, another program or chip is the cause
EAGER_PERIOD_S = 60.0  # during which an absent chip is searched for whenever a sample is due
MAX_BACKOFF_S = 30.0  # between two searches later


class Recovery:
    """The state and the verified samples of one device.  It runs on the kthread; any thread may read attributes."""

    def __init__(self, driver: Driver, health: BusHealth) -> None:
        self.state = DeviceState(str(driver.client), driver.client.adapter.clock)
        self.steps = driver.client.steps = Counters(STEPS)
        self.failure: Error | None = None
        self.initialized = False  # by this driver instance, and its settings are not known to be lost
        self.interval = max(DEFAULT_INTERVAL_S, driver.fastest)
        self._driver, self._client, self._health = driver, driver.client, health
        self._clock = driver.client.adapter.clock
        self._verifier = SampleVerifier(driver, health, self.steps)
        self._probed = self._absent_since = self._next_search = -EAGER_PERIOD_S
        self._limit = Ratelimit(self._clock, device=str(self._client))
        self._losses: deque[float] = deque(maxlen=MAX_LOSSES)  # when a chip with good samples had other settings
        self._ok_since_loss = False

    @property
    def disturbance(self) -> str:
        """The cause of settings that keep changing, and the fix; empty if they do not."""
        within = max(LOSSES_WITHIN_S, 10 * self.interval)
        if len(self._losses) < MAX_LOSSES or self._clock.monotonic() - self._losses[0] > within:
            return ""
        sharing = self._driver.sharing
        return (
            f"the settings of {self._client} keep changing between samples: another program or chip uses the address, "
            f"or the power fails; stop the other program{f', or {sharing}' if sharing else ''}"
        )

    async def start(self) -> None:
        """Initialize the chip for the first time."""
        self._client.retries = READ_RETRIES
        await self._driver.start()
        self._mark_initialized()
        self.state.handle(Event.OK)

    async def sample(self) -> Any:
        """Take a verified sample.  Errors: BusFault, ConfigLost, NoDevice, OutOfRange; those of a transfer."""
        if self._health.fault is not None:
            self._health.check(self.interval)
        began = self._clock.monotonic()
        self._verifier.begin()
        for probes_left in (2, 1, 0):
            if not self.initialized:
                await self.reinitialize()
            try:
                try:
                    return self._accept(await self._verifier.attempt())
                except Error as error:
                    return self._accept(await self._retry(began, error))
            except Error as error:
                in_time = self._clock.monotonic() - began < self._driver.timeout
                if not self._must_reprobe(error, bool(probes_left) and in_time):
                    raise self._explain_loss(error) from error
        raise AssertionError

    def _explain_loss(self, error: Error) -> Error:
        """Return the error, with the reason for repeated losses of the settings."""
        if _is_loss(error) and self.disturbance:
            return type(error)(f"{error.message}; {self.disturbance}", error.errno)
        return error

    async def reinitialize(self) -> None:
        """Initialize the chip again.  Errors: those of probe; NoDevice at once if it was searched for just now."""
        self._health.check(self.interval)
        absent = self.state.now is State.ABSENT
        if absent:
            self._search()
        self.steps.add("searches" if absent else "reprobes")
        self.state.handle(Event.PROBE)
        self.initialized, self._probed = False, self._clock.monotonic()
        self._driver.forget()
        self._client.retries = 0 if absent else READ_RETRIES
        try:
            await self._driver.start()
        except Error as error:
            self._record_failure(error)
            raise
        self._client.retries = READ_RETRIES
        self._mark_initialized()

    async def ensure_ready(self) -> None:
        """Initialize the chip unless it is, before an access that is not a sample."""
        if not self.initialized:
            await self.reinitialize()
            self.state.handle(Event.OK)
            self._health.mark_present(str(self._client))

    def _mark_initialized(self) -> None:
        self.initialized = True
        self._verifier.mark_initialized()

    def invalidate(self) -> None:
        """Forget the settings of the chip: the next sample initializes it first."""
        self.initialized = False

    def fail(self, why: Error) -> bool:
        """Record a fault of the driver, which is not run again.  Return False if it has failed before.  Any thread."""
        if self.failure is not None:
            return False
        self.failure, self.initialized = why, False
        self.state.handle(Event.FAULT, why.message)
        return True

    def renewed(self, driver: Driver) -> Recovery:
        """Make the recovery of the same chip for a new instance of its driver; it shares state and counts."""
        fresh = Recovery(driver, self._health)
        fresh.state, fresh.interval = self.state, self.interval
        fresh.steps = driver.client.steps = self.steps
        fresh.state.rebind()
        return fresh

    def _accept(self, sample: Any) -> Any:
        if self.failure is not None:
            raise Ejected(self.failure)
        self._verifier.last, self._ok_since_loss = sample, True
        if self.state.now is not LIVE:
            self.steps.add("recoveries")
            self.state.handle(Event.OK)
            self._health.mark_present(str(self._client))
        return sample

    # Step 1.

    async def _retry(self, began: float, error: Error) -> Any:
        """Attempt the sample again if that may help and there is time; else raise the error."""
        for number in range(1, MAX_CONVERSION_WAITS):
            if number >= self._max_attempts(error):
                break
            if error.errno not in TRANSIENT or self._clock.monotonic() - began > self._driver.timeout / ATTEMPTS:
                break
            if not self._is_early(error):
                self._health.blame_bus_if_stuck(error)
            self.steps.add("retries")
            from random import uniform  # a chip that answers needs none

            await self._client.sleep(self._pause(error, number) + uniform(*JITTER_S))
            try:
                return await self._verifier.attempt()
            except Error as again:
                error = again
        raise error

    def _max_attempts(self, error: Error) -> int:
        """Return the number of attempts for a sample that fails in this way."""
        if self._is_early(error):
            return MAX_CONVERSION_WAITS
        confirming = isinstance(error, Unconfirmed) or self._verifier.is_confirming
        return MAX_UNCONFIRMED_ATTEMPTS if confirming else ATTEMPTS

    def _pause(self, error: Error, number: int) -> float:
        """Return the time in s before the next attempt, without jitter."""
        if isinstance(error, StuckBits):
            return self._driver.startup
        return min(FIRST_WAIT_S * 2**number, MAX_WAIT_S) if self._is_early(error) else 0.0

    def _is_early(self, error: Error) -> bool:
        """Return whether the sample was taken before the next conversion of a chip that converts by itself."""
        return isinstance(error, NotConverted) and self._verifier.is_free_running

    # Step 2.

    def _must_reprobe(self, error: Error, possible: bool) -> bool:
        """Return whether a failed sample requires to initialize the chip at once, where that is ``possible``."""
        was = self.state.now
        if _is_loss(error) and self._ok_since_loss:
            self._losses.append(self._clock.monotonic())
            self._ok_since_loss = False
        if possible and isinstance(error, ConfigLost | NoDevice | NotConverted):
            self._health.blame_bus_if_stuck(error)
            if not isinstance(error, Unchanged):
                self._limit.log("warning", error.message, next="probing again")
            self.initialized = False
            return True
        self._record_failure(error)
        if possible and was is State.SUSPECT and self._reprobe_may_help(error):
            self.initialized = False
            return True
        return False

    def _reprobe_may_help(self, error: Error) -> bool:
        """Return whether it may help against the error to initialize the chip again."""
        if isinstance(error, OutOfRange):  # more likely the input's fault than the chip's
            return self._clock.monotonic() - self._probed > EAGER_PERIOD_S
        return error.errno in TRANSIENT or isinstance(error, TimedOut)

    def _record_failure(self, error: Error) -> None:
        """Record the failure of a sample or a probe.  Raises errors that are not the chip's."""
        self._verifier.last = None
        if isinstance(error, DriverFault):
            return  # it will be ejected
        try:
            if isinstance(error, NOT_THE_CHIPS_FAULT):
                raise error
            self._health.blame_bus_if_stuck(error)
        except NOT_THE_CHIPS_FAULT:
            if self.state.now is State.PROBING:
                self.state.rollback()
            raise
        if self.initialized or error.errno not in ABSENT_ERRNOS:
            self.initialized = self.initialized and not isinstance(error, ConfigLost | NoDevice)
            self.state.handle(Event.ERROR, error.message)
            return
        if self.state.stable is not State.ABSENT:
            self._absent_since = self._next_search = self._clock.monotonic()
        self.state.handle(Event.LOST, error.message)
        self._health.mark_absent(str(self._client))

    # Step 3.

    def _search(self) -> None:
        """Begin a search for the chip.  Raises NoDevice if it was searched for a short time ago."""
        now = self._clock.monotonic()
        if now < self._next_search:
            again = f"{self._client} is searched for again in {self._next_search - now:.0f} s"
            raise NoDevice(f"{self.state.reason}; {again}")
        gone = now - self._absent_since
        self._next_search = now + (min(gone / 10, MAX_BACKOFF_S) if gone >= EAGER_PERIOD_S else 0.0)


def _is_loss(error: Error) -> bool:
    """Return whether the chip had other settings than those it was given."""
    return isinstance(error, ConfigLost) and not isinstance(error, NotMeasured | Unchanged)
