"""``io.i2cdrv.Transfer``: transfers of other programs on this process's buses; ``i2cdrv.SMBus`` is its client."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

from ...core.rawaccess import RawAccess
from ...errors import Error, Invalid
from ...i2c.adapter import Read, Write
from .. import transferframe as frame
from ..names import TRANSFER
from ..varlink import Upgrade
from .handlers import Handlers, upgrades, waits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from socket import socket

    from ...core.bus import Bus
    from ...i2c.adapter import Message
    from ..varlink import Call, Interface


class _Transfer(Handlers):
    """The methods.  ``find``: returns the bus of a word, opened if necessary."""

    name = TRANSFER

    def __init__(self, find: Callable[[str], Bus]) -> None:
        self._find = find

    @waits
    def transfer(self, call: Call) -> Mapping[str, Any]:
        messages = [_message(one) for one in call.parameters["messages"]]
        if not 0 < len(messages) <= frame.LIMITS.messages:
            raise Invalid(f"{len(messages)} messages: 1 … {frame.LIMITS.messages} are possible")
        with closing(RawAccess(self._find(call.parameters["bus"]), may_force=call.is_privileged)) as access:
            answers = access.xfer(messages, force=bool(call.parameters.get("force")))
        return {"answers": [answer.hex() for answer in answers]}

    @upgrades
    def open(self, call: Call) -> Upgrade:
        bus = self._find(call.parameters["bus"])
        adapter = bus.adapter
        reply = {"bus": adapter.nr, "adapter": adapter.name, "functionality": int(adapter.functionality)}
        return Upgrade(reply, partial(_serve, bus, call.is_privileged))


def _message(one: Mapping[str, Any]) -> Message:
    """Return a message of the interface.  Raises Invalid unless it either writes or reads."""
    written, count = one.get("write"), one.get("read")
    if (written is None) == (count is None):
        raise Invalid("a message has either write or read")
    if written is None:
        return Read(one["address"], one["read"])
    try:
        return Write(one["address"], bytes.fromhex(written))
    except ValueError:
        raise Invalid(f"{written!r} is not hexadecimal") from None


def _serve(bus: Bus, may_force: bool, sock: socket) -> None:
    """Do transfers until the client hangs up.  Errors: ProtocolError, OSError of the socket."""
    with closing(RawAccess(bus, may_force=may_force)) as access:
        while (body := frame.receive(sock)) is not None:
            messages, force = frame.unpack(body)
            try:
                answers = access.xfer(messages, force=force)
            except Error as error:
                sock.sendall(frame.refusal(error))
            else:
                sock.sendall(frame.reply(answers))


def interface(find: Callable[[str], Bus]) -> Interface:
    """Return the interface to the buses that ``find`` knows."""
    return _Transfer(find).interface()
