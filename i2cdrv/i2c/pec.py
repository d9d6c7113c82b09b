"""Packet error codes of SMBus: a CRC-8 over all bytes of a transfer, addresses included (SMBus 3.1, 6.4).

The code is computed here, also on adapters that only do SMBus: an operation with a code has the same bytes on the wire
as an I2C block that is one byte longer, and every log and record shows them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BadChecksum
from ..lib.crc import crc8
from .adapter import Read, Size, Write
from .contention import WRONG_CODE
from .smbus import messages_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .adapter import Adapter, Message

POLYNOMIAL = 0x07  # x⁸ + x² + x + 1 (SMBus 3.1, 6.4.1)


class PecAdapter:
    """An Adapter for one client whose chip expects and sends codes (I2C_CLIENT_PEC)."""

    def __init__(self, adapter: Adapter) -> None:
        self.nr, self.name, self.functionality = adapter.nr, adapter.name, adapter.functionality
        self.clock, self.claim, self.close = adapter.clock, adapter.claim, adapter.close
        self.due: Callable[[int, bool], bool] | None = getattr(adapter, "due", None)  # of a record that is played
        self._adapter = adapter

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        """Do a transfer, as an Adapter does.  Raises BadChecksum for an answer that does not fit its code."""
        answers = self._adapter.xfer(add_code(messages))
        if isinstance(messages[-1], Read):
            answers[-1] = self._checked(messages, answers[-1])
        return answers

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        """Do an SMBus operation, as an Adapter does.  Raises BadChecksum for an answer that does not fit its code."""
        messages = messages_of(addr, size, command, data)
        if isinstance(data, int):
            answer = self._adapter.smbus_xfer(addr, Size.I2C_BLOCK_DATA, command, data + 1)
            return self._checked(messages, answer)
        return self._adapter.smbus_xfer(addr, Size.I2C_BLOCK_DATA, command, data + _code(messages))

    def _checked(self, messages: Sequence[Message], answer: bytes) -> bytes:
        return check_code(messages, answer, f" on i2c-{self.nr}")


def add_code(messages: Sequence[Message]) -> list[Message]:
    """Return the messages of the same transfer with a code."""
    *head, last = messages
    if isinstance(last, Write):
        return [*head, Write(last.addr, last.data + _code(messages))]
    return [*head, Read(last.addr, last.length + 1)]


def check_code(messages: Sequence[Message], answer: bytes, where: str = "") -> bytes:
    """Return the answer to the last message without its code.  Raises BadChecksum."""
    data, code = answer[:-1], answer[-1:]
    if (expected := _code(messages, data)) != code:
        raise BadChecksum(
            f"{messages[-1].addr:#04x}{where}: the PEC of {data.hex(' ')} is {code.hex()}, "
            f"not {expected.hex()}: {WRONG_CODE}"
        )
    return data


def _code(messages: Sequence[Message], answer: bytes = b"") -> bytes:
    """Return the code of a transfer: over each address byte, the written bytes, and the last answer."""
    wire = b"".join(bytes((message.addr << 1 | isinstance(message, Read),)) + _written(message) for message in messages)
    return bytes((crc8(wire + answer, POLYNOMIAL, 0),))


def _written(message: Message) -> bytes:
    return message.data if isinstance(message, Write) else b""
