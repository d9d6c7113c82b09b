"""Messages, text of any bytes, and errors by name; no sockets."""

from __future__ import annotations

import errno
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from ... import errors
from ...errors import Error

if TYPE_CHECKING:
    from collections.abc import Mapping

END = b"\0"
STANDARD = "org.varlink.service"
MAX_VALUES = 2000  # in one call: parsing 64 KiB of [[],[],… holds the GIL for 18 ms, this number for 0.3 ms
_STRING = re.compile(
    rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL
)  # an unterminated string too, else it would backtrack


class ProtocolError(Error):
    """The other side does not follow the protocol: nothing it sends can be trusted any more (EPROTO)."""

    number = errno.EPROTO


class StandardError(Error):
    """The call cannot be made; it travels as the error of org.varlink.service with that name."""

    number = errno.EINVAL

    def __init__(self, error: str, **parameters: str) -> None:
        super().__init__(error)
        self.parameters = parameters


def text(value: bytes) -> str:
    """Return any bytes as text that JSON can carry; ``raw`` restores the same bytes."""
    return value.decode("utf-8", "surrogateescape")


def raw(value: str) -> bytes:
    """Return the bytes of a text.  Errors: UnicodeEncodeError for a surrogate that is not a byte."""
    return value.encode("utf-8", "surrogateescape")


def encode(message: Mapping[str, Any]) -> bytes:
    """Return the bytes of a message.  Errors: TypeError, ValueError for values that JSON cannot carry, as NaN."""
    return json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii") + END


def _values(message: bytes) -> int:
    """Return nearly the number of values in a message, before they are created."""
    bare = _STRING.sub(b"", message)
    return bare.count(b",") + bare.count(b"[") + bare.count(b"{")


def _no_constant(word: str) -> NoReturn:
    raise ValueError(word)


def decode(message: bytes) -> dict[str, Any]:
    """Return the object of a message without its NUL.  Errors: ProtocolError."""
    try:
        value = json.loads(text(message), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"not JSON: {type(error).__name__}") from None
    if not isinstance(value, dict):
        raise ProtocolError("a message that is not an object")
    return value


def field(message: Mapping[str, Any], name: str, kind: type, default: Any) -> Any:
    """Return one field of a message; missing and null are the same.  Errors: ProtocolError."""
    value = message.get(name)
    if value is None:
        return default
    if not isinstance(value, kind):
        raise ProtocolError(f"{name} is not {kind.__name__}")
    return value


class Request(NamedTuple):
    """A call as it was received."""

    method: str
    parameters: dict[str, Any]
    more: bool
    oneway: bool
    upgrade: bool

    @classmethod
    def parse(cls, message: bytes) -> Request:
        """Parse a message.  Errors: ProtocolError."""
        if _values(message) > MAX_VALUES:
            raise ProtocolError(f"a call of more than {MAX_VALUES} values")
        call = decode(message)
        if "method" not in call:
            raise ProtocolError("a call without method")
        flags = (field(call, name, bool, False) for name in ("more", "oneway", "upgrade"))
        return cls(field(call, "method", str, ""), field(call, "parameters", dict, {}), *flags)


def reply(parameters: Mapping[str, Any], *, continues: bool = False) -> bytes:
    """Return a reply; further replies follow if it continues."""
    return encode({"parameters": parameters, "continues": True} if continues else {"parameters": parameters})


def refusal(refused: StandardError) -> bytes:
    """Return a reply that is an error of org.varlink.service."""
    return encode({"error": f"{STANDARD}.{refused.message}", "parameters": refused.parameters})


def failure(interface: str, error: Error) -> bytes:
    """Return a reply that is the interface's own error."""
    parameters = {"errno": error.errno, "name": error.name, "message": error.message}
    return encode({"error": f"{interface}.Error", "parameters": parameters})


_AMBIGUOUS = (errno.EIO, errno.ERANGE)  # errors of several classes have these
_CLASSES = {  # a subclass has the same errno
    kind.number: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, Error) and Error in kind.__bases__ and kind.number not in _AMBIGUOUS
}


def raised(error: str, parameters: Mapping[str, Any], method: str) -> Error:
    """Return the exception of a failed call: of the class with its errno, or for a standard error.

    Errors: ProtocolError.
    """
    interface, _, name = error.rpartition(".")
    if interface == STANDARD:
        return _standard(name, parameters, method)
    if name != "Error" or interface != method.rpartition(".")[0]:
        return Error(f"{method}: {error} {json.dumps(parameters)}", errno.EPROTO)
    return of_errno(field(parameters, "errno", int, errno.EIO), field(parameters, "message", str, "") or error)


def of_errno(number: int, message: str) -> Error:
    """Return an error of the class with that errno."""
    kind = _CLASSES.get(number)
    return Error(message, number) if kind is None else kind(message)


def _standard(name: str, parameters: Mapping[str, Any], method: str) -> Error:
    match name:
        case "PermissionDenied":
            return Error(f"{method} needs root or the user of the daemon: try it with sudo", errno.EPERM)
        case "InvalidParameter":
            return errors.Invalid(f"{method}: {parameters.get('parameter')} is missing, unknown or of the wrong type")
        case "InterfaceNotFound" | "MethodNotFound" | "MethodNotImplemented":
            return Error(f"the daemon has no {method}: it may be of another version; restart it", errno.ENOSYS)
        case "ExpectedMore":
            return errors.Invalid(f"{method} has many replies: call it with more")
        case "ExpectedUpgrade":
            return errors.Invalid(f"{method} upgrades the connection: call it with upgrade")
    return Error(f"{method}: {STANDARD}.{name}", errno.EPROTO)
