"""A kernel for smbus2 and for i2cdrv.i2c.i2cdev alike: their ``ioctl`` is replaced, so both pay the same for it.

``Simulated`` carries real transfers to a simulated bus, to set the chip up and to record the traffic of a sample.
``Replayed`` is as cheap as it can be and yet fill the buffer: with it the figures are taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ctypes import memmove
from itertools import cycle
from pathlib import Path
from typing import Any
from unittest.mock import patch

import smbus2.smbus2 as uapi

import i2cdrv.i2c.i2cdev
from i2cdrv.i2c.adapter import Functionality, Message, Read, Write
from i2cdrv.sim import SimAdapter

Ioctl = Callable[[int, int, Any], int]  # the third argument is one of smbus2's ctypes structures


class Simulated:
    """/dev/i2c-1 with the chips of a simulated bus behind it."""

    def __init__(self, folder: Path, bus: SimAdapter) -> None:
        self.sys, self.dev = folder / "sys", folder / "dev"
        self.node = self.dev / "i2c-1"
        self.dev.mkdir()
        self.node.touch()
        self._bus = bus
        bus.transferred.add(self._record)
        self.asked: list[Sequence[Message]] = []
        self.answers: list[bytes] = []

    def _record(self, messages: Sequence[Message], outcome: object) -> None:
        self.asked.append(messages)
        if isinstance(outcome, list):
            self.answers += outcome

    def forget(self) -> None:
        """Begin a new record."""
        self.asked, self.answers = [], []

    def ioctl(self, _fd: int, request: int, argument: Any = 0) -> int:
        if request == uapi.I2C_FUNCS:
            argument.value = int(Functionality.I2C | Functionality.SMBUS_EMUL)
        elif request == uapi.I2C_RDWR:
            return self._transfer([argument.msgs[i] for i in range(argument.nmsgs)])
        return 0

    def _transfer(self, messages: Sequence[Any]) -> int:
        answers = iter(self._bus.xfer([_message(message) for message in messages]))
        for message in messages:
            if message.flags & uapi.I2C_M_RD:
                memmove(message.buf, next(answers), message.len)
        return len(messages)


def _message(message: Any) -> Message:
    if message.flags & uapi.I2C_M_RD:
        return Read(message.addr, message.len)
    return Write(message.addr, message.buf[: message.len])


def replayed(answers: Sequence[bytes]) -> Ioctl:
    """An I2C_RDWR that gives the recorded answers round and round; a read is the last message, as in all drivers."""
    following = cycle(answers).__next__

    def ioctl(_fd: int, _request: int, transfer: Any) -> int:
        count: int = transfer.nmsgs
        last = transfer.msgs[count - 1]
        if last.flags:
            memmove(last.buf, following(), last.len)
        return count

    return ioctl


@contextmanager
def booted(theirs: Ioctl, ours: Ioctl) -> Iterator[None]:
    """Let smbus2 and i2cdrv call these."""
    with patch.object(uapi, "ioctl", theirs), patch.object(i2cdrv.i2c.i2cdev, "ioctl", ours):
        yield
