"""Messages on the socket, their framing and descriptors (vhost-user protocol, section "Message Specification")."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from enum import IntEnum
from struct import Struct
from typing import NamedTuple

from ...errors import Error

HEADER = Struct("=III")  # request, flags, size of the payload; all numbers are in native byte order
VERSION, VERSION_MASK, REPLY, NEED_REPLY = 1, 3, 4, 8
MAX_PAYLOAD_BYTES = 512  # the longest known message is a memory table: 8 + 8 regions of 32
MAX_FDS = 8

U64 = Struct("=Q")
STATE = Struct("=II")  # index, num
ADDRESSES = Struct("=IIQQQQ")  # index, flags, descriptor, used, available, log
TABLE = Struct("=II")  # number of regions, padding
REGION = Struct("=QQQQ")  # guest address, size, user address, offset


class ProtocolError(Error):
    """The front end broke the protocol, or its guest the ring: it is not trusted any more (EPROTO)."""

    number = errno.EPROTO


class HungUp(Error):
    """The front end closed the connection, which is its ordinary end (ECONNRESET)."""

    number = errno.ECONNRESET


class Kind(IntEnum):
    """VHOST_USER_*: the messages a front end may send to a device without options."""

    GET_FEATURES = 1
    SET_FEATURES = 2
    SET_OWNER = 3
    RESET_OWNER = 4
    SET_MEM_TABLE = 5
    SET_VRING_NUM = 8
    SET_VRING_ADDR = 9
    SET_VRING_BASE = 10
    GET_VRING_BASE = 11
    SET_VRING_KICK = 12
    SET_VRING_CALL = 13
    SET_VRING_ERR = 14
    GET_PROTOCOL_FEATURES = 15
    SET_PROTOCOL_FEATURES = 16
    GET_QUEUE_NUM = 17
    SET_VRING_ENABLE = 18
    SET_BACKEND_REQ_FD = 21


def close_all(fds: list[int]) -> None:
    while fds:
        with contextlib.suppress(OSError):
            os.close(fds.pop())


class Message(NamedTuple):
    """One request of the front end; a handler that keeps a descriptor removes it from ``fds``."""

    kind: Kind
    need_reply: bool
    payload: bytes
    fds: list[int]

    def unpack(self, layout: Struct) -> tuple[int, ...]:
        """Unpack the whole payload.  Errors: ProtocolError."""
        if len(self.payload) != layout.size:
            raise ProtocolError(f"{self.kind.name} has {len(self.payload)} bytes instead of {layout.size}")
        return layout.unpack(self.payload)

    def u64(self) -> int:
        return self.unpack(U64)[0]


class Channel:
    """The connection.  It never blocks and never reads past a message, so descriptors arrive with their message."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._data = bytearray()
        self._fds: list[int] = []

    def fileno(self) -> int:
        return self._connection.fileno()

    def receive(self) -> Message | None:
        """Return the next message, or None if it is not complete yet."""
        while missing := self._missing():
            if not self._read(missing):
                return None
        message = self._message()
        self._data, self._fds = bytearray(), []
        return message

    def reply(self, kind: Kind, payload: bytes) -> None:
        try:
            self._connection.sendall(HEADER.pack(kind, VERSION | REPLY, len(payload)) + payload)
        except BlockingIOError as error:
            raise ProtocolError("the front end does not read its replies") from error
        except ConnectionError as error:
            raise HungUp("the front end hung up before its reply") from error

    def close(self) -> None:
        close_all(self._fds)
        self._connection.close()

    def _missing(self) -> int:
        have = len(self._data)
        return HEADER.size - have if have < HEADER.size else HEADER.size + self._size() - have

    def _size(self) -> int:
        kind, flags, size = HEADER.unpack_from(self._data)
        if flags & (VERSION_MASK | REPLY) != VERSION or size > MAX_PAYLOAD_BYTES:
            raise ProtocolError(f"this is no vhost-user request: type {kind}, flags {flags:#x}, {size} bytes")
        return int(size)

    def _read(self, missing: int) -> bool:
        try:
            data, fds, flags, _ = socket.recv_fds(self._connection, missing, MAX_FDS, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return False
        except ConnectionError as error:
            raise HungUp("the front end hung up") from error
        self._fds += fds
        if flags & socket.MSG_CTRUNC or len(self._fds) > MAX_FDS:
            raise ProtocolError(f"a message carries more than {MAX_FDS} descriptors, or more than fit")
        if not data:
            raise (
                ProtocolError("the front end hung up in the middle of a message")
                if self._data
                else HungUp("it hung up")
            )
        self._data += data
        return True

    def _message(self) -> Message:
        kind, flags, _ = HEADER.unpack_from(self._data)
        try:
            return Message(Kind(kind), bool(flags & NEED_REPLY), bytes(self._data[HEADER.size :]), self._fds)
        except ValueError as error:
            raise ProtocolError(f"message type {kind} belongs to a feature that was not offered") from error
