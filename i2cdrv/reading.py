"""One sample of one device at one time, or why there is none, as programs and people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from .printable import as_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .channel import Channel
    from .errors import Error

LARGEST = 1e300  # no quantity, nor a time, is larger; JSON has integers of any length


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


# The object of --json, as another process has sent it, or left it in a file.


def is_published(entry: object) -> TypeGuard[dict[str, Any]]:
    """Whether a value from a file has the fields of a published reading, each of its type."""
    if not isinstance(entry, dict) or entry.get("status") not in ("ok", "error"):
        return False
    texts = all(isinstance(entry.get(name), str) for name in ("device", "driver", "chip"))
    others = all(isinstance(entry.get(name, ""), str) for name in ("error", "message", "state"))
    numbers = all(_is_number(entry.get(name, 0)) for name in ("time", "pid"))
    interval = entry.get("interval") is None or _is_number(entry["interval"])
    return texts and others and numbers and interval and _are_channels(values_of(entry))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST <= value <= LARGEST


def _are_channels(channels: object) -> bool:
    return isinstance(channels, dict) and all(
        isinstance(one, dict) and _is_number(one.get("value")) and isinstance(one.get("unit"), str)
        for one in channels.values()
    )


def values_of(reading: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the channels of a reading; none if it has no value."""
    return reading.get("channels") or {} if reading["status"] == "ok" else {}


def failure_of(reading: Mapping[str, Any]) -> str:
    """Return why a reading has no value: ``no answer (ENXIO)``; nothing if it has one."""
    if values_of(reading):
        return ""
    return f"{reading.get('message') or 'no reason is given'} ({reading.get('error') or 'EIO'})"
