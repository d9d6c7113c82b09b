"""A bus that plays a conversation typed from a datasheet, and fails at any other transfer or wait.

One line is one transfer::

    D0 > 60             # written, a repeated START, and read
    F4 25               # written
    wait 9.3 ms         # nothing passes on the bus meanwhile
    > 0F 1A             # read
    F3 > 00 !           # not acknowledged
    F4 25 ! ETIMEDOUT   # fails with that errno

``wait 250 … 300 ms`` accepts a range.  Text behind ``#`` is for the reader.
"""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import Error, Nack, NotSupported
from ..i2c.adapter import Functionality, Message, Read, Size
from ..lib.clock import VirtualClock
from .conversationtext import Transfer, Wait, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RESERVED_ADDRESS = 0x7F  # (UM10204 table 4); a read from it shows whether the bus works, and is not in the text
EARLY_S = 1e-9  # sums of floats


class Conversation:
    """An Adapter that plays ``text`` for the chip at ``addr``.  Transfers take no time, so all time is the driver's.

    ``faults``: how the driver departed from the text; ``lines``: the rest of it.
    """

    nr = 7
    name = "conversation"
    functionality = Functionality.I2C

    def __init__(self, addr: int, text: str) -> None:
        self.clock = VirtualClock()
        self.addr = addr
        self.lines: deque[Wait | Transfer] = deque(parse(text))
        self.faults: list[str] = []
        self._last = 0.0

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        """Compare a transfer with the next line; return the bytes that are read there."""
        if messages[0].addr == RESERVED_ADDRESS:
            raise Nack("no chip has this address")
        self._check_wait()
        found = " ".join(map(_shape, messages))
        if not self.lines:
            self._fail(f"transfer {found!r} after the end of the conversation")
        expected = self.lines.popleft()
        assert isinstance(expected, Transfer)  # no wait is left
        if found != expected.shape:
            self._fail(f"transfer {found!r}, expected {expected.text!r} (line {expected.line})")
        if any(message.addr != self.addr for message in messages):
            self._fail(f"transfer {found!r} to {messages[0].addr:#04x}, expected {self.addr:#04x}")
        if expected.error is not None:
            raise expected.error
        return [expected.read or b"" for message in messages if isinstance(message, Read)]

    def _check_wait(self) -> None:
        where = f" (line {self.lines[0].line})" if self.lines else ""
        low, high = self._expected_wait()
        now = self.clock.monotonic()
        waited, self._last = now - self._last, now
        if not low - EARLY_S <= waited <= high + EARLY_S:
            self._fail(f"wait of {waited * 1e3:.4f} ms, expected {low * 1e3:.4f} ms{where}")

    def _expected_wait(self) -> tuple[float, float]:
        low = high = 0.0
        while self.lines and isinstance(self.lines[0], Wait):
            wait = self.lines[0]
            self.lines.popleft()
            low, high = low + wait.shortest, high + wait.longest
        return low, high

    def _fail(self, fault: str) -> None:
        self.faults.append(fault)
        raise AssertionError(fault)

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        """Refuse SMBus operations: a conversation is in plain messages."""
        raise NotSupported("a conversation is in plain messages")

    def claim(self, addr: int, *, force: bool = False) -> None:
        """Do nothing: no other program holds addresses here."""

    def close(self) -> None:
        """Do nothing."""


def _shape(message: Message) -> str:
    return f"> {message.length}" if isinstance(message, Read) else message.data.hex(" ").upper()


@contextmanager
def conversation(addr: int, text: str) -> Iterator[Conversation]:
    """Give a bus for the block.  Raises AssertionError for transfers that departed from the text, or were not made."""
    bus = Conversation(addr, text)
    try:
        yield bus
    except Error:  # the driver may end with an error, but not before the end of the conversation
        _check(bus.faults or _rest(bus))
        raise
    except BaseException:
        _check(bus.faults)
        raise
    _check(bus.faults or _rest(bus))


def _rest(bus: Conversation) -> list[str]:
    if not bus.lines:
        return []
    texts = [line.text for line in bus.lines]
    return [f"transfers that the driver did not make: {texts}, from line {bus.lines[0].line}"]


def _check(faults: list[str]) -> None:
    if faults:
        raise AssertionError("; ".join(faults))
