"""The other objects of the service: its status, modules, parameters, found chips, faults and lines of the log."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ..errors import Error
from ..ipc.logtext import as_text, seconds_of
from ..lib.printable import printable
from ..lib.validate import shown


def moment(seconds: float) -> datetime:
    """Return a UNIX time as a datetime.  Raises Error (EPROTO) for a time outside the calendar."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise Error(f"the service has sent an invalid time, {shown(seconds)}", errno.EPROTO) from None


class Missing(NamedTuple):
    """A configured chip without a device: its bus is missing, or its driver cannot be loaded."""

    module: str
    bus: str
    address: int | None
    reason: str
    name: str

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Missing:
        """Return the object of a reply."""
        return cls(found["module"], found["bus"], found.get("address"), found["reason"], found.get("name") or "")


class Status(NamedTuple):
    """The daemon: its process, version and configuration.  ``summary``: the line in systemctl status."""

    pid: int
    version: str
    config: str
    started: datetime
    summary: str
    missing: Sequence[Missing]

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Status:
        """Return the object of a reply."""
        started = moment(found["started"])
        missing = list(map(Missing.of, found["missing"]))
        return cls(found["pid"], found["version"], found["config"], started, found["status"], missing)


class Module(NamedTuple):
    """A module that a process has loaded.  ``devices``: of its driver; ``users``: the number of these."""

    name: str
    devices: Sequence[str]
    users: int
    path: str
    description: str

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Module:
        """Return the object of a reply."""
        return cls(*(found[name] for name in cls._fields))

    def row(self) -> Mapping[str, str]:
        """Return its row in a table."""
        return {"module": self.name, "devices": ", ".join(self.devices), "description": self.description}


class Parameter(NamedTuple):
    """A parameter of a device or of a module, with the text of its value.

    ``origin``: default (of the driver), options (of the configuration), load, module (set for the module), params (of
    the device in the configuration) or device (set for it at run time); empty for a module.
    """

    name: str
    value: str
    origin: str = ""
    described: str = ""

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Parameter:
        """Return the object of a reply."""
        return cls(*(found[name] for name in cls._fields))

    def row(self) -> Mapping[str, str]:
        """Return its row in a table."""
        return {"parameter": self.name, "value": self.value, "origin": self.described or self.origin}


class FoundChip(NamedTuple):
    """An address that answers, with the chips that may be there.  ``sure``: a chip is recognised by its identity."""

    address: int
    chips: Sequence[str]
    sure: bool
    note: str

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> FoundChip:
        """Return the object of a reply."""
        return cls(*(found[name] for name in cls._fields))

    def row(self) -> Mapping[str, str]:
        """Return its row in a table."""
        chips = ", ".join(self.chips) or "unknown"
        shown = chips if self.sure or not self.chips else f"perhaps {chips}"
        return {"address": f"{self.address:#04x}", "chips": shown, "note": self.note}


class Fault(NamedTuple):
    """A fault on a simulated bus, ``i2c-0``, or on a chip, ``0-0076``.  ``hits``: the transfers that it changed.

    ``transfers_left``, ``seconds_left``: None without such a limit.
    """

    target: str
    words: str
    hits: int
    transfers_left: int | None
    seconds_left: float | None

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Fault:
        """Return the object of a reply."""
        left: tuple[Any, Any] = found.get("transfers_left"), found.get("seconds_left")
        return cls(found["target"], found["words"], found["hits"], *left)

    def row(self) -> Mapping[str, str]:
        """Return its row in a table."""
        left = [f"{self.transfers_left} transfers"] if self.transfers_left is not None else []
        left += [f"{self.seconds_left:.1f} s"] if self.seconds_left is not None else []
        return {"target": self.target, "fault": self.words, "hits": f"{self.hits}", "left": ", ".join(left)}


class LogLine(NamedTuple):
    """A line of the log of a process.  ``seconds``: since the process began.

    ``values``: the facts of the line, such as its device.  ``lost``: lines that were dropped before this one.
    """

    pid: int
    number: int
    time: datetime
    seconds: float
    level: str
    event: str
    values: Mapping[str, Any]
    lost: int

    @classmethod
    def of(cls, found: Mapping[str, Any], pid: int, lost: int = 0) -> LogLine:
        """Return the object of a reply."""
        time = moment(found["time"])
        number, seconds, level, event, values = (
            found[name] for name in ("number", "seconds", "level", "event", "values")
        )
        return cls(pid, number, time, seconds, level, event, values, lost)

    @property
    def device(self) -> str:
        """The device of the line; empty if it is about no device."""
        return str(self.values.get("device", ""))

    def __str__(self) -> str:
        line = {name: value for name, value in self._asdict().items() if name != "lost"}
        return "\n".join(map(printable, as_text(line, seconds_of, "")))

    def __repr__(self) -> str:
        return f"<LogLine {printable(str(self))}>"
