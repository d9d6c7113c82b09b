"""Guests, messages and noise made by chance."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from tests.support.waiting import until

from .back_end import Server
from .front_end import AVAILABLE, BUFFERS, GUEST, LENGTH, TABLE, USED, USER, Guest, one_region, ring_state

messages = st.lists(st.tuples(st.integers(0, 0x7F), st.binary(max_size=4) | st.integers(0, 16), st.integers(0, 1)))
places = {
    "any": st.sampled_from([TABLE, AVAILABLE, USED, BUFFERS]).flatmap(lambda start: st.integers(start, start + 64)),
    "address": st.integers(0, 7).map(lambda i: TABLE + 16 * i),
    "length": st.integers(0, 7).map(lambda i: TABLE + 16 * i + 8),
    "flags and next": st.integers(0, 7).map(lambda i: TABLE + 16 * i + 12),
}
values = {
    "any": st.binary(min_size=1, max_size=16),
    "address": st.sampled_from([GUEST, GUEST + BUFFERS, GUEST + LENGTH - 1, USER, 0]).map(struct.Struct("<Q").pack),
    "length": st.sampled_from([0, 1, 8, 16, 48, 0x10000, 2**32 - 1]).map(struct.Struct("<I").pack),
    "flags and next": st.builds(struct.Struct("<HH").pack, st.integers(0, 7), st.integers(0, 9)),
}
pokes = st.lists(st.one_of([st.tuples(places[kind], values[kind]) for kind in places]), max_size=4)


def _is_served(guest: Guest) -> bool:
    """Return whether the connection continues."""
    try:
        guest.sync()
    except (EOFError, ConnectionError):
        return False
    return True


@given(messages=messages, pokes=pokes)
def test_no_ring_does_harm(
    host: Server, messages: list[tuple[int, bytes | int, int]], pokes: list[tuple[int, bytes]]
) -> None:
    """Whatever the guest writes: an orderly answer or an orderly end with a sentence, and the next one is served."""
    host.reports.clear()
    guest = host.guest().start()
    for address, data, flags in messages[:20]:
        guest.message(address, data, flags)
    for at, data in pokes:
        guest.poke(at, data)
    guest.kick()
    if _is_served(guest):
        assert not host.reports
    else:
        until(lambda: host.reports)  # the sentence follows the end of the connection
    host.forget(guest)


payloads = (
    st.binary(max_size=80) | st.builds(ring_state, st.integers(0, 1), st.integers(0, 300)) | st.just(one_region(4096))
)


@given(messages=st.lists(st.tuples(st.integers(0, 20), payloads, st.integers(0, 2), st.sampled_from([1, 9, 5]))))
def test_no_message_does_harm(host: Server, messages: list[tuple[int, bytes, int, int]]) -> None:
    host.reports.clear()
    guest = host.guest()
    with suppress(ConnectionError):
        for kind, payload, count, bits in messages:
            guest.send(kind, payload, [guest.memory] * count, bits)
        guest.sock.shutdown(socket.SHUT_WR)
        while guest.sock.recv(4096):
            pass
    host.forget(guest)


@given(noise=st.binary())
def test_no_noise_does_harm(host: Server, noise: bytes) -> None:
    guest = host.guest()
    with suppress(ConnectionError):
        guest.sock.sendall(noise)
        guest.sock.shutdown(socket.SHUT_WR)
        assert guest.sock.recv(1) in (b"", b"\1")
    host.forget(guest)
