"""The life of a ring, and rings that a broken guest made."""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from i2cdrv.errors import Error
from i2cdrv.i2c.adapter import Write

from .back_end import Server
from .front_end import (
    AVAILABLE,
    BUFFERS,
    FEATURES,
    GET_VRING_BASE,
    GUEST,
    INDIRECT,
    LENGTH,
    M_RD,
    NEXT,
    RESET_OWNER,
    SET_VRING_CALL,
    SET_VRING_ENABLE,
    SET_VRING_ERR,
    SET_VRING_KICK,
    UNTOUCHED,
    USER,
    WRITE,
    Guest,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_kick_waits_until_the_ring_is_enabled(server: Server) -> None:
    guest = server.guest()
    guest.prepare()
    guest.send(SET_VRING_KICK, bytes(8), [guest.kick_fd])
    slot = guest.message(0x48, b"\0")
    guest.kick()
    guest.sync()
    assert slot.status == UNTOUCHED
    guest.state(SET_VRING_ENABLE, 1)
    guest.wait()
    assert slot.status == 0


def test_without_protocol_features_a_ring_is_born_enabled(server: Server) -> None:
    guest = server.guest()
    guest.prepare(features=FEATURES & ~(1 << 30))
    guest.send(SET_VRING_KICK, bytes(8), [guest.kick_fd])
    slot = guest.message(0x48, b"\0")
    guest.run()
    assert slot.status == 0


def test_disable_and_reset_owner_stop_without_losing_requests(server: Server, guest: Guest) -> None:
    for kind, payload in ((SET_VRING_ENABLE, bytes(8)), (RESET_OWNER, b"")):
        guest.send(kind, payload)
        guest.sync()
        slot = guest.message(0x48, b"\0")
        guest.kick()
        guest.sync()
        assert slot.status == UNTOUCHED
        guest.state(SET_VRING_ENABLE, 1)
        guest.wait()
        assert slot.status == 0


def test_get_vring_base_stops_the_ring_where_it_is(server: Server, guest: Guest) -> None:
    guest.message(0x48, b"\0")
    guest.run()
    guest.state(GET_VRING_BASE, 0)
    assert guest.reply(GET_VRING_BASE) == struct.pack("=II", 0, 1)
    slot = guest.message(0x48, b"\1")
    guest.kick()
    guest.sync()
    assert slot.status == UNTOUCHED
    guest.send(SET_VRING_KICK, bytes(8), [guest.kick_fd])
    guest.wait()
    assert slot.status == 0
    assert server.adapter.transfers == [[Write(0x48, b"\0")], [Write(0x48, b"\1")]]


def test_memory_may_move_while_the_ring_runs(server: Server, guest: Guest) -> None:
    slot = guest.message(0x48, b"\0")
    guest.table(user=USER + 0x1000_0000)
    guest.addresses(user=USER + 0x1000_0000)
    guest.sync()
    guest.run()
    assert slot.status == 0


def test_the_call_descriptor_needs_no_reader(server: Server, guest: Guest) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    guest.send(SET_VRING_CALL, bytes(8), [writer])
    os.close(writer)
    guest.sync()
    slot = guest.message(0x48, b"\0")
    guest.kick()
    guest.sync()
    assert slot.status == 0
    guest.send(SET_VRING_CALL, struct.pack("=Q", 1 << 8))
    guest.sync()
    second = guest.message(0x48, b"\0")
    guest.kick()
    guest.sync()
    assert second.status == 0


def test_a_full_call_pipe_does_not_block(server: Server, guest: Guest) -> None:
    reader, writer = os.pipe2(os.O_NONBLOCK)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, bytes(4096))
    os.set_blocking(writer, True)
    guest.send(SET_VRING_CALL, bytes(8), [writer])
    guest.sync()
    slot = guest.message(0x48, b"\0")
    guest.kick()
    guest.sync()
    assert slot.status == 0
    os.close(reader)
    os.close(writer)


def test_a_kick_pipe_may_be_closed_and_the_error_descriptor_is_accepted(server: Server, guest: Guest) -> None:
    reader, writer = os.pipe()
    guest.send(SET_VRING_KICK, bytes(8), [reader])
    guest.send(SET_VRING_ERR, bytes(8), [writer])
    os.close(reader)
    os.close(writer)
    guest.sync()
    guest.sync()


def _good_header(guest: Guest) -> int:
    return guest.place(struct.pack("<HHI", 0x90, 0, 0) + b"\0")


def _offer(describe: Callable[[Guest, int], object]) -> Callable[[Guest], None]:
    """Descriptor 0 heads a chain that ``describe`` makes wrong; its buffers begin at the distance it is given."""

    def act(guest: Guest) -> None:
        describe(guest, _good_header(guest))
        guest.offer(0)

    return act


def _chain(*parts: tuple[int, int, int]) -> Callable[[Guest], None]:
    return lambda guest: guest.offer(guest.chain(*[(BUFFERS + at, length, flags) for at, length, flags in parts]))


def _indirect(*rows: tuple[int, int, int, int], length: int | None = None) -> Callable[[Guest], None]:
    def act(guest: Guest) -> None:
        table = guest.place(b"".join(struct.pack("<QIHH", *row) for row in rows))
        guest.offer(guest.describe(GUEST + table, 16 * len(rows) if length is None else length, INDIRECT))

    return act


BROKEN_RINGS: dict[str, tuple[Callable[[Guest], None], str]] = {
    "address zero": (_offer(lambda g, at: g.describe(0, 8)), "outside the shared memory"),
    "address at the end": (_offer(lambda g, at: g.describe(GUEST + LENGTH - 7, 8)), "outside"),
    "address below": (_offer(lambda g, at: g.describe(GUEST - 1, 8)), "outside"),
    "address wraps": (_offer(lambda g, at: g.describe(2**64 - 4, 8)), "outside"),
    "a user address": (_offer(lambda g, at: g.describe(USER + at, 8)), "outside"),
    "length": (_offer(lambda g, at: g.describe(GUEST + at, 2**32 - 1)), "outside"),
    "too long": (_chain((0, 8, 0), (8, LENGTH - BUFFERS - 8, 0), (0, 1, WRITE)), "more than 65544 bytes"),
    "loop of one": (_offer(lambda g, at: g.describe(GUEST + at, 8, NEXT, 0)), "loop"),
    "loop of two": (
        _offer(lambda g, at: [g.describe(GUEST + at, 1, NEXT, 1), g.describe(GUEST + at, 1, NEXT, 0)]),
        "loop",
    ),
    "next outside": (_offer(lambda g, at: g.describe(GUEST + at, 8, NEXT, 64)), "descriptor 64 is outside"),
    "head outside": (lambda g: g.offer(64), "descriptor 64 is outside"),
    "head far outside": (lambda g: g.offer(0xFFFF), "descriptor 65535 is outside"),
    "too many available": (lambda g: g.poke(AVAILABLE + 2, struct.pack("<H", 65)), "65 ahead"),
    "index goes back": (lambda g: g.poke(AVAILABLE + 2, struct.pack("<H", 0xFFFF)), "65535 ahead"),
    "readable after writable": (_chain((0, 8, 0), (8, 1, WRITE), (9, 1, 0)), "readable buffer after"),
    "no header": (_chain((0, 1, WRITE)), "lacks a header"),
    "half a header": (_chain((0, 7, 0), (8, 1, WRITE)), "lacks a header"),
    "no status": (_chain((0, 8, 0)), "lacks a header"),
    "write with a buffer to read": (_chain((0, 8, 0), (8, 2, WRITE)), "against its direction"),
    "read with a buffer to write": (
        lambda g: g.offer(g.chain((g.place(struct.pack("<HHI", 0x90, 0, M_RD) + b"\0"), 9, 0), (BUFFERS, 1, WRITE))),
        "against its direction",
    ),
    "indirect and empty": (_indirect(length=0), "0 bytes"),
    "indirect and odd": (_indirect((GUEST, 8, 0, 0), length=17), "17 bytes"),
    "indirect and huge": (_indirect(length=16 * 257), "4112 bytes"),
    "indirect outside": (_offer(lambda g, at: g.describe(GUEST + LENGTH - 8, 16, INDIRECT)), "outside"),
    "indirect with next": (_offer(lambda g, at: g.describe(GUEST + at, 16, INDIRECT | NEXT, 1)), "not the last"),
    "indirect in indirect": (_indirect((GUEST + BUFFERS, 16, INDIRECT, 0)), "inside an indirect table"),
    "indirect loop": (_indirect((GUEST + BUFFERS, 1, NEXT, 0)), "loop"),
    "indirect next outside": (_indirect((GUEST + BUFFERS, 1, NEXT, 2), (0, 0, 0, 0)), "outside its table of 2"),
}


@pytest.mark.parametrize("name", BROKEN_RINGS)
def test_a_broken_ring_ends_the_conversation_with_a_sentence(server: Server, guest: Guest, name: str) -> None:
    breaks, sentence = BROKEN_RINGS[name]
    breaks(guest)
    guest.kick()
    error = server.ended()
    assert isinstance(error, Error), error
    assert sentence in error.message
    assert (error.name, server.adapter.transfers, server.path.exists()) == ("EPROTO", [], False)


def test_good_requests_before_a_bad_one_are_done(server: Server, guest: Guest) -> None:
    slot = guest.message(0x48, b"\0")
    guest.offer(99)
    guest.kick()
    assert isinstance(server.ended(), Error)
    assert slot.status == 0
