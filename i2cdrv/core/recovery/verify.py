"""Verification of samples: which samples are accepted, and the further reads that decide it.

A sample close to the last one is accepted at no further cost.  The first sample, a sample that jumps, and a sample
whose bits are all 0 or all 1 are read twice more, and the chip's identity, constants and settings are checked.  The
chip is also checked with every 64th sample, unless samples carry the settings, and whenever the last check is 10 s old.
Bytes without a checksum that cannot be read again are not accepted until other measurements agree.  A sample with the
same bytes as the last one may not be a new conversion: the driver proves that it is, or the chip is reset in the end.
A failed sample may leave an unread conversion in the chip; the next sample discards its first conversion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...driver.driver import Driver
from ...errors import ConfigLost, Disagreement
from .plausibility import PlausibilityCheck

if TYPE_CHECKING:
    from ...driver.regmap import Reads
    from ...lib.counters import Counters
    from .bus_health import BusHealth

CONFIRMING_SAMPLES = 2  # a line that flips one bit in 200 may flip the same bit twice, hardly three times
CHECK_SAMPLES = 64  # after which the chip is checked in any case, unless samples carry its settings
CHECK_S = 10.0  # after which the chip is checked in any case
FIRST_CHECK_S = 1.0  # and then twice as long each time, if only equal reads confirm its constants, or after a jump
MAX_STUCK_ATTEMPTS = 3  # with bits of only 0 or only 1, after which they are a value
MAX_UNCHANGED_CHECKS = 8  # with unchanged bytes, before the chip is reset


class StuckBits(Disagreement):
    """An answer whose bits are all 0 or all 1."""


class Unconfirmed(Disagreement):
    """Bytes without a checksum that cannot be read again; only more measurements can confirm them."""


class Unchanged(ConfigLost):
    """The same bytes for so long that the chip may have stopped converting; a reset shows whether it has."""


class SampleVerifier:
    """The verification of one driver's samples.  ``last``: the last accepted one; None after a failure."""

    def __init__(self, driver: Driver, health: BusHealth, steps: Counters) -> None:
        self.last: Any = None
        self._driver, self._health, self._steps = driver, health, steps
        self._client, self._clock = driver.client, driver.client.adapter.clock
        self._plausibility = PlausibilityCheck(str(driver.client), driver.shapes)
        self._is_checked = False  # since the chip was initialized
        self._samples_since_check = 0  # samples since it was checked
        self._checked_at = 0.0
        self._check_after_s = CHECK_S  # from one check to the next
        self._rejected: list[Any] = []  # samples of this one's attempts that read differently the second time
        self._stuck_attempts = 0  # attempts with bits of only 0 or only 1
        kind = type(driver)
        self._may_hang = kind.prove is not Driver.prove or kind.can_reset()
        self._content: Any = ()  # of the last accepted sample
        self._new_content: Any = ()  # of this one
        self._changed = self._was_reset = False  # since the chip was checked last
        self._unchanged_checks, self._unchanged_limit = 0, 1  # checks with unchanged bytes so far, and before the reset
        self._waits = 0  # waits of the client when the latest attempt began
        self._has_unread_conversion = False  # of a failed attempt, perhaps
        self._discards_next = False  # whether the next attempt has to discard it

    def mark_initialized(self) -> None:
        """Begin again with a chip that was just initialized."""
        self.last = None
        self._rejected.clear()
        self._stuck_attempts = 0
        self._is_checked = False
        self._was_reset = True
        self._check_after_s = CHECK_S if self._driver.known.proven else FIRST_CHECK_S / 2

    def begin(self) -> None:
        """Begin a sample, for which there may be several attempts."""
        self._rejected.clear()
        self._stuck_attempts = 0
        self._discards_next = self._has_unread_conversion

    @property
    def is_free_running(self) -> bool:
        """Whether the latest attempt gave the chip no time to convert, so that it converts by itself, if at all."""
        return self._waits == self._client.waits

    @property
    def is_confirming(self) -> bool:
        """Whether an earlier attempt awaits its confirmation by others."""
        return bool(self._rejected)

    async def attempt(self) -> Any:
        """Take a sample and verify it.

        Errors: Disagreement, OutOfRange, BusFault, DriverFault; those of the driver and of its ``verify``.
        """
        regmap, client = self._driver.regmap, self._client
        regmap.start_sample()
        client.unchecked, self._waits = 0, client.waits
        try:
            sample = await self._driver.sample()
            if type(sample) not in self._plausibility.plain:
                sample = self._plausibility.complete(sample)
        except BaseException:
            self._has_unread_conversion = self._has_unread_conversion or not self.is_free_running
            raise
        self._has_unread_conversion = False
        if self._discards_next:
            self._discards_next, self._content = False, self._content_of(sample)
            return await self.attempt()
        self._samples_since_check += 1
        if not regmap.marked and (self._may_hang or regmap.ran_one_shot):
            content = self._new_content = regmap.content() or sample
            if content and content == self._content:
                sample = await self._prove(sample)
            self._changed = self._changed or self._new_content != self._content
        due = self._is_due()
        doubtful = self._stuck_attempts or self._rejected or regmap.all_bits_equal
        if due or doubtful or not self._plausibility.passes(sample, self.last):
            sample = await self._check_sample(sample, due)
        self._content = self._new_content
        return sample

    def _is_due(self) -> bool:
        """Return whether the chip has to be checked now."""
        if self._samples_since_check >= CHECK_SAMPLES and not self._driver.regmap.settings_were_read:
            return True
        if not self._is_checked:
            return True
        by_clock = self._clock.monotonic() - self._checked_at >= self._check_after_s
        return (by_clock or self._client.is_replayed) and self._client.is_due(by_clock=by_clock)

    async def _check_sample(self, sample: Any, due: bool) -> Any:
        """Check the type and the values of a sample, and compare it with further reads."""
        driver = self._driver
        self._plausibility.check_type(sample, type(driver).__name__)
        sample = self._plausibility.replace_invalid(sample)
        is_close = self._plausibility.is_close(sample, self.last)
        if driver.regmap.all_bits_equal:
            await self._check_stuck_bits(is_close)
        else:
            await self._compare_rereads(sample, is_close, due)
        self._plausibility.check(sample, coupled=driver.coupled)
        return sample

    async def _check_chip(self) -> None:
        await self._driver.verify()
        early = self._check_after_s < CHECK_S
        self._is_checked, self._samples_since_check, self._checked_at = True, 0, self._clock.monotonic()
        self._check_after_s = min(2 * self._check_after_s, CHECK_S)
        if self._may_hang and not self._driver.regmap.marked and not early:
            self._count_unchanged()

    async def _check_stuck_bits(self, is_close: bool) -> None:
        """Raise BusFault for a held line, or the error of ``verify`` if only the chip reads all 0 or all 1.

        Some chips also read so from power-on until their first value.  Raises StuckBits until it was
        read often.
        """
        stuck = StuckBits(f"{self._driver.client} reads as all 0 or all 1")
        self._health.blame_bus_if_stuck(stuck)
        self._steps.add("rereads")
        reads = self._driver.regmap.reads_since_write()
        await self._check_chip()
        self._stuck_attempts += 1
        is_too_early = not is_close and self._stuck_attempts < MAX_STUCK_ATTEMPTS
        if not self._driver.regmap.reread_matches(reads) or is_too_early:
            raise stuck

    async def _compare_rereads(self, sample: Any, is_close: bool, due: bool) -> None:
        """Read the sample again and check the chip where needed.  Raises Disagreement if the reads differ.

        A doubtful sample is read again before and after the check: if the chip loses the register number, it answers
        with the register that was read last, and that differs then.
        """
        reads = self._driver.regmap.reads_since_write()
        doubtful = not is_close or bool(self._stuck_attempts or self._rejected)
        if doubtful and (reads or self._client.unchecked):
            self._steps.add("rereads")
        same = not doubtful or self._reread_matches(reads)
        if not same:
            self._reject_unless_confirmed(sample, is_close)
        if doubtful or due:
            await self._check_chip()
            if not is_close and self.last is not None and self._driver.constants:
                self._check_after_s = FIRST_CHECK_S  # the check may have reached another chip than the sample did
        if doubtful and same and not self._reread_matches(reads):
            self._reject_unless_confirmed(sample, is_close)

    def _reread_matches(self, reads: Reads) -> bool:
        """Return whether the sample's registers still hold the same bytes.

        Bytes without a checksum cannot be read twice, so they never match.  An answer with a CRC needs no comparison.
        """
        return not self._client.unchecked and self._driver.regmap.reread_matches(reads)

    def _reject_unless_confirmed(self, sample: Any, is_close: bool) -> None:
        """Raise Disagreement unless CONFIRMING_SAMPLES others, such as the last accepted one, are close to this one.

        So a chip that converts all the time, or whose bytes can be read only once, gets its values in the end.
        """
        confirming = is_close + sum(self._plausibility.is_close(sample, before) for before in self._rejected)
        self._rejected.append(sample)
        if confirming < CONFIRMING_SAMPLES:
            kind = Unconfirmed if self._client.unchecked else Disagreement
            raise kind(f"{self._client} gives another answer on the second read")

    # Repeated conversions.

    async def _prove(self, sample: Any) -> Any:
        """Return a sample that is proven to be new, after this one had the same bytes as the last one."""
        proven = await self._driver.prove()
        sample = sample if proven is None else self._plausibility.complete(proven)
        self._new_content = self._content_of(sample)
        return sample

    def _content_of(self, sample: Any) -> Any:
        """Return the contents of the sample's registers, or the sample where the chip has no registers."""
        return self._driver.regmap.content() or sample

    def _count_unchanged(self) -> None:
        """Count this check if the bytes have not changed since the last one.  Raises Unchanged after too many.

        The chip is then reset, which shows whether it converts.  If it does, the limit doubles.
        """
        if self._changed:
            self._unchanged_checks, self._unchanged_limit = 0, 1
        elif not self._was_reset:
            self._unchanged_checks += 1
        self._changed = self._was_reset = False
        if self._unchanged_checks >= self._unchanged_limit:
            self._unchanged_checks, self._unchanged_limit = 0, min(2 * self._unchanged_limit, MAX_UNCHANGED_CHECKS)
            raise Unchanged(f"{self._client} returns the same bytes every time: it may have stopped converting")
