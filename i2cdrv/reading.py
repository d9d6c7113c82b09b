"""One sample of one device at one time, or why there is none, as programs and people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .printable import as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .channel import Channel
    from .errors import Error


class Reading(NamedTuple):
    """``time`` is UNIX time in s, to be shown; ``boottime`` is CLOCK_BOOTTIME in s, from which the age is measured.

    ``chip`` is the name within the driver's family.

    ``sample`` is the driver's NamedTuple, or None and ``error`` says why.
    """

    device: str
    driver: str
    chip: str
    time: float
    boottime: float
    channels: tuple[Channel, ...]
    sample: Any
    error: Error | None = None

    def values(self) -> Iterator[tuple[Channel, float]]:
        """The channels that exist in this sample, with their values."""
        return ((c, getattr(self.sample, c.name)) for c in self.channels if hasattr(self.sample, c.name))

    def as_dict(self) -> dict[str, Any]:
        """The object of ``--json``."""
        times = {"time": round(self.time, 3), "boottime": int(self.boottime * 1000) / 1000}  # no age is below 0
        head = {"device": self.device, "driver": self.driver, **times}
        if self.error is not None:
            return {**head, "status": "error", "error": self.error.name, "message": self.error.message}
        channels = {c.name: {"value": c.unit.exact(value), "unit": c.unit.symbol} for c, value in self.values()}
        return {**head, "status": "ok", "channels": channels}

    def as_json(self) -> str:
        return as_json(self.as_dict())

    def as_line(self) -> str:
        """For a person: ``0-0076 bme280: temp 25.08 °C, pressure 100653 Pa``."""
        if self.error is not None:
            return f"{self.device} {self.chip}: no value: {self.error.message} ({self.error.name})"
        shown = ", ".join(f"{c.name} {c.unit.show(value)}" for c, value in self.values())
        return f"{self.device} {self.chip}: {shown}"
