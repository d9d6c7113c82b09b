"""The server's side of one client: its identity, the bytes received, the bytes to send.

The selector thread receives, flushes and closes.  The thread that serves the client's call adds replies.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from contextlib import contextmanager, suppress
from threading import Condition, Event
from typing import TYPE_CHECKING, NamedTuple

from .interface import Peer
from .wire import END, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterator

_UCRED = struct.Struct("iII")  # struct ucred of unix(7)
CHUNK_BYTES = 65536  # of one recv: a fair turn for each client
NO_DEADLINE = float("inf")


def peer_of(sock: socket.socket) -> Peer:
    """Return the process at the other end."""
    return Peer(*_UCRED.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)))


class Limits(NamedTuple):
    """Limits for clients; the defaults suit a Raspberry Pi with a handful of users and programs."""

    message_bytes: int = (
        65536  # of a call: a text of 4096 bytes takes up to six times as many; see also wire.MAX_VALUES
    )
    backlog_bytes: int = 1 << 17  # that a client has not read; then its stream waits, and its next call
    timeout_s: float = 10.0  # for a whole message to arrive, and for a client to read something
    clients: int = 256  # at once; root and the server's user have a few more
    workers: int = 4  # calls that run at once, and as many that may wait for a chip; further calls queue
    streams: int = 128  # calls with many replies at once, a thread each; further calls fail (EBUSY)
    upgrades: int = 64  # connections that carry another protocol, likewise


class Connection:
    """One client."""

    def __init__(self, sock: socket.socket, limits: Limits) -> None:
        self.sock, self.fd = sock, sock.fileno()
        self.peer = peer_of(sock)
        self.closed = Event()  # the client waits for no further replies, or the server stops
        self.busy = False  # one of its calls runs; the next one waits
        self.ended = False  # it sends no more
        self.last = False  # close it when it has read its backlog
        self.watched: int | None = 0  # the events that epoll reports; None after it has hung up
        self.deadline = NO_DEADLINE  # by which it must have read or sent something; monotonic, in s
        self._limits = limits
        self._inbox = bytearray()
        self._seen = 0  # bytes of the inbox without an END
        self._began = 0.0  # start of the message at the head of the inbox; monotonic, in s
        self._outbox = bytearray()
        self._moved = 0.0  # latest time at which the client read something; monotonic, in s
        self._gone = False
        self._is_lent = False
        self._space = Condition()

    # The selector thread.

    def receive(self) -> bool:
        """Receive bytes; return False if there are none now.  Errors: OSError of the connection."""
        try:
            data = self.sock.recv(CHUNK_BYTES)
        except BlockingIOError:
            return False
        if not self._inbox:
            self._began = time.monotonic()
        self._inbox += data
        self.ended = not data
        return bool(data)

    def next_message(self) -> bytes | None:
        """Return a whole message, None if there is none yet.  Errors: ProtocolError if it is too long."""
        end = self._inbox.find(END, self._seen)
        length = len(self._inbox) if end < 0 else end
        if length > self._limits.message_bytes:
            raise ProtocolError(f"a message of more than {self._limits.message_bytes} bytes")
        if end < 0:
            self._seen = length
            return None
        message = bytes(self._inbox[:end])
        del self._inbox[: end + 1]
        self._seen, self._began = 0, time.monotonic()
        return message

    def flush(self) -> None:
        """Send as much as the client accepts now; if it has hung up, its calls remain.  Errors: OSError."""
        try:
            self._send()
        except ConnectionError:
            self.receive_the_rest()
            self.hang_up()

    def _send(self) -> None:
        with self._space:
            if self._outbox:
                with suppress(BlockingIOError):
                    del self._outbox[: self.sock.send(self._outbox)]
                    self._moved = time.monotonic()
                    self._space.notify_all()

    @property
    def backlog(self) -> int:
        """The number of bytes that it has not read."""
        return len(self._outbox)

    @property
    def full(self) -> bool:
        """Whether it must read before it is served again."""
        return len(self._outbox) >= self._limits.backlog_bytes

    def resume(self) -> None:
        """Start the time for the next message if its call has ended."""
        if not self.busy:
            self._began = time.monotonic()

    def wanted(self) -> int:
        """Return the events to watch.  No message is read before the last call is done, so the inbox is bounded."""
        read = not (self.busy or self.ended or self.last or self.full)
        return (select.EPOLLIN if read else 0) | (select.EPOLLOUT if self._outbox else 0)

    def next_deadline(self) -> float:
        """Return the time by which it must have read something or completed its message."""
        if self._outbox:
            return self._moved + self._limits.timeout_s
        return self._began + self._limits.timeout_s if self._inbox and not self.busy else NO_DEADLINE

    def receive_the_rest(self) -> None:
        """Receive everything it sent before it hung up; that is at most the kernel's send buffer."""
        with suppress(OSError):
            while self.receive():
                pass
        self.ended = True

    def hang_up(self) -> None:
        """Discard its backlog and end its call; nothing can be sent to it any more."""
        with self._space:
            self._gone = True
            self._outbox.clear()
        self.end()

    def end(self) -> None:
        """End its call: a stream that waits for space or for events stops."""
        with self._space:
            self.closed.set()
            self._space.notify_all()
            if self._is_lent:
                with suppress(OSError):
                    self.sock.shutdown(socket.SHUT_RDWR)  # its thread waits for bytes

    # The thread that serves its call.

    def put(self, reply: bytes) -> bool:
        """Add a reply without waiting; return True if the selector thread must be woken for it."""
        with self._space:
            first = not self._outbox
            if not self._gone:
                if first:
                    self._moved = time.monotonic()
                self._outbox += reply
            return first

    def wait_for_space(self) -> bool:
        """Wait until it has read enough of its backlog; return False if it is gone or the server stops."""
        with self._space:
            self._space.wait_for(lambda: self._gone or self.closed.is_set() or not self.full)
            return not self._gone and not self.full

    @contextmanager
    def lent(self) -> Iterator[socket.socket]:
        """Lend the socket to this thread, which talks another protocol.

        Errors: ProtocolError if the client has not waited for the reply; ConnectionError if it has hung up.
        """
        with self._space:
            if self._gone or self.closed.is_set():
                raise ConnectionResetError
            if self._inbox or self._outbox:
                raise ProtocolError("bytes before the reply to an upgrade")
            self._is_lent = True
        with self.sock.dup() as sock:
            sock.settimeout(None)
            yield sock
