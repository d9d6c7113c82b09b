"""The events of a record from JSON (``event.py`` has the other direction)."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from ..errors import Invalid
from .adapter import Limits, Message, Read, Size, Write
from .event import Bound, Check, Event, Lost, Operation, Transfer, Unbound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_TIME_S = 1e9  # more than thirty years
MAX_SHOWN = 40  # characters of a wrong value in an error
LIMITS = Limits()


def parse(line: Any) -> Event:
    """Return the event of an object of JSON.  Raises Invalid, naming the field, for any other value."""
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
    """Return module, chip and parameters."""
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
    """Return a number that is written as 0x76."""
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
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MAX_TIME_S
    if not good:
        raise Invalid(f"{name} is not a time in s: {_shown(value)}")
    return float(value)  # type: ignore[arg-type]  # it is a number


def _transfer(line: Mapping[str, Any], time: float) -> Transfer:
    addr = address(line, "addr")
    operation = _operation(line) if "smbus" in line else None
    messages = _messages(line, addr)
    if operation is not None and len(messages) != 1:
        raise Invalid("an SMBus operation has not exactly one message")
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
        raise Invalid("answers do not match the reads in number and length")
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
    """Return the beginning of a value for an error."""
    shown = repr(value)
    return shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}…"
