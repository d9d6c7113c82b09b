"""Guest memory: files that the front end shares, accessed by guest or by user address.

vhost-user protocol, section "Memory access".  Every address and length comes from outside and is checked here, once;
an Area is never left.  (A front end that truncates its memory file later ends itself and this process by SIGBUS.)
"""

from __future__ import annotations

import mmap
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from .wire import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from struct import Struct


class Area(NamedTuple):
    """A stretch of guest memory whose bounds were checked."""

    mapping: mmap.mmap
    start: int
    length: int

    def read(self) -> bytes:
        return self.mapping[self.start : self.start + self.length]

    def write(self, data: bytes) -> None:
        """Fill the area: ``data`` has its length."""
        self.mapping[self.start : self.start + self.length] = data

    def unpack(self, layout: Struct, index: int = 0, skip: int = 0) -> tuple[int, ...]:
        """Return element ``index`` of the array of ``layout`` that begins after ``skip`` bytes."""
        return layout.unpack_from(self.mapping, self.start + skip + index * layout.size)

    def pack(self, layout: Struct, *values: int, index: int = 0, skip: int = 0) -> None:
        layout.pack_into(self.mapping, self.start + skip + index * layout.size, *values)


@dataclass(frozen=True, slots=True)
class Region:
    """One line of the memory table: ``size`` bytes at ``offset`` of ``mapping``, at two addresses."""

    guest: int
    size: int
    user: int
    offset: int
    mapping: mmap.mmap

    def area(self, distance: int, length: int) -> Area | None:
        if not 0 <= distance <= self.size - length:
            return None
        return Area(self.mapping, self.offset + distance, length)


def map_region(fd: int, guest: int, size: int, user: int, offset: int) -> Region:
    """Map one region; from the file's start, so that ``offset`` needs no alignment.  The caller closes ``fd``."""
    if not 0 < offset + size <= sys.maxsize:
        raise ProtocolError(f"memory region at {guest:#x} has the impossible size {size:#x} at offset {offset:#x}")
    try:
        return Region(guest, size, user, offset, mmap.mmap(fd, offset + size))
    except (OSError, ValueError) as error:
        raise ProtocolError(f"memory region at {guest:#x} ({size:#x} bytes) cannot be mapped: {error}") from error


class Memory:
    """The regions that SET_MEM_TABLE described."""

    def __init__(self, regions: Sequence[Region] = ()) -> None:
        self._regions = regions

    def guest(self, address: int, length: int) -> Area:
        """Return the area at a guest-physical address, which descriptors hold.  Errors: ProtocolError."""
        for region in self._regions:
            if area := region.area(address - region.guest, length):
                return area
        raise ProtocolError(f"guest address {address:#x} ({length} bytes) is outside the shared memory")

    def user(self, address: int, length: int) -> Area:
        """Return the area at an address in the front end's process, from SET_VRING_ADDR.  Errors: ProtocolError."""
        for region in self._regions:
            if area := region.area(address - region.user, length):
                return area
        raise ProtocolError(f"user address {address:#x} ({length} bytes) is outside the shared memory")

    def close(self) -> None:
        for region in self._regions:
            region.mapping.close()
