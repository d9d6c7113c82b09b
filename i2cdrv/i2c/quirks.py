"""Limits of an adapter, learned from the transfers that it refuses (struct i2c_adapter_quirks).

The kernel returns EOPNOTSUPP for transfers that its table of quirks forbids (i2c_check_for_quirks).  Drivers with
checks of their own return EINVAL (hid-cp2112.c) or EIO (CH341).  EIO is also a NACK or a disturbance: there a shorter
transfer decides.  A known limit never prevents a transfer: it explains a refusal, and only splits messages.
"""

from __future__ import annotations

import errno
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ..errors import Error, NotSupported
from ..lib.log.logger import log
from .adapter import Functionality, Read, Size, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .adapter import Adapter, Message

T = TypeVar("T")

CERTAIN = (errno.EOPNOTSUPP, errno.EINVAL)  # neither a NACK nor a disturbance has these
REFUSALS = (*CERTAIN, errno.EIO)
REPEATS = 2  # of a transfer that ended with EIO: a disturbance does not hit it three times but spare a shorter one


class Quirks:
    """The limits of an adapter (struct i2c_adapter_quirks); None and False where none is known."""

    def __init__(self) -> None:
        self.max_read_len: int | None = None
        self.max_write_len: int | None = None
        self.max_num_msgs: int | None = None
        self.no_zero_len = False

    def __str__(self) -> str:
        """Return the limits as words: ``reads up to 26 bytes, one message per transfer``."""
        known = [
            f"reads up to {self.max_read_len} bytes" if self.max_read_len else "",
            f"writes shorter than {self.max_write_len + 1} bytes" if self.max_write_len else "",
            "one message per transfer, so a STOP follows each register number" if self.max_num_msgs else "",
            "no empty messages" if self.no_zero_len else "",
        ]
        return ", ".join(filter(None, known))


class QuirkyAdapter:
    """An Adapter that wraps another adapter and learns its limits."""

    def __init__(self, adapter: Adapter) -> None:
        self.nr, self.name, self.functionality = adapter.nr, adapter.name, adapter.functionality
        self.clock, self.claim, self.close = adapter.clock, adapter.claim, adapter.close
        self.quirks = Quirks()
        self._adapter = adapter
        self._taken = {False: 0, True: 0}  # bytes of the longest read that went through: alone, behind a write

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        """Do a transfer, as an Adapter does.  Raises NotSupported, naming the limit, if the adapter refuses it."""
        if self.quirks.max_num_msgs and len(messages) > self.quirks.max_num_msgs:
            return self._in_turn(messages)
        try:
            answers = self._adapter.xfer(messages)
        except Error as error:
            return self._refused(messages, error)
        self._note(messages, answers)
        return answers

    def _note(self, messages: Sequence[Message], answers: list[bytes]) -> None:
        """Take note of a transfer that went through."""
        combined = len(messages) > 1
        if answers and len(answers[-1]) > self._taken[combined]:
            self._taken[combined] = len(answers[-1])

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        """Do an SMBus transfer, as an Adapter does.  Raises NotSupported, naming the limit, for a refused block."""
        try:
            return self._adapter.smbus_xfer(addr, size, command, data)
        except Error as error:
            if error.errno not in REFUSALS or size is not Size.I2C_BLOCK_DATA or not isinstance(data, int):
                raise
            read = partial(self._adapter.smbus_xfer, addr, size, command)
            if data > 1 and _goes(partial(read, 1)):
                return self._too_long(data, error, read)
            raise

    def _in_turn(self, messages: Sequence[Message]) -> list[bytes]:
        return [answer for message in messages for answer in QuirkyAdapter.xfer(self, (message,))]

    # Refused transfers.

    def _refused(self, messages: Sequence[Message], error: Error) -> list[bytes]:
        """Return the answers after all, or raise NotSupported, naming the limit; the error if there is none."""
        if error.errno not in REFUSALS or not self.functionality & Functionality.I2C:
            raise error
        *head, last = messages
        if isinstance(last, Write):
            return self._refused_write(messages, error)
        if last.length <= self._taken[bool(head)]:
            raise error
        read = partial(self._read, head, last.addr)
        if last.length > 1 and _goes(partial(read, 1)):
            return self._too_long(last.length, error, read)
        if head and all(_goes(partial(self._adapter.xfer, (one,))) for one in (*head, Read(last.addr, 1))):
            return self._only_apart(messages, error)
        raise error

    def _read(self, head: Sequence[Message], addr: int, length: int) -> list[bytes]:
        return self._adapter.xfer((*head, Read(addr, length)))

    def _too_long(self, length: int, error: Error, read: Callable[[int], T]) -> T:
        """Read again, where a disturbance was the reason; else find the limit and raise NotSupported."""
        known = self.quirks.max_read_len
        if known is None or length <= known:
            for _ in range(0 if error.errno in CERTAIN else REPEATS):
                try:
                    return read(length)
                except Error as again:
                    if again.errno != error.errno:
                        raise
            known = self._longest(length, read)
            self._learned(max_read_len=known)
        raise self._limit(f"a read of {length} bytes at once; it takes {known}", error) from error

    def _longest(self, refused: int, read: Callable[[int], object]) -> int:
        fits = 1
        while refused - fits > 1:
            middle = (fits + refused) // 2
            if _goes(partial(read, middle)):
                fits = middle
            else:
                refused = middle
        return fits

    def _only_apart(self, messages: Sequence[Message], error: Error) -> list[bytes]:
        """Send each message alone from now on, unless a disturbance was the reason."""
        for _ in range(0 if error.errno in CERTAIN else REPEATS):
            try:
                return self._adapter.xfer(messages)
            except Error as again:
                if again.errno != error.errno:
                    raise
        self._learned(max_num_msgs=1)
        return self._in_turn(messages)

    def _refused_write(self, messages: Sequence[Message], error: Error) -> list[bytes]:
        """Name the limit where the errno leaves no doubt; a shorter write would not mean the same to the chip."""
        if error.errno not in CERTAIN:
            raise error
        if len(messages) > 1:
            return self._in_turn(messages)
        length = len(bytes(messages[0][1]))
        if length == 1:
            raise error
        self._learned(**({"max_write_len": length - 1} if length else {"no_zero_len": True}))
        what = f"a write of {length} bytes at once" if length else "an empty message"
        raise self._limit(what, error) from error

    def _limit(self, what: str, error: Error) -> NotSupported:
        adapter = f"the adapter i2c-{self.nr} ({self.name})"
        return NotSupported(f"{adapter} refuses {what}: connect the chip to another adapter ({error.message})")

    def _learned(self, **limits: int) -> None:
        before = str(self.quirks)
        vars(self.quirks).update(limits)
        if str(self.quirks) != before:
            log("debug", "adapter limit learned", bus=f"i2c-{self.nr}", adapter=self.name, limits=str(self.quirks))


def _goes(transfer: Callable[[], object]) -> bool:
    try:
        transfer()
    except Error:
        return False
    return True
