"""A bus that plays a conversation typed from a datasheet; any other transfer, or another time, is a failure."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from i2cdrv.errors import Nack, NotSupported
from i2cdrv.i2c.adapter import Functionality, Message, Read, Size
from i2cdrv.lib.clock import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NOBODY = 0x7F  # reserved (UM10204 table 4)
EARLY, LATE = 1e-9, 1.001  # sums of floats; a wait may be longer than stated, but not by a conversion


class Conversation:
    """An Adapter.  Transfers take no time; time passes only while the driver waits.

    One line is one transfer: ``F4 25`` is written, ``> 0F 1A`` is read, ``F3 > 00`` is written and, after a repeated
    START, read; ``!`` at the end is not acknowledged.  ``wait 9.3 ms`` and ``wait 250 … 300 ms`` stand between
    transfers, where nothing else may pass.  The rest of a line behind ``#`` is for the reader.  No chip is at 0x7F, as
    on a working bus; probing it is not part of the conversation.
    """

    nr = 7
    name = "conversation"
    functionality = Functionality.I2C

    def __init__(self, addr: int, text: str) -> None:
        self.clock = VirtualClock()
        self.addr = addr
        self.lines = deque(line for each in text.splitlines() if (line := each.partition("#")[0].strip()))
        self.faults: list[str] = []
        self._last = 0.0

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        if messages[0].addr == NOBODY:
            raise Nack("nobody is there")
        low, high = self._expected_wait()
        waited = self.clock.monotonic() - self._last
        self._last = self.clock.monotonic()
        self._expect(low - EARLY <= waited <= high + EARLY, f"waited {waited * 1e3:.4f} ms, not {low * 1e3:.4f} ms")
        said = " ".join(_said(message) for message in messages)
        line = self.lines.popleft() if self.lines else "nothing"
        head, arrow, answer = (part.strip() for part in line.removesuffix("!").partition(">"))
        answered = bytes.fromhex(answer)
        expected = " ".join(filter(None, (head, f"> {len(answered)}" if arrow else "")))
        self._expect(said == expected, f"said {said!r}, not {expected!r}")
        self._expect(all(message.addr == self.addr for message in messages), f"said it to another than {self.addr:#x}")
        if line.endswith("!"):
            raise Nack("as the conversation has it")
        return [answered for message in messages if isinstance(message, Read)]

    def _expected_wait(self) -> tuple[float, float]:
        low = high = 0.0
        while self.lines and self.lines[0].startswith("wait"):
            _, *numbers, unit = self.lines.popleft().replace("…", "").split()
            factor = {"µs": 1e-6, "ms": 1e-3, "s": 1.0}[unit]
            low += float(numbers[0]) * factor
            high += float(numbers[-1]) * factor * (LATE if len(numbers) == 1 else 1)
        return low, high

    def _expect(self, fits: bool, fault: str) -> None:
        if not fits:
            self.faults.append(fault)
            raise AssertionError(fault)

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        raise NotSupported("the conversation is in plain messages")

    def claim(self, addr: int, *, force: bool = False) -> None:
        pass

    def close(self) -> None:
        pass


def _said(message: Message) -> str:
    return f"> {message.length}" if isinstance(message, Read) else message.data.hex(" ").upper()


@contextmanager
def conversation(addr: int, text: str) -> Iterator[Conversation]:
    """Yield a bus for the block; the whole conversation must have been played at its end."""
    bus = Conversation(addr, text)
    try:
        yield bus
    finally:
        assert not bus.faults, "; ".join(bus.faults)
    assert not bus.lines, f"left unsaid: {list(bus.lines)}"
