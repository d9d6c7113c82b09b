"""A reading of the service as a Python program uses it: each channel has a value, or an error in its place."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from typing import Any

from ..core.readingtext import shown
from ..errors import Error, NotMeasured, Unknown, choice
from ..ipc.varlink.wire import of_errno
from ..lib.age import boottime
from ..lib.printable import printable
from .records import moment
from .table import as_html


class NoChannel(Unknown, KeyError):
    """A channel that the reading does not have (ENOENT)."""


class Channel:
    """One value of a reading with its unit.

    ``value`` is a number; it raises ``error`` if the channel has none.  ``text`` is the word for a value that is no
    quantity, such as yes.  ``float(channel)`` is the value, ``f"{channel:.1f}"`` formats it, and ``str(channel)`` is
    ``21.47 °C``.
    """

    def __init__(self, name: str, found: Mapping[str, Any]) -> None:
        self.name = name
        self.unit: str = found["unit"]
        self.label: str = found.get("label") or name
        self.text: str = found.get("text") or ""
        self.error = None if found.get("value") is not None else _error(found)
        self._found = found

    @property
    def value(self) -> float:
        """The number.  Raises the channel's error if it has none."""
        if self.error is not None:
            raise _copy(self.error) from self.error
        value: float = self._found["value"]
        return value

    def __float__(self) -> float:
        return float(self.value)

    def __format__(self, spec: str) -> str:
        return format(self.value, spec) if spec else str(self)

    def __str__(self) -> str:
        return printable(self._as_text())

    def _as_text(self) -> str:
        if self.error is not None:
            return f"no value: {self.error.message} ({self.error.name})"
        return shown({**self._found, "unit": self.unit})

    def __repr__(self) -> str:
        return f"<Channel {printable(self.name)}: {self}>"

    def row(self) -> tuple[str, str]:
        """Return label and value for a table."""
        return self.label, self._as_text()


class Reading(Mapping[str, Channel]):
    """The values of one device at one moment: a mapping of channels, which are attributes, too.

    ``reading["temp"]`` and ``reading.temp`` are the same ``Channel``.  If the device has no value, both raise
    ``reading.error``: there is no number then, neither 0 nor an old one.  A channel with the name of another attribute,
    such as ``time``, is in the mapping only.

    ``device``, ``name``, ``chip``, ``driver``: as of the device.  ``time``: an aware datetime.  ``error``: why the
    device has no value, None if it has one.  ``state``, ``reason``: of the device at that moment.  ``pid``: the process
    that measured.  ``lost``: readings of the watch that were dropped before this one, because the program was too slow.
    ``gap``: why further readings may be missing before this one, such as a restart of the service; usually empty.
    """

    def __init__(self, found: Mapping[str, Any], now: float, *, pid: int = 0, lost: int = 0, gap: str = "") -> None:
        """Keep an object of the service.  ``now``: CLOCK_BOOTTIME of its process in s, when it sent the object."""
        self.device: str = found["device"]
        self.name: str = found.get("name") or self.device
        self.driver: str = found["driver"]
        self.chip: str = found.get("chip") or self.driver
        self.state: str = found.get("state") or ""
        self.reason: str = found.get("reason") or ""
        self.time = moment(found["time"])
        self.error = None if found["status"] == "ok" else _error(found)
        self.pid, self.lost, self.gap = pid, lost, gap
        channels = found.get("channels") or {} if self.error is None else {}
        self._channels = {name: Channel(name, one) for name, one in channels.items()}
        self._received = boottime()
        self._was_old: float = max(0.0, now - found["boottime"])

    @property
    def age(self) -> float:
        """Seconds since the measurement, whatever the clocks do."""
        return self._was_old + (boottime() - self._received)

    @property
    def faults(self) -> dict[str, Error]:
        """The channels without a value, with their errors."""
        return {name: one.error for name, one in self._channels.items() if one.error is not None}

    def check(self) -> None:
        """Raise the error of the device, if it has no value."""
        if self.error is not None:
            raise _copy(self.error) from self.error

    def as_dict(self) -> dict[str, Any]:
        """Return a row for a table, for example of pandas: time, device, name, error, and a value for each channel.

        A channel without a value is absent, and ``error`` has the reason.
        """
        values = {name: one.value for name, one in self._channels.items() if one.error is None}
        return {"time": self.time, "device": self.device, "name": self.name, "error": self._why(), **values}

    def _why(self) -> str | None:
        if self.error is not None:
            return f"{self.error.message} ({self.error.name})"
        return "; ".join(f"{name}: {error.message} ({error.name})" for name, error in self.faults.items()) or None

    def __getitem__(self, name: str) -> Channel:
        self.check()
        if name not in self._channels:
            raise NoChannel(self._unknown(name))
        return self._channels[name]

    def __getattr__(self, name: str) -> Channel:
        if name.startswith("_"):  # of copy, pickle or a notebook, which look for methods
            raise AttributeError(name)
        self.check()
        if name not in self._channels:
            raise AttributeError(self._unknown(name))
        return self._channels[name]

    def _unknown(self, name: object) -> str:
        return f"{self.name} has no channel {name!r}{choice(str(name), self._channels, 'it has')}"

    def __contains__(self, name: object) -> bool:
        return name in self._channels

    def __iter__(self) -> Iterator[str]:
        return iter(self._channels)

    def __len__(self) -> int:
        return len(self._channels)

    def __bool__(self) -> bool:
        """Return whether the device has a value."""
        return self.error is None

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._channels]

    def __str__(self) -> str:
        head = self.name if self.chip == self.name else f"{self.name} {self.chip}"
        return printable(f"{head}: {self.summary()}")

    def summary(self) -> str:
        """Return the values in one line: ``temp 21.47 °C, humidity 46.7 %``."""
        if self.error is not None:
            return f"no value: {self._why()}"
        return ", ".join(f"{one.label} {one}" for one in self._channels.values())

    def __repr__(self) -> str:
        return f"<Reading of {self}>"

    def _repr_html_(self) -> str:
        rows = [one.row() for one in self._channels.values()] or [("", self.summary())]
        return as_html((f"{self.name} {self.chip}", f"{self.time.astimezone():%Y-%m-%d %H:%M:%S}"), rows)


def _error(found: Mapping[str, Any]) -> Error:
    """Return the error that an object of the service has in the place of a value."""
    number = getattr(errno, str(found.get("error")), None)
    if not isinstance(number, int):
        return NotMeasured(found.get("message") or "no reason is given")
    return of_errno(number, found.get("message") or "no reason is given")


def _copy(error: Error) -> Error:
    """Return an error to raise: each raise of the same one would add to its traceback."""
    return type(error)(error.message, error.errno)
