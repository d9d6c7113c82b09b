"""``io.i2cdrv.Log``: the log of this process; ``i2cdrv log`` is its client."""

from __future__ import annotations

import os
from math import isfinite
from typing import TYPE_CHECKING, Any

from ...errors import Invalid, nearest
from ...lib.limits import LEVELS, SEVERITY
from ...lib.log.logger import log
from ...lib.log.ring import BEGAN
from ..names import LOG
from .handlers import Handlers

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from ...lib.log.ring import Line, Ring
    from ..varlink import Call, Interface

MAX_LINES_PER_REPLY = 64
POLL_PERIOD_S = 0.1


class _Reader:
    """The position of one caller in the log."""

    def __init__(self, ring: Ring, level: str, since: int, device: str | None) -> None:
        self._ring, self._least, self._next, self._device = ring, SEVERITY[level], since, device
        self._bus = _bus_of(device or "")

    def replies(self, most: int | None = None) -> Iterator[Mapping[str, Any]]:
        """Yield the new lines in replies, at least one; ``most``: only that many, the latest."""
        lines = self._ring.since(self._next)
        lost = lines[0].number - self._next if lines and most is None else 0
        self._next = lines[-1].number + 1 if lines else self._next
        wanted = [line for line in lines if SEVERITY[line.level] <= self._least and self._is_of_device(line)]
        wanted = wanted if most is None else wanted[max(0, len(wanted) - most) :]
        while len(wanted) > MAX_LINES_PER_REPLY:
            yield _reply(wanted[:MAX_LINES_PER_REPLY], lost, wanted[MAX_LINES_PER_REPLY].number)
            wanted, lost = wanted[MAX_LINES_PER_REPLY:], 0
        yield _reply(wanted, lost, self._next)

    def _is_of_device(self, line: Line) -> bool:
        """Return whether a line is of the wanted device, or of its bus; a line of another device is not."""
        device, values = self._device, line.values
        if device is None or device in (values.get("device"), values.get("name")):
            return True
        if "device" in values or not self._bus:
            return False
        return self._bus in (values.get("bus"), values.get("thread")) or line.event.startswith(f"{self._bus} ")


def _bus_of(device: str) -> str:
    """Return the bus of a device, by the kernel's name or the user's; nothing for another word."""
    nr, dash, _ = (log.device_of(device) or device).partition("-")
    return f"i2c-{nr}" if dash and nr.isdecimal() else ""


class _Log(Handlers):
    """The methods for one log."""

    name = LOG

    def __init__(self, ring: Ring) -> None:
        self._ring = ring

    def describe(self, _call: Call) -> Mapping[str, Any]:
        return {"pid": os.getpid(), "next": self._ring.next, "began": BEGAN}

    def read(self, call: Call) -> Generator[Mapping[str, Any], None, None]:
        level, lines = call.parameters.get("level") or "debug", call.parameters.get("lines")
        if level not in SEVERITY:
            raise Invalid(f"{level} is not a level{nearest(level, LEVELS)}: {', '.join(LEVELS)}")
        since, device = max(0, call.parameters.get("since") or 0), call.parameters.get("device")
        reader = _Reader(self._ring, level, since, device)
        yield from reader.replies(lines)
        while call.parameters.get("follow") and not call.closed.wait(POLL_PERIOD_S):
            yield from (reply for reply in reader.replies() if reply["lines"] or reply["lost"])


def _reply(lines: list[Line], lost: int, following: int) -> Mapping[str, Any]:
    return {"lines": list(map(_as_object, lines)), "lost": lost, "next": following}


def _as_object(line: Line) -> dict[str, Any]:
    number, time, seconds, level, event, values, _ = line
    head = {"number": number, "time": round(time, 6), "seconds": round(seconds, 6), "level": level, "event": event}
    return {**head, "values": {name: _value(value) for name, value in values.items()}}


def _value(value: Any) -> Any:
    """Return a value that JSON can carry: it has neither infinity nor NaN."""
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def interface(ring: Ring) -> Interface:
    """Return the interface to a log."""
    return _Log(ring).interface()
