"""Whether a sample is to be believed: what else says the same, or that the chip is still the one it was.

A sample near the one before is vouched for by that one, and costs nothing more.  One that is far from it, the first
one, and one that says nothing but 0 or nothing but 1, is read again, twice, and the chip is asked who it is and what it
is set to; that it is asked now and then in any case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import Disagreement, DriverFault
from .plausible import Plausible

if TYPE_CHECKING:
    from .counters import Counters
    from .driver import Driver
    from .health import BusHealth

REREADS = 2  # a line that turns over one bit in two hundred turns over the same one twice, but hardly three times
OFTEN = 64  # samples, after which it is asked in any case: counted, not timed, so that a record can be played again
SAID_NOTHING = 3  # times that nothing but 0, or nothing but 1, is said before it is a value


class Nothing(Disagreement):
    """An answer of nothing but 0, or nothing but 1."""


class Voucher:
    """The samples of one driver; ``last``: the last one, None if nothing vouches for the next."""

    def __init__(self, driver: Driver, health: BusHealth, steps: Counters) -> None:
        self.last: Any = None
        self._driver, self._health, self._steps = driver, health, steps
        self._plausible = Plausible(str(driver.client), driver.sample_types, driver.channels)
        self._since = 0  # samples since the chip said who it is
        self._doubted: list[Any] = []  # what attempts brought that was another thing when it was read again
        self._nothings = 0  # attempts that said nothing

    def ready(self) -> None:
        """The chip was made ready just now."""
        self.last = None

    def begin(self) -> None:
        """A sample is due; there may be several attempts."""
        self._doubted.clear()
        self._nothings = 0

    async def attempt(self) -> Any:
        """A sample that can be believed.

        Errors: Disagreement, OutOfRange, BusFault, DriverFault; what the driver, and its ``vouch``, raise.
        """
        driver = self._driver
        driver.regmap.begin()
        sample = await driver.sample()
        self._since += 1
        if (
            self._plausible.is_ordinary(sample, self.last)
            and not driver.regmap.flat
            and not self._nothings
            and self._since < OFTEN
        ):
            return sample
        return await self._examined(sample)

    async def _examined(self, sample: Any) -> Any:
        """One of which more is to be known, or that is none."""
        driver = self._driver
        if type(sample) not in driver.sample_types:
            raise DriverFault(f"driver {type(driver).__name__} gave {sample!r} for a sample of {driver.client}")
        near = self._plausible.near(sample, self.last)
        if driver.regmap.flat:
            await self._nothing_said(near)
        else:
            if not near or self._nothings:
                self._read_again(sample)
            if not near or self._nothings or self._since >= OFTEN:
                await self._ask()
        self._plausible.check(sample)
        return sample

    async def _ask(self) -> None:
        await self._driver.vouch()
        self._since = 0

    async def _nothing_said(self, near: bool) -> None:
        """Raise BusFault if all 0, or all 1, is what a held line says, and what ``vouch`` raises if only the chip does.

        It also is what some chips say from power-on until their first value.  Raises Nothing until it was said often.
        """
        nothing = Nothing(f"{self._driver.client} says nothing but 0, or nothing but 1")
        self._health.examine(nothing)
        self._steps.add("rereads")
        said = self._driver.regmap.said()
        await self._ask()
        self._nothings += 1
        if not self._driver.regmap.agrees(said) or (not near and self._nothings < SAID_NOTHING):
            raise nothing

    def _read_again(self, sample: Any) -> None:
        """Raise Disagreement if that brings something else.

        What a chip that converts all the time says then need not be the same bytes: samples of which nothing vouches
        for any, and which are near each other, will do.
        """
        regmap = self._driver.regmap
        said = regmap.said()
        if not said:
            return  # an answer with a CRC, which can be had only once
        self._steps.add("rereads")
        if all(regmap.agrees(said) for _ in range(REREADS)):
            return
        near = [before for before in self._doubted if self._plausible.near(sample, before)]
        self._doubted.append(sample)
        if len(near) < REREADS:
            raise Disagreement(f"{self._driver.client} gives another answer when it is read again")
