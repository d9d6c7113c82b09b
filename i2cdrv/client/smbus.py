"""``i2cdrv.SMBus``: smbus2.SMBus on a bus that other programs, and i2cdrv's drivers, use at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from ..errors import Error
from ..i2c.smbusapi import SMBusApi
from .link import Route

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..i2c.adapter import Message


class Settings:
    """For all buses of this process.

    ``run_dir``: the service's; None: where commands search.  ``bus``: in the place of the bus that a program names.
    """

    run_dir: Path | None = None
    bus: str | None = None


settings = Settings()


class SMBus(SMBusApi):
    """The methods and attributes of smbus2.SMBus (version 0.6.1).

    With the service running, each transfer is a request to its bus thread; else it goes to /dev/i2c-N, and excludes
    other processes of i2cdrv from the address until ``close``.  An address with a driver is refused (EBUSY), in
    ``i2c_rdwr`` too; ``force=True`` shares it, through the service only for root.

    Errors: OSError with the kernel's errno, so FileNotFoundError for a bus that is missing, PermissionError without
    the right to use it.
    """

    def __init__(self, bus: int | str | None = None, force: bool = False) -> None:
        """Open the bus, unless that is left to ``open``.  ``bus``: a number, or a path such as /dev/i2c-1."""
        super().__init__()
        self.force = force
        self.address: int | None = None  # of the latest transfer
        self.route: Route | None = None
        if bus is not None:
            self.open(bus)

    def open(self, bus: int | str) -> None:
        """Open a bus.  Raises TypeError for a bus that is no number or text; OSError."""
        if not isinstance(bus, int | str):
            raise TypeError(f"Unexpected type(bus)={type(bus)}")
        self.close()
        try:
            self.route = Route(settings.bus or str(bus), settings.run_dir)
        except Error as error:
            raise as_oserror(error) from None
        self.funcs = int(self.route.link.functionality)

    def close(self) -> None:
        """Give the bus back; a second call does nothing."""
        route, self.route = self.route, None
        self._pec = 0
        if route is not None:
            route.link.close()

    @property
    def fd(self) -> int | None:
        """A descriptor while the bus is open, to wait or to test with; it takes no ioctl of i2c-dev."""
        return None if self.route is None else self.route.link.fileno()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def transfer(self, messages: Sequence[Message], force: bool | None) -> list[bytes]:
        """Do one combined transfer; return the answers to the Reads.  ``force``: None for that of the bus."""
        if self.route is None:
            raise TypeError("the bus is not open: call open(1) first")  # smbus2's ioctl raises it for the missing fd
        self.address = messages[0].addr
        wanted = bool(self.force if force is None else force)
        try:
            return self.route.xfer(messages, force=wanted)
        except Error as error:
            raise as_oserror(error) from None


def as_oserror(error: Error) -> OSError:
    """Return the plain OSError of an errno: FileNotFoundError for ENOENT, and so on."""
    return OSError(error.errno, error.message)
