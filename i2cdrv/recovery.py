"""From a fault back to samples, one step after the other, each no more than the fault asks for.

1. A read that failed is tried again at once (``RegMap``), then the sample as a whole; a sample that is far from the one
   before is read a second time, and the chip is asked who it is.
2. A chip that lost its settings, or failed again, is made ready from the beginning: identity, reset where it has one,
   fresh trimming.  Nothing else is sent before the identity is right: another chip may be there now.
3. One that does not answer, or is another one, is absent: it is looked for at each sample that is due, after a minute
   less and less often.

A fault of the bus is none of the chip's: the state of the chip is what it was.  A fault of the driver ends it.
"""

from __future__ import annotations

import errno
from random import uniform
from typing import TYPE_CHECKING, Any

from .counters import STEPS, Counters
from .errors import BusFault, ConfigLost, Disagreement, DriverFault, Error, NoDevice, OutOfRange, TimedOut
from .log import log
from .plausible import Plausible
from .ratelimit import Ratelimit
from .state import DeviceState, Event, State

if TYPE_CHECKING:
    from .driver import Driver
    from .health import BusHealth

PASSING = {  # what may be over the next time
    errno.ENXIO, errno.EREMOTEIO, errno.EIO, errno.EAGAIN, errno.EBADMSG, errno.EBUSY, errno.EPROTO,
}  # fmt: skip
NOT_THERE = (errno.ENXIO, errno.EREMOTEIO, errno.ENODEV)
ATTEMPTS = 3  # of a sample that is due
RETRIES = 2  # of a read
JITTER = (0.001, 0.005)  # s between attempts; who disturbs the bus periodically must not meet each of them
FRESH = 0.2  # s for which a chip that has said who it is need not be asked again
OFTEN = 60.0  # s that an absent chip is looked for whenever a sample is due
SELDOM = 30.0  # s between two looks, at most, later


class Recovery:
    """One device: its state, its samples, and what was done to have them.  On the kthread, but for what only looks."""

    def __init__(self, driver: Driver, health: BusHealth) -> None:
        self.state = DeviceState(str(driver.client), driver.client.adapter.clock)
        self.steps = driver.client.steps = Counters(STEPS)
        self.known = False  # the chip there is the one that was made ready
        self.interval = 1.0  # s between samples
        self._driver, self._client, self._health = driver, driver.client, health
        self._clock = driver.client.adapter.clock
        self._plausible = Plausible(str(driver.client), driver.sample_types, driver.channels)
        self._last: Any = None  # the last sample; None if nothing vouches for the next one
        self._doubted: Any = None  # a sample of this attempt that was another one when it was read again
        self._said = -FRESH  # when the chip said who it is
        self._probed = self._absent_since = self._next_look = -OFTEN
        self._limit = Ratelimit(self._clock)

    async def start(self) -> None:
        """Probe for the first time."""
        self._client.retries = RETRIES
        await self._driver.start()
        self.known, self._said = True, self._clock.monotonic()
        self.state.on(Event.SOUND)

    async def sample(self) -> Any:
        """One that can be vouched for.  Errors: BusFault, ConfigLost, NoDevice, OutOfRange, or what a transfer says."""
        self._check()
        began = self._clock.monotonic()
        if self.known:
            try:
                return self._sound(await self._measured(began))
            except Error as error:
                if not self._calls_for_probe(error):
                    raise
        await self.revive()
        try:
            return self._sound(await self._measured(began))
        except Error as error:
            self._trouble(error)
            raise

    async def revive(self) -> None:
        """Make the chip ready from the beginning.  Errors: those of probe; NoDevice at once if it was looked for."""
        self._check()
        absent = self.state.now is State.ABSENT
        if absent:
            self._look()
        self.steps.add("looks" if absent else "reprobes")
        self.state.on(Event.PROBE)
        self.known, self._last, self._probed = False, None, self._clock.monotonic()
        self._driver.forget()
        self._client.retries = 0 if absent else RETRIES
        try:
            await self._driver.start()
        except Error as error:
            self._trouble(error)
            raise
        self._client.retries = RETRIES
        self.known, self._said = True, self._clock.monotonic()

    def lose(self) -> None:
        """What the chip is set to is not known any more: the next sample makes it ready first."""
        self.known = False

    def fail(self, error: Error) -> None:
        """The driver did what no driver may: it is not run again."""
        if self.state.now is not State.FAILED:
            self.known = False
            self.state.on(Event.FAULT, error.message)

    def _check(self) -> None:
        if self.state.now is State.FAILED:
            module = type(self._driver).__module__.rpartition(".")[2]
            raise DriverFault(f"{self.state.reason}; mend it, then: i2cdrv reload {module}")
        self._health.check(self.interval)

    def _sound(self, sample: Any) -> Any:
        self._last = sample
        if self.state.now is not State.LIVE:
            self.steps.add("recoveries")
            self.state.on(Event.SOUND)
            self._health.answers(str(self._client))
        return sample

    # Step 1.

    async def _measured(self, began: float) -> Any:
        """A sample; tried again if that may help and there is time."""
        self._doubted = None
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._believed()
            except Error as error:
                late = self._clock.monotonic() - began > self._driver.timeout / ATTEMPTS
                if late or attempt == ATTEMPTS or error.errno not in PASSING:
                    raise
                self._health.examine(error)
            self.steps.add("retries")
            await self._client.sleep(uniform(*JITTER))
        raise AssertionError

    async def _believed(self) -> Any:
        """A sample that the one before vouches for, or else its being read again and the chip's saying who it is.

        What a chip that converts all the time says again need not be the same bytes: two samples of which nothing else
        vouches for either, and which are near each other, will do.
        """
        driver, before, self._doubted = self._driver, self._doubted, None
        driver.regmap.begin()
        sample = await driver.sample()
        if type(sample) not in driver.sample_types:
            raise DriverFault(f"driver of {self._client} gave {sample!r} for a sample")
        flat = driver.regmap.flat
        if flat or not self._plausible.near(sample, self._last):
            self.steps.add("rereads")
            if flat:
                nothing = Disagreement(f"{self._client} says nothing but 0, or nothing but 1")
                self._health.examine(nothing)
                if not self._plausible.near(sample, self._last) and not self._plausible.near(sample, before):
                    self._doubted = sample  # power came back just now, perhaps: let it say so twice
                    raise nothing
            if not (driver.regmap.agrees() or self._plausible.near(sample, before)):
                self._doubted = sample
                raise Disagreement(f"{self._client} gives another answer when it is read again")
            if flat or self._clock.monotonic() - self._said > FRESH:
                await driver.vouch()
        self._plausible.check(sample)
        return sample

    # Step 2, or not.

    def _calls_for_probe(self, error: Error) -> bool:
        """Whether a sample that failed calls for making the chip ready anew, at once."""
        was = self.state.now
        if isinstance(error, ConfigLost | NoDevice):
            self._health.examine(error)
            if self._limit.allows() is not None:
                log("warning", error.message, device=str(self._client), next="probing again")
            return True
        self._trouble(error)
        if isinstance(error, OutOfRange):  # rather the input's fault than the chip's
            return was is State.SUSPECT and self._clock.monotonic() - self._probed > OFTEN
        return was is State.SUSPECT and (error.errno in PASSING or isinstance(error, TimedOut))

    def _trouble(self, error: Error) -> None:
        """Note what made a sample, or a probe, fail.  Raises BusFault if it is the bus's."""
        self._last = None
        if isinstance(error, DriverFault):
            self.fail(error)
            return
        try:
            if isinstance(error, BusFault):
                raise error
            self._health.examine(error)
        except BusFault:
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
