"""Front ends that break the protocol."""

from __future__ import annotations

import os
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from i2cdrv.errors import Error

from .back_end import Server
from .front_end import (
    AVAILABLE,
    FEATURES,
    GET_FEATURES,
    LENGTH,
    OFFSET,
    PROTOCOL_FEATURES,
    SET_BACKEND_REQ_FD,
    SET_FEATURES,
    SET_MEM_TABLE,
    SET_PROTOCOL_FEATURES,
    SET_VRING_ADDR,
    SET_VRING_CALL,
    SET_VRING_ENABLE,
    SET_VRING_KICK,
    SET_VRING_NUM,
    TABLE,
    USED,
    USER,
    Guest,
    one_region,
    ring_state,
    u64,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


BROKEN_MESSAGES: dict[str, tuple[tuple[int, bytes, int, int], str]] = {  # kind, payload, descriptors, flags
    "version": ((GET_FEATURES, b"", 0, 2), "no vhost-user request"),
    "a reply": ((GET_FEATURES, b"", 0, 1 | 4), "no vhost-user request"),
    "too long": ((SET_MEM_TABLE, bytes(513), 0, 1), "no vhost-user request"),
    "unknown": ((24, bytes(12), 0, 1), "type 24"),
    "short": ((SET_FEATURES, bytes(7), 0, 1), "7 bytes instead of 8"),
    "long": ((SET_VRING_NUM, bytes(9), 0, 1), "9 bytes instead of 8"),
    "feature": ((SET_FEATURES, u64(FEATURES | 1 << 29 | 1 << 34), 0, 1), "not offered: 29, 34"),
    "protocol feature": ((SET_PROTOCOL_FEATURES, u64(1 << 14), 0, 1), "not offered: 14"),
    "ring 1": ((SET_VRING_ENABLE, ring_state(1, 1), 0, 1), "only ring 0"),
    "size 0": ((SET_VRING_NUM, ring_state(0, 0), 0, 1), "power of two"),
    "size 3": ((SET_VRING_NUM, ring_state(0, 3), 0, 1), "power of two"),
    "size 512": ((SET_VRING_NUM, ring_state(0, 512), 0, 1), "up to 256"),
    "logging": ((SET_VRING_ADDR, struct.pack("=IIQQQQ", 0, 1, 0, 0, 0, 0), 0, 1), "without logging"),
    "polling": ((SET_VRING_KICK, u64(1 << 8), 0, 1), "polling"),
    "kick without descriptor": ((SET_VRING_KICK, u64(0), 0, 1), "0 descriptors"),
    "kick with two": ((SET_VRING_KICK, u64(0), 2, 1), "2 descriptors"),
    "kick of ring 1": ((SET_VRING_KICK, u64(1), 1, 1), "not for ring 0"),
    "call with unwanted descriptor": ((SET_VRING_CALL, u64(1 << 8), 1, 1), "1 descriptors"),
    "table without file": ((SET_MEM_TABLE, one_region(4096), 0, 1), "1 regions, 0 files"),
    "table too short": ((SET_MEM_TABLE, one_region(4096)[:39], 1, 1), "39 bytes"),
    "table empty": ((SET_MEM_TABLE, b"", 0, 1), "0 regions"),
    "table of nine": ((SET_MEM_TABLE, one_region(4096, count=9), 1, 1), "9 regions"),
    "region empty": ((SET_MEM_TABLE, one_region(0), 1, 1), "impossible size"),
    "region beyond the file": ((SET_MEM_TABLE, one_region(LENGTH + 1, OFFSET), 1, 1), "cannot be mapped"),
    "region beyond everything": ((SET_MEM_TABLE, one_region(2**64 - 1, 2**64 - 1), 1, 1), "impossible size"),
    "request channel not negotiated": ((SET_BACKEND_REQ_FD, b"", 1, 1), "protocol feature 5"),
    "nine descriptors": ((GET_FEATURES, b"", 9, 1), "more than 8 descriptors"),
}


@pytest.mark.parametrize("name", BROKEN_MESSAGES)
def test_a_broken_message_ends_the_conversation_with_a_sentence(server: Server, name: str) -> None:
    (kind, payload, count, flags), sentence = BROKEN_MESSAGES[name]
    guest = server.guest()
    guest.send(kind, payload, [guest.memory] * count, flags)
    error = server.ended()
    assert isinstance(error, Error), error
    assert sentence in error.message
    assert error.name == "EPROTO"


@pytest.mark.parametrize(("payload", "count"), [(b"", 0), (b"", 2), (bytes(8), 1)])
def test_the_channel_for_requests_of_the_back_end_is_one_descriptor(server: Server, payload: bytes, count: int) -> None:
    guest = server.guest()
    guest.send(SET_PROTOCOL_FEATURES, u64(PROTOCOL_FEATURES))
    guest.send(SET_BACKEND_REQ_FD, payload, [guest.memory] * count)
    error = server.ended()
    assert isinstance(error, Error)
    assert f"{len(payload)} bytes and {count} descriptors" in error.message


@pytest.mark.parametrize(
    ("features", "sentence"), [(FEATURES & ~1, "must: 0"), (FEATURES & ~(1 << 32), "must: 32"), (0, "must: 0, 32")]
)
def test_a_driver_without_the_mandatory_features_is_refused(server: Server, features: int, sentence: str) -> None:
    guest = server.guest().start(features)
    guest.kick()
    error = server.ended()
    assert isinstance(error, Error)
    assert sentence in error.message


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda g: g.addresses(user=0), "user address 0x0 (1024 bytes) is outside"),
        (lambda g: g.addresses(user=USER + LENGTH - 64), "outside"),
        (lambda g: g.addresses(table=TABLE + 8), "misaligned"),
        (lambda g: g.addresses(used=USED + 2), "misaligned"),
        (lambda g: g.addresses(available=AVAILABLE + 1), "misaligned"),
        (lambda g: g.table(length=0x2000), "user address"),
    ],
)
def test_ring_addresses_are_checked(server: Server, change: Callable[[Guest], None], sentence: str) -> None:
    guest = server.guest()
    guest.prepare()
    change(guest)
    guest.send(SET_VRING_KICK, bytes(8), [guest.kick_fd])
    guest.state(SET_VRING_ENABLE, 1)
    guest.kick()
    error = server.ended()
    assert isinstance(error, Error)
    assert sentence in error.message


def test_a_ring_needs_a_size(server: Server) -> None:
    guest = server.guest()
    guest.send(SET_FEATURES, u64(FEATURES & ~(1 << 30)))
    guest.send(SET_VRING_KICK, bytes(8), [guest.kick_fd])
    guest.kick()
    error = server.ended()
    assert isinstance(error, Error)
    assert "without a size" in error.message


def test_memory_that_cannot_be_mapped_is_refused(server: Server) -> None:
    guest = server.guest()
    reader, writer = os.pipe()
    guest.table(fd=reader)
    os.close(reader)
    os.close(writer)
    error = server.ended()
    assert isinstance(error, Error)
    assert "cannot be mapped" in error.message


@pytest.mark.parametrize("open_flags", [os.O_PATH | os.O_DIRECTORY, os.O_RDONLY | os.O_DIRECTORY])
def test_a_kick_that_cannot_be_read_is_refused(server: Server, tmp_path: Path, open_flags: int) -> None:
    guest = server.guest().start()
    fd = os.open(tmp_path, open_flags)
    guest.send(SET_VRING_KICK, bytes(8), [fd])
    os.close(fd)
    assert isinstance(server.ended(), Error)


def test_hanging_up_in_the_middle_of_a_message_is_an_error(server: Server) -> None:
    guest = server.guest()
    guest.sock.send(struct.pack("=III", SET_FEATURES, 1, 8) + bytes(3))
    guest.sock.shutdown(socket.SHUT_WR)
    error = server.ended()
    assert isinstance(error, Error)
    assert "middle of a message" in error.message


def test_a_front_end_that_never_reads_is_cut_off(server: Server) -> None:
    guest = server.guest()
    with suppress(OSError):
        for _ in range(100_000):
            guest.sock.send(struct.pack("=III", GET_FEATURES, 1, 0))
    error = server.ended()
    assert isinstance(error, Error)
    assert "does not read" in error.message
