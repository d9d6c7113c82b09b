"""One sample of one device at one time, or why there is none, as programs and people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..driver.display import text_of
from ..errors import Error
from ..lib.printable import as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..driver.channel import Channel
    from .corrections import Corrections


class Reading(NamedTuple):
    """``time`` is UNIX time in s, to be shown; ``boottime`` is CLOCK_BOOTTIME in s, for its age.

    ``chip`` is the name within the driver's family, ``name`` the user's name of the device.

    ``sample`` is the driver's NamedTuple, or None, and then ``error`` is the reason.  ``corrections`` change its values
    for all readers.
    """

    device: str
    driver: str
    chip: str
    time: float
    boottime: float
    channels: tuple[Channel, ...]
    sample: Any
    error: Error | None = None
    name: str = ""
    corrections: Corrections | None = None

    def values(self) -> Iterator[tuple[Channel, float]]:
        """Return the channels that have a value in this sample."""
        return ((channel, value) for channel, value in self._all() if not isinstance(value, Error))

    def faults(self) -> Iterator[tuple[Channel, Error]]:
        """Return the channels that have an error in the place of their value."""
        return ((channel, value) for channel, value in self._all() if isinstance(value, Error))

    def _all(self) -> Iterator[tuple[Channel, Any]]:
        corrections, sample = self.corrections, self.sample
        if corrections is None:
            found = ((channel, channel.of(sample)) for channel in self.channels)
        else:
            found = ((channel, corrections.value(channel, sample)) for channel in self.channels)
        return ((channel, value) for channel, value in found if value is not None)

    def as_dict(self) -> dict[str, Any]:
        """Return the object of ``--json``."""
        times = {"time": round(self.time, 3), "boottime": int(self.boottime * 1000) / 1000}  # no age is below 0
        return {**self.origin(), **times, **self.outcome()}

    def origin(self) -> dict[str, Any]:
        """Return the members that name the device and its driver."""
        names = {"device": self.device, "name": self.name} if self.name else {"device": self.device}
        return {**names, "driver": self.driver}

    def outcome(self) -> dict[str, Any]:
        """Return the members with the values, or with the reason for none."""
        if self.error is not None:
            return {"status": "error", "error": self.error.name, "message": self.error.message}
        return {"status": "ok", "channels": {c.name: _as_dict(c, value) for c, value in self._all()}}

    def as_json(self) -> str:
        return as_json(self.as_dict())

    def as_line(self) -> str:
        """Format the reading as ``0-0076 bme280: temp 25.08 °C, pressure 100653 Pa``."""
        head = f"{self.name or self.device} {self.chip}"
        if self.error is not None:
            return f"{head}: no value: {self.error.message} ({self.error.name})"
        shown = ", ".join(f"{c.title} {_as_words(c, value)}" for c, value in self._all())
        return f"{head}: {shown}"


def _as_dict(channel: Channel, value: Any) -> dict[str, Any]:
    unit = channel.unit
    found: dict[str, Any]
    if isinstance(value, Error):
        found = {"unit": unit.symbol, "error": value.name, "message": value.message}
    elif text := text_of(value):
        found = {"value": int(value), "unit": unit.symbol, "digits": unit.digits, "text": text}
    else:
        found = {"value": unit.exact(value), "unit": unit.symbol, "digits": unit.digits}
    if channel.label:
        found["label"] = channel.label
    return found


def _as_words(channel: Channel, value: Any) -> str:
    if isinstance(value, Error):
        return f"no value: {value.message} ({value.name})"
    return channel.show(value)
