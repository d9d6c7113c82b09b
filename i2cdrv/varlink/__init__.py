"""Varlink over a Unix stream socket: how the daemon and the command line talk.  The protocol: https://varlink.org.

A message is a JSON object and a NUL byte.  Rooms, from the ground up: ``wire`` (messages, text, errors), ``interface``
(the published text and what it accepts), ``service`` (from a call to its replies, without any I/O), ``limits``,
``connection`` (buffers of one client), ``address`` (who owns the path), ``pool`` (threads for handlers), ``server``,
``client``.

Text is any bytes: what is not UTF-8 travels as lone surrogates (``wire.text`` and ``wire.raw``), in plain ASCII JSON.
"""

from .client import Client, NoServer
from .interface import Call, Interface, Peer
from .limits import Limits
from .server import Server
from .service import Product
from .wire import raw, text

__all__ = ["Call", "Client", "Interface", "Limits", "NoServer", "Peer", "Product", "Server", "raw", "text"]
