"""From a message to its replies: routing, types, permission, errors.  No I/O."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import Error, Invalid
from ...lib.log.logger import log
from . import wire
from .interface import Call, Interface, Method, Upgrade
from .wire import Request, StandardError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from socket import socket
    from threading import Event

    from .interface import Peer, Replies

# https://varlink.org/Service
TEXT = """\
# The interface that every varlink service has: its identity and its interfaces.
interface org.varlink.service

# The service, and the names of its interfaces.
method GetInfo() -> (vendor: string, product: string, version: string, url: string, interfaces: []string)

# The text of one interface.
method GetInterfaceDescription(interface: string) -> (description: string)

# The interface does not exist.
error InterfaceNotFound (interface: string)

# The interface does not declare the method.
error MethodNotFound (method: string)

# The interface declares the method, but this service does not implement it.
error MethodNotImplemented (method: string)

# A parameter is missing, unknown or of the wrong type.
error InvalidParameter (parameter: string)

# The caller may only read.
error PermissionDenied ()

# The method has many replies, and the call was made without more.
error ExpectedMore ()

# The method upgrades the connection, and the call was made without upgrade.
error ExpectedUpgrade (method: string)
"""


class Product(NamedTuple):
    """The reply of GetInfo."""

    vendor: str = "i2cdrv"
    product: str = "i2cdrv"
    version: str = ""
    url: str = ""


class Pending(NamedTuple):
    """A call that was received.  ``waits``: its handler may wait for a chip."""

    request: Request
    call: Call
    waits: bool


class Service:
    """Interfaces by name, org.varlink.service among them.

    An error of a handler travels as the interface's ``error Error (errno: int, name: string, message: string)``.
    """

    def __init__(
        self, interfaces: Sequence[Interface], product: Product, settle: Callable[[], object] = lambda: None
    ) -> None:
        """Collect the interfaces.  ``settle``: runs after each call that may have changed something.

        Errors: Invalid if an interface does not declare that error.
        """
        if undeclared := [interface.name for interface in interfaces if "Error" not in interface.errors]:
            raise Invalid(f"interface {undeclared[0]} declares no error Error")
        own = Interface(TEXT)
        own.add("GetInfo", self._info)
        own.add("GetInterfaceDescription", self._description)
        self._product, self._settle = product, settle
        self._interfaces = {interface.name: interface for interface in (own, *interfaces)}

    def _info(self, _call: Call) -> Mapping[str, Any]:
        return {**self._product._asdict(), "interfaces": list(self._interfaces)}

    def _description(self, call: Call) -> Mapping[str, Any]:
        return {"description": self._interface(call.parameters["interface"]).text}

    def _interface(self, name: str) -> Interface:
        if name not in self._interfaces:
            raise StandardError("InterfaceNotFound", interface=name)
        return self._interfaces[name]

    def parse(self, message: bytes, peer: Peer, closed: Event) -> Pending:
        """Return the call in a message.  Errors: ProtocolError."""
        request = Request.parse(message)
        name, _, word = request.method.rpartition(".")
        method = self._interfaces[name].methods.get(word) if name in self._interfaces else None
        waits = method is not None and method.waits
        return Pending(request, Call(request.parameters, request.more, peer, closed), waits)

    def answer(self, pending: Pending) -> bytes | Stream | Handover:
        """Return the reply, empty for a oneway call, a stream of replies, or an upgrade of the connection."""
        replies = self._replies(pending.request, pending.call)
        if pending.request.oneway:
            return b""  # a generator without a reader never starts
        return replies

    def _replies(self, request: Request, call: Call) -> bytes | Stream | Handover:
        name = request.method.rpartition(".")[0]
        try:
            result = self._result(self._allowed(request, call), call)
            if isinstance(result, Upgrade):
                return Handover(name, request.method, result)
            if isinstance(result, Generator):
                if not request.more:
                    raise StandardError("ExpectedMore")
                return Stream(name, request.method, result)
            return wire.reply(_checked(result))
        except BaseException as error:  # a handler's exception is the caller's answer, not the daemon's end
            return _failed(name, request.method, error)

    def _result(self, method: Method, call: Call) -> object:
        try:
            return method.handler(call)
        finally:
            if method.changes:
                self._settle()

    def _allowed(self, request: Request, call: Call) -> Method:
        """Return the method.  Raises StandardError if it cannot be called this way."""
        name, _, word = request.method.rpartition(".")
        interface = self._interface(name)
        if word not in interface.inputs:
            raise StandardError("MethodNotFound", method=request.method)
        if word not in interface.methods:
            raise StandardError("MethodNotImplemented", method=request.method)
        method = interface.methods[word]
        if request.upgrade != method.upgrades:
            raise StandardError("MethodNotImplemented" if request.upgrade else "ExpectedUpgrade", method=request.method)
        if method.changes and not call.is_privileged:
            raise StandardError("PermissionDenied")
        if wrong := interface.inputs[word].wrong(call.parameters):
            raise StandardError("InvalidParameter", parameter=wrong)
        return method


def note(level: str, event: str, **values: object) -> None:
    """Write a line to the log if possible: a closed stderr must not stop the control socket."""
    with suppress(OSError, ValueError):
        log(level, event, **values)


def _checked(result: object) -> Mapping[str, Any]:
    if not isinstance(result, Mapping):
        raise TypeError(f"a handler returned {type(result).__name__}, not a mapping")
    return result


class Stream:
    """The replies of a call, as they are produced."""

    def __init__(self, interface: str, method: str, replies: Replies) -> None:
        self._interface, self._method, self._replies = interface, method, replies

    def run(self) -> Generator[bytes, None, None]:
        """Yield each reply at once; the last one, without ``continues``, is the generator's return value, or empty."""
        try:
            last = yield from self._continued()
            yield wire.reply(_checked(last))
        except GeneratorExit:
            raise
        except BaseException as error:  # as in Service
            yield _failed(self._interface, self._method, error)
        finally:
            self._replies.close()

    def _continued(self) -> Generator[bytes, None, Mapping[str, Any]]:
        while True:
            try:
                reply = next(self._replies)
            except StopIteration as end:
                return {} if end.value is None else end.value
            yield wire.reply(_checked(reply), continues=True)

    def refused(self, error: Error) -> bytes:
        """Return the only reply of a stream that cannot run."""
        self._replies.close()
        return wire.failure(self._interface, error)


class Handover:
    """An upgrade of a connection, after which it carries the bytes of the method's own protocol."""

    def __init__(self, interface: str, method: str, upgrade: Upgrade) -> None:
        self._interface, self._method, self._upgrade = interface, method, upgrade

    def run(self, sock: socket) -> None:
        """Send the reply and carry on the conversation.  Errors: OSError of the socket, ProtocolError."""
        sock.sendall(wire.reply(_checked(self._upgrade.reply)))
        try:
            self._upgrade.talk(sock)
        except OSError:
            raise
        except Exception as error:
            raise Error(_logged(self._method, error)) from error

    def refused(self, error: Error) -> bytes:
        """Return the only reply of an upgrade that cannot run."""
        return wire.failure(self._interface, error)


def _failed(interface: str, method: str, error: BaseException) -> bytes:
    if isinstance(error, StandardError):
        return wire.refusal(error)
    if isinstance(error, Error):
        return wire.failure(interface, error)
    if isinstance(error, OSError):
        return wire.failure(interface, Error(str(error), error.errno))
    return wire.failure(interface, Error(_logged(method, error)))


def _logged(method: str, error: BaseException) -> str:
    """Log a mistake in a handler; return its message for the caller."""
    cause = f"{type(error).__name__}: {error}"
    note("error", "control method failed", method=method, error=cause, where=_where(error))
    return f"{method} failed: a bug in i2cdrv, please report it: {cause}"


def _where(error: BaseException) -> str:
    import traceback  # needed only here

    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename}:{last.lineno}"
