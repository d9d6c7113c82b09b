"""A client for commands that must start quickly: no socket, json, pathlib, typing and no text of an interface.

It understands the usual replies of a process of this version; for all others, and for each failure, it raises Unusual,
OSError or ValueError, and the caller leaves the command to ``peers`` and ``varlink``.
"""

from __future__ import annotations

import os
import time

from ..lib.jsontext import Plain, loads
from ..lib.places import DAEMON as SOCKET
from .names import DAEMON, DEVICES, LOG, MODULES, WATCH

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

PATIENCE_S = 0.5  # for all replies of one process
MAX_REPLY_BYTES = 1 << 20
LARGEST = 1e15  # of the usual numbers
DIGITS = "0123456789"
READ, LIST_MODULES, LIST_DEVICES = f"{WATCH}.Read", f"{MODULES}.ListModules", f"{DEVICES}.ListDevices"
STATUS, SHOW_PARAMETERS = f"{DAEMON}.Status", f"{MODULES}.ShowParameters"
DESCRIBE_LOG, READ_LOG = f"{LOG}.Describe", f"{LOG}.Read"
TYPES: Mapping[str, Mapping[str, str]] = {
    "Value": {
        "value": "?float", "unit": "string", "digits": "?int", "text": "?string", "error": "?string",
        "message": "?string", "label": "?string",
    },
    "Reading": {
        "device": "string", "driver": "string", "time": "float", "boottime": "float", "status": "(ok, error)",
        "channels": "?[string]Value", "error": "?string", "message": "?string", "chip": "?string", "state": "?string",
        "reason": "?string", "name": "?string",
    },
    "Module": {
        "name": "string", "devices": "[]string", "users": "int", "path": "string", "description": "string",
        "foreign": "?string",
    },
    "Device": {
        "device": "string", "bus": "int", "adapter": "string", "address": "int", "chip": "string", "module": "?string",
        "state": "string", "reason": "string", "interval": "?float", "reading": "?Reading", "taint": "?string",
        "name": "?string",
    },
    "Missing": {"module": "string", "bus": "string", "address": "?int", "reason": "string", "name": "?string"},
    "Line": {
        "number": "int", "time": "float", "seconds": "float", "level": "string", "event": "string", "values": "object",
    },
    READ: {"reading": "Reading", "boottime": "float", "interval": "float", "pid": "int"},
    LIST_MODULES: {"modules": "[]Module"},
    LIST_DEVICES: {"devices": "[]Device"},
    SHOW_PARAMETERS: {"parameters": "[string]string"},
    DESCRIBE_LOG: {"pid": "int", "next": "int", "began": "?float"},
    READ_LOG: {"lines": "[]Line", "lost": "int", "next": "int"},
    STATUS: {
        "pid": "int", "version": "string", "config": "string", "state": "string", "started": "float",
        "status": "string", "missing": "[]Missing",
    },
}  # fmt: skip  # the declarations of ``names``, for some methods and their types


class Unusual(Exception):
    """Something that this client leaves to the other one."""


def sockets(searched: Sequence[str]) -> Iterator[str]:
    """Yield the sockets of the processes in some directories, the daemon's first; some processes may be dead."""
    for place in searched:
        yield f"{place}/{SOCKET}"
        yield from (f"{place}/{name}" for name in sorted(_listed(place)))


def _listed(place: str) -> list[str]:
    try:
        names = os.listdir(place)  # noqa: PTH208
    except OSError:
        return []
    return [name for name in names if name.startswith(f"{SOCKET}.") and name[-1] in DIGITS]


def ask(path: str, *methods: str, parameters: str = "{}", patience: float | None = None) -> list[Any] | None:
    """Call methods of a process; return the reply to each, None for an error; None in their place without a server.

    ``parameters``: in JSON.  ``patience``: s for all replies.  Raises Unusual, OSError, ValueError.
    """
    calls = "".join(f'{{"method":"{method}","parameters":{parameters}}}\0' for method in methods)
    wanted, patience = len(methods), PATIENCE_S if patience is None else patience
    messages = _exchange(path, calls.encode(), lambda received: received.count(0) >= wanted, patience)
    return messages and [_reply(*one) for one in zip(messages[:wanted], methods, strict=True)]


def stream(path: str, method: str, parameters: str) -> list[dict[str, Any]]:
    """Call a method with several replies; return them all.  Raises Unusual, OSError, ValueError."""
    call = f'{{"method":"{method}","parameters":{parameters},"more":true}}\0'
    messages = _exchange(path, call.encode(), _is_whole, PATIENCE_S) or []
    last = _parsed(messages.pop()) if messages else {"error": "no server"}
    replies = [_reply(message, method, continues=True) for message in messages]
    if None in replies or last.get("continues", False) is not False or last.get("parameters") != {}:
        raise Unusual  # an error, or an older or newer process
    return [reply for reply in replies if reply is not None]


def _is_whole(received: bytearray) -> bool:
    """Return whether the last message ends the replies."""
    if received[-1:] != b"\0":
        return False
    return _parsed(bytes(received[received.rfind(0, 0, -1) + 1 : -1])).get("continues", False) is not True


def _exchange(path: str, calls: bytes, is_whole: Callable[[bytearray], bool], patience: float) -> list[bytes] | None:
    """Send the calls and return the messages; None without a server."""
    sock, deadline = _new_socket(), time.monotonic() + patience
    try:
        sock.settimeout(patience)
        sock.connect(path)
        sock.sendall(calls)
        received = bytearray()
        while not is_whole(received):
            sock.settimeout(max(deadline - time.monotonic(), 0.001))
            data = sock.recv(1 << 16)
            received += data
            if not data or time.monotonic() > deadline or len(received) > MAX_REPLY_BYTES:
                raise Unusual
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    finally:
        sock.close()
    return bytes(received).split(b"\0")[:-1]


def _new_socket() -> Any:
    try:
        import _socket as socket  # the module in C, which socket imports
    except ImportError:
        import socket  # type: ignore[no-redef]
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)


def _reply(message: bytes, method: str, *, continues: bool = False) -> dict[str, Any] | None:
    """Return the reply in a message, if it is as declared; None for an error."""
    found = _parsed(message)
    if "error" in found:
        return None
    reply: Any = found.get("parameters")
    if found.get("continues", False) is not continues or not _is(reply, method):
        raise Unusual
    return reply  # type: ignore[no-any-return]  # _is has checked it


def _parsed(message: bytes) -> dict[str, Any]:
    found = loads(message.decode(), Plain)
    if type(found) is not dict:
        raise Unusual
    return found


def _is(value: Any, kind: str) -> bool:
    """Return whether a value is of a varlink type, and can be printed as it is."""
    if kind[0] == "?":
        return value is None or _is(value, kind[1:])
    if kind in TYPES:
        return type(value) is dict and all(_is(value.get(name), inner) for name, inner in TYPES[kind].items())
    if kind[0] == "[" or kind == "object":
        return _is_collection(value, kind)
    if kind[0] == "(":
        return value in kind[1:-1].split(", ")
    if kind == "string":
        return type(value) is str and value.isprintable()
    return (type(value) is int or (kind == "float" and type(value) is float)) and -LARGEST < value < LARGEST


def _is_collection(value: Any, kind: str) -> bool:
    if kind == "object":
        return type(value) is dict and all(type(one) in (str, bool) or _is(one, "?float") for one in value.values())
    if kind[:2] == "[]":
        return type(value) is list and all(_is(one, kind[2:]) for one in value)
    return type(value) is dict and all(_is(name, "string") and _is(one, kind[8:]) for name, one in value.items())
