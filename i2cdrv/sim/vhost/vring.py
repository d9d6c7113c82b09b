"""The one ring of the device as the front end sets it up: SET_VRING_* and its two notification descriptors.

vhost-user protocol, sections "Front-end message types" and "Ring states".
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from .ring import MAX_SIZE, Setup, SplitRing
from .wire import ADDRESSES, STATE, U64, ProtocolError, close_all

if TYPE_CHECKING:
    from .memory import Memory
    from .wire import Message

NO_FD = 1 << 8  # in SET_VRING_KICK and SET_VRING_CALL; the ring's index is below it


def _state(message: Message) -> int:
    index, value = message.unpack(STATE)
    if index:
        raise ProtocolError(f"{message.kind.name} is for ring {index}; there is only ring 0")
    return value


def _take_fds(message: Message) -> list[int]:
    """Take the message's descriptor, non-blocking, or none if the message has the no-descriptor bit."""
    expected = {0: 1, NO_FD: 0}.get(message.u64())
    if expected != len(message.fds):
        raise ProtocolError(f"{message.kind.name} is not for ring 0, or has {len(message.fds)} descriptors")
    for fd in message.fds:
        _set_non_blocking(fd)
    fds = message.fds.copy()
    message.fds.clear()
    return fds


def _set_non_blocking(fd: int) -> None:
    try:
        os.set_blocking(fd, False)
    except OSError as error:
        raise ProtocolError(f"a notification descriptor is of no use: {error.strerror}") from error


class Vring:
    """The ring's state: stopped or started (with a kick descriptor), enabled or disabled."""

    def __init__(self) -> None:
        self._setup = Setup()
        self._kick: list[int] = []
        self._call: list[int] = []
        self.enabled = False

    @property
    def kick(self) -> list[int]:
        """The descriptor to wait for, if the ring is started."""
        return self._kick

    def locate(self, memory: Memory) -> SplitRing:
        return SplitRing(memory, self._setup)

    def take_kick(self) -> bool:
        """Read the notification; False if there was none after all."""
        try:
            kicked = os.read(self._kick[0], U64.size)
        except BlockingIOError:
            return False
        except OSError as error:
            raise ProtocolError(f"the kick descriptor cannot be read: {error.strerror}") from error
        if not kicked:  # a pipe without a writer
            close_all(self._kick)
        return bool(kicked)

    def notify(self) -> None:
        for fd in self._call:
            with suppress(OSError):  # a full pipe has notified already; one without a reader needs no notification
                os.write(fd, U64.pack(1))

    def close(self) -> None:
        close_all(self._kick)
        close_all(self._call)

    def set_num(self, message: Message) -> None:
        size = _state(message)
        if not 0 < size <= MAX_SIZE or size & (size - 1):
            raise ProtocolError(f"a ring of {size} entries: not a power of two up to {MAX_SIZE}")
        self._setup.size = size

    def set_addr(self, message: Message) -> None:
        index, flags, descriptors, used, available, _ = message.unpack(ADDRESSES)
        if index or flags:
            raise ProtocolError(
                f"SET_VRING_ADDR is for ring {index}, flags {flags:#x}; there is only ring 0, without logging"
            )
        self._setup.descriptors, self._setup.used, self._setup.available = descriptors, used, available

    def set_base(self, message: Message) -> None:
        self._setup.next = _state(message) & 0xFFFF

    def get_base(self, message: Message) -> bytes:
        """Stop the ring; return its next entry."""
        _state(message)
        close_all(self._kick)
        return STATE.pack(0, self._setup.next)

    def set_enable(self, message: Message) -> None:
        self.enabled = bool(_state(message))

    def set_kick(self, message: Message) -> None:
        """Start the ring."""
        close_all(self._kick)
        self._kick = _take_fds(message)
        if not self._kick:
            raise ProtocolError("SET_VRING_KICK without a descriptor requests polling, which is not supported")

    def set_call(self, message: Message) -> None:
        close_all(self._call)
        self._call = _take_fds(message)

    def set_err(self, message: Message) -> None:
        """Ignore the descriptor: an error ends the connection."""

    def reset(self, message: Message) -> None:
        """Disable the ring (RESET_OWNER: "either ignore this message, or use it to disable all rings")."""
        self.enabled = False
