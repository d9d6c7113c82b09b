"""Labels, corrections and derived channels of one device: they change a verified sample for its readers.

The checks of a sample, the driver and records never see them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..driver.channel import Channel
from ..errors import Error, NotMeasured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .derived.expression import Call


MAX_DECIMALS = 3  # of a corrected count


class Correction(NamedTuple):
    """The label of a measured channel, and its correction: value × ``scale`` + ``offset``."""

    label: str = ""
    offset: float = 0.0
    scale: float = 1.0

    def apply(self, value: float) -> float:
        """Return the corrected value; a value without a correction, which may be a word, is returned as it is."""
        return value if self.scale == 1.0 and self.offset == 0.0 else value * self.scale + self.offset

    def undo(self, value: float) -> float:
        """Return the measured value of a corrected one."""
        return (value - self.offset) / self.scale

    @property
    def decimals(self) -> int:
        """The decimals of the correction, as far as they are shown."""
        return max(next((n for n in range(MAX_DECIMALS) if round(x, n) == x), MAX_DECIMALS)
                   for x in (self.offset, self.scale))  # fmt: skip


class Derived(NamedTuple):
    """A channel that a function computes."""

    channel: Channel
    call: Call


class Corrections:
    """The corrections and derived channels of one device, by the channel's name."""

    def __init__(self, corrections: Mapping[str, Correction], derived: Sequence[Derived] = ()) -> None:
        self._corrections = corrections
        self._derived = {one.channel.name: one.call for one in derived}
        self._added = tuple(one.channel for one in derived)
        self._last: tuple[Sequence[Channel], tuple[Channel, ...]] = (), ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Corrections) and self._settings == other._settings

    __hash__ = None  # type: ignore[assignment]  # it has dicts

    @property
    def _settings(self) -> tuple[object, ...]:
        return self._corrections, self._added, self._derived

    def channels(self, measured: tuple[Channel, ...]) -> tuple[Channel, ...]:
        """Return the channels of a sample with their labels, and the derived channels behind them."""
        last, found = self._last
        if last is not measured:
            found = (*map(self._labelled, measured), *self._added) if measured else ()
            self._last = measured, found
        return found

    def _labelled(self, channel: Channel) -> Channel:
        correction = self._of(channel.name)
        digits = correction.decimals if channel.kind is int else 0  # a corrected count may have a fraction
        unit = channel.unit._replace(digits=digits) if digits else channel.unit
        return channel._replace(label=correction.label, unit=unit)

    def _of(self, channel: str) -> Correction:
        return self._corrections.get(channel, NONE)

    def value(self, channel: Channel, sample: Any) -> Any:
        """Return the corrected value of a channel, or its error; None if the sample does not have it."""
        if channel.name in self._derived:
            return self._compute(self._derived[channel.name], sample)
        value = channel.of(sample)
        return value if value is None or isinstance(value, Error) else self.apply(channel.name, value)

    def apply(self, channel: str, value: float) -> float:
        """Return the corrected value of a measured one."""
        return self._of(channel).apply(value)

    def undo(self, channel: str, value: float) -> float:
        """Return the measured value of a corrected one."""
        return self._of(channel).undo(value)

    def _compute(self, call: Call, sample: Any) -> float | Error:
        """Return the value of a function; the first error of an argument is its error."""
        values = []
        for argument in call.arguments:
            value = self.value(argument, sample) if isinstance(argument, Channel) else argument
            if value is None or isinstance(value, Error):
                assert isinstance(argument, Channel)
                return _of_argument(argument, value)
            values.append(value)
        try:
            return call.function.compute(*values)
        except Error as error:
            return error


def _of_argument(channel: Channel, error: Error | None) -> Error:
    if error is None:
        return NotMeasured(f"{channel.name} is not measured")
    return type(error)(f"{channel.name}: {error.message}", error.errno)


NONE = Correction()
