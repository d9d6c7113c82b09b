"""A front end and its guest, written from the specifications alone: a memfd is the guest's memory, we are its driver.

vhost-user protocol (QEMU's docs/interop/vhost-user.rst), virtio 1.2 §2.7 Split Virtqueues and §5.19 I2C Adapter Device.
"""

from __future__ import annotations

import mmap
import os
import select
import socket
import struct
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


DEADLINE = 60.0  # s of every wait; only a failing test needs them

GET_FEATURES, SET_FEATURES, SET_OWNER, RESET_OWNER, SET_MEM_TABLE = 1, 2, 3, 4, 5
SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE, GET_VRING_BASE = 8, 9, 10, 11
SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ERR = 12, 13, 14
GET_PROTOCOL_FEATURES, SET_PROTOCOL_FEATURES, GET_QUEUE_NUM, SET_VRING_ENABLE = 15, 16, 17, 18
SET_BACKEND_REQ_FD = 21

FEATURES = 1 << 0 | 1 << 28 | 1 << 30 | 1 << 32  # zero length request, indirect, protocol features, version 1
PROTOCOL_FEATURES = 1 << 0 | 1 << 3 | 1 << 5  # MQ, REPLY_ACK, BACKEND_REQ

OFFSET, LENGTH = 0x1000, 0x30000  # of the one region in the memory file
GUEST, USER = 0x4000_0000, 0x7F00_1234_0000
TABLE, AVAILABLE, USED, BUFFERS = 0x0, 0x2000, 0x3000, 0x5000  # distances from the region's start
NEXT, WRITE, INDIRECT = 1, 2, 4
FAIL_NEXT, M_RD = 1, 2
UNTOUCHED = 0xEE


def u64(value: int) -> bytes:
    return struct.pack("=Q", value)


def ring_state(index: int, value: int) -> bytes:
    return struct.pack("=II", index, value)


def one_region(length: int, offset: int = 0, count: int = 1) -> bytes:
    """A memory table; a count above one repeats the region."""
    return struct.pack("=II", count, 0) + struct.pack("=QQQQ", GUEST, length, USER, offset) * count


class Slot:
    """Where one request has its answer."""

    def __init__(self, guest: Guest, head: int, buffer: int, length: int, status: int) -> None:
        self._guest, self.head, self._buffer, self._length, self._status = guest, head, buffer, length, status

    @property
    def status(self) -> int:
        return self._guest.get("B", self._status)

    @property
    def data(self) -> bytes:
        return self._guest.peek(self._buffer, self._length)


class Guest:
    """A front end and its guest in one."""

    def __init__(self, path: Path, size: int = 64) -> None:
        self.size = size
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(DEADLINE)
        _connect(self.sock, path)
        self.memory = os.memfd_create("guest")
        os.ftruncate(self.memory, OFFSET + LENGTH)
        self.ram = mmap.mmap(self.memory, OFFSET + LENGTH)
        self.kick_fd = os.eventfd(0)
        self.call_fd = os.eventfd(0, os.EFD_NONBLOCK)
        self.free, self.space = 0, BUFFERS

    def close(self) -> None:
        self.sock.close()
        self.ram.close()
        for fd in (self.memory, self.kick_fd, self.call_fd):
            os.close(fd)

    # memory

    def peek(self, at: int, length: int) -> bytes:
        return self.ram[OFFSET + at : OFFSET + at + length]

    def poke(self, at: int, data: bytes) -> None:
        self.ram[OFFSET + at : OFFSET + at + len(data)] = data

    def get(self, layout: str, at: int) -> int:
        (value,) = struct.unpack_from("<" + layout, self.ram, OFFSET + at)
        return int(value)

    # messages

    def send(self, kind: int, payload: bytes = b"", fds: Sequence[int] = (), flags: int = 1) -> None:
        socket.send_fds(self.sock, [struct.pack("=III", kind, flags, len(payload)) + payload], fds)

    def reply(self, kind: int) -> bytes:
        header = self._receive(12)
        assert header[:8] == struct.pack("=II", kind, 1 | 4)
        return self._receive(struct.unpack_from("=I", header, 8)[0])

    def _receive(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            part = self.sock.recv(length - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def u64(self, kind: int) -> int:
        self.send(kind)
        return int(struct.unpack("=Q", self.reply(kind))[0])

    def state(self, kind: int, value: int, index: int = 0) -> None:
        self.send(kind, struct.pack("=II", index, value))

    def sync(self) -> None:
        """Return when everything sent before has been handled."""
        self.u64(GET_FEATURES)

    def table(self, fd: int | None = None, length: int = LENGTH, guest: int = GUEST, user: int = USER) -> None:
        """The padding to two regions is User Mode Linux's."""
        payload = struct.pack("=IIQQQQ", 1, 0, guest, length, user, OFFSET) + bytes(32)
        self.send(SET_MEM_TABLE, payload, [self.memory if fd is None else fd])

    def addresses(self, user: int = USER, table: int = TABLE, used: int = USED, available: int = AVAILABLE) -> None:
        self.send(SET_VRING_ADDR, struct.pack("=IIQQQQ", 0, 0, user + table, user + used, user + available, 0))

    def prepare(self, features: int = FEATURES, base: int = 0) -> None:
        """Everything but the start, in User Mode Linux's order."""
        self.send(SET_OWNER)
        self.send(SET_FEATURES, struct.pack("=Q", features))
        self.table()
        self.send(SET_VRING_CALL, bytes(8), [self.call_fd])
        self.state(SET_VRING_NUM, self.size)
        self.state(SET_VRING_BASE, base)
        self.addresses()

    def start(self, features: int = FEATURES, base: int = 0) -> Guest:
        self.prepare(features, base)
        self.send(SET_VRING_KICK, bytes(8), [self.kick_fd])
        self.state(SET_VRING_ENABLE, 1)
        return self

    # the ring

    def describe(self, address: int, length: int, flags: int = 0, following: int = 0, at: int | None = None) -> int:
        """Write the next descriptor."""
        index = self.free if at is None else at
        self.poke(TABLE + 16 * index, struct.pack("<QIHH", address, length, flags, following))
        self.free = max(self.free, index + 1)
        return index

    def place(self, data: bytes) -> int:
        """Put data into memory of its own."""
        at = self.space
        self.poke(at, data)
        self.space += len(data) + 3
        return at

    def chain(self, *parts: tuple[int, int, int]) -> int:
        """Linked descriptors (distance, length, WRITE or 0); returns the head."""
        head = self.free
        for i, (at, length, flags) in enumerate(parts):
            link = NEXT if i < len(parts) - 1 else 0
            self.describe(GUEST + at, length, flags | link, self.free + 1 if link else 0)
        return head

    def offer(self, head: int) -> None:
        index = self.get("H", AVAILABLE + 2)
        self.poke(AVAILABLE + 4 + 2 * (index % self.size), struct.pack("<H", head))
        self.poke(AVAILABLE + 2, struct.pack("<H", (index + 1) & 0xFFFF))

    def message(self, address: int, data: bytes | int, flags: int = 0, raw: int | None = None) -> Slot:
        """Queue one request as Linux does: header, buffer if there is one, status."""
        reads = isinstance(data, int)
        buffer = bytes([UNTOUCHED] * data) if isinstance(data, int) else data
        word = address << 1 if raw is None else raw
        header = self.place(struct.pack("<HHI", word, 0, flags | (M_RD if reads else 0)))
        body, status = self.place(buffer), self.place(bytes([UNTOUCHED]))
        parts = [(header, 8, 0), (body, len(buffer), WRITE if reads else 0), (status, 1, WRITE)]
        head = self.chain(*[part for part in parts if part[1]])
        self.offer(head)
        return Slot(self, head, body, len(buffer), status)

    def kick(self) -> None:
        os.eventfd_write(self.kick_fd, 1)

    def run(self) -> None:
        self.kick()
        self.wait()

    def wait(self) -> None:
        """Wait for the call."""
        poll = select.poll()
        poll.register(self.call_fd, select.POLLIN)
        assert poll.poll(DEADLINE * 1000), "no notification"
        os.eventfd_read(self.call_fd)

    def used(self) -> list[tuple[int, int]]:
        count = self.get("H", USED + 2)
        return [struct.unpack("<II", self.peek(USED + 4 + 8 * (i % self.size), 8)) for i in range(count)]


def _connect(sock: socket.socket, path: Path) -> None:
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            return sock.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            assert time.monotonic() < deadline, "nobody listens"
            os.sched_yield()
