"""Transfers as frames, which a connection carries after the upgrade of ``io.i2cdrv.Transfer.Open``.

A request: its length without this number (u32) and its flags (u8); then each message as in struct i2c_msg: addr, flags
and len (u16 each), and the bytes of a write.

A reply: its length without this number (u32) and the errno (u16); then the answers, one after another, or the text of
the error in UTF-8.  All numbers are little-endian.
"""

from __future__ import annotations

import errno
import struct
from typing import TYPE_CHECKING

from ..errors import Error
from ..i2c.adapter import Limits, Message, Read, Write
from .varlink.wire import ProtocolError, of_errno

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence

FORCE = 0x01  # flag of a request
M_RD = 0x0001  # I2C_M_RD: flag of a message

_LENGTH = struct.Struct("<I")
_FLAGS = struct.Struct("<B")
_MESSAGE = struct.Struct("<HHH")
_ERRNO = struct.Struct("<H")

LIMITS = Limits()
MAX_BYTES = _FLAGS.size + LIMITS.messages * (_MESSAGE.size + LIMITS.message_bytes)


# Requests.


def pack(messages: Sequence[Message], force: bool) -> bytes:
    """Return the frame of a combined transfer."""
    parts = [_FLAGS.pack(FORCE if force else 0)]
    for message in messages:
        if isinstance(message, Read):
            parts.append(_MESSAGE.pack(message.addr, M_RD, message.length))
        else:
            parts += _MESSAGE.pack(message.addr, 0, len(message.data)), message.data
    return _framed(b"".join(parts))


def unpack(body: bytes) -> tuple[Sequence[Message], bool]:
    """Return the messages of a request without its length, and whether they are forced.  Errors: ProtocolError."""
    try:
        (flags,) = _FLAGS.unpack_from(body)
        messages = list(_messages(body))
    except struct.error as error:
        raise ProtocolError(f"a frame of {len(body)} bytes that is no transfer: {error}") from None
    if flags & ~FORCE or not 0 < len(messages) <= LIMITS.messages:
        raise ProtocolError(f"a transfer of {len(messages)} messages with flags {flags:#x}")
    return messages, bool(flags & FORCE)


def _messages(body: bytes) -> Iterator[Message]:
    place = _FLAGS.size
    while place < len(body):
        addr, flags, length = _MESSAGE.unpack_from(body, place)
        place += _MESSAGE.size
        if flags == M_RD:
            yield Read(addr, length)
        elif flags == 0 and place + length <= len(body):
            yield Write(addr, body[place : place + length])
            place += length
        else:
            raise ProtocolError(f"a message with flags {flags:#x} and {length} bytes")


# Replies.


def reply(answers: Sequence[bytes]) -> bytes:
    """Return the frame of the answers."""
    return _framed(_ERRNO.pack(0) + b"".join(answers))


def refusal(error: Error) -> bytes:
    """Return the frame of an error."""
    return _framed(_ERRNO.pack(error.errno or errno.EIO) + error.message.encode("utf-8", "backslashreplace"))


def answered(body: bytes) -> bytes:
    """Return the answers in a reply without its length.  Raises the error in it; ProtocolError."""
    if len(body) < _ERRNO.size:
        raise ProtocolError(f"a reply of {len(body)} bytes")
    (number,) = _ERRNO.unpack_from(body)
    if number:
        raise of_errno(number, body[_ERRNO.size :].decode("utf-8", "replace"))
    return body[_ERRNO.size :]


# The socket.


def _framed(body: bytes) -> bytes:
    return _LENGTH.pack(len(body)) + body


def receive(sock: socket.socket) -> bytes | None:
    """Return the next frame without its length; None at the end.  Errors: ProtocolError, OSError of the socket."""
    head = sock.recv(1 << 16)
    if not head:
        return None
    while len(head) < _LENGTH.size:
        head += _more(sock)
    (length,) = _LENGTH.unpack_from(head)
    if length > MAX_BYTES:
        raise ProtocolError(f"a frame of {length} bytes")
    end = _LENGTH.size + length
    while len(head) < end:
        head += _more(sock)
    if len(head) > end:
        raise ProtocolError("a second frame before the reply to the first")
    return head[_LENGTH.size :]


def _more(sock: socket.socket) -> bytes:
    data = sock.recv(1 << 16)
    if not data:
        raise ProtocolError("half a frame")
    return data
