"""What a tracer hears of a bus: its transfers, and when drivers are bound to its devices and unbound.

Each has two forms: an object of JSON, which is a line of a record (``record.py``) and travels to ``i2cdrv trace``, and
a line for a person.  Times are s of the bus's clock.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import Invalid
from .adapter import Limits, Message, Read, Size, Write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST = 1e9  # s, more than thirty years: what is longer is no time
LIMITS = Limits()


class Operation(NamedTuple):
    """What makes a transfer an SMBus operation; its one message is the data."""

    size: Size
    command: int


class Transfer(NamedTuple):
    """One transfer to one address: what was sent and asked for, and the answers, or the errno's name in their place."""

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

    def as_line(self, nr: int) -> str:
        """For a person: ``0.012345 1-0076 write d0, read 60: ok, 312 µs``."""
        outcome = self.error or "ok"
        return f"{self.time:12.6f} {nr}-{self.addr:04x} {self._played()}: {outcome}, {self.duration * 1e6:.0f} µs"

    def request(self) -> str:
        """What was asked, without the answers: ``write d0, read 1``."""
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

    def as_line(self, nr: int) -> str:
        words = "".join(f" {name}={value}" for name, value in self.parameters.items())
        return f"{self.time:12.6f} {nr}-{self.addr:04x} bound to {self.module}:{words}"


class Unbound(NamedTuple):
    """The driver is about to give the device back."""

    time: float
    addr: int

    def as_dict(self) -> dict[str, Any]:
        return {"time": round(self.time, 6), "unbound": f"{self.addr:#04x}"}

    def as_line(self, nr: int) -> str:
        return f"{self.time:12.6f} {nr}-{self.addr:04x} unbound"


class Check(NamedTuple):
    """The last check of a chip was so long ago that the driver checks it now; the transfers follow."""

    time: float
    addr: int

    def as_dict(self) -> dict[str, Any]:
        return {"time": round(self.time, 6), "check": f"{self.addr:#04x}"}

    def as_line(self, nr: int) -> str:
        return f"{self.time:12.6f} {nr}-{self.addr:04x} check of identity, constants and settings"


class Lost(NamedTuple):
    """So many events were not told, because their reader was too slow."""

    time: float
    number: int

    def as_dict(self) -> dict[str, Any]:
        return {"time": round(self.time, 6), "lost": self.number}

    def as_line(self, nr: int) -> str:
        return f"{self.time:12.6f} i2c-{nr} {self.number} events were lost: the reader of the trace was too slow"


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
    """The messages in words; a Read with what it brought, or with its length."""
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


# From JSON.


def parse(line: Any) -> Event:
    """The event of an object of JSON.  Raises Invalid, naming the field, for whatever is not one."""
    if not isinstance(line, dict):
        raise Invalid("not a JSON object")
    time = seconds(line, "time")
    if "lost" in line:
        return Lost(time, _number(line, "lost", 1, 1 << 62))
    if "bound" in line:
        return Bound(time, address(line, "bound"), *driver(line))
    if "unbound" in line:
        return Unbound(time, address(line, "unbound"))
    if "check" in line:
        return Check(time, address(line, "check"))
    return _transfer(line, time)


def driver(line: Mapping[str, Any]) -> tuple[str, str, Mapping[str, str]]:
    """Module, chip and parameters."""
    parameters = line.get("parameters")
    if not isinstance(parameters, dict) or not all(isinstance(value, str) for value in parameters.values()):
        raise Invalid("parameters is not an object of texts")
    return text(line, "module"), text(line, "chip"), parameters


def text(line: Mapping[str, Any], name: str) -> str:
    value = line.get(name)
    if not isinstance(value, str) or not value.isprintable():
        raise Invalid(f"{name} is not a text: {_shown(value)}")
    return value


def hexadecimal(line: Mapping[str, Any], name: str, most: int) -> int:
    """A number written as 0x76."""
    value = line.get(name)
    try:
        number = int(value, 16) if isinstance(value, str) and value.startswith("0x") else -1
    except ValueError:
        number = -1
    if not 0 <= number <= most:
        raise Invalid(f"{name} is not 0x0 … {most:#x}: {_shown(value)}")
    return number


def address(line: Mapping[str, Any], name: str) -> int:
    return hexadecimal(line, name, 0x7F)


def seconds(line: Mapping[str, Any], name: str) -> float:
    value = line.get(name)
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LONGEST
    if not good:
        raise Invalid(f"{name} is not a time in s: {_shown(value)}")
    return float(value)  # type: ignore[arg-type]  # it is a number


def _transfer(line: Mapping[str, Any], time: float) -> Transfer:
    addr = address(line, "addr")
    operation = _operation(line) if "smbus" in line else None
    messages = _messages(line, addr)
    if operation is not None and len(messages) != 1:
        raise Invalid("messages of an SMBus operation are not one")
    error = _error(line) if "error" in line else ""
    answers = () if error else _answers(line, messages)
    return Transfer(time, addr, operation, messages, answers, error, seconds(line, "duration"))


def _operation(line: Mapping[str, Any]) -> Operation:
    name = text(line, "smbus")
    if name not in Size.__members__:
        raise Invalid(f"smbus is none of {', '.join(Size.__members__)}: {_shown(name)}")
    return Operation(Size[name], hexadecimal(line, "command", 0xFF))


def _messages(line: Mapping[str, Any], addr: int) -> tuple[Message, ...]:
    messages = line.get("messages")
    if not isinstance(messages, list) or not 1 <= len(messages) <= LIMITS.messages:
        raise Invalid(f"messages is not a list of 1 … {LIMITS.messages}")
    return tuple(_message(message, addr) for message in messages)


def _message(message: Any, addr: int) -> Message:
    if isinstance(message, dict) and message.keys() == {"write"}:
        return Write(addr, _bytes(message["write"]))
    if isinstance(message, dict) and message.keys() == {"read"}:
        return Read(addr, _number(message, "read", 0, LIMITS.message_bytes))
    raise Invalid(f"a message is not {{'write': DATA}} or {{'read': LENGTH}}: {_shown(message)}")


def _error(line: Mapping[str, Any]) -> str:
    name = text(line, "error")
    if name not in errno.errorcode.values():
        raise Invalid(f"error is not the name of an errno: {_shown(name)}")
    return name


def _answers(line: Mapping[str, Any], messages: Sequence[Message]) -> tuple[bytes, ...]:
    answers = line.get("answers")
    if not isinstance(answers, list):
        raise Invalid("there are neither answers nor an error")
    found = tuple(map(_bytes, answers))
    if [len(answer) for answer in found] != [message.length for message in messages if isinstance(message, Read)]:
        raise Invalid("answers are not as many and as long as what was read")
    return found


def _bytes(value: Any) -> bytes:
    try:
        data = bytes.fromhex(value)
    except (TypeError, ValueError):
        raise Invalid(f"not bytes as hexadecimal digits: {_shown(value)}") from None
    if len(data) > LIMITS.message_bytes:
        raise Invalid(f"a message of {len(data)} bytes; 0 … {LIMITS.message_bytes} are possible")
    return data


def _number(line: Mapping[str, Any], name: str, least: int, most: int) -> int:
    value = line.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Invalid(f"{name} is not {least} … {most}: {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    """A start of it, for an error."""
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:40]}…"
