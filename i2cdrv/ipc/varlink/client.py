"""The client: a connection for each call, so there is no state to lose and any thread may use it."""

from __future__ import annotations

import errno
import socket
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from ...errors import Error, TimedOut
from ...lib.hints import way_in
from ..names import TEXTS
from .interface import replies
from .wire import END, Broken, decode, encode, field, raised

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from .interface import Struct

LONGEST = 16 << 20  # bytes of a reply
KNOCK = 0.005  # s between two attempts when too many clients knock at once
LOOK = "journalctl -u i2cdrv tells why"


class NoServer(Error):
    """Nobody serves the socket (ENOENT: it is not there; ECONNREFUSED: who made it is gone)."""

    number = errno.ECONNREFUSED


class NoAnswer(TimedOut):
    """The server did not answer in time (ETIMEDOUT)."""


class Client:
    """Calls the methods behind one socket.

    Errors of all calls: NoServer, NoAnswer, Error, and what the method raised, as the class that has its errno.
    """

    def __init__(self, path: Path, timeout: float = 5.0) -> None:
        """``timeout``: s for a whole call; for a stream, until the call is sent."""
        self.path = path
        self._timeout = timeout

    def call(self, method: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The reply of ``interface.Method``."""
        with _Conversation(self.path, self._timeout) as conversation:
            conversation.send({"method": method, "parameters": parameters or {}})
            reply, continues = conversation.reply(method)
            if continues:
                raise conversation.nonsense("a reply that continues, to a call that did not ask for more")
            conversation.check(method, reply)
            return reply

    def stream(
        self, method: str, parameters: Mapping[str, Any] | None = None, *, silence: float | None = None
    ) -> Generator[dict[str, Any], None, None]:
        """Return the replies as they come, until the method has no more or the iterator is closed.

        ``silence``: s without a reply after which to give up (NoAnswer); None waits without limit.
        """
        with _Conversation(self.path, self._timeout) as conversation:
            conversation.send({"method": method, "parameters": parameters or {}, "more": True})
            continues = True
            while continues:
                conversation.allow(silence)
                reply, continues = conversation.reply(method)
                if reply or continues:  # an empty last one only says that it is the last
                    conversation.check(method, reply)
                    yield reply

    def post(self, method: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Call without an answer (``oneway``): whether it worked is not known."""
        with _Conversation(self.path, self._timeout) as conversation:
            conversation.send({"method": method, "parameters": parameters or {}, "oneway": True})


class _Conversation:
    """One connection, with a time limit."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._inbox = bytearray()
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.allow(timeout)
        try:
            self._connect()
        except BaseException:
            self._sock.close()
            raise

    def __enter__(self) -> _Conversation:
        return self

    def __exit__(self, *_: object) -> None:
        self._sock.close()

    def allow(self, seconds: float | None) -> None:
        """Give what follows so much time."""
        self._seconds = seconds
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def nonsense(self, what: str) -> Error:
        """Who answers does not speak our varlink."""
        return Broken(f"{self._path} answers nonsense ({what}): is it i2cdrv's socket? sudo ss -xlp shows who has it")

    def _limit(self) -> None:
        """Let the next wait end at the deadline."""
        left = None if self._deadline is None else self._deadline - time.monotonic()
        if left is not None and left <= 0:
            raise self._late()
        self._sock.settimeout(left)

    def _late(self) -> NoAnswer:
        return NoAnswer(f"{self._path} did not answer within {self._seconds:g} s: {_why_not(self._path)}")

    def _connect(self) -> None:
        try:
            while True:
                self._limit()
                try:
                    return self._sock.connect(str(self._path))
                except BlockingIOError:  # the queue is full, and Unix sockets do not wait for room
                    time.sleep(KNOCK)
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
            raise self._hung_up(f"while {len(message)} bytes were sent to it; was that too long?") from None

    def _hung_up(self, when: str) -> Error:
        return Error(f"{self._path}: the daemon closed the connection {when}; {LOOK}", errno.ECONNRESET)

    def reply(self, method: str) -> tuple[dict[str, Any], bool]:
        """The next reply, and whether more will come; its error, if it is one, is raised."""
        try:
            message = decode(self._message())
            parameters: dict[str, Any] = field(message, "parameters", dict, {})
            if error := field(message, "error", str, ""):
                raise raised(error, parameters, method)
            return parameters, field(message, "continues", bool, False)
        except Broken as error:
            raise self.nonsense(error.message) from None

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
            if seen > LONGEST:
                raise Broken(f"more than {LONGEST} bytes")
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
    """Give what the method answers; None for one that is not of i2cdrv."""
    interface, _, name = method.rpartition(".")
    return replies(TEXTS[interface]).get(name) if interface in TEXTS else None


def _why_not(path: Path) -> str:
    """Return how to find out why a server does not answer: the daemon, or the process whose number is in the name."""
    number = path.suffix[1:]
    return (
        f"ps -o pid,stat,wchan:20,args {number} tells why" if number.isdigit() else f"{LOOK}; systemctl restart i2cdrv"
    )


def _not_connected(path: Path, error: OSError) -> Error:
    match error.errno:
        case errno.ENOENT:
            return NoServer(
                f"{path} is not there, no daemon runs: systemctl start i2cdrv, or i2cdrv daemon", error.errno
            )
        case errno.ECONNREFUSED:
            return NoServer(f"{path} was left behind, its daemon is gone: systemctl restart i2cdrv", error.errno)
        case errno.EACCES | errno.EPERM:
            return Error(f"{path} may not be used by you: {way_in(path)}", error.errno)
        case errno.EPROTOTYPE | errno.ENOTSOCK | errno.ENOTDIR:
            return Error(f"{path} is not the socket of a daemon: choose another with --run-dir", error.errno)
    said = error.strerror or error  # "AF_UNIX path too long" comes without an errno
    return Error(f"{path}: cannot connect: {said}; choose another with --run-dir", error.errno or errno.EINVAL)
