"""A front end written from the specifications alone drives ``serve``: a memfd is the guest's memory, we are its driver.

vhost-user protocol (QEMU's docs/interop/vhost-user.rst), virtio 1.2 §2.7 Split Virtqueues and §5.19 I2C Adapter Device.
"""

from __future__ import annotations

import mmap
import os
import select
import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from i2cdrv.adapter import Functionality, Read, Write
from i2cdrv.clock import VirtualClock
from i2cdrv.errors import Busy, Error, Invalid, Nack, NotSupported
from i2cdrv.vhost import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from i2cdrv.adapter import Message

DEADLINE = 5.0  # of every wait

GET_FEATURES, SET_FEATURES, SET_OWNER, RESET_OWNER, SET_MEM_TABLE = 1, 2, 3, 4, 5
SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE, GET_VRING_BASE = 8, 9, 10, 11
SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ERR = 12, 13, 14
GET_PROTOCOL_FEATURES, SET_PROTOCOL_FEATURES, GET_QUEUE_NUM, SET_VRING_ENABLE = 15, 16, 17, 18

FEATURES = 1 << 0 | 1 << 28 | 1 << 30 | 1 << 32  # zero length request, indirect, protocol features, version 1
PROTOCOL_FEATURES = 1 << 0 | 1 << 3  # MQ, REPLY_ACK

OFFSET, LENGTH = 0x1000, 0x30000  # of the one region in the memory file
GUEST, USER = 0x4000_0000, 0x7F00_1234_0000
TABLE, AVAILABLE, USED, BUFFERS = 0x0, 0x2000, 0x3000, 0x5000  # distances from the region's start
NEXT, WRITE, INDIRECT = 1, 2, 4
FAIL_NEXT, M_RD = 1, 2
UNTOUCHED = 0xEE


class FakeAdapter:
    """Remembers transfers; answers reads with ``answers`` (default 0, 1, 2, …) or refuses addresses in ``absent``."""

    nr = 7
    name = "fake"
    functionality = Functionality.I2C
    clock = VirtualClock()

    def __init__(self) -> None:
        self.transfers: list[list[Message]] = []
        self.absent: set[int] = set()
        self.answers: list[bytes] | None = None

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        self.transfers.append(list(messages))
        if self.absent & {message.addr for message in messages}:
            raise Nack("nobody is there")
        if self.answers is not None:
            return self.answers
        return [bytes(i & 0xFF for i in range(m.length)) for m in messages if isinstance(m, Read)]

    def smbus_xfer(self, addr: int, size: int, command: int, data: bytes | int) -> bytes:
        raise AssertionError("a virtio adapter has plain I2C only")

    def claim(self, addr: int, *, force: bool = False) -> None:
        raise AssertionError("nobody claims")

    def close(self) -> None:
        raise AssertionError("the adapter is not the server's to close")


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
        self.free, self.space, self.heads = 0, BUFFERS, 0

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


class Server:
    """``serve`` in a thread."""

    def __init__(self, path: Path, *, once: bool = True, tell: bool = False) -> None:
        self.path, self.adapter, self.stop = path, FakeAdapter(), threading.Event()
        self.reports: list[str] = []
        self.error: Exception | None = None
        self._guests: list[Guest] = []
        self._once, self._report = once, self.reports.append if tell else None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            serve(self.adapter, self.path, self.stop, once=self._once, report=self._report)
        except Exception as error:
            self.error = error

    def guest(self, size: int = 64) -> Guest:
        guest = Guest(self.path, size)
        self._guests.append(guest)
        return guest

    def forget(self, guest: Guest) -> None:
        self._guests.remove(guest)
        guest.close()

    def ended(self) -> Exception | None:
        """Wait for the end; what it raised."""
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive(), "serve does not return"
        return self.error

    def close(self) -> None:
        self.stop.set()
        for guest in self._guests:
            guest.close()
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive(), "serve does not stop"


@contextmanager
def running(path: Path, *, once: bool = True, tell: bool = False) -> Iterator[Server]:
    server = Server(path, once=once, tell=tell)
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "i2c.sock"


@pytest.fixture
def server(path: Path) -> Iterator[Server]:
    with running(path) as server:
        yield server


@pytest.fixture
def guest(server: Server) -> Guest:
    return server.guest().start()


# negotiation


def test_offers_what_linux_and_qemu_need(server: Server) -> None:
    guest = server.guest()
    guest.send(SET_OWNER)
    assert guest.u64(GET_FEATURES) == FEATURES
    assert guest.u64(GET_PROTOCOL_FEATURES) == PROTOCOL_FEATURES
    assert guest.u64(GET_QUEUE_NUM) == 1


def test_acknowledges_when_asked_after_reply_ack_was_negotiated(server: Server) -> None:
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


def test_a_message_may_arrive_in_pieces(server: Server) -> None:
    guest = server.guest()
    for byte in struct.pack("=III", GET_QUEUE_NUM, 1, 0):
        guest.sock.send(bytes([byte]))
    assert guest.reply(GET_QUEUE_NUM) == struct.pack("=Q", 1)


def test_messages_may_arrive_together(server: Server) -> None:
    guest = server.guest()
    guest.sock.send(struct.pack("=III", GET_QUEUE_NUM, 1, 0) * 2)
    assert [guest.reply(GET_QUEUE_NUM), guest.reply(GET_QUEUE_NUM)] == [struct.pack("=Q", 1)] * 2


# transfers


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
    """Linux leaves off what does not fit into its ring; the last request then is linked to nothing."""
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


# the life of a ring


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


def test_nobody_need_listen_to_the_call(server: Server, guest: Guest) -> None:
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


# broken guests


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


# broken front ends


def _u64(value: int) -> bytes:
    return struct.pack("=Q", value)


def _state(index: int, value: int) -> bytes:
    return struct.pack("=II", index, value)


def _region(length: int, offset: int = 0, count: int = 1) -> bytes:
    return struct.pack("=II", count, 0) + struct.pack("=QQQQ", GUEST, length, USER, offset) * count


BROKEN_MESSAGES: dict[str, tuple[tuple[int, bytes, int, int], str]] = {  # kind, payload, descriptors, flags
    "version": ((GET_FEATURES, b"", 0, 2), "no vhost-user request"),
    "a reply": ((GET_FEATURES, b"", 0, 1 | 4), "no vhost-user request"),
    "too long": ((SET_MEM_TABLE, bytes(513), 0, 1), "no vhost-user request"),
    "unknown": ((24, bytes(12), 0, 1), "type 24"),
    "short": ((SET_FEATURES, bytes(7), 0, 1), "7 bytes instead of 8"),
    "long": ((SET_VRING_NUM, bytes(9), 0, 1), "9 bytes instead of 8"),
    "feature": ((SET_FEATURES, _u64(FEATURES | 1 << 29 | 1 << 34), 0, 1), "not offered: 29, 34"),
    "protocol feature": ((SET_PROTOCOL_FEATURES, _u64(1 << 14), 0, 1), "not offered: 14"),
    "ring 1": ((SET_VRING_ENABLE, _state(1, 1), 0, 1), "only ring 0"),
    "size 0": ((SET_VRING_NUM, _state(0, 0), 0, 1), "power of two"),
    "size 3": ((SET_VRING_NUM, _state(0, 3), 0, 1), "power of two"),
    "size 512": ((SET_VRING_NUM, _state(0, 512), 0, 1), "up to 256"),
    "logging": ((SET_VRING_ADDR, struct.pack("=IIQQQQ", 0, 1, 0, 0, 0, 0), 0, 1), "without logging"),
    "polling": ((SET_VRING_KICK, _u64(1 << 8), 0, 1), "polling"),
    "kick without descriptor": ((SET_VRING_KICK, _u64(0), 0, 1), "0 descriptors"),
    "kick with two": ((SET_VRING_KICK, _u64(0), 2, 1), "2 descriptors"),
    "kick of ring 1": ((SET_VRING_KICK, _u64(1), 1, 1), "not for ring 0"),
    "call with unwanted descriptor": ((SET_VRING_CALL, _u64(1 << 8), 1, 1), "1 descriptors"),
    "table without file": ((SET_MEM_TABLE, _region(4096), 0, 1), "1 regions, 0 files"),
    "table too short": ((SET_MEM_TABLE, _region(4096)[:39], 1, 1), "39 bytes"),
    "table empty": ((SET_MEM_TABLE, b"", 0, 1), "0 regions"),
    "table of nine": ((SET_MEM_TABLE, _region(4096, count=9), 1, 1), "9 regions"),
    "region empty": ((SET_MEM_TABLE, _region(0), 1, 1), "impossible size"),
    "region beyond the file": ((SET_MEM_TABLE, _region(LENGTH + 1, OFFSET), 1, 1), "cannot be mapped"),
    "region beyond everything": ((SET_MEM_TABLE, _region(2**64 - 1, 2**64 - 1), 1, 1), "impossible size"),
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
    guest.send(SET_FEATURES, _u64(FEATURES & ~(1 << 30)))
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


# the server


def test_ends_with_the_front_end_and_removes_its_socket(server: Server) -> None:
    guest = server.guest().start()
    guest.sync()
    guest.sock.close()
    assert server.ended() is None
    assert not server.path.exists()


def test_leaving_without_reading_the_last_reply_is_no_error(server: Server) -> None:
    guest = server.guest()
    guest.send(GET_FEATURES)
    assert guest.sock.recv(1, socket.MSG_PEEK)
    guest.sock.close()
    assert server.ended() is None


@pytest.mark.parametrize("connected", [False, True])
def test_stop_ends_it(server: Server, connected: bool) -> None:
    if connected:
        server.guest().start().sync()
    server.stop.set()
    assert server.ended() is None
    assert not server.path.exists()


def test_the_next_front_end_may_come_after_a_good_or_a_broken_one(path: Path) -> None:
    with running(path, once=False, tell=True) as server:
        for address in (0x48, 0x49, 0x4A):
            guest = server.guest().start()
            slot = guest.message(address, b"\0")
            guest.run()
            assert slot.status == 0
            if address == 0x49:
                guest.send(99)
                assert guest.sock.recv(1) == b""
            guest.sock.close()
        assert [messages[0].addr for messages in server.adapter.transfers] == [0x48, 0x49, 0x4A]
        assert server.reports == ["message type 99 belongs to a feature that was not offered"]
        assert server.path.exists()


def test_no_descriptor_is_left_open(path: Path) -> None:
    before = os.listdir("/proc/self/fd")  # noqa: PTH208
    with running(path, once=False, tell=True) as server:
        guest = server.guest().start()
        guest.run()
        guest.sock.close()
        guest = server.guest()
        guest.send(GET_QUEUE_NUM, fds=[guest.memory] * 3)
        guest.reply(GET_QUEUE_NUM)
        socket.send_fds(guest.sock, [b"half"], [guest.memory])
        guest.sock.shutdown(socket.SHUT_WR)
        assert guest.sock.recv(1) == b""
    assert os.listdir("/proc/self/fd") == before  # noqa: PTH208


def test_the_socket_of_a_dead_process_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
        dead.listen()
    with running(path) as server:
        assert server.guest().u64(GET_QUEUE_NUM) == 1


def test_a_live_socket_is_refused_and_not_disturbed(server: Server) -> None:
    guest = server.guest()
    guest.sync()
    with pytest.raises(Busy, match=r"a running process listens on .*i2c\.sock"):
        serve(FakeAdapter(), server.path)
    guest.sync()
    assert server.path.exists()


def test_another_kind_of_file_is_refused_and_kept(path: Path) -> None:
    path.write_text("mine")
    with pytest.raises(Invalid, match="is not a socket"):
        serve(FakeAdapter(), path)
    assert path.read_text() == "mine"


@pytest.mark.parametrize("name", ["missing/i2c.sock", "x" * 120])
def test_a_path_that_cannot_be_bound_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(Error, match="cannot listen on"):
        serve(FakeAdapter(), tmp_path / name)


def test_an_adapter_without_plain_i2c_is_refused(path: Path) -> None:
    adapter = FakeAdapter()
    adapter.functionality = Functionality.SMBUS_EMUL
    with pytest.raises(NotSupported, match="fake has no plain I2C"):
        serve(adapter, path)


# chance

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


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serves every guest that chance makes, one after the other."""
    with running(tmp_path_factory.mktemp("vhost") / "i2c.sock", once=False, tell=True) as server:
        yield server
        assert server.error is None


def _is_served(guest: Guest) -> bool:
    """Whether the conversation goes on; it is over if not."""
    try:
        guest.sync()
    except (EOFError, ConnectionError):
        return False
    return True


@given(messages=messages, pokes=pokes)
@settings(deadline=None, max_examples=50)
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
    assert _is_served(guest) == (not host.reports)
    host.forget(guest)


payloads = st.binary(max_size=80) | st.builds(_state, st.integers(0, 1), st.integers(0, 300)) | st.just(_region(4096))


@given(messages=st.lists(st.tuples(st.integers(0, 20), payloads, st.integers(0, 2), st.sampled_from([1, 9, 5]))))
@settings(deadline=None, max_examples=30)
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
@settings(deadline=None, max_examples=20)
def test_no_noise_does_harm(host: Server, noise: bytes) -> None:
    guest = host.guest()
    with suppress(ConnectionError):
        guest.sock.sendall(noise)
        guest.sock.shutdown(socket.SHUT_WR)
        assert guest.sock.recv(1) in (b"", b"\1")
    host.forget(guest)
