"""A bus of this machine without a service: /dev/i2c-N, with the locks that i2cdrv's processes respect."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ..i2c import inventory
from ..i2c.buslock import BusLock
from ..i2c.i2cdev import I2cDevAdapter
from ..i2c.quirks import QuirkyAdapter
from ..i2c.smbus import transfer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..i2c.adapter import Message


class LocalBus:
    """A ``Link`` to the bus itself."""

    def __init__(self, bus: str, *, sys: Path = inventory.SYS, dev: Path = inventory.DEV) -> None:
        """Open the bus.  Errors: as of I2cDevAdapter."""
        self._device = I2cDevAdapter(bus, sys=sys, dev=dev)
        self._adapter = QuirkyAdapter(self._device)
        self._lock = BusLock(self._device.nr, sys=sys, dev=dev)
        self._mutex = threading.Lock()
        self._claimed: dict[int, bool] = {}  # addresses, and whether they are forced
        self.functionality = self._device.functionality

    def xfer(self, messages: Sequence[Message], *, force: bool) -> list[bytes]:
        """See Link."""
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
            self._lock.close()
            self._device.close()
