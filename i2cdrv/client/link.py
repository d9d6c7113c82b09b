"""The way of a program to a bus: through the service if one runs, otherwise through /dev/i2c-N with the same locks."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Protocol

from ..errors import Error
from ..ipc.varlink import NoServer
from ..lib import rundir
from ..lib.places import DAEMON

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..i2c.adapter import Functionality, Message

NO_ACCESS = (errno.EPERM, errno.EACCES)  # to the service: the bus itself may be accessible


class Link(Protocol):
    """A bus, as a program has it; any thread may use it."""

    functionality: Functionality

    def xfer(self, messages: Sequence[Message], *, force: bool) -> list[bytes]:
        """Do one combined transfer; return the answers to the Reads.

        ``force``: at addresses with a driver, too.  Errors: those of an adapter; NoServer if the service has ended.
        """
        ...

    def fileno(self) -> int:
        """Return the descriptor of the connection, or of the bus."""
        ...

    def close(self) -> None:
        """Give the bus back; a second call does nothing."""
        ...


def open_link(bus: str, run_dir: Path | None = None) -> Link:
    """Open a bus by a word that the service knows: a number, a name, a path or ``sim``.

    ``run_dir``: the service's; None searches where commands search.
    Errors: Unknown, Busy, Error (EACCES) as of an adapter; NoAnswer if the service hangs.
    """
    from .remotebus import RemoteBus

    for place in rundir.search_dirs(run_dir or rundir.default()):
        try:
            return RemoteBus(place / DAEMON, bus)
        except NoServer:
            continue
        except Error as error:
            if error.errno not in NO_ACCESS:
                raise
    from .localbus import LocalBus  # only without a service: it imports smbus2

    return LocalBus(bus)
