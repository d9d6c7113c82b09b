"""Negotiation, and the transfers on the bus."""

from __future__ import annotations

import os
import select
import struct
from typing import TYPE_CHECKING

import pytest

from i2cdrv.i2c.adapter import Read, Write

from .back_end import Server
from .front_end import (
    AVAILABLE,
    FAIL_NEXT,
    FEATURES,
    GET_FEATURES,
    GET_PROTOCOL_FEATURES,
    GET_QUEUE_NUM,
    GET_VRING_BASE,
    GUEST,
    INDIRECT,
    M_RD,
    NEXT,
    PROTOCOL_FEATURES,
    SET_BACKEND_REQ_FD,
    SET_OWNER,
    SET_PROTOCOL_FEATURES,
    SET_VRING_NUM,
    USED,
    WRITE,
    Guest,
)

if TYPE_CHECKING:
    from i2cdrv.i2c.adapter import Message


def test_offers_the_features_that_linux_and_qemu_need(server: Server) -> None:
    guest = server.guest()
    guest.send(SET_OWNER)
    assert guest.u64(GET_FEATURES) == FEATURES
    assert guest.u64(GET_PROTOCOL_FEATURES) == PROTOCOL_FEATURES
    assert guest.u64(GET_QUEUE_NUM) == 1


def test_acknowledges_on_request_after_reply_ack_was_negotiated(server: Server) -> None:
    guest = server.guest()
    guest.send(SET_OWNER, flags=1 | 8)  # no answer: not negotiated yet
    guest.send(SET_PROTOCOL_FEATURES, struct.pack("=Q", PROTOCOL_FEATURES), flags=1 | 8)
    assert guest.reply(SET_PROTOCOL_FEATURES) == bytes(8)
    guest.send(SET_VRING_NUM, struct.pack("=II", 0, 64), flags=1 | 8)
    assert guest.reply(SET_VRING_NUM) == bytes(8)
    guest.send(GET_FEATURES, flags=1 | 8)
    assert guest.reply(GET_FEATURES) == struct.pack("=Q", FEATURES)  # a reply is not acknowledged too
    guest.send(SET_VRING_NUM, struct.pack("=II", 0, 32))
    guest.sync()


def test_the_channel_for_requests_stays_open_until_the_conversation_ends(server: Server) -> None:
    """User Mode Linux reads a pipe there; at its end the kernel calls the device broken (vu_req_interrupt)."""
    guest, channels = server.guest(), [os.pipe(), os.pipe()]
    guest.send(SET_PROTOCOL_FEATURES, struct.pack("=Q", PROTOCOL_FEATURES))
    ends: list[bool] = []
    for reader, writer in channels:
        guest.send(SET_BACKEND_REQ_FD, b"", [writer], flags=1 | 8)
        assert guest.reply(SET_BACKEND_REQ_FD) == bytes(8)
        os.close(writer)
        ends = [_at_end(reader) for reader, _ in channels[: len(ends) + 1]]
    assert ends == [True, False]  # a second channel replaces the first
    slot = guest.start().message(0x48, b"\0")
    guest.run()
    assert slot.status == 0
    assert not _at_end(channels[1][0])
    guest.sock.close()
    assert server.ended() is None
    assert _at_end(channels[1][0])
    for reader, _ in channels:
        os.close(reader)


def _at_end(reader: int) -> bool:
    """Whether the writing end of a pipe is closed; nothing may have been written."""
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    return dict(poll.poll(0)).get(reader) == select.POLLHUP


def test_a_message_may_arrive_in_pieces(server: Server) -> None:
    guest = server.guest()
    for byte in struct.pack("=III", GET_QUEUE_NUM, 1, 0):
        guest.sock.send(bytes([byte]))
    assert guest.reply(GET_QUEUE_NUM) == struct.pack("=Q", 1)


def test_messages_may_arrive_together(server: Server) -> None:
    guest = server.guest()
    guest.sock.send(struct.pack("=III", GET_QUEUE_NUM, 1, 0) * 2)
    assert [guest.reply(GET_QUEUE_NUM), guest.reply(GET_QUEUE_NUM)] == [struct.pack("=Q", 1)] * 2


def test_write(server: Server, guest: Guest) -> None:
    slot = guest.message(0x48, b"\x01\x60\xa0")
    guest.run()
    assert server.adapter.transfers == [[Write(0x48, b"\x01\x60\xa0")]]
    assert (slot.status, guest.used()) == (0, [(slot.head, 1)])


def test_read(server: Server, guest: Guest) -> None:
    server.adapter.answers = [b"\x19\x40\xff"]
    slot = guest.message(0x48, 3)
    guest.run()
    assert server.adapter.transfers == [[Read(0x48, 3)]]
    assert (slot.status, slot.data, guest.used()) == (0, b"\x19\x40\xff", [(slot.head, 4)])


def test_linked_requests_are_one_transfer(server: Server, guest: Guest) -> None:
    write, read = guest.message(0x76, b"\xd0", FAIL_NEXT), guest.message(0x76, 1)
    server.adapter.answers = [b"\x60"]
    guest.run()
    assert server.adapter.transfers == [[Write(0x76, b"\xd0"), Read(0x76, 1)]]
    assert (write.status, read.status, read.data) == (0, 0, b"\x60")
    assert guest.used() == [(write.head, 1), (read.head, 2)]


def test_several_reads_of_one_transfer_get_their_own_data(server: Server, guest: Guest) -> None:
    first, _, last = guest.message(0x50, 2, FAIL_NEXT), guest.message(0x50, b"\1", FAIL_NEXT), guest.message(0x50, 1)
    server.adapter.answers = [b"ab", b"c"]
    guest.run()
    assert (first.data, last.data) == (b"ab", b"c")


@pytest.mark.parametrize(("data", "message"), [(b"", Write(0x50, b"")), (0, Read(0x50, 0))])
def test_zero_length_request(server: Server, guest: Guest, data: bytes | int, message: Message) -> None:
    slot = guest.message(0x50, data)
    guest.run()
    assert server.adapter.transfers == [[message]]
    assert slot.status == 0


def test_longest_message(server: Server, guest: Guest) -> None:
    slot = guest.message(0x50, 0xFFFF)
    guest.run()
    assert (slot.status, slot.data[-2:]) == (0, b"\xfd\xfe")


def test_nack_is_status_1_and_the_next_transfer_works(server: Server, guest: Guest) -> None:
    server.adapter.absent = {0x48}
    slot = guest.message(0x48, 2)
    guest.run()
    assert (slot.status, guest.used()) == (1, [(slot.head, 3)])
    server.adapter.absent = set()
    again = guest.message(0x48, 2)
    guest.run()
    assert (again.status, again.data) == (0, b"\0\1")


def test_a_failing_group_fails_as_a_whole_and_alone(server: Server, guest: Guest) -> None:
    server.adapter.absent = {0x76}
    before = guest.message(0x48, b"\0")
    group = [guest.message(0x76, b"\xd0", FAIL_NEXT), guest.message(0x76, b"", FAIL_NEXT), guest.message(0x76, 1)]
    after = guest.message(0x49, 2)
    guest.run()
    assert [slot.status for slot in (before, *group, after)] == [0, 1, 1, 1, 0]
    assert [len(messages) for messages in server.adapter.transfers] == [1, 3, 1]
    assert group[-1].data == b"\0"


def test_half_a_transfer_is_not_sent(server: Server, guest: Guest) -> None:
    """Linux cuts off the requests that do not fit into its ring; the last one then is linked to nothing."""
    slots = [guest.message(0x50, b"\0", FAIL_NEXT), guest.message(0x50, 4, FAIL_NEXT)]
    guest.run()
    assert [slot.status for slot in slots] == [1, 1]
    assert server.adapter.transfers == []


@pytest.mark.parametrize(("raw", "flags"), [(0x12F2, 0), (0x1FE, 0), (0x91, 0), (0x90, 4), (0x90, 1 << 31)])
def test_an_address_or_flag_that_cannot_be_sent_fails(server: Server, guest: Guest, raw: int, flags: int) -> None:
    slot = guest.message(0, b"\0", flags, raw=raw)
    guest.run()
    assert slot.status == 1
    assert server.adapter.transfers == []


@pytest.mark.parametrize("answers", [[], [b"\0"], [b"\0\0\0"], [b"\0\0", b""]])
def test_an_adapter_with_a_wrong_answer_fails(server: Server, guest: Guest, answers: list[bytes]) -> None:
    server.adapter.answers = answers
    slot = guest.message(0x48, 2)
    guest.run()
    assert (slot.status, slot.data) == (1, b"\0\0")


def test_buffers_may_be_cut_anywhere(server: Server, guest: Guest) -> None:
    """By virtio 1.2 §2.7.4 a device makes no assumption about the arrangement of descriptors."""
    write = guest.place(struct.pack("<HHI", 0xEC, 0, FAIL_NEXT) + b"\xf7\xfe")
    read = guest.place(struct.pack("<HHI", 0xEC, 0, M_RD) + bytes(5))
    guest.offer(guest.chain((write, 3, 0), (write + 3, 6, 0), (write + 9, 1, 0), (write + 10, 1, WRITE)))
    guest.offer(guest.chain((read, 8, 0), (read + 8, 3, WRITE), (read + 11, 2, WRITE)))
    guest.run()
    assert server.adapter.transfers == [[Write(0x76, b"\xf7\xfe"), Read(0x76, 4)]]
    assert guest.peek(read + 8, 5) == b"\0\1\2\3\0"


def test_indirect_descriptors(server: Server) -> None:
    """QEMU's ring has 4 entries: a write and a read need 6 descriptors."""
    guest = server.guest(size=4).start()
    for flags in (FAIL_NEXT, 0):
        at = guest.place(struct.pack("<HHI", 0xA0, 0, flags) + b"\x10\xee")
        parts = [(8, 0, NEXT, 1), (1, 8, NEXT, 2), (1, 9, WRITE, 0)]
        rows = [struct.pack("<QIHH", GUEST + at + skip, length, bits, link) for length, skip, bits, link in parts]
        table = guest.place(b"".join(rows))
        guest.offer(guest.describe(GUEST + table, 48, INDIRECT))
    guest.run()
    assert server.adapter.transfers == [[Write(0x50, b"\x10"), Write(0x50, b"\x10")]]
    assert guest.used() == [(0, 1), (1, 1)]


def test_indices_wrap(server: Server) -> None:
    guest = server.guest()
    guest.poke(AVAILABLE + 2, b"\xff\xff")
    guest.poke(USED + 2, b"\xff\xff")
    guest.start(base=0xFFFF)
    guest.free = 5
    slots = [guest.message(0x48, b"\0"), guest.message(0x49, b"\1")]
    guest.run()
    assert [slot.status for slot in slots] == [0, 0]
    assert guest.get("H", USED + 2) == 1
    assert guest.used() == [(slots[1].head, 1)]
    guest.state(GET_VRING_BASE, 0)
    assert guest.reply(GET_VRING_BASE) == struct.pack("=II", 0, 1)


def test_a_small_ring_goes_round(server: Server) -> None:
    guest = server.guest(size=4).start()
    for turn in range(10):
        guest.free = 0
        guest.message(turn, b"\0")
        guest.run()
        assert guest.get("H", USED + 2) == turn + 1
    assert [messages[0].addr for messages in server.adapter.transfers] == list(range(10))
