"""A bus of this machine without a service: /dev/i2c-N, with the locks that i2cdrv's processes respect."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, ClassVar

from ..i2c import inventory
from ..i2c.buslock import BusLock
from ..i2c.i2cdev import I2cDevAdapter
from ..i2c.plan import check_messages
from ..i2c.quirks import QuirkyAdapter
from ..i2c.smbus import transfer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..i2c.adapter import Message


class _SharedLocks:
    """The locks of the buses of this process: its programs, in the plural, may use one address."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._locks: dict[int, tuple[BusLock, set[object]]] = {}

    def get(self, nr: int, user: object, sys: Path, dev: Path) -> BusLock:
        """Return the lock of a bus."""
        with self._mutex:
            lock, users = self._locks.setdefault(nr, (BusLock(nr, sys=sys, dev=dev), set()))
            users.add(user)
            return lock

    def put(self, nr: int, user: object) -> None:
        """Give back all addresses of a user; its last user closes the lock."""
        with self._mutex:
            if nr not in self._locks:
                return
            lock, users = self._locks[nr]
            lock.give_back(user)
            users.discard(user)
            if not users:
                del self._locks[nr]
                lock.close()

    def after_fork(self) -> None:
        """Become usable in a forked process."""
        self._mutex = threading.Lock()
        for lock, _ in self._locks.values():
            lock.after_fork()


_locks = _SharedLocks()


class LocalBus:
    """A ``Link`` to the bus itself."""

    is_local: ClassVar[bool] = True

    def __init__(self, bus: str, *, sys: Path = inventory.SYS, dev: Path = inventory.DEV) -> None:
        """Open the bus.  Errors: as of I2cDevAdapter."""
        self._device = I2cDevAdapter(bus, sys=sys, dev=dev)
        self._adapter = QuirkyAdapter(self._device)
        self._lock = _locks.get(self._device.nr, self, sys, dev)
        self._mutex = threading.Lock()
        self._claimed: dict[int, bool] = {}  # addresses, and whether they are forced
        self.functionality = self._device.functionality

    def xfer(self, messages: Sequence[Message], *, force: bool) -> list[bytes]:
        """See Link.  Raises Invalid for messages that i2c-dev refuses."""
        check_messages(messages)
        with self._mutex:
            for addr in {message.addr for message in messages}:
                self._claim(addr, force)
            return transfer(self._adapter, messages)

    def _claim(self, addr: int, force: bool) -> None:
        """Refuse (Busy) an address that a driver uses, of the kernel or of another process, unless forced."""
        if self._claimed.get(addr) is not force:
            if not force:
                self._lock.borrow(addr, self)
            self._device.claim(addr, force=force)
            self._claimed[addr] = force

    def fileno(self) -> int:
        """See Link."""
        return self._device.fileno()

    def close(self) -> None:
        """See Link."""
        with self._mutex:
            _locks.put(self._device.nr, self)
            self._device.close()

    def after_fork(self) -> None:
        """See Link."""
        self._mutex = threading.Lock()
        _locks.after_fork()
