"""``i2cdrv.I2C``: busio.I2C of CircuitPython on a bus that other programs and i2cdrv's drivers use at the same time."""

from __future__ import annotations

import errno
import threading
from typing import TYPE_CHECKING, Any

from ..errors import Error
from ..i2c.busioapi import BusioApi
from ..i2c.presence import is_present
from ..i2c.smbus import messages_of
from .smbus import SMBus, as_oserror

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..i2c.adapter import Message, Size
    from .link import Route

ADDRESSES = range(0x08, 0x78)  # the others are reserved (I2C specification, 3.1.12)
HEADER_BUSES = {(3, 2): 1, (1, 0): 0}  # of a Raspberry Pi, by the GPIO numbers of SCL and SDA


class I2C(BusioApi):
    """The methods of busio.I2C, over ``i2cdrv.SMBus``.  Errors: OSError, as there.

    The frequency of a bus belongs to the kernel, so the argument changes nothing.
    """

    def __init__(
        self, scl: Any = None, sda: Any = None, frequency: int = 100_000, timeout: int = 255, *, bus: int | str = 1
    ) -> None:
        """Open a bus: by the pins that CircuitPython calls SCL and SDA, or by its number."""
        self._bus = SMBus(bus if scl is None and sda is None else _bus_of(scl, sda))
        self._locked = threading.Lock()

    def deinit(self) -> None:
        """Give the bus back."""
        self._bus.close()

    def __exit__(self, *_: object) -> None:
        self.deinit()

    def try_lock(self) -> bool:
        """Take the lock for a sequence of transfers; return False if another thread has it."""
        return self._locked.acquire(blocking=False)

    def unlock(self) -> None:
        """Release the lock.  Raises ValueError if it is not held."""
        try:
            self._locked.release()
        except RuntimeError:
            raise ValueError("Not locked") from None

    def scan(self) -> list[int]:
        """Return the addresses at which chips answer, and those of chips that have a driver."""
        if (route := self._bus.route) is None:
            raise ValueError("the bus is not open: make another I2C")
        probe = _Probe(route)
        try:
            return [addr for addr in ADDRESSES if probe.finds(addr)]
        except Error as error:
            raise as_oserror(error) from None

    def transfer(self, messages: Sequence[Message]) -> list[bytes]:
        """Do one transfer; return the answers to the Reads."""
        return self._bus.transfer(messages, None)


class _Probe:
    """The part of an Adapter that looks for chips."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self.functionality = route.link.functionality

    def finds(self, addr: int) -> bool:
        """Return whether a chip is at an address; a chip with a driver is.  Raises Error of a bus in trouble."""
        try:
            return is_present(self, addr)
        except Error as error:
            if error.errno == errno.EBUSY:
                return True
            raise

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        return self._route.xfer(messages, force=False)

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        return b"".join(self.xfer(messages_of(addr, size, command, data)))


def _bus_of(scl: Any, sda: Any) -> int:
    """Return the bus at two pins.  Raises ValueError for others than those of a Raspberry Pi's header."""
    pins = getattr(scl, "id", scl), getattr(sda, "id", sda)
    if pins not in HEADER_BUSES:
        raise ValueError(f"No hardware I2C on (scl,sda)={pins}: name its number, as in I2C(bus=1)")
    return HEADER_BUSES[pins]
