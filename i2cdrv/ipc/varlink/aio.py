"""The client for asyncio: other tasks run during each wait, and a cancelled call hangs up.

It shares all but the I/O with ``client``.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from ...errors import Error
from .client import RETRY_PERIOD_S, Exchange

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path


async def call(path: Path, method: str, parameters: Mapping[str, Any], timeout: float) -> dict[str, Any]:
    """Call ``interface.Method`` and return its reply.  Errors: those of ``Client.call``."""
    stream = AsyncStream(Exchange(path, method, parameters, more=False))
    try:
        async with _limit(stream.exchange, timeout):
            await stream.start()
            reply = await stream.next()
    finally:
        stream.close()
    assert reply is not None  # a call without more has one, and it counts even if it is empty
    return reply


@asynccontextmanager
async def _limit(exchange: Exchange, seconds: float) -> AsyncIterator[None]:
    """Raise NoAnswer if the block takes too long."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        if isinstance(error, Error):  # that the server has sent
            raise
        raise exchange.late(seconds) from None


class AsyncStream:
    """The connection of one exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)

    def close(self) -> None:
        """Hang up, when no task waits for a reply any more."""
        self._sock.close()

    async def start(self) -> None:
        """Connect and send the call."""
        await self._connect()
        try:
            await asyncio.get_running_loop().sock_sendall(self._sock, self.exchange.call)
        except ConnectionError:
            raise self.exchange.refused() from None

    async def next(self) -> dict[str, Any] | None:
        """Wait for the next reply and return it; None if all are done."""
        while (reply := self.exchange.take()) is None and not self.exchange.done:
            try:
                data = await asyncio.get_running_loop().sock_recv(self._sock, 1 << 16)
            except ConnectionError:
                data = b""
            self.exchange.feed(data)
        return reply

    async def _connect(self) -> None:
        """Connect.  asyncio's own sock_connect takes a full queue for a connection."""
        while True:
            try:
                return self._sock.connect(str(self.exchange.path))
            except BlockingIOError:
                await asyncio.sleep(RETRY_PERIOD_S)
            except OSError as error:
                raise self.exchange.not_connected(error) from None
