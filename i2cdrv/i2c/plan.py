"""The grouping of messages into transfers, within the limits of i2c-dev and of a controller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Invalid
from .adapter import Limits, Message, Read, Write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LIMITS = Limits()


def plan(messages: Sequence[Message], one_read_last: bool) -> list[list[Message]]:
    """Group the messages into as few transfers as the kernel takes; a Read stays with the Write before it.

    ``one_read_last``: nothing may follow a Read (bcm2835_i2c_xfer).  Errors: Invalid for messages that i2c-dev refuses.
    """
    groups: list[list[Message]] = []
    room = 0
    for unit in _units(messages):
        if len(unit) > room:
            groups.append([])
            room = LIMITS.messages
        groups[-1] += unit
        room = 0 if one_read_last and isinstance(unit[-1], Read) else room - len(unit)
    return groups


def _units(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    start = 0
    for end, message in enumerate(messages, 1):
        _check_message(message)
        if isinstance(message, Read) or end == len(messages) or isinstance(messages[end], Write):
            yield messages[start:end]
            start = end


def check_messages(messages: Sequence[Message]) -> None:
    """Raise Invalid for messages that are no single transfer of i2c-dev, TypeError for an address of another type."""
    if not 0 < len(messages) <= LIMITS.messages:
        raise Invalid(f"a transfer of {len(messages)} messages; 1 … {LIMITS.messages} are possible")
    for message in messages:
        if not isinstance(message.addr, int):
            raise TypeError(f"address {message.addr!r}: an integer is required")
        _check_message(message)


def _check_message(message: Message) -> None:
    check_address(message.addr)
    length = length_of(message)
    if not 0 <= length <= LIMITS.message_bytes:
        raise Invalid(f"0x{message.addr:02x}: a message of {length} bytes; 0 … {LIMITS.message_bytes} are possible")


def check_address(addr: int) -> None:
    """Raise Invalid for an address outside 0x00 … 0x7f."""
    if not 0 <= addr <= 0x7F:
        raise Invalid(f"address {addr:#x} does not have 7 bits: 0x00 … 0x7f")


def length_of(message: Message) -> int:
    """Return the number of bytes of a message."""
    return message.length if isinstance(message, Read) else len(message.data)
