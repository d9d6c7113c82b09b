"""The state of ``i2cdrv watch``: the watched devices with their latest and earlier readings."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from ...core.readingtext import MAX_DIGITS, failure_of, values_of
from ...lib.age import longest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HISTORY_VALUES = 20  # of each channel


class DeviceRow:
    """One device: its latest description, its latest reading, and the latest values."""

    def __init__(self, pid: int, description: Mapping[str, Any]) -> None:
        self.pid = pid
        self.device: str = description["device"]
        self.title = self.device  # the user's name of it, if there is one
        self.describe(description)
        self.reading: Mapping[str, Any] | None = None
        self.channels: Mapping[str, Any] = {}
        self.history: dict[str, deque[float | None]] = {}
        self._measured: float | None = None  # CLOCK_BOOTTIME of the latest values, in s

    def describe(self, description: Mapping[str, Any]) -> None:
        """Accept a new description, as ListDevices has it."""
        self.description = description
        self.title = str(description.get("name") or self.device)
        self.state, self.reason = str(description["state"]), str(description["reason"])

    def read(self, reading: Mapping[str, Any], now: float, age: float) -> None:
        """Accept a reading that is ``age`` s old; a reading without a value leaves a gap in the history."""
        self.reading = reading
        self.state, self.reason = reading.get("state") or self.state, reading.get("reason") or ""
        values = values_of(reading)
        if values:
            self.channels = values
            self._measured = now - max(0.0, age)
        for name in {*self.history, *values}:
            value = values[name]["value"] if name in values else None
            self.history.setdefault(name, deque(maxlen=HISTORY_VALUES)).append(value)

    def age(self, now: float) -> float | None:
        """Return the seconds since the latest values; None without any."""
        return None if self._measured is None else max(0.0, now - self._measured)

    def has_value(self, now: float) -> bool:
        """Return whether the latest values are current."""
        return self.reading is not None and not failure_of(self.reading) and not self.is_stale(now)

    def is_stale(self, now: float) -> bool:
        """Return whether the next sample is overdue."""
        age, interval = self.age(now), self.description.get("interval")
        return age is not None and interval is not None and age > longest(interval)

    def note(self, now: float) -> str:
        """Return why there is no current value; empty if there is one."""
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
        """Return a channel's latest value, with its digits, and its unit."""
        found = self.channels[channel]
        if found.get("text"):
            return str(found["text"]), ""
        return f"{found['value']:.{self.digits(channel)}f}", found["unit"]

    def label(self, channel: str) -> str:
        """Return a channel's label, or its name if it has none."""
        return str(self.channels[channel].get("label") or channel)

    def digits(self, channel: str) -> int:
        """Return the number of digits after the point: of the description, or of the value if the channel is new."""
        described = self.description["channels"].get(channel) or self.channels.get(channel) or {}
        digits: int = described.get("digits", 2)
        return min(max(digits, 0), MAX_DIGITS)

    @property
    def errors(self) -> int:
        """The number of failed samples."""
        return sum(self.description["errors"].values())


class WatchState:
    """The devices of all watched processes."""

    def __init__(self) -> None:
        self._rows: dict[str, DeviceRow] = {}
        self.ended: list[str] = []  # a sentence for each process that has ended

    def rows(self) -> list[DeviceRow]:
        """Return the devices, sorted by bus and address."""
        return sorted(self._rows.values(), key=lambda row: (len(row.device), row.device))

    def accept(self, pid: int, reply: Mapping[str, Any], now: float) -> Iterator[DeviceRow]:
        """Accept a reply of io.i2cdrv.Watch; yield the device of each reading.  ``now``: CLOCK_BOOTTIME in s."""
        if reply.get("devices") is not None:
            self._describe(pid, reply["devices"])
        for reading in reply.get("readings") or ():
            row = self._rows.get(reading["device"])
            if row is not None:  # else it has gone meanwhile
                row.read(reading, now, (reply.get("boottime") or reading["boottime"]) - reading["boottime"])
                yield row

    def _describe(self, pid: int, devices: list[Mapping[str, Any]]) -> None:
        names = {description["device"] for description in devices}
        for name in [name for name, row in self._rows.items() if row.pid == pid and name not in names]:
            del self._rows[name]
        for description in devices:
            row = self._rows.get(description["device"])
            if row is None or row.pid != pid:
                self._rows[description["device"]] = DeviceRow(pid, description)
            else:
                row.describe(description)

    def end(self, pid: int, sentence: str) -> None:
        """Remove the devices of a process that has ended."""
        self._describe(pid, [])
        self.ended.append(sentence)
