"""What ``i2cdrv watch`` knows of the devices it watches: how they are, what they measured last, and before."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from ...core.reading import failure_of, values_of
from ...lib.age import longest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_DIGITS = 9  # of the value of a channel, after the point
COURSE = 20  # values of a channel that are remembered


class Entry:
    """One device: as it was told last, its last reading, and the last one that had values."""

    def __init__(self, pid: int, told: Mapping[str, Any]) -> None:
        self.pid = pid
        self.device: str = told["device"]
        self.describe(told)
        self.reading: Mapping[str, Any] | None = None
        self.channels: Mapping[str, Any] = {}
        self.courses: dict[str, deque[float | None]] = {}
        self._began: float | None = None  # when the last values were measured, by our CLOCK_BOOTTIME

    def describe(self, told: Mapping[str, Any]) -> None:
        """Take how it is now."""
        self.told = told
        self.state, self.reason = str(told["state"]), str(told["reason"])

    def read(self, reading: Mapping[str, Any], now: float, age: float) -> None:
        """Take a reading that is ``age`` s old; one without a value leaves a gap."""
        self.reading = reading
        self.state, self.reason = reading.get("state") or self.state, reading.get("reason") or ""
        values = values_of(reading)
        if values:
            self.channels = values
            self._began = now - max(0.0, age)
        for name in {*self.courses, *values}:
            value = values[name]["value"] if name in values else None
            self.courses.setdefault(name, deque(maxlen=COURSE)).append(value)

    def age(self, now: float) -> float | None:
        """Seconds since it had values; None if it never had."""
        return None if self._began is None else max(0.0, now - self._began)

    def has_value(self, now: float) -> bool:
        """Whether the last values are worth showing."""
        return self.reading is not None and not failure_of(self.reading) and not self.is_stale(now)

    def is_stale(self, now: float) -> bool:
        """Whether there should have been another sample long since."""
        age, interval = self.age(now), self.told.get("interval")
        return age is not None and interval is not None and age > longest(interval)

    def note(self, now: float) -> str:
        """Why it has no value, or none that is fresh; nothing if all is well."""
        if self.state != "live":
            return f"{self.state}: {self.reason}" if self.reason else self.state
        if self.reading is None:
            return "no sample yet"
        if why := failure_of(self.reading):
            return f"no value: {why}"
        age = self.age(now)
        if age is not None and self.is_stale(now):
            return f"the last sample is {age:.0f} s old: process {self.pid} has stopped sampling"
        return ""

    def show(self, channel: str) -> tuple[str, str]:
        """A channel's last value and its unit, with the digits that make sense."""
        found = self.channels[channel]
        return f"{found['value']:.{self.digits(channel)}f}", found["unit"]

    def digits(self, channel: str) -> int:
        """Digits after the point that say something; two for a channel that nothing is known of yet."""
        digits: int = self.told["channels"].get(channel, {}).get("digits", 2)
        return min(max(digits, 0), MOST_DIGITS)

    @property
    def errors(self) -> int:
        """Samples that were none."""
        return sum(self.told["errors"].values())


class Board:
    """The devices of all processes that are watched."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self.ended: list[str] = []  # what is to be said of processes that are gone

    def entries(self) -> list[Entry]:
        """By bus, and by address there."""
        return sorted(self._entries.values(), key=lambda entry: (len(entry.device), entry.device))

    def take(self, pid: int, reply: Mapping[str, Any], now: float) -> Iterator[Entry]:
        """Take a reply of io.i2cdrv.Watch that came ``now``, by CLOCK_BOOTTIME; give the device of each reading."""
        if reply.get("devices") is not None:
            self._describe(pid, reply["devices"])
        for reading in reply.get("readings") or ():
            entry = self._entries.get(reading["device"])
            if entry is not None:  # else it has gone meanwhile
                entry.read(reading, now, (reply.get("boottime") or reading["boottime"]) - reading["boottime"])
                yield entry

    def _describe(self, pid: int, devices: list[Mapping[str, Any]]) -> None:
        there = {told["device"] for told in devices}
        for name in [name for name, entry in self._entries.items() if entry.pid == pid and name not in there]:
            del self._entries[name]
        for told in devices:
            entry = self._entries.get(told["device"])
            if entry is None or entry.pid != pid:
                self._entries[told["device"]] = Entry(pid, told)
            else:
                entry.describe(told)

    def end(self, pid: int, said: str) -> None:
        """A process is gone, with its devices."""
        self._describe(pid, [])
        self.ended.append(said)
