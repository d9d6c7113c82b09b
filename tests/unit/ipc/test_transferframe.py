"""Frames of transfers, byte for byte as the interface's text describes them; and bytes that are no frame."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2cdrv.errors import Busy, Error, Nack
from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.ipc import transferframe as frame
from i2cdrv.ipc.varlink.wire import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterator

ADDRESSES = st.integers(0, 0xFFFF)
MESSAGES = st.lists(
    st.one_of(st.builds(Write, ADDRESSES, st.binary(max_size=40)), st.builds(Read, ADDRESSES, st.integers(0, 8192))),
    min_size=1,
    max_size=42,
)


def test_a_request_is_length_flags_and_each_message_as_struct_i2c_msg() -> None:
    packed = frame.pack([Write(0x76, b"\xd0"), Read(0x76, 2)], force=True)
    assert packed.hex(" ") == "0e 00 00 00  01  76 00 00 00 01 00 d0  76 00 01 00 02 00".replace("  ", " ")


def test_a_reply_is_length_errno_and_the_answers() -> None:
    assert frame.reply([b"\x60", b"\x01\x02"]).hex(" ") == "05 00 00 00 00 00 60 01 02"


@given(MESSAGES, st.booleans())
def test_the_server_finds_the_messages_that_the_client_packed(messages: list[Write | Read], force: bool) -> None:
    packed = frame.pack(messages, force)
    assert frame.unpack(packed[4:]) == (messages, force)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_transfer_or_a_protocol_error(body: bytes) -> None:
    try:
        messages, force = frame.unpack(body)
    except ProtocolError:
        return
    assert frame.pack(messages, force)[4:] == body


@pytest.mark.parametrize(
    "body",
    [b"", b"\0", b"\x02\x76\0\1\0\1\0", b"\0\x76\0\2\0\1\0", b"\0\x76\0\0\0\2\0\1", b"\0" + b"\x76\0\1\0\0\0" * 43],
    ids=["empty", "no message", "unknown flag", "unknown flag of a message", "half a message", "43 messages"],
)
def test_bytes_that_are_no_transfer_are_refused(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        frame.unpack(body)


def test_an_error_arrives_as_the_class_of_its_errno_with_its_words() -> None:
    with pytest.raises(Busy, match="1-0076 is bound to bme280"):
        frame.answered(frame.refusal(Busy("1-0076 is bound to bme280"))[4:])
    with pytest.raises(Error, match="no answer") as caught:
        frame.answered(frame.refusal(Nack("no answer", errno.EREMOTEIO))[4:])
    assert caught.value.errno == errno.EREMOTEIO


def test_a_reply_without_errno_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match="1 bytes"):
        frame.answered(b"\0")


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def test_a_frame_may_arrive_byte_by_byte(ends: tuple[socket.socket, socket.socket]) -> None:
    one, other = ends
    for byte in b"\x03\0\0\0abc"[:-1]:
        one.send(bytes((byte,)))
    one.send(b"c")
    assert frame.receive(other) == b"abc"


def test_the_end_is_no_frame_and_half_a_frame_is_an_error(ends: tuple[socket.socket, socket.socket]) -> None:
    one, other = ends
    one.send(b"\x03\0\0\0a")
    one.shutdown(socket.SHUT_WR)
    with pytest.raises(ProtocolError, match="half a frame"):
        frame.receive(other)
    assert frame.receive(other) is None


@pytest.mark.parametrize(("sent", "why"), [(b"\xff\xff\xff\xff", "4294967295 bytes"), (b"\1\0\0\0aX", "second frame")])
def test_too_long_a_frame_and_a_second_one_are_refused(
    ends: tuple[socket.socket, socket.socket], sent: bytes, why: str
) -> None:
    one, other = ends
    one.send(sent)
    with pytest.raises(ProtocolError, match=why):
        frame.receive(other)
