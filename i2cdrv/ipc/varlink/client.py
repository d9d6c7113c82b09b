"""The client: each call has its own connection, so there is no state to lose and any thread may use it."""

from __future__ import annotations

import errno
import socket
import time
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
        with _Conversation(self.path, self._timeout) as conversation:
            conversation.send({"method": method, "parameters": parameters or {}})
            reply, continues = conversation.reply(method)
            if continues:
                raise conversation.protocol_error("a reply that continues, to a call without more")
            conversation.check(method, reply)
            return reply

    def stream(
        self, method: str, parameters: Mapping[str, Any] | None = None, *, silence: float | None = None
    ) -> Generator[dict[str, Any], None, None]:
        """Yield the replies as they arrive, until the last one or until the iterator is closed.

        ``silence``: s without a reply after which to give up (NoAnswer); None waits without limit.
        """
        with _Conversation(self.path, self._timeout) as conversation:
            conversation.send({"method": method, "parameters": parameters or {}, "more": True})
            continues = True
            while continues:
                conversation.set_timeout(silence)
                reply, continues = conversation.reply(method)
                if reply or continues:  # an empty last one only marks the end
                    conversation.check(method, reply)
                    yield reply


class _Conversation:
    """One connection, with a time limit."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._inbox = bytearray()
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.set_timeout(timeout)
        try:
            self._connect()
        except BaseException:
            self._sock.close()
            raise

    def __enter__(self) -> _Conversation:
        return self

    def __exit__(self, *_: object) -> None:
        self._sock.close()

    def set_timeout(self, seconds: float | None) -> None:
        """Set a deadline for the next steps; None is no limit."""
        self._seconds = seconds
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def protocol_error(self, cause: str) -> Error:
        """Return the error for a server that does not follow our varlink."""
        return ProtocolError(
            f"{self._path} sent an invalid reply ({cause}): is it i2cdrv's socket? sudo ss -xlp shows its process"
        )

    def _limit(self) -> None:
        """Set the socket's timeout to the time until the deadline."""
        left = None if self._deadline is None else self._deadline - time.monotonic()
        if left is not None and left <= 0:
            raise self._late()
        self._sock.settimeout(left)

    def _late(self) -> NoAnswer:
        return NoAnswer(f"{self._path} did not answer within {self._seconds:g} s: {_diagnosis(self._path)}")

    def _connect(self) -> None:
        try:
            while True:
                self._limit()
                try:
                    return self._sock.connect(str(self._path))
                except BlockingIOError:  # the queue is full, and Unix sockets do not wait
                    time.sleep(RETRY_PERIOD_S)
        except Error:
            raise
        except OSError as error:
            raise _not_connected(self._path, error) from None

    def send(self, call: Mapping[str, Any]) -> None:
        """Send the call."""
        message = encode(call)
        try:
            self._limit()
            self._sock.sendall(message)
        except TimeoutError:
            raise self._late() from None
        except ConnectionError:
            raise self._hung_up(f"while receiving {len(message)} bytes: is the call too long?") from None

    def _hung_up(self, when: str) -> Error:
        return Error(f"{self._path}: the daemon closed the connection {when}; {SEE_JOURNAL}", errno.ECONNRESET)

    def reply(self, method: str) -> tuple[dict[str, Any], bool]:
        """Return the next reply, and whether more will follow.  Raises the error that it carries."""
        try:
            message = decode(self._message())
            parameters: dict[str, Any] = field(message, "parameters", dict, {})
            if error := field(message, "error", str, ""):
                raise raised(error, parameters, method)
            return parameters, field(message, "continues", bool, False)
        except ProtocolError as error:
            raise self.protocol_error(error.message) from None

    def check(self, method: str, parameters: dict[str, Any]) -> None:
        """Raise Error (EPROTO) for a reply without a field that its method declares, or with one of another type."""
        declared = _declared(method)
        if declared is not None and (wrong := declared.wrong(parameters)):
            raise Error(
                f"{self._path}: the reply of {method} has no valid {wrong}: its process may be of another version of "
                "i2cdrv; restart it", errno.EPROTO
            )  # fmt: skip

    def _message(self) -> bytes:
        seen = 0
        while (end := self._inbox.find(END, seen)) < 0:
            seen = len(self._inbox)
            if seen > MAX_REPLY_BYTES:
                raise ProtocolError(f"more than {MAX_REPLY_BYTES} bytes")
            self._receive()
        message = bytes(self._inbox[:end])
        del self._inbox[: end + 1]
        return message

    def _receive(self) -> None:
        try:
            self._limit()
            data = self._sock.recv(1 << 16)
        except NoAnswer:
            raise
        except TimeoutError:
            raise self._late() from None
        except ConnectionError:
            data = b""
        if not data:
            raise self._hung_up("without an answer")
        self._inbox += data


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
