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

import errno
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, Self

from ..errors import Error, Invalid, Nack, NotSupported
from ..i2c.adapter import Functionality, Message, Read, Size
from ..lib.clock import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RESERVED_ADDRESS = (
    0x7F  # (UM10204 table 4); a read from it shows whether the bus works, and is no part of a conversation
)
EARLY_S, LATE = 1e-9, 1.001  # sums of floats; a wait may be a little longer than stated, but not by a conversion
UNITS = {"µs": 1e-6, "us": 1e-6, "ms": 1e-3, "s": 1.0}


class Transfer(NamedTuple):
    """One line: the bytes to write, the bytes to read (None: no read), and the error it ends with."""

    text: str
    written: str
    read: bytes | None
    error: Error | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a line.  Raises Invalid."""
        line, bang, name = (part.strip() for part in text.partition("!"))
        written, arrow, read = (part.strip() for part in line.partition(">"))
        try:
            data = bytes.fromhex(read) if arrow else None
            return cls(text, bytes.fromhex(written).hex(" ").upper(), data, _error(name) if bang else None)
        except ValueError:
            raise Invalid(f"{text!r} is no transfer; write it as in: F4 25, or F3 > 00, or F4 25 ! EIO") from None

    @property
    def shape(self) -> str:
        """The written bytes, and how many the driver must read."""
        return " ".join(filter(None, (self.written, "" if self.read is None else f"> {len(self.read)}")))


class Wait(NamedTuple):
    """One line without a transfer; times in s."""

    text: str
    shortest: float
    longest: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a line.  Raises Invalid."""
        try:
            _, *numbers, unit = text.replace("…", " ").split()
            factor, tolerance = UNITS[unit], LATE if len(numbers) == 1 else 1.0
            return cls(text, float(numbers[0]) * factor, float(numbers[-1]) * factor * tolerance)
        except (ValueError, KeyError, IndexError):
            raise Invalid(f"{text!r} is no wait; write it as in: wait 9.3 ms, or wait 250 … 300 ms") from None


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
        lines = [line for each in text.splitlines() if (line := each.partition("#")[0].strip())]
        self.lines: deque[Wait | Transfer] = deque(map(_parsed, lines))
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
            self._fail(f"transfer {found!r}, expected {expected.text!r}")
        if any(message.addr != self.addr for message in messages):
            self._fail(f"transfer {found!r} to {messages[0].addr:#04x}, expected {self.addr:#04x}")
        if expected.error is not None:
            raise expected.error
        return [expected.read or b"" for message in messages if isinstance(message, Read)]

    def _check_wait(self) -> None:
        low, high = self._expected_wait()
        now = self.clock.monotonic()
        waited, self._last = now - self._last, now
        if not low - EARLY_S <= waited <= high + EARLY_S:
            self._fail(f"wait of {waited * 1e3:.4f} ms, expected {low * 1e3:.4f} ms")

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


def _parsed(line: str) -> Wait | Transfer:
    return Wait.parse(line) if line.startswith("wait") else Transfer.parse(line)


def _shape(message: Message) -> str:
    return f"> {message.length}" if isinstance(message, Read) else message.data.hex(" ").upper()


def _error(name: str) -> Error:
    if not name:
        return Nack("not acknowledged, as the conversation has it")
    if not isinstance(number := getattr(errno, name, None), int):
        raise ValueError(name)
    return Error(f"{name}, as the conversation has it", number)


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
    return [f"transfers that the driver did not make: {[line.text for line in bus.lines]}"] if bus.lines else []


def _check(faults: list[str]) -> None:
    if faults:
        raise AssertionError("; ".join(faults))
