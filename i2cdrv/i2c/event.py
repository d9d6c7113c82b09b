"""The events that a tracer gets from a bus: transfers, and the binding and unbinding of drivers.

Each has two forms: an object of JSON, which is a line of a record (``record.py``) and is sent to ``i2cdrv trace``, and
a line to be shown.  Times are s of the bus's clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .adapter import Message, Size, Write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Operation(NamedTuple):
    """The operation and the command of an SMBus transfer, whose one message is the data."""

    size: Size
    command: int


class Transfer(NamedTuple):
    """One transfer to one address: its messages, and the answers, or the errno's name in their place."""

    time: float
    addr: int
    operation: Operation | None
    messages: tuple[Message, ...]
    answers: tuple[bytes, ...]
    error: str
    duration: float

    def as_dict(self) -> dict[str, Any]:
        operation = self.operation
        smbus = {} if operation is None else {"smbus": operation.size.name, "command": f"{operation.command:#04x}"}
        outcome = {"error": self.error} if self.error else {"answers": [answer.hex() for answer in self.answers]}
        messages = [_message_dict(message) for message in self.messages]
        head = {"time": round(self.time, 6), "addr": f"{self.addr:#04x}"}
        return {**head, **smbus, "messages": messages, **outcome, "duration": round(self.duration, 6)}

    def as_line(self, source: str) -> str:
        """Format the transfer as ``0.012345 1-0076 write d0, read 60: ok, 312 µs``; ``source``: the device."""
        outcome = self.error or "ok"
        return f"{self.time:12.6f} {source} {self._played()}: {outcome}, {self.duration * 1e6:.0f} µs"

    def request(self) -> str:
        """Format the messages without the answers: ``write d0, read 1``."""
        return request(self.operation, self.messages)

    def _played(self) -> str:
        return request(self.operation, self.messages, self.answers)


class Bound(NamedTuple):
    """A driver was bound to a device; its probe follows.  ``parameters``: as their files would show them."""

    time: float
    addr: int
    module: str
    chip: str
    parameters: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        return {"time": round(self.time, 6), "bound": f"{self.addr:#04x}", **self.driver()}

    def driver(self) -> dict[str, Any]:
        return {"module": self.module, "chip": self.chip, "parameters": dict(self.parameters)}

    def as_line(self, source: str) -> str:
        words = "".join(f" {name}={value}" for name, value in self.parameters.items())
        return f"{self.time:12.6f} {source} bound to {self.module}:{words}"


class Unbound(NamedTuple):
    """The driver is about to release the device."""

    time: float
    addr: int

    def as_dict(self) -> dict[str, Any]:
        return {"time": round(self.time, 6), "unbound": f"{self.addr:#04x}"}

    def as_line(self, source: str) -> str:
        return f"{self.time:12.6f} {source} unbound"


class Check(NamedTuple):
    """The last check of a chip was so long ago that the driver checks it now; the transfers follow."""

    time: float
    addr: int

    def as_dict(self) -> dict[str, Any]:
        return {"time": round(self.time, 6), "check": f"{self.addr:#04x}"}

    def as_line(self, source: str) -> str:
        return f"{self.time:12.6f} {source} check of identity, constants and settings"


class Lost(NamedTuple):
    """A number of events that were dropped, because their reader was too slow."""

    time: float
    number: int

    def as_dict(self) -> dict[str, Any]:
        return {"time": round(self.time, 6), "lost": self.number}

    def as_line(self, source: str) -> str:
        return f"{self.time:12.6f} {source} {self.number} events were lost: the reader of the trace was too slow"


Event = Transfer | Bound | Unbound | Check | Lost


class FromZero:
    """Moves the times of events so that the first one is at 0."""

    def __init__(self) -> None:
        self._zero: float | None = None

    def __call__(self, event: Event) -> Event:
        if self._zero is None:
            self._zero = event.time
        return event._replace(time=event.time - self._zero)


def request(operation: Operation | None, messages: Sequence[Message], answers: Sequence[bytes] = ()) -> str:
    """Format the messages; a Read with its answer, or else with its length."""
    left = iter(answers)
    words = [_words(message, left) for message in messages]
    return ", ".join(words if operation is None else [f"{operation.size.name} {operation.command:#04x}", *words])


def _words(message: Message, answers: Any) -> str:
    if isinstance(message, Write):
        return f"write {message.data.hex('-') or 'nothing'}"
    answer = next(answers, None)
    return f"read {message.length if answer is None else answer.hex('-') or 'nothing'}"


def _message_dict(message: Message) -> dict[str, Any]:
    return {"write": message.data.hex()} if isinstance(message, Write) else {"read": message.length}
