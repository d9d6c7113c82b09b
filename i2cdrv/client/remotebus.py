"""A bus of the service, over a connection that carries transfers as frames."""

from __future__ import annotations

import errno
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from ..errors import Error
from ..i2c.adapter import Functionality, Read
from ..i2c.plan import check_messages
from ..ipc import transferframe as frame
from ..ipc.names import TRANSFER
from ..ipc.varlink import Client, NoAnswer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..i2c.adapter import Message

OPEN_TIMEOUT_S = 10.0
TRANSFER_TIMEOUT_S = 30.0  # the service gives up a transfer earlier


class RemoteBus:
    """A ``Link`` through the service; it connects again after a restart of the service, and in a forked process."""

    is_local: ClassVar[bool] = False

    def __init__(self, path: Path, bus: str) -> None:
        """Connect to the socket.  Errors: NoServer, NoAnswer; those of the service, as Unknown for no such bus."""
        self._path, self._bus = path, bus
        self._mutex = threading.Lock()
        self._sock: socket.socket | None = None
        self._is_closed = False
        self._connected()

    def _connected(self) -> socket.socket:
        """Return the connection; make it if there is none.  Raises Error (EBADF) after ``close``."""
        if self._is_closed:
            raise Error("the bus was closed", errno.EBADF)
        if self._sock is None:
            reply, self._sock = Client(self._path, OPEN_TIMEOUT_S).upgrade(f"{TRANSFER}.Open", {"bus": self._bus})
            self._sock.settimeout(TRANSFER_TIMEOUT_S)
            self.functionality = Functionality(reply["functionality"])
        return self._sock

    def xfer(self, messages: Sequence[Message], *, force: bool) -> list[bytes]:
        """See Link.  Raises Invalid for messages that i2c-dev refuses."""
        check_messages(messages)
        request = frame.pack(messages, force)
        with self._mutex:
            reply = self._exchange(request)
        answer, start = frame.answered(reply), 0
        answers = []
        for message in messages:
            if isinstance(message, Read):
                answers.append(answer[start : start + message.length])
                start += message.length
        return answers

    def _exchange(self, request: bytes) -> bytes:
        """Send a request and return the reply; once more if the service has not received the request."""
        try:
            try:
                self._connected().sendall(request)
            except ConnectionError:  # it was restarted since the last transfer
                self._drop()
                self._connected().sendall(request)
            reply = self._receive()
        except TimeoutError:
            self._drop()
            raise NoAnswer(
                f"{self._path} did not answer within {TRANSFER_TIMEOUT_S:g} s: systemctl restart i2cdrv"
            ) from None
        except BaseException:  # of a signal handler, too: a later reply belongs to no other transfer
            self._drop()
            raise
        if reply is None:
            self._drop()
            raise Error(f"{self._path}: the service ended during a transfer; try again", errno.ECONNRESET)
        return reply

    def _receive(self) -> bytes | None:
        with suppress(ConnectionError):
            return frame.receive(self._connected())
        return None

    def _drop(self) -> None:
        sock, self._sock = self._sock, None
        if sock is not None:
            sock.close()

    def fileno(self) -> int:
        """See Link."""
        sock = self._sock
        return -1 if sock is None else sock.fileno()

    def close(self) -> None:
        """See Link.  A transfer under way in another thread fails at once."""
        self._is_closed = True
        sock = self._sock
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        with self._mutex:
            self._drop()

    def after_fork(self) -> None:
        """See Link.  The connection remains with the process that forked."""
        self._mutex = threading.Lock()
        self._drop()
