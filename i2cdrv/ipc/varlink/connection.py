"""What the server keeps of one client: who it is, what it sent, what it has not read yet.

The selector thread receives, flushes and closes; the thread that serves its call, one at a time, puts the replies.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from contextlib import suppress
from threading import Condition, Event
from typing import NamedTuple

from .interface import Peer
from .wire import END, Broken

_UCRED = struct.Struct("iII")  # struct ucred of unix(7)
CHUNK = 65536  # bytes of one recv: a fair turn for everybody
NEVER = float("inf")


def peer_of(sock: socket.socket) -> Peer:
    """Who is at the other end."""
    return Peer(*_UCRED.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)))


class Limits(NamedTuple):
    """The defaults are for a Raspberry Pi with a handful of people and programs."""

    message: int = 65536  # bytes of a call: a text of 4096 bytes takes up to six times as many; see also wire.MOST
    unread: int = 1 << 17  # bytes that may wait for a client; then its stream waits, and its next call
    patience: float = 10.0  # s for a whole message to arrive, and in which a client must read something
    clients: int = 256  # at once; root and the server's user have a few more
    workers: int = 4  # calls that run at once, and as many that may wait for a chip; the others wait for their turn
    streams: int = 32  # calls with many replies at once, a thread each; more are refused (EBUSY)


class Connection:
    """One client."""

    def __init__(self, sock: socket.socket, limits: Limits) -> None:
        self.sock, self.fd = sock, sock.fileno()
        self.peer = peer_of(sock)
        self.over = Event()  # nobody waits for replies any more
        self.busy = False  # a call of it runs; the next one waits
        self.ended = False  # it will send no more
        self.last = False  # it is to be closed when it has read what is there
        self.watched: int | None = 0  # what epoll watches; None when it has hung up
        self.deadline = NEVER  # monotonic s, until which it must have gone on
        self._limits = limits
        self._inbox = bytearray()
        self._seen = 0  # bytes of the inbox without an END
        self._began = 0.0  # when the message at the head of the inbox began
        self._outbox = bytearray()
        self._moved = 0.0  # when something of the outbox was last read
        self._gone = False
        self._room = Condition()

    # The selector thread.

    def receive(self) -> bool:
        """Take what it sent; False if there is nothing for now.  Errors: OSError of the connection."""
        try:
            data = self.sock.recv(CHUNK)
        except BlockingIOError:
            return False
        if not self._inbox:
            self._began = time.monotonic()
        self._inbox += data
        self.ended = not data
        return bool(data)

    def next_message(self) -> bytes | None:
        """A whole message, if there is one.  Errors: Broken if it is too long."""
        end = self._inbox.find(END, self._seen)
        length = len(self._inbox) if end < 0 else end
        if length > self._limits.message:
            raise Broken(f"a message of more than {self._limits.message} bytes")
        if end < 0:
            self._seen = length
            return None
        message = bytes(self._inbox[:end])
        del self._inbox[: end + 1]
        self._seen, self._began = 0, time.monotonic()
        return message

    def flush(self) -> None:
        """Send what it takes.  Errors: OSError of the connection."""
        with self._room:
            if self._outbox:
                with suppress(BlockingIOError):
                    del self._outbox[: self.sock.send(self._outbox)]
                    self._moved = time.monotonic()
                    self._room.notify_all()

    @property
    def unread(self) -> int:
        """Bytes it has not taken."""
        return len(self._outbox)

    @property
    def full(self) -> bool:
        """Whether it has to read before it is served again."""
        return len(self._outbox) >= self._limits.unread

    def resume(self) -> None:
        """Its call may have ended: the time for the next message begins."""
        if not self.busy:
            self._began = time.monotonic()

    def wanted(self) -> int:
        """What epoll should watch: no message is read before the last one is done, so the inbox is bounded."""
        read = not (self.busy or self.ended or self.last or self.full)
        return (select.EPOLLIN if read else 0) | (select.EPOLLOUT if self._outbox else 0)

    def patience(self) -> float:
        """The time until which it must have read something, or ended its message."""
        if self._outbox:
            return self._moved + self._limits.patience
        return self._began + self._limits.patience if self._inbox and not self.busy else NEVER

    def receive_the_rest(self) -> None:
        """Take what it sent before it hung up; the kernel holds no more than its send buffer."""
        with suppress(OSError):
            while self.receive():
                pass
        self.ended = True

    def hang_up(self) -> None:
        """Nothing can be sent to it any more; whoever waits for room stops."""
        with self._room:
            self._gone = True
            self._outbox.clear()
        self.end()

    def end(self) -> None:
        """The server stops, or nobody is there any more: whoever waits for room, or for something to say, stops."""
        with self._room:
            self.over.set()
            self._room.notify_all()

    # The thread that serves its call.

    def put(self, reply: bytes) -> bool:
        """Add a reply, without waiting; whether the selector thread must be told, which it was if one is there."""
        with self._room:
            first = not self._outbox
            if not self._gone:
                if first:
                    self._moved = time.monotonic()
                self._outbox += reply
            return first

    def wait_for_room(self) -> bool:
        """Wait until it has read enough of what is there; False if it is gone or the server stops."""
        with self._room:
            self._room.wait_for(lambda: self._gone or self.over.is_set() or not self.full)
            return not self._gone and not self.full
