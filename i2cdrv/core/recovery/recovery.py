"""From a fault back to samples, one step after the other, each no more than the fault asks for.

1. A read that failed is tried again at once (``RegMap``), then the sample as a whole, and so is one that is not to be
   believed (``SampleVerifier``).
2. A chip that lost its settings, or failed again, is made ready from the beginning: identity, reset where it has one,
   fresh trimming.  Nothing else is sent before the identity is right: another chip may be there now.
3. One that does not answer, or is another one, is absent: it is looked for at each sample that is due, after a minute
   less and less often.

A fault of the bus is none of the chip's: the state of the chip is what it was.  A fault of the driver ends it.
"""

from __future__ import annotations

import errno
from collections import deque
from random import uniform
from typing import TYPE_CHECKING, Any

from ...driver import regmap
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
from .verify import Nothing, SampleVerifier, Unchanged, Unconfirmed

if TYPE_CHECKING:
    from ...driver.driver import Driver
    from .bus_health import BusHealth

PASSING = (*regmap.PASSING, errno.EBADMSG, errno.EBUSY, errno.EPROTO)  # what may be over the next time
NOTHING_OF_THE_CHIP = (BusFault, EndOfRecord, NotRecorded)
NOT_THERE = (*NOT_ACKNOWLEDGED, errno.ENODEV)
INTERVAL = 1.0  # s between samples, until somebody says otherwise
ATTEMPTS = 3  # of a sample that is due
MOST_ATTEMPTS = 8  # of one whose bytes only another measurement can confirm
MOST_WAITS = 1000  # for the next conversion of a chip that converts by itself; the driver's timeout ends it earlier
FIRST_WAIT_S, LONGEST_WAIT_S = 0.0005, 0.05  # between two of them; each is twice as long as the one before
RETRIES = 2  # of a read
JITTER = (0.001, 0.005)  # s between attempts; who disturbs the bus periodically must not meet each of them
LOSSES = 3  # of its settings, with sound samples between them, within LOSSES_S or ten samples: then others change them
LOSSES_S = 60.0
OFTEN = 60.0  # s that an absent chip is looked for whenever a sample is due
SELDOM = 30.0  # s between two looks, at most, later


class Recovery:
    """One device: its state, its samples, and what was done to have them.  On the kthread, but for what only looks."""

    def __init__(self, driver: Driver, health: BusHealth) -> None:
        self.state = DeviceState(str(driver.client), driver.client.adapter.clock)
        self.steps = driver.client.steps = Counters(STEPS)
        self.failure: Error | None = None
        self.known = False  # the chip there is the one that was made ready
        self.interval = INTERVAL
        self._driver, self._client, self._health = driver, driver.client, health
        self._clock = driver.client.adapter.clock
        self._verifier = SampleVerifier(driver, health, self.steps)
        self._probed = self._absent_since = self._next_look = -OFTEN
        self._limit = Ratelimit(self._clock)
        self._losses: deque[float] = deque(maxlen=LOSSES)  # when a chip that was sound had other settings
        self._sound_since_loss = False

    @property
    def disturbed(self) -> str:
        """The cause of settings that keep changing, and the fix; empty if they do not."""
        within = max(LOSSES_S, 10 * self.interval)
        if len(self._losses) < LOSSES or self._clock.monotonic() - self._losses[0] > within:
            return ""
        sharing = self._driver.sharing
        return (
            f"the settings of {self._client} keep changing between samples: another program or chip uses the address, "
            f"or the power fails; stop the other program{f', or {sharing}' if sharing else ''}"
        )

    async def start(self) -> None:
        """Probe for the first time."""
        self._client.retries = RETRIES
        await self._driver.start()
        self._made_ready()
        self.state.on(Event.SOUND)

    async def sample(self) -> Any:
        """One that can be vouched for.  Errors: BusFault, ConfigLost, NoDevice, OutOfRange, or what a transfer says."""
        if self._health.fault is not None:
            self._health.check(self.interval)
        began = self._clock.monotonic()
        self._verifier.begin()
        for probes_left in (2, 1, 0):
            if not self.known:
                await self.revive()
            try:
                try:
                    return self._sound(await self._verifier.attempt())
                except Error as error:
                    return self._sound(await self._tried_again(began, error))
            except Error as error:
                in_time = self._clock.monotonic() - began < self._driver.timeout
                if not self._calls_for_probe(error, bool(probes_left) and in_time):
                    raise self._named(error) from error
        raise AssertionError

    def _named(self, error: Error) -> Error:
        """Return the error, with the reason why the settings are lost again and again."""
        if _is_loss(error) and self.disturbed:
            return type(error)(f"{error.message}; {self.disturbed}", error.errno)
        return error

    async def revive(self) -> None:
        """Make the chip ready from the beginning.  Errors: those of probe; NoDevice at once if it was looked for."""
        self._health.check(self.interval)
        absent = self.state.now is State.ABSENT
        if absent:
            self._look()
        self.steps.add("searches" if absent else "reprobes")
        self.state.on(Event.PROBE)
        self.known, self._probed = False, self._clock.monotonic()
        self._driver.forget()
        self._client.retries = 0 if absent else RETRIES
        try:
            await self._driver.start()
        except Error as error:
            self._trouble(error)
            raise
        self._client.retries = RETRIES
        self._made_ready()

    async def reach(self) -> None:
        """Make sure that the chip is the one that was made ready, when more is wanted of it than a sample."""
        if not self.known:
            await self.revive()
            self.state.on(Event.SOUND)
            self._health.answers(str(self._client))

    def _made_ready(self) -> None:
        self.known = True
        self._verifier.ready()

    def lose(self) -> None:
        """What the chip is set to is not known any more: the next sample makes it ready first."""
        self.known = False

    def fail(self, why: Error) -> bool:
        """The driver did what no driver may: it is not run again.  False if it has failed before.  From any thread."""
        if self.failure is not None:
            return False
        self.failure, self.known = why, False
        self.state.on(Event.FAULT, why.message)
        return True

    def renewed(self, driver: Driver) -> Recovery:
        """Give the recovery of the same chip with a new instance of its driver; state and counts are the same ones."""
        fresh = Recovery(driver, self._health)
        fresh.state, fresh.interval = self.state, self.interval
        fresh.steps = driver.client.steps = self.steps
        fresh.state.rebind()
        return fresh

    def _sound(self, sample: Any) -> Any:
        if self.failure is not None:
            raise Ejected(self.failure)
        self._verifier.last, self._sound_since_loss = sample, True
        if self.state.now is not State.LIVE:
            self.steps.add("recoveries")
            self.state.on(Event.SOUND)
            self._health.answers(str(self._client))
        return sample

    # Step 1.

    async def _tried_again(self, began: float, error: Error) -> Any:
        """A sample in spite of an attempt that failed, if another may help and there is time; else raise the error."""
        for number in range(1, MOST_WAITS):
            if number >= self._most_attempts(error):
                break
            if error.errno not in PASSING or self._clock.monotonic() - began > self._driver.timeout / ATTEMPTS:
                break
            if not self._is_early(error):
                self._health.examine(error)
            self.steps.add("retries")
            await self._client.sleep(self._pause(error, number) + uniform(*JITTER))
            try:
                return await self._verifier.attempt()
            except Error as again:
                error = again
        raise error

    def _most_attempts(self, error: Error) -> int:
        """Return how many attempts a sample may take that fails in this way."""
        if self._is_early(error):
            return MOST_WAITS
        return MOST_ATTEMPTS if isinstance(error, Unconfirmed) else ATTEMPTS

    def _pause(self, error: Error, number: int) -> float:
        """Return the time in s to let pass before the next attempt; jitter comes on top."""
        if isinstance(error, Nothing):
            return self._driver.startup
        return min(FIRST_WAIT_S * 2**number, LONGEST_WAIT_S) if self._is_early(error) else 0.0

    def _is_early(self, error: Error) -> bool:
        """Return whether the sample was taken before the next conversion of a chip that converts by itself."""
        return isinstance(error, NotConverted) and self._verifier.is_free_running

    # Step 2, or not.

    def _calls_for_probe(self, error: Error, possible: bool) -> bool:
        """Whether a sample that failed calls for making the chip ready anew, at once, where that is ``possible``."""
        was = self.state.now
        if _is_loss(error) and self._sound_since_loss:
            self._losses.append(self._clock.monotonic())
            self._sound_since_loss = False
        if possible and isinstance(error, ConfigLost | NoDevice | NotConverted):
            self._health.examine(error)
            if not isinstance(error, Unchanged):
                self._limit.log("warning", error.message, device=str(self._client), next="probing again")
            self.known = False
            return True
        self._trouble(error)
        if possible and was is State.SUSPECT and self._may_help(error):
            self.known = False
            return True
        return False

    def _may_help(self, error: Error) -> bool:
        """Whether to make the chip ready anew may help against the error."""
        if isinstance(error, OutOfRange):  # rather the input's fault than the chip's
            return self._clock.monotonic() - self._probed > OFTEN
        return error.errno in PASSING or isinstance(error, TimedOut)

    def _trouble(self, error: Error) -> None:
        """Note what made a sample, or a probe, fail.  Raises what is none of the chip's: BusFault, a record's end."""
        self._verifier.last = None
        if isinstance(error, DriverFault):
            return  # it will be ejected
        try:
            if isinstance(error, NOTHING_OF_THE_CHIP):
                raise error
            self._health.examine(error)
        except NOTHING_OF_THE_CHIP:
            if self.state.now is State.PROBING:
                self.state.back()
            raise
        if self.known or error.errno not in NOT_THERE:
            self.known = self.known and not isinstance(error, ConfigLost | NoDevice)
            self.state.on(Event.TROUBLE, error.message)
            return
        if self.state.rest is not State.ABSENT:
            self._absent_since = self._next_look = self._clock.monotonic()
        self.state.on(Event.GONE, error.message)
        self._health.gone(str(self._client))

    # Step 3.

    def _look(self) -> None:
        """Raise NoDevice if it was looked for a short time ago."""
        now = self._clock.monotonic()
        if now < self._next_look:
            raise NoDevice(f"{self.state.reason}; {self._client} is looked for again in {self._next_look - now:.0f} s")
        gone = now - self._absent_since
        self._next_look = now + (min(gone / 10, SELDOM) if gone >= OFTEN else 0.0)


def _is_loss(error: Error) -> bool:
    """Return whether the chip had other settings than it was given."""
    return isinstance(error, ConfigLost) and not isinstance(error, NotMeasured | Unchanged)
