"""Varlink over a Unix stream socket: how the daemon and the command line talk.  The protocol: https://varlink.org.

A message is a JSON object and a NUL byte.  Rooms, from the ground up: ``wire`` (messages, text, errors), ``interface``
(the published text and what it accepts), ``service`` (from a call to its replies, without any I/O),
``connection`` (buffers of one client), ``address`` (who owns the path), ``pool`` (threads for handlers), ``server``,
``client``.

Text is any bytes: what is not UTF-8 travels as lone surrogates (``wire.text`` and ``wire.raw``), in plain ASCII JSON.

Each name is imported when it is first used: a client does without the server.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from .client import Client as Client
    from .client import NoAnswer as NoAnswer
    from .client import NoServer as NoServer
    from .connection import Limits as Limits
    from .interface import Call as Call
    from .interface import Interface as Interface
    from .interface import Peer as Peer
    from .server import Server as Server
    from .service import Product as Product
    from .wire import raw as raw
    from .wire import text as text

_HOME = {
    "Call": "interface", "Client": "client", "Interface": "interface", "Limits": "connection", "NoAnswer": "client",
    "NoServer": "client", "Peer": "interface", "Product": "service", "Server": "server", "raw": "wire", "text": "wire",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value
