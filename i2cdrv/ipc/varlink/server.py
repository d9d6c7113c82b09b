"""The server: one thread does all socket I/O and nothing else, so no client or handler can delay another.

Messages are parsed, handlers run and replies are encoded in the threads of a pool, one call of a connection at a time;
a call with many replies has its own thread.  The path from a client's bytes to a handler and back:
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
from .connection import CHUNK_BYTES, NO_DEADLINE, Connection, Limits
from .service import Handover, Product, Service, Stream, note
from .wire import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from .interface import Interface
    from .service import Pending

RESERVED_CLIENTS = 16  # further connections for privileged clients
LOG_PERIOD_S = 10.0  # between two log lines about dropped clients
ACCEPT_PAUSE_S = 0.2  # when the process has no descriptor left
HUNG_UP = select.EPOLLHUP | select.EPOLLERR


class Server:
    """A server for interfaces at a path, from ``start`` to ``stop``."""

    def __init__(
        self,
        path: Path,
        interfaces: Sequence[Interface],
        *,
        product: Product | None = None,
        settle: Callable[[], object] = lambda: None,
        mode: int = 0o660,
        group: int | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.path = path
        self._service = Service(interfaces, product or Product(), settle)
        self._mode, self._group = mode, group
        self._limits = limits or Limits()
        self._calls = Pool("control", self._limits.workers)
        self._waiting = Pool(
            "control wait", self._limits.workers
        )  # so that calls that only read do not wait for a chip
        self._streams = Pool("control stream", self._limits.streams, queue=False)
        self._upgrades = Pool("control upgrade", self._limits.upgrades, queue=False)
        self._connections: dict[int, Connection] = {}
        self._with_deadline: set[Connection] = set()
        self._ready: deque[Connection] = deque()  # their calls have new replies
        self._accept_again: float | None = None
        self._stopping = self._announced = self._ended = False
        self._suppressed, self._logged = 0, -LOG_PERIOD_S
        self._thread = threading.Thread(target=self._run, name="control I/O", daemon=True)

    def start(self) -> None:
        """Listen.  Errors: Busy naming the process that serves the path; Invalid, Error if it cannot be used."""
        self._address = Address(self.path, self._mode, self._group)
        self._wakeup, self._waker = socket.socketpair(type=socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self._epoll = select.epoll()
        self._epoll.register(self._address.sock, select.EPOLLIN)
        self._epoll.register(self._wakeup, select.EPOLLIN)
        self._thread.start()

    def stop(self, timeout: float = 1.0) -> None:
        """Remove the socket, give running calls ``timeout`` s, send the replies that clients accept now, and close."""
        deadline = time.monotonic() + timeout
        self._stopping = True
        self._wake_selector()
        left = sum(pool.stop(deadline) for pool in (self._calls, self._waiting, self._streams, self._upgrades))
        if left:
            note("warning", "control calls abandoned", calls=left)
        self._ended = True
        self._wake_selector()
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
            self._wakeup.close()
            self._waker.close()

    def _step(self) -> None:
        for fd, events in self._epoll.poll(self._until_next_deadline()):
            if fd == self._wakeup.fileno():
                self._wakeup.recv(CHUNK_BYTES)
            elif fd in self._connections:
                connection = self._connections[fd]
                self._guard(connection, partial(self._event, connection, events))
            elif not self._stopping:
                self._accept()
        self._serve_ready()
        self._drop_the_slow()
        if self._accept_again is not None and self._accept_again <= time.monotonic():
            self._listen(True)
        if self._stopping and not self._announced:
            self._announce_stop()

    def _until_next_deadline(self) -> float | None:
        times = [connection.deadline for connection in self._with_deadline]
        times += [] if self._accept_again is None else [self._accept_again]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _announce_stop(self) -> None:
        """Accept no further clients and end all streams."""
        self._announced = True
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
        except OSError as error:  # no descriptor left: new clients wait
            note("warning", "control socket cannot accept", error=str(error))
            self._listen(False)
            self._accept_again = time.monotonic() + ACCEPT_PAUSE_S
            return
        sock.setblocking(False)
        connection = Connection(sock, self._limits)
        if len(self._connections) >= self._limits.clients + (RESERVED_CLIENTS if connection.peer.is_privileged else 0):
            self._complain(connection, f"more than {self._limits.clients} clients")
            sock.close()
            return
        self._connections[connection.fd] = connection
        self._epoll.register(sock, 0)
        self._guard(connection, partial(self._advance, connection))

    def _guard(self, connection: Connection, work: Callable[[], None]) -> None:
        """Drop a connection whose work fails."""
        try:
            work()
        except ConnectionError:
            self._drop(connection)
        except Exception as error:  # the other clients must not suffer from it
            self._complain(connection, str(error))
            self._drop(connection)

    def _event(self, connection: Connection, events: int) -> None:
        if events & HUNG_UP:
            self._epoll.unregister(connection.sock)
            connection.watched = None
            connection.receive_the_rest()
            connection.hang_up()
        elif events & select.EPOLLIN:
            connection.receive()
        self._advance(connection)

    def _serve_ready(self) -> None:
        for _ in range(len(self._ready)):  # not until it is empty: a busy stream must not block the loop
            connection = self._ready.popleft()
            if self._connections.get(connection.fd) is connection:
                connection.resume()
                self._guard(connection, partial(self._advance, connection))

    def _advance(self, connection: Connection) -> None:
        """Send replies, then serve the next call, close, or wait."""
        connection.flush()
        if not (connection.busy or connection.last or connection.full):
            message = connection.next_message()
            if message is None:
                connection.last = connection.ended
            else:
                connection.busy = True  # before: the call may be done before submit returns
                if not self._calls.submit(partial(self._serve, connection, message)):
                    connection.busy = False
        if connection.last and not connection.busy and not connection.backlog:
            self._drop(connection)
        else:
            self._watch(connection)

    def _watch(self, connection: Connection) -> None:
        wanted = connection.wanted()
        if connection.watched is not None and connection.watched != wanted:
            self._epoll.modify(connection.sock, wanted)
            connection.watched = wanted
        connection.deadline = connection.next_deadline()
        if connection.deadline < NO_DEADLINE:
            self._with_deadline.add(connection)
        else:
            self._with_deadline.discard(connection)

    def _drop_the_slow(self) -> None:
        now = time.monotonic()
        for connection in [slow for slow in self._with_deadline if slow.deadline <= now]:
            cause = f"{connection.backlog} bytes not read" if connection.backlog else "half a message"
            self._complain(connection, f"{cause} for {self._limits.timeout_s} s")
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        self._connections.pop(connection.fd, None)
        self._with_deadline.discard(connection)
        connection.hang_up()
        connection.sock.close()  # which also removes it from epoll

    def _complain(self, connection: Connection, reason: str) -> None:
        """Log a dropped client, rate-limited: clients must not be able to fill the log."""
        now = time.monotonic()
        if now - self._logged < LOG_PERIOD_S:
            self._suppressed += 1
            return
        peer = {"pid": connection.peer.pid, "uid": connection.peer.uid}
        note("warning", "control client dropped", **peer, reason=reason, others_before=self._suppressed)
        self._logged, self._suppressed = now, 0

    # The threads of the pools.

    def _serve(self, connection: Connection, message: bytes) -> None:
        try:
            pending = self._service.parse(message, connection.peer, connection.closed)
        except ProtocolError as error:
            connection.last = True
            self._complain(connection, error.message)
            self._finish(connection, b"")
            return
        if not pending.waits:
            self._answer(connection, pending)
        elif not self._waiting.submit(partial(self._answer, connection, pending)):
            self._finish(connection, b"")  # the server stops

    def _answer(self, connection: Connection, pending: Pending) -> None:
        answer = self._service.answer(pending)
        if isinstance(answer, bytes):
            self._finish(connection, answer)
            return
        if isinstance(answer, Stream):
            started, limit = self._streams.submit(partial(self._send_all, connection, answer)), self._limits.streams
        else:
            started, limit = self._upgrades.submit(partial(self._hand_over, connection, answer)), self._limits.upgrades
        if not started:
            what = "streams" if isinstance(answer, Stream) else "connections of programs"
            busy = Busy(f"{limit} {what} are open already: end one of them; sudo ss -xp src {self.path} shows them")
            self._finish(connection, answer.refused(busy))

    def _send_all(self, connection: Connection, stream: Stream) -> None:
        with closing(stream.run()) as replies:
            for reply in replies:
                if connection.put(reply):
                    self._wake(connection)
                if not connection.wait_for_space():
                    break
        self._finish(connection, b"")

    def _hand_over(self, connection: Connection, handover: Handover) -> None:
        """Carry on another protocol; meanwhile the selector thread only watches for the connection's end."""
        try:
            with connection.lent() as sock:
                handover.run(sock)
        except OSError as error:
            if not connection.closed.is_set():
                self._complain(connection, str(error))
        connection.last = True
        self._finish(connection, b"")

    def _finish(self, connection: Connection, reply: bytes) -> None:
        connection.put(reply)
        connection.busy = False
        self._wake(connection)

    def _wake(self, connection: Connection) -> None:
        self._ready.append(connection)
        self._wake_selector()

    def _wake_selector(self) -> None:
        with suppress(OSError):  # full: it is set already; closed: the server has ended
            self._waker.send(b"!")
