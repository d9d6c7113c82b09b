"""Exclusive use of a bus's addresses by one process, of any user.

An address is one byte of the bus device: byte 0x76 of /dev/i2c-1 is locked exclusively while a chip at 0x76 is driven.
The same byte of each bus above it in a tree of multiplexers is locked shared, because an address may be used on several
channels, but not on a channel and above it (i2cdev_check_addr in drivers/i2c/i2c-dev.c).  So only users with
access to the bus can hold a lock, and each can exclude the others.  Programs that do not know the lock are not
stopped.  A simulated bus in the place of a real one has no device: its locks are names of abstract sockets.

In the process that has the lock, a driver comes before the programs that borrow the address (``RawAccess``).
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Protocol

from ..errors import Busy
from ..lib import ofdlock
from . import inventory, topology

if TYPE_CHECKING:
    import socket
    from pathlib import Path

FLAGS = os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK


class Locks(Protocol):
    """Locks of addresses, in whatever the kernel offers."""

    def take(self, addr: int) -> bool: ...

    def release(self, addr: int) -> None: ...

    def close(self) -> None: ...


class BusLock:
    """Addresses of one bus that this process has."""

    def __init__(self, nr: int, *, sys: Path = inventory.SYS, dev: Path = inventory.DEV) -> None:
        self._nr, self._sys, self._dev = nr, sys, dev
        self._taken: set[int] = set()  # by drivers
        self._borrowed: dict[int, set[object]] = {}  # by programs
        self._locks: Locks | None = None
        self._mutex = threading.Lock()

    def take(self, addr: int) -> None:
        """Have the address alone, for a driver; programs that have borrowed it lose it.

        Errors: Busy if another process has it, or another bus of this one; Error if the device cannot be opened.
        """
        with self._mutex:
            if addr in self._taken:
                raise self._busy(addr)
            if not self._borrowed.pop(addr, None):
                self._lock(addr)
            self._taken.add(addr)

    def release(self, addr: int) -> None:
        """Give the address back, if a driver of this process has it."""
        with self._mutex:
            if addr in self._taken:
                self._taken.discard(addr)
                self._unlock(addr)

    def borrow(self, addr: int, borrower: object) -> None:
        """Have the address for a program until ``give_back``, or until a driver takes it; repeatable.

        Errors: as ``take``; Busy if a driver of this process has it.
        """
        with self._mutex:
            if addr not in self._borrowed:
                if addr in self._taken:
                    raise self._busy(addr)
                self._lock(addr)
            self._borrowed.setdefault(addr, set()).add(borrower)

    def give_back(self, borrower: object) -> None:
        """Give back all that a program has borrowed and not lost."""
        with self._mutex:
            for addr in [addr for addr, borrowers in self._borrowed.items() if borrower in borrowers]:
                self._borrowed[addr].discard(borrower)
                if not self._borrowed[addr]:
                    del self._borrowed[addr]
                    self._unlock(addr)

    def after_fork(self) -> None:
        """Become usable in a forked process, where no thread holds the mutex."""
        self._mutex = threading.Lock()

    def _lock(self, addr: int) -> None:
        if self._locks is None:
            self._locks = _locks(self._nr, self._sys, self._dev)
        if not self._locks.take(addr):
            raise self._busy(addr)

    def _unlock(self, addr: int) -> None:
        if self._locks is not None:
            self._locks.release(addr)

    def _busy(self, addr: int) -> Busy:
        device = self._dev / f"i2c-{self._nr}"
        return Busy(
            f"i2c-{self._nr} 0x{addr:02x} is in use by another i2cdrv, perhaps on another bus of the same "
            f"multiplexer; its process: sudo fuser -v {device}"
        )

    def close(self) -> None:
        """Give everything back, and close the device: the kernel cannot remove an adapter before."""
        with self._mutex:
            if self._locks is not None:
                self._locks.close()
            self._locks = None
            self._taken.clear()
            self._borrowed.clear()


def _locks(nr: int, sys: Path, dev: Path) -> Locks:
    try:
        return _Bytes(nr, sys, dev)
    except FileNotFoundError:
        return _Names(nr)
    except OSError as fault:
        raise inventory.open_error(nr, fault, sys=sys, dev=dev) from fault


class _Bytes:
    """Bytes of the bus device, and of the devices above it."""

    def __init__(self, nr: int, sys: Path, dev: Path) -> None:
        """Open the devices.  Raises OSError if that of the bus itself cannot be opened."""
        self._own = os.open(dev / f"i2c-{nr}", FLAGS)
        _, *above = topology.upwards(nr, sys)
        self._above = [fd for bus in above if (fd := _opened(dev / f"i2c-{bus}")) is not None]

    def take(self, addr: int) -> bool:
        wanted = [(self._own, False), *((fd, True) for fd in self._above)]
        if all(ofdlock.take(fd, addr, shared=shared) for fd, shared in wanted):
            return True
        self.release(addr)
        return False

    def release(self, addr: int) -> None:
        for fd in (self._own, *self._above):
            ofdlock.release(fd, addr)

    def close(self) -> None:
        for fd in (self._own, *self._above):
            os.close(fd)


def _opened(path: Path) -> int | None:
    """Open the device of a parent bus; None if it is missing or this user may not use it."""
    try:
        return os.open(path, FLAGS)
    except OSError:
        return None


class _Names:
    """Names of abstract sockets, which the kernel forgets with the process."""

    def __init__(self, nr: int) -> None:
        self._nr = nr
        self._sockets: dict[int, socket.socket] = {}

    def take(self, addr: int) -> bool:
        import socket

        name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            name.bind(f"\0i2cdrv/i2c-{self._nr}/0x{addr:02x}")
        except OSError:
            name.close()
            return False
        self._sockets[addr] = name
        return True

    def release(self, addr: int) -> None:
        self._sockets.pop(addr).close()

    def close(self) -> None:
        for name in self._sockets.values():
            name.close()
        self._sockets.clear()
