"""What travels: messages, text of any bytes, and errors by name.  No sockets here."""

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
MOST = 2000  # values in one call; more would hold the GIL for long: 64 KiB of [[],[],… 18 ms, this many 0.3 ms
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)  # one without end too, or it would look again


class Broken(Error):
    """The other side does not speak varlink: nothing it sends can be trusted any more (EPROTO)."""

    number = errno.EPROTO


class Refused(Error):
    """The call cannot be made; travels as the error of org.varlink.service of that name."""

    number = errno.EINVAL

    def __init__(self, error: str, **parameters: str) -> None:
        super().__init__(error)
        self.parameters = parameters


def text(value: bytes) -> str:
    """Any bytes as text that JSON can carry; ``raw`` gives the same bytes back."""
    return value.decode("utf-8", "surrogateescape")


def raw(value: str) -> bytes:
    """The bytes behind a text.  Errors: UnicodeEncodeError for a surrogate that stands for no byte."""
    return value.encode("utf-8", "surrogateescape")


def encode(message: Mapping[str, Any]) -> bytes:
    """Errors: TypeError, ValueError for what JSON cannot carry, NaN and infinity included."""
    return json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii") + END


def _values(message: bytes) -> int:
    """How many values a message has, nearly: counted before they are made."""
    bare = _STRING.sub(b"", message)
    return bare.count(b",") + bare.count(b"[") + bare.count(b"{")


def _no_constant(word: str) -> NoReturn:
    raise ValueError(word)


def decode(message: bytes) -> dict[str, Any]:
    """The object of a message, without its NUL.  Errors: Broken."""
    try:
        value = json.loads(text(message), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Broken(f"not JSON: {type(error).__name__}") from None
    if not isinstance(value, dict):
        raise Broken("a message that is not an object")
    return value


def field(message: Mapping[str, Any], name: str, kind: type, default: Any) -> Any:
    """One field of a message; absent and null are the same.  Errors: Broken."""
    value = message.get(name)
    if value is None:
        return default
    if not isinstance(value, kind):
        raise Broken(f"{name} is not {kind.__name__}")
    return value


class Request(NamedTuple):
    """A call as it came."""

    method: str
    parameters: dict[str, Any]
    more: bool
    oneway: bool
    upgrade: bool

    @classmethod
    def parse(cls, message: bytes) -> Request:
        """Errors: Broken."""
        if _values(message) > MOST:
            raise Broken(f"a call of more than {MOST} values")
        call = decode(message)
        if "method" not in call:
            raise Broken("a call without method")
        flags = (field(call, name, bool, False) for name in ("more", "oneway", "upgrade"))
        return cls(field(call, "method", str, ""), field(call, "parameters", dict, {}), *flags)


def reply(parameters: Mapping[str, Any], *, continues: bool = False) -> bytes:
    """One reply; more will come if it continues."""
    return encode({"parameters": parameters, "continues": True} if continues else {"parameters": parameters})


def refusal(refused: Refused) -> bytes:
    """The reply that is an error of org.varlink.service."""
    return encode({"error": f"{STANDARD}.{refused.message}", "parameters": refused.parameters})


def failure(interface: str, error: Error) -> bytes:
    """The reply that is the interface's own error."""
    parameters = {"errno": error.errno, "name": error.name, "message": error.message}
    return encode({"error": f"{interface}.Error", "parameters": parameters})


_AMBIGUOUS = (errno.EIO, errno.ERANGE)  # errors of several classes have these
_CLASSES = {  # a kind of one of these has its errno too
    kind.number: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, Error) and Error in kind.__bases__ and kind.number not in _AMBIGUOUS
}


def raised(error: str, parameters: Mapping[str, Any], method: str) -> Error:
    """The exception of a failed call of ``method``: of the class that has its errno, or what a standard error says.

    Errors: Broken.
    """
    interface, _, name = error.rpartition(".")
    if interface == STANDARD:
        return _standard(name, parameters, method)
    if name != "Error" or interface != method.rpartition(".")[0]:
        return Error(f"{method}: {error} {json.dumps(parameters)}", errno.EPROTO)
    number, message = field(parameters, "errno", int, errno.EIO), field(parameters, "message", str, "") or error
    kind = _CLASSES.get(number)
    return Error(message, number) if kind is None else kind(message)


def _standard(name: str, parameters: Mapping[str, Any], method: str) -> Error:
    match name:
        case "PermissionDenied":
            return Error(f"{method} needs root or the user of the daemon: try it with sudo", errno.EPERM)
        case "InvalidParameter":
            return errors.Invalid(f"{method}: {parameters.get('parameter')} is missing, unknown or of the wrong type")
        case "InterfaceNotFound" | "MethodNotFound" | "MethodNotImplemented":
            return Error(f"the daemon has no {method}: is it of another version? restart it", errno.ENOSYS)
        case "ExpectedMore":
            return errors.Invalid(f"{method} has many replies: ask for them with more")
    return Error(f"{method}: {STANDARD}.{name}", errno.EPROTO)
