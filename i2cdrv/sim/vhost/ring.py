"""The split virtqueue, seen by the device (virtio 1.2 §2.7).

Everything in it is written by the guest, at any moment: each field is read once and checked before use.
Python has no store barrier.  The kernel's lock in the eventfd or pipe is one, so a driver that reads the used ring
after a notification sees it complete.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from .wire import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .memory import Area, Memory

MAX_SIZE = 256  # User Mode Linux has 256, QEMU 4; it bounds the work of one notification
MAX_BYTES = 8 + 0xFFFF + 1  # of one request: headers and struct i2c_msg's longest buffer

INDEX = Struct("<H")  # native size on little-endian machines, so loaded and stored whole
DESCRIPTOR = Struct("<QIHH")  # §2.7.5 struct virtq_desc: addr, len, flags, next
USED = Struct("<II")  # §2.7.8 struct virtq_used_elem: id, len
NEXT, WRITE, INDIRECT = 1, 2, 4  # VIRTQ_DESC_F_*
HEADER = 4  # both rings begin with flags and idx


@dataclass(slots=True)
class Setup:
    """A ring as the front end describes it, message by message; ``next`` is the next entry of the available ring."""

    size: int = 0
    descriptors: int = 0
    available: int = 0
    used: int = 0
    next: int = 0


class Chain(NamedTuple):
    """The buffers of one request, by direction, in order (their boundaries have no meaning, §2.7.4)."""

    head: int
    readable: list[Area]
    writable: list[Area]

    @property
    def writable_bytes(self) -> int:
        """The number of bytes that the device is to write."""
        return sum(area.length for area in self.writable)

    def read(self) -> bytes:
        return b"".join(area.read() for area in self.readable)

    def write(self, data: bytes) -> None:
        """Fill the writable buffers: ``data`` has ``writable_bytes`` bytes."""
        for area in self.writable:
            area.write(data[: area.length])
            data = data[area.length :]


class SplitRing:
    """The three areas of a ring, found in guest memory."""

    def __init__(self, memory: Memory, setup: Setup) -> None:
        if not setup.size or setup.descriptors % 16 or setup.available % 2 or setup.used % 4:
            raise ProtocolError("the ring was started without a size or with a misaligned address")
        self._memory = memory
        self._setup = setup
        self._descriptors = memory.user(setup.descriptors, DESCRIPTOR.size * setup.size)
        self._available = memory.user(setup.available, HEADER + INDEX.size * setup.size)
        self._used = memory.user(setup.used, HEADER + USED.size * setup.size)

    def take(self) -> Iterator[Chain]:
        """Yield the requests that are available now; later requests have their own notification."""
        (index,) = self._available.unpack(INDEX, skip=2)
        count = (index - self._setup.next) & 0xFFFF
        if count > self._setup.size:
            raise ProtocolError(f"available index {index} is {count} ahead, the ring has {self._setup.size} entries")
        for _ in range(count):
            (head,) = self._available.unpack(INDEX, self._setup.next % self._setup.size, skip=HEADER)
            self._setup.next = (self._setup.next + 1) & 0xFFFF
            yield self._chain(head)

    def give(self, chain: Chain, data: bytes) -> None:
        """Answer a request and put it into the used ring."""
        chain.write(data)
        (index,) = self._used.unpack(INDEX, skip=2)
        self._used.pack(USED, chain.head, len(data), index=index % self._setup.size, skip=HEADER)
        self._used.pack(INDEX, (index + 1) & 0xFFFF, skip=2)

    def _chain(self, head: int) -> Chain:
        chain = Chain(head, [], [])
        for area, write in self._walk(self._descriptors, head):
            if chain.writable and not write:
                raise ProtocolError(f"request {head} has a readable buffer after a writable one")
            (chain.writable if write else chain.readable).append(area)
        if chain.writable_bytes + sum(area.length for area in chain.readable) > MAX_BYTES:
            raise ProtocolError(f"request {head} has more than {MAX_BYTES} bytes")
        return chain

    def _walk(self, table: Area, index: int) -> Iterator[tuple[Area, bool]]:
        count = table.length // DESCRIPTOR.size
        for _ in range(count):
            if index >= count:
                raise ProtocolError(f"descriptor {index} is outside its table of {count}")
            address, length, flags, following = table.unpack(DESCRIPTOR, index)
            if flags & INDIRECT:
                yield from self._walk_indirect(table, address, length, flags)
                return
            yield self._memory.guest(address, length), bool(flags & WRITE)
            if not flags & NEXT:
                return
            index = following
        raise ProtocolError(f"descriptors of a table of {count} form a loop")

    def _walk_indirect(self, table: Area, address: int, length: int, flags: int) -> Iterator[tuple[Area, bool]]:
        """Walk an indirect table: one level deep, last in the chain, of whole descriptors (§2.7.5.3)."""
        if table is not self._descriptors or flags & NEXT:
            raise ProtocolError("an indirect descriptor is inside an indirect table, or not the last")
        if not length or length % DESCRIPTOR.size or length > MAX_SIZE * DESCRIPTOR.size:
            raise ProtocolError(f"an indirect table has {length} bytes")
        yield from self._walk(self._memory.guest(address, length), 0)
