"""From a message to its replies: routing, types, permission, errors.  No I/O."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import Error, Invalid
from ...lib.log.logger import log
from . import wire
from .interface import Call, Interface, Method
from .wire import Refused, Request

if TYPE_CHECKING:
    from collections.abc import Sequence
    from threading import Event

    from .interface import Peer, Replies

# https://varlink.org/Service
TEXT = """\
# What every varlink service answers: who it is, and which interfaces it has.
interface org.varlink.service

# The service, and the names of its interfaces.
method GetInfo() -> (vendor: string, product: string, version: string, url: string, interfaces: []string)

# The text of one interface.
method GetInterfaceDescription(interface: string) -> (description: string)

# There is no such interface.
error InterfaceNotFound (interface: string)

# The interface has no such method.
error MethodNotFound (method: string)

# The interface declares the method, this service does not have it.
error MethodNotImplemented (method: string)

# A parameter is missing, unknown or of the wrong type.
error InvalidParameter (parameter: string)

# The caller may not do that.
error PermissionDenied ()

# The method has many replies, and the call did not ask for more.
error ExpectedMore ()
"""


class Product(NamedTuple):
    """What GetInfo says of the service."""

    vendor: str = "i2cdrv"
    product: str = "i2cdrv"
    version: str = ""
    url: str = ""


class Asked(NamedTuple):
    """A call that came.  ``waits``: its answer may have to wait for a chip."""

    request: Request
    call: Call
    waits: bool


class Service:
    """Interfaces by name, org.varlink.service among them.

    What a handler raises travels as the interface's own ``error Error (errno: int, name: string, message: string)``.
    """

    def __init__(self, interfaces: Sequence[Interface], product: Product) -> None:
        """Errors: Invalid if an interface does not declare that error."""
        if undeclared := [interface.name for interface in interfaces if "Error" not in interface.errors]:
            raise Invalid(f"interface {undeclared[0]} declares no error Error")
        own = Interface(TEXT)
        own.add("GetInfo", self._info)
        own.add("GetInterfaceDescription", self._description)
        self._product = product
        self._interfaces = {interface.name: interface for interface in (own, *interfaces)}

    def _info(self, _call: Call) -> Mapping[str, Any]:
        return {**self._product._asdict(), "interfaces": list(self._interfaces)}

    def _description(self, call: Call) -> Mapping[str, Any]:
        return {"description": self._interface(call.parameters["interface"]).text}

    def _interface(self, name: str) -> Interface:
        if name not in self._interfaces:
            raise Refused("InterfaceNotFound", interface=name)
        return self._interfaces[name]

    def asked(self, message: bytes, peer: Peer, over: Event) -> Asked:
        """The call of a message.  Errors: Broken."""
        request = Request.parse(message)
        name, _, word = request.method.rpartition(".")
        method = self._interfaces[name].methods.get(word) if name in self._interfaces else None
        waits = method is not None and method.waits
        return Asked(request, Call(request.parameters, request.more, peer, over), waits)

    def answer(self, asked: Asked) -> bytes | Stream:
        """The reply, empty for a oneway call, or the replies as they come."""
        replies = self._replies(asked.request, asked.call)
        if asked.request.oneway:
            return b""  # a generator nobody reads has not even begun
        return replies

    def _replies(self, request: Request, call: Call) -> bytes | Stream:
        name = request.method.rpartition(".")[0]
        try:
            result = self._allowed(request, call).handler(call)
            if isinstance(result, Generator):
                if not request.more:
                    raise Refused("ExpectedMore")
                return Stream(name, request.method, result)
            return wire.reply(_checked(result))
        except BaseException as error:  # a handler's exception is the caller's answer, not the daemon's end
            return _failed(name, request.method, error)

    def _allowed(self, request: Request, call: Call) -> Method:
        """The method, if this call of it can be made."""
        name, _, word = request.method.rpartition(".")
        interface = self._interface(name)
        if word not in interface.inputs:
            raise Refused("MethodNotFound", method=request.method)
        if word not in interface.methods or request.upgrade:
            raise Refused("MethodNotImplemented", method=request.method)
        method = interface.methods[word]
        if method.changes and not call.may_change:
            raise Refused("PermissionDenied")
        if wrong := interface.inputs[word].wrong(call.parameters):
            raise Refused("InvalidParameter", parameter=wrong)
        return method


def note(level: str, event: str, **values: object) -> None:
    """A line in the log, if that can be written: who closes our stderr must not stop the control socket."""
    with suppress(OSError, ValueError):
        log(level, event, **values)


def _checked(result: object) -> Mapping[str, Any]:
    if not isinstance(result, Mapping):
        raise TypeError(f"a handler returned {type(result).__name__}, not a mapping")
    return result


class Stream:
    """The replies of a call, as they come."""

    def __init__(self, interface: str, method: str, replies: Replies) -> None:
        self._interface, self._method, self._replies = interface, method, replies

    def run(self) -> Generator[bytes, None, None]:
        """Each reply at once; the last, without ``continues``, is what the generator returned, or empty."""
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
        """The only reply, when it cannot run."""
        self._replies.close()
        return wire.failure(self._interface, error)


def _failed(interface: str, method: str, error: BaseException) -> bytes:
    if isinstance(error, Refused):
        return wire.refusal(error)
    if isinstance(error, Error):
        return wire.failure(interface, error)
    if isinstance(error, OSError):
        return wire.failure(interface, Error(str(error), error.errno))
    said = f"{type(error).__name__}: {error}"
    note("error", "control method failed", method=method, error=said, where=_where(error))
    return wire.failure(interface, Error(f"{method} failed by a mistake in it, see the log: {said}; please report it"))


def _where(error: BaseException) -> str:
    import traceback  # only who errs pays for it

    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename}:{last.lineno}"
