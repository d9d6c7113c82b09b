"""The client: each call has its own connection, so there is no state to lose and any thread may use it."""

from __future__ import annotations

import errno
import socket
import time
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING, Any

from ...errors import Error, TimedOut
from ...lib.hints import how_to_get_access
from ..names import TEXTS
from .interface import replies
from .wire import END, ProtocolError, decode, encode, field, raised

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from .interface import Struct

MAX_REPLY_BYTES = 16 << 20
RETRY_PERIOD_S = 0.005  # between two attempts to connect to a server that is too busy to accept
SEE_JOURNAL = "see journalctl -u i2cdrv"


class NoServer(Error):
    """The socket has no server (ENOENT: there is no socket; ECONNREFUSED: its server is gone)."""

    number = errno.ECONNREFUSED


class NoAnswer(TimedOut):
    """The server did not answer in time (ETIMEDOUT)."""


class Client:
    """Calls the methods behind one socket.

    Errors of all calls: NoServer, NoAnswer, Error, and the method's own, as the class of their errno.
    """

    def __init__(self, path: Path, timeout: float = 5.0) -> None:
        """Do not connect yet.  ``timeout``: s for a whole call; for a stream, until the call is sent."""
        self.path = path
        self._timeout = timeout

    def call(self, method: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Call ``interface.Method`` and return its reply."""
        with closing(Stream(Exchange(self.path, method, parameters, more=False), self._timeout)) as conversation:
            conversation.start()
            reply = conversation.next()
            assert reply is not None  # a call without more has one, and it counts even if it is empty
            return reply

    def open(self, method: str, parameters: Mapping[str, Any] | None = None) -> Stream:
        """Return the replies of a call with many, before the call is made."""
        return Stream(Exchange(self.path, method, parameters, more=True), self._timeout)

    def stream(
        self, method: str, parameters: Mapping[str, Any] | None = None, *, silence: float | None = None
    ) -> Generator[dict[str, Any], None, None]:
        """Yield the replies as they arrive, until the last one or until the iterator is closed.

        ``silence``: s without a reply after which to give up (NoAnswer); None waits without limit.
        """
        with closing(self.open(method, parameters)) as conversation:
            conversation.start()
            conversation.set_timeout(silence)
            while (reply := conversation.next()) is not None:
                yield reply
                conversation.set_timeout(silence)

    def upgrade(self, method: str, parameters: Mapping[str, Any] | None = None) -> tuple[dict[str, Any], socket.socket]:
        """Call a method that upgrades the connection; return its reply, and the connection for its own protocol."""
        conversation = Stream(Exchange(self.path, method, parameters, upgrade=True), self._timeout)
        try:
            conversation.start()
            reply = conversation.next()
        except BaseException:
            conversation.close()
            raise
        assert reply is not None  # as in call
        return reply, conversation.detach()


class Exchange:
    """One call and its replies, without any I/O: the bytes to send, the bytes received, the errors.

    ``done``: no further reply follows.
    """

    def __init__(
        self,
        path: Path,
        method: str,
        parameters: Mapping[str, Any] | None,
        *,
        more: bool = False,
        upgrade: bool = False,
    ) -> None:
        """``more``: many replies may follow; ``upgrade``: another protocol follows the only reply."""
        self.path, self.method = path, method
        flags = {name: True for name, is_set in (("more", more), ("upgrade", upgrade)) if is_set}
        self.call = encode({"method": method, "parameters": parameters or {}, **flags})
        self.done = False
        self._more, self._inbox, self._seen = more, bytearray(), 0

    def feed(self, data: bytes) -> None:
        """Accept received bytes; none at all mean that the server has hung up."""
        if not data:
            raise self.hung_up("without an answer")
        self._inbox += data

    def take(self) -> dict[str, Any] | None:
        """Return the next reply; None if there is none yet, or if all are done.  Raises the error that it carries."""
        while not self.done and (message := self._message()) is not None:
            reply, continues = self._parsed(message)
            if continues and not self._more:
                raise self._protocol_error("a reply that continues, to a call without more")
            self.done = not continues
            if reply or continues or not self._more:  # an empty last one of many only marks the end
                self._check(reply)
                return reply
        return None

    def _message(self) -> bytes | None:
        """Return a whole message without its NUL; None if there is none yet."""
        end = self._inbox.find(END, self._seen)
        if end < 0:
            self._seen = len(self._inbox)
            if self._seen > MAX_REPLY_BYTES:
                raise self._protocol_error(f"more than {MAX_REPLY_BYTES} bytes")
            return None
        message = bytes(self._inbox[:end])
        del self._inbox[: end + 1]
        self._seen = 0
        return message

    def _parsed(self, message: bytes) -> tuple[dict[str, Any], bool]:
        """Return the reply in a message, and whether more will follow.  Raises the error that it carries."""
        try:
            decoded = decode(message)
            parameters: dict[str, Any] = field(decoded, "parameters", dict, {})
            if error := field(decoded, "error", str, ""):
                raise raised(error, parameters, self.method)
            return parameters, field(decoded, "continues", bool, False)
        except ProtocolError as error:
            raise self._protocol_error(error.message) from None

    def _check(self, parameters: dict[str, Any]) -> None:
        """Raise Error (EPROTO) for a reply without a field that its method declares, or with one of another type."""
        declared = _declared(self.method)
        if declared is not None and (wrong := declared.wrong(parameters)):
            raise Error(
                f"{self.path}: the reply of {self.method} has no valid {wrong}: its process may be of another version "
                "of i2cdrv; restart it", errno.EPROTO
            )  # fmt: skip

    # The errors of the connection.

    def _protocol_error(self, cause: str) -> Error:
        """Return the error for a server that does not follow our varlink."""
        return ProtocolError(
            f"{self.path} sent an invalid reply ({cause}): is it i2cdrv's socket? sudo ss -xlp shows its process"
        )

    def hung_up(self, when: str) -> Error:
        """Return the error for a server that has closed the connection."""
        return Error(f"{self.path}: the daemon closed the connection {when}; {SEE_JOURNAL}", errno.ECONNRESET)

    def refused(self) -> Error:
        """Return the error for a server that has closed the connection before it had the call."""
        return self.hung_up(f"while receiving {len(self.call)} bytes: is the call too long?")

    def late(self, seconds: float | None) -> NoAnswer:
        """Return the error for a server that does not answer."""
        return NoAnswer(f"{self.path} did not answer within {seconds:g} s: {_diagnosis(self.path)}")

    def not_connected(self, error: OSError) -> Error:
        """Return the error for a socket that cannot be connected to."""
        return _not_connected(self.path, error)


class Stream:
    """The connection of one exchange, with a time limit for the next steps."""

    def __init__(self, exchange: Exchange, timeout: float | None) -> None:
        self.exchange = exchange
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.set_timeout(timeout)

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._sock.fileno()

    def close(self) -> None:
        """Hang up: the process stops to reply."""
        self._sock.close()

    def detach(self) -> socket.socket:
        """Return the connection, for another protocol."""
        return self._sock

    def set_timeout(self, seconds: float | None) -> None:
        """Set a deadline for the next steps; None is no limit."""
        self._seconds = seconds
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def start(self) -> None:
        """Connect and send the call."""
        self._connect()
        try:
            self._limit()
            self._sock.sendall(self.exchange.call)
        except TimeoutError:
            raise self.exchange.late(self._seconds) from None
        except ConnectionError:
            raise self.exchange.refused() from None

    def next(self) -> dict[str, Any] | None:
        """Wait for the next reply and return it; None if all are done."""
        while (reply := self.exchange.take()) is None and not self.exchange.done:
            self.receive()
        return reply

    def receive(self) -> None:
        """Wait for bytes and receive them."""
        try:
            self._limit()
            data = self._sock.recv(1 << 16)
        except NoAnswer:
            raise
        except TimeoutError:
            raise self.exchange.late(self._seconds) from None
        except ConnectionError:
            data = b""
        self.exchange.feed(data)

    def _limit(self) -> None:
        """Set the socket's timeout to the time until the deadline."""
        left = None if self._deadline is None else self._deadline - time.monotonic()
        if left is not None and left <= 0:
            raise self.exchange.late(self._seconds)
        self._sock.settimeout(left)

    def _connect(self) -> None:
        try:
            while True:
                self._limit()
                try:
                    return self._sock.connect(str(self.exchange.path))
                except BlockingIOError:  # the queue is full, and Unix sockets do not wait
                    time.sleep(RETRY_PERIOD_S)
        except Error:
            raise
        except OSError as error:
            raise self.exchange.not_connected(error) from None


@cache
def _declared(method: str) -> Struct | None:
    """Return the reply type of a method; None for a method outside i2cdrv."""
    interface, _, name = method.rpartition(".")
    return replies(TEXTS[interface]).get(name) if interface in TEXTS else None


def _diagnosis(path: Path) -> str:
    """Return the command that shows why a server does not answer; a process has its number in the socket's name."""
    number = path.suffix[1:]
    return (
        f"see ps -o pid,stat,wchan:20,args {number}" if number.isdigit() else f"{SEE_JOURNAL}; systemctl restart i2cdrv"
    )


def _not_connected(path: Path, error: OSError) -> Error:
    match error.errno:
        case errno.ENOENT:
            return NoServer(
                f"no daemon runs ({path} is missing): systemctl start i2cdrv, or i2cdrv daemon", error.errno
            )
        case errno.ECONNREFUSED:
            return NoServer(f"the daemon of {path} is gone: systemctl restart i2cdrv", error.errno)
        case errno.EACCES | errno.EPERM:
            return Error(f"permission denied: {path}: {how_to_get_access(path)}", error.errno)
        case errno.EPROTOTYPE | errno.ENOTSOCK | errno.ENOTDIR:
            return Error(f"{path} is not the socket of a daemon: choose another with --run-dir", error.errno)
    cause = error.strerror or error  # "AF_UNIX path too long" comes without an errno
    return Error(f"{path}: cannot connect: {cause}; choose another with --run-dir", error.errno or errno.EINVAL)
