"""Varlink over a Unix stream socket: the protocol between the command line and the daemon, https://varlink.org.

A message is a JSON object and a NUL byte.  Modules, from the bottom up: ``wire`` (messages, text, errors),
``interface`` (the published text and the values it accepts), ``service`` (from a call to its replies, without any I/O),
``connection`` (buffers of one client), ``address`` (ownership of the path), ``server``, ``client``.

Text is any bytes, in ASCII JSON: bytes that are not UTF-8 travel as lone surrogates (``wire.text``, ``wire.raw``).

Each name is imported at its first use: a client does not import the server.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from .client import Client as Client
    from .client import NoAnswer as NoAnswer
    from .client import NoServer as NoServer
    from .client import Stream as Stream
    from .connection import Limits as Limits
    from .interface import Call as Call
    from .interface import Interface as Interface
    from .interface import Peer as Peer
    from .interface import Upgrade as Upgrade
    from .server import Server as Server
    from .service import Product as Product
    from .wire import raw as raw
    from .wire import text as text

_HOME = {
    "Call": "interface", "Client": "client", "Interface": "interface", "Limits": "connection", "NoAnswer": "client",
    "NoServer": "client", "Peer": "interface", "Product": "service", "Server": "server", "Stream": "client",
    "Upgrade": "interface", "raw": "wire", "text": "wire",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value
