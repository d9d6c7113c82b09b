"""Verification of samples: whether one is believed, and the further reads that decide it.

A sample near the one before is believed at no further cost.  The first sample, a sample that jumps, and a sample whose
bits are all 0 or all 1 are read twice more, and the chip's identity, constants and settings are checked.  So they are
with every 64th sample, unless samples carry the settings, and whenever the last check is 10 s old.  Bytes that nothing
checks and that cannot be read again are not believed before other measurements agree.  A sample of the same bytes as
the one before may be no new conversion: the driver proves that it is one, or in the end the chip is reset.  A failed
sample may leave a conversion in the chip that has not been read; the next sample discards what it reads first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...driver.driver import Driver
from ...errors import ConfigLost, Disagreement, DriverFault
from .plausibility import PlausibilityCheck

if TYPE_CHECKING:
    from ...driver.regmap import Answers
    from ...lib.counters import Counters
    from .bus_health import BusHealth

OTHERS = 2  # samples near this one; a line that flips one bit in 200 flips the same one twice, but hardly three times
OFTEN = 64  # samples, after which the chip is checked in any case, if they do not carry its settings
CHECK_S = 10.0  # after which it is checked in any case
FIRST_CHECK_S = 1.0  # and then twice as long, where only equal reads confirm its constants, or after a jump
SAID_NOTHING = 3  # times that nothing but 0, or nothing but 1, is said before it is a value
MOST_PATIENCE = 8  # checks with unchanged bytes before the chip is reset


class Nothing(Disagreement):
    """An answer of nothing but 0, or nothing but 1."""


class Unconfirmed(Disagreement):
    """Bytes that nothing checks and that cannot be read again; only more measurements can confirm them."""


class Unchanged(ConfigLost):
    """The same bytes for so long that the chip may not convert; a reset shows whether it does."""


class SampleVerifier:
    """The samples of one driver; ``last``: the last one, None if nothing vouches for the next."""

    def __init__(self, driver: Driver, health: BusHealth, steps: Counters) -> None:
        self.last: Any = None
        self._driver, self._health, self._steps = driver, health, steps
        self._client, self._clock = driver.client, driver.client.adapter.clock
        self._plausibility = PlausibilityCheck(str(driver.client), driver.sample_types, driver.channels)
        self._asked = False  # whether the chip was checked since it was made ready
        self._since = 0  # samples since it was checked
        self._asked_at = 0.0
        self._wait = CHECK_S  # s until it is checked again
        self._doubted: list[Any] = []  # what attempts brought that was another thing when it was read again
        self._nothings = 0  # attempts that said nothing
        kind = type(driver)
        self._may_hang = kind.prove is not Driver.prove or kind.reset is not Driver.reset
        self._content: tuple[Any, ...] = ()  # of the last sample that was believed
        self._found: tuple[Any, ...] = ()  # of this one
        self._moved = self._was_reset = False  # since the chip was checked last
        self._checks, self._patience = 0, 1  # checks with unchanged bytes so far, and before the reset
        self._waits = 0  # how often the chip had been given time when the latest attempt began
        self._unread = False  # whether the chip may hold a conversion of an attempt that failed
        self._discards = False  # whether the next attempt has to discard that

    def ready(self) -> None:
        """The chip was made ready just now."""
        self.last = None
        self._doubted.clear()
        self._nothings = 0
        self._asked = False
        self._was_reset = True
        self._wait = CHECK_S if self._driver.known.proven else FIRST_CHECK_S / 2

    def begin(self) -> None:
        """Begin a sample, for which there may be several attempts."""
        self._doubted.clear()
        self._nothings = 0
        self._discards = self._unread

    @property
    def is_free_running(self) -> bool:
        """Whether the latest attempt gave the chip no time to convert, so that it converts by itself, if at all."""
        return self._waits == self._client.waits

    async def attempt(self) -> Any:
        """A sample that can be believed.

        Errors: Disagreement, OutOfRange, BusFault, DriverFault; what the driver, and its ``verify``, raise.
        """
        regmap = self._driver.regmap
        sample = await self._measured()
        if self._discards:
            self._discards, self._content = False, self._said(sample)
            sample = await self._measured()
        self._since += 1
        if self._may_hang and not regmap.marked:
            sample = await self._converted(sample)
        due = self._is_due()
        doubted = regmap.flat or self._nothings or self._doubted
        if due or doubted or not self._plausibility.passes(sample, self.last):
            sample = await self._examined(sample, due)
        self._content = self._found
        return sample

    async def _measured(self) -> Any:
        """Return what the driver measures, unverified."""
        self._driver.regmap.begin()
        self._client.unchecked = 0
        self._waits = self._client.waits
        try:
            sample = await self._driver.sample()
        except BaseException:
            self._unread = self._unread or not self.is_free_running
            raise
        self._unread = False
        return sample

    def _is_due(self) -> bool:
        """Return whether the chip has to be checked now."""
        if not self._asked or (self._since >= OFTEN and not self._driver.regmap.carried):
            return True
        return self._client.is_due(by_clock=self._clock.monotonic() - self._asked_at >= self._wait)

    async def _examined(self, sample: Any, due: bool) -> Any:
        """One of which more is to be known, or that is none."""
        driver = self._driver
        if type(sample) not in driver.sample_types:
            raise DriverFault(f"driver {type(driver).__name__} gave {sample!r} for a sample of {driver.client}")
        sample = self._plausibility.judged(sample)
        is_close = self._plausibility.is_close(sample, self.last)
        if driver.regmap.flat:
            await self._nothing_said(is_close)
        else:
            await self._compared(sample, is_close, due)
        self._plausibility.check(sample, coupled=driver.coupled)
        return sample

    async def _ask(self) -> None:
        await self._driver.verify()
        early = self._wait < CHECK_S
        self._asked, self._since, self._asked_at = True, 0, self._clock.monotonic()
        self._wait = min(2 * self._wait, CHECK_S)
        if self._may_hang and not self._driver.regmap.marked and not early:
            self._wait_for_a_change()

    async def _nothing_said(self, is_close: bool) -> None:
        """Raise BusFault for a held line, or the error of ``verify`` if only the chip reads all 0 or all 1.

        It also is what some chips say from power-on until their first value.  Raises Nothing until it was said often.
        """
        nothing = Nothing(f"{self._driver.client} says nothing but 0, or nothing but 1")
        self._health.blame_bus_if_stuck(nothing)
        self._steps.add("rereads")
        said = self._driver.regmap.said()
        await self._ask()
        self._nothings += 1
        if not self._driver.regmap.agrees(said) or (not is_close and self._nothings < SAID_NOTHING):
            raise nothing

    async def _compared(self, sample: Any, is_close: bool, due: bool) -> None:
        """Read it again and check the chip where that is needed.  Raises Disagreement if it reads otherwise.

        A doubtful sample is read again before the check and after it: where the register number is lost, the register
        that was read last answers, which is another one then.
        """
        said = self._driver.regmap.said()
        doubtful = not is_close or bool(self._nothings or self._doubted)
        if doubtful and (said or self._client.unchecked):
            self._steps.add("rereads")
        same = not doubtful or self._reads_the_same(said)
        if not same:
            self._doubt(sample, is_close)
        if doubtful or due:
            await self._ask()
            if not is_close and self.last is not None and self._driver.constants:
                self._wait = FIRST_CHECK_S  # the check may have reached another chip than the sample did
        if doubtful and same and not self._reads_the_same(said):
            self._doubt(sample, is_close)

    def _reads_the_same(self, said: Answers) -> bool:
        """Return whether the sample's registers hold the same; bytes that nothing checks are gone once they were read.

        An answer with a CRC is gone as well, and needs no comparison.
        """
        return not self._client.unchecked and self._driver.regmap.agrees(said)

    def _doubt(self, sample: Any, is_close: bool) -> None:
        """Raise Disagreement unless other samples, of which the last one that was believed is one, are near this one.

        So a chip that converts all the time, or whose bytes can be read only once, has its values in the end.
        """
        others = is_close + sum(self._plausibility.is_close(sample, before) for before in self._doubted)
        self._doubted.append(sample)
        if others < OTHERS:
            kind = Unconfirmed if self._client.unchecked else Disagreement
            raise kind(f"{self._client} gives another answer when it is read again")

    # Repeated conversions.

    async def _converted(self, sample: Any) -> Any:
        """Return the sample; if it has the same bytes as the last one, a sample that is proven to be new."""
        self._found = self._said(sample)
        if self._found and self._found == self._content:
            proven = await self._driver.prove()
            sample = sample if proven is None else proven
            self._found = self._said(sample)
        self._moved = self._moved or self._found != self._content
        return sample

    def _said(self, sample: Any) -> tuple[Any, ...]:
        """Return what the registers said; the values themselves where the chip answers without registers."""
        return self._driver.regmap.content() or (sample if isinstance(sample, tuple) else ())

    def _wait_for_a_change(self) -> None:
        """Count this check if the bytes have not changed since the last one.  Raises Unchanged after too many.

        The chip is then reset, which shows whether it converts.  If it does, the limit doubles.
        """
        if self._moved:
            self._checks, self._patience = 0, 1
        elif not self._was_reset:
            self._checks += 1
        self._moved = self._was_reset = False
        if self._checks >= self._patience:
            self._checks, self._patience = 0, min(2 * self._patience, MOST_PATIENCE)
            raise Unchanged(f"{self._client} returns the same bytes all the time: it may have stopped converting")
