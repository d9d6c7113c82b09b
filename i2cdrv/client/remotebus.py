"""A bus of the service, over a connection that carries transfers as frames."""

from __future__ import annotations

import errno
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from ..errors import Error
from ..i2c.adapter import Functionality, Read
from ..ipc import transferframe as frame
from ..ipc.names import TRANSFER
from ..ipc.varlink import Client, NoAnswer

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence
    from pathlib import Path

    from ..i2c.adapter import Message

OPEN_TIMEOUT_S = 10.0
TRANSFER_TIMEOUT_S = 30.0  # the service gives up a transfer earlier


class RemoteBus:
    """A ``Link`` through the service; it connects again after a restart of the service, or in a forked process."""

    def __init__(self, path: Path, bus: str) -> None:
        """Connect to the socket.  Errors: NoServer, NoAnswer; those of the service, as Unknown for no such bus."""
        self._path, self._bus = path, bus
        self._mutex = threading.Lock()
        self._sock: socket.socket | None = None
        self._pid = 0  # of the process that has the connection
        self._connected()

    def _connected(self) -> socket.socket:
        """Return the connection of this process."""
        if self._sock is not None and self._pid == os.getpid():
            return self._sock
        if self._sock is not None:
            self._drop()  # the connection remains with the process that forked
        reply, self._sock = Client(self._path, OPEN_TIMEOUT_S).upgrade(f"{TRANSFER}.Open", {"bus": self._bus})
        self._sock.settimeout(TRANSFER_TIMEOUT_S)
        self._pid = os.getpid()
        self.functionality = Functionality(reply["functionality"])
        return self._sock

    def xfer(self, messages: Sequence[Message], *, force: bool) -> list[bytes]:
        """See Link."""
        request = frame.pack(messages, force)
        with self._mutex:
            try:
                answer = frame.answered(self._exchange(request))
            except TimeoutError:
                self._drop()
                raise NoAnswer(
                    f"{self._path} did not answer within {TRANSFER_TIMEOUT_S:g} s: systemctl restart i2cdrv"
                ) from None
        answers, start = [], 0
        for message in messages:
            if isinstance(message, Read):
                answers.append(answer[start : start + message.length])
                start += message.length
        return answers

    def _exchange(self, request: bytes) -> bytes:
        """Send a request and return the reply; once more if the service has not received the request."""
        try:
            self._connected().sendall(request)
        except ConnectionError:  # it was restarted since the last transfer
            self._drop()
            self._connected().sendall(request)
        with suppress(ConnectionError):
            if (reply := frame.receive(self._connected())) is not None:
                return reply
        self._drop()
        raise Error(f"{self._path}: the service ended during a transfer; try again", errno.ECONNRESET)

    def _drop(self) -> None:
        if self._sock is not None:
            self._sock.close()
        self._sock = None

    def fileno(self) -> int:
        """See Link."""
        with self._mutex:
            return self._connected().fileno()

    def close(self) -> None:
        """See Link."""
        with self._mutex:
            self._drop()
