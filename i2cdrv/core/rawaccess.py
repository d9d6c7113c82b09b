"""Transfers of programs on a bus that this process serves, at addresses without a driver.

As /dev/i2c-N allows them (i2cdev_check_addr in drivers/i2c/i2c-dev.c), with one difference: the check is made for each
transfer, I2C_RDWR included, so a driver that is bound later has its chip alone.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from ..errors import Busy, Error, NoDevice
from ..i2c.plan import check_address
from ..i2c.smbus import transfer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..i2c.adapter import Message
    from .bus import Bus

GENERAL_CALL = 0x00  # its receivers are all chips of the bus (UM10204, 3.1.13)
TIMEOUT_S = 10.0  # to wait for the bus


class RawAccess:
    """The transfers of one program.  Its methods may be called from any thread but the bus's own."""

    def __init__(self, bus: Bus, *, may_force: bool) -> None:
        """``may_force``: whether the program has the right to share an address with a driver."""
        self._bus, self._may_force = bus, may_force
        self._claimed: set[int] = set()  # on the kthread

    def xfer(self, messages: Sequence[Message], *, force: bool = False) -> list[bytes]:
        """Send the messages as one combined transfer; return the answers to the Reads, in order.

        ``force``: share the addresses with drivers, those of the kernel too.
        Errors: Busy naming the driver's device; Error (EPERM) without the right to force that; NoDevice if the bus was
        removed; those of ``i2c.smbus.transfer``.
        """
        bus, addrs = self._bus, {message.addr for message in messages}
        if bus.closed:
            raise NoDevice(f"i2c-{bus.adapter.nr} ({bus.adapter.name}) has been removed: open it again")
        self._borrow(addrs, force)

        def checked() -> list[bytes]:
            for addr in addrs:
                self._check(addr, force)
            return transfer(bus.wire, messages)

        return bus.run(checked, f"transfer of a program on i2c-{bus.adapter.nr}", timeout=TIMEOUT_S)

    def close(self) -> None:
        """Give the addresses back to other processes."""
        if self._bus.lock is not None:
            self._bus.lock.give_back(self)

    def _borrow(self, addrs: Iterable[int], force: bool) -> None:
        """Exclude other processes from addresses without a driver, which has excluded them already."""
        lock, devices = self._bus.lock, self._bus.devices
        for addr in addrs:
            check_address(addr)
            if lock is not None and addr not in devices:
                try:
                    lock.borrow(addr, self)
                except Busy as busy:
                    self._refuse(busy, force)

    def _check(self, addr: int, force: bool) -> None:
        """Refuse an address that a driver uses, unless root forces it; on the kthread."""
        devices = self._bus.devices
        if addr in devices:
            self._refuse(devices[addr].busy(), force)
            return
        if addr == GENERAL_CALL and devices:
            names = ", ".join(map(str, devices.values()))
            self._refuse(
                Busy(f"i2c-{self._bus.adapter.nr} 0x00: every chip receives a general call, that of {names} too"), force
            )
        if addr not in self._claimed:
            self._bus.adapter.claim(addr, force=force and self._may_force)
            self._claimed.add(addr)

    def _refuse(self, busy: Busy, force: bool) -> None:
        """Raise the error of an address that is in use; Error (EPERM) if the program may not force it."""
        if not force:
            raise busy
        if not self._may_force:
            raise Error(f"{busy.message}; only root may force a transfer to it: try it with sudo", errno.EPERM)
