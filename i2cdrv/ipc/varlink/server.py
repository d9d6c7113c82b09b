"""The server: one thread does all socket I/O and nothing else, so no client and no handler can hold up another.

Messages are parsed, handlers run and replies are encoded in the threads of a pool, one call of a connection at a time;
a call with many replies has a thread of its own.  The path from a client's bytes to a handler and back:
``_event → _advance → _serve, _answer (in a pool) → Connection.put → _wake → _advance → Connection.flush``.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections import deque
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING

from ...errors import Busy
from ...lib.threadpool import Pool
from .address import Address
from .connection import CHUNK, NEVER, Connection, Limits
from .service import Product, Service, Stream, note
from .wire import Broken

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from .interface import Interface
    from .service import Asked

RESERVE = 16  # connections kept for those who may change things, when others have taken all
QUIET = 10.0  # s between two log lines about clients that were dropped
PAUSE = 0.2  # s without accepting when the process has no descriptor left
GONE = select.EPOLLHUP | select.EPOLLERR


class Server:
    """Interfaces at a path, from ``start`` to ``stop``."""

    def __init__(
        self,
        path: Path,
        interfaces: Sequence[Interface],
        *,
        product: Product | None = None,
        mode: int = 0o660,
        group: int | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.path = path
        self._service = Service(interfaces, product or Product())
        self._mode, self._group = mode, group
        self._limits = limits or Limits()
        self._calls = Pool("control", self._limits.workers)
        self._waiting = Pool("control wait", self._limits.workers)  # so that who only looks does not wait for a chip
        self._streams = Pool("control stream", self._limits.streams, queue=False)
        self._connections: dict[int, Connection] = {}
        self._impatient: set[Connection] = set()  # those with a deadline
        self._ready: deque[Connection] = deque()  # those whose call has something to say
        self._accept_again: float | None = None
        self._stopping = self._said_so = self._ended = False
        self._suppressed, self._complained = 0, -QUIET
        self._thread = threading.Thread(target=self._run, name="control I/O", daemon=True)

    def start(self) -> None:
        """Listen.  Errors: Busy naming the process that serves the path; Invalid, Error if it cannot be used."""
        self._address = Address(self.path, self._mode, self._group)
        self._alarm, self._bell = socket.socketpair(type=socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self._epoll = select.epoll()
        self._epoll.register(self._address.sock, select.EPOLLIN)
        self._epoll.register(self._alarm, select.EPOLLIN)
        self._thread.start()

    def stop(self, timeout: float = 1.0) -> None:
        """Remove the socket, give running calls ``timeout`` s, send what clients take at once, and close."""
        deadline = time.monotonic() + timeout
        self._stopping = True
        self._ring()
        left = sum(pool.stop(deadline) for pool in (self._calls, self._waiting, self._streams))
        if left:
            note("warning", "control calls did not end and are left behind", calls=left)
        self._ended = True
        self._ring()
        self._thread.join()

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # The selector thread.

    def _run(self) -> None:
        try:
            while not self._ended:
                self._step()
        finally:
            self._serve_ready()
            for connection in list(self._connections.values()):
                self._drop(connection)
            self._address.close()
            self._epoll.close()
            self._alarm.close()
            self._bell.close()

    def _step(self) -> None:
        for fd, events in self._epoll.poll(self._until_next_deadline()):
            if fd == self._alarm.fileno():
                self._alarm.recv(CHUNK)
            elif fd in self._connections:
                connection = self._connections[fd]
                self._guard(connection, partial(self._event, connection, events))
            elif not self._stopping:
                self._accept()
        self._serve_ready()
        self._drop_the_slow()
        if self._accept_again is not None and self._accept_again <= time.monotonic():
            self._listen(True)
        if self._stopping and not self._said_so:
            self._say_so()

    def _until_next_deadline(self) -> float | None:
        times = [connection.deadline for connection in self._impatient]
        times += [] if self._accept_again is None else [self._accept_again]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _say_so(self) -> None:
        """Let everybody know that the server stops: nobody new finds it, streams end."""
        self._said_so = True
        self._listen(False)
        self._address.path.unlink(missing_ok=True)
        for connection in self._connections.values():
            connection.end()

    def _listen(self, on: bool) -> None:
        self._accept_again = None
        self._epoll.modify(self._address.sock, select.EPOLLIN if on else 0)

    def _accept(self) -> None:
        try:
            sock, _ = self._address.sock.accept()
        except BlockingIOError:
            return
        except OSError as error:  # no descriptor left: whoever knocks waits
            note("warning", "control socket cannot accept", error=str(error))
            self._listen(False)
            self._accept_again = time.monotonic() + PAUSE
            return
        sock.setblocking(False)
        connection = Connection(sock, self._limits)
        if len(self._connections) >= self._limits.clients + (RESERVE if connection.peer.may_change else 0):
            self._complain(connection, f"more than {self._limits.clients} clients")
            sock.close()
            return
        self._connections[connection.fd] = connection
        self._epoll.register(sock, 0)
        self._guard(connection, partial(self._advance, connection))

    def _guard(self, connection: Connection, work: Callable[[], None]) -> None:
        """A fault of one connection ends that one."""
        try:
            work()
        except ConnectionError:
            self._drop(connection)
        except Exception as error:  # the other clients must not pay for it
            self._complain(connection, str(error))
            self._drop(connection)

    def _event(self, connection: Connection, events: int) -> None:
        if events & GONE:
            self._epoll.unregister(connection.sock)
            connection.watched = None
            connection.receive_the_rest()
            connection.hang_up()
        elif events & select.EPOLLIN:
            connection.receive()
        self._advance(connection)

    def _serve_ready(self) -> None:
        for _ in range(len(self._ready)):  # not until it is empty: a busy stream must not keep us
            connection = self._ready.popleft()
            if self._connections.get(connection.fd) is connection:
                connection.resume()
                self._guard(connection, partial(self._advance, connection))

    def _advance(self, connection: Connection) -> None:
        """Send, then serve the next call, or close, or wait."""
        connection.flush()
        if not (connection.busy or connection.last or connection.full):
            message = connection.next_message()
            if message is None:
                connection.last = connection.ended
            else:
                connection.busy = True  # before: the call may be done before submit returns
                if not self._calls.submit(partial(self._serve, connection, message)):
                    connection.busy = False
        if connection.last and not connection.busy and not connection.unread:
            self._drop(connection)
        else:
            self._watch(connection)

    def _watch(self, connection: Connection) -> None:
        wanted = connection.wanted()
        if connection.watched is not None and connection.watched != wanted:
            self._epoll.modify(connection.sock, wanted)
            connection.watched = wanted
        connection.deadline = connection.patience()
        if connection.deadline < NEVER:
            self._impatient.add(connection)
        else:
            self._impatient.discard(connection)

    def _drop_the_slow(self) -> None:
        now = time.monotonic()
        for connection in [slow for slow in self._impatient if slow.deadline <= now]:
            what = f"{connection.unread} bytes not read" if connection.unread else "half a message"
            self._complain(connection, f"{what} for {self._limits.patience} s")
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        self._connections.pop(connection.fd, None)
        self._impatient.discard(connection)
        connection.hang_up()
        connection.sock.close()  # which also takes it out of epoll

    def _complain(self, connection: Connection, reason: str) -> None:
        """One line of many: clients must not be able to fill the log."""
        now = time.monotonic()
        if now - self._complained < QUIET:
            self._suppressed += 1
            return
        who = {"pid": connection.peer.pid, "uid": connection.peer.uid}
        note("warning", "control client dropped", **who, reason=reason, others_before=self._suppressed)
        self._complained, self._suppressed = now, 0

    # The threads of the pools.

    def _serve(self, connection: Connection, message: bytes) -> None:
        try:
            asked = self._service.asked(message, connection.peer, connection.over)
        except Broken as error:
            connection.last = True
            self._complain(connection, error.message)
            self._finish(connection, b"")
            return
        if not asked.waits:
            self._answer(connection, asked)
        elif not self._waiting.submit(partial(self._answer, connection, asked)):
            self._finish(connection, b"")  # the server stops

    def _answer(self, connection: Connection, asked: Asked) -> None:
        answer = self._service.answer(asked)
        if isinstance(answer, bytes):
            self._finish(connection, answer)
        elif not self._streams.submit(partial(self._send_all, connection, answer)):
            self._finish(connection, answer.refused(Busy(f"{self._limits.streams} streams run already: end one")))

    def _send_all(self, connection: Connection, stream: Stream) -> None:
        with closing(stream.run()) as replies:
            for reply in replies:
                if connection.put(reply):
                    self._wake(connection)
                if not connection.wait_for_room():
                    break
        self._finish(connection, b"")

    def _finish(self, connection: Connection, reply: bytes) -> None:
        connection.put(reply)
        connection.busy = False
        self._wake(connection)

    def _wake(self, connection: Connection) -> None:
        self._ready.append(connection)
        self._ring()

    def _ring(self) -> None:
        with suppress(OSError):  # full: it rings already; closed: the server has ended
            self._bell.send(b"!")
