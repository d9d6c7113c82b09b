"""The way of a program to a bus: through the service if one runs, otherwise through /dev/i2c-N with the same locks."""

from __future__ import annotations

import errno
import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Protocol
from weakref import WeakSet

from ..errors import Error
from ..ipc.varlink import NoServer
from ..ipc.varlink.wire import of_errno
from ..lib import rundir
from ..lib.places import DAEMON

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..i2c.adapter import Functionality, Message

NO_ACCESS = (errno.EPERM, errno.EACCES)  # to the service: the bus itself may be accessible
LOOK_S = 1.0  # between two looks for a service, while there is none


class Link(Protocol):
    """A bus, as a program has it; any thread may use it.  ``is_local``: it does not go through the service."""

    functionality: Functionality
    is_local: ClassVar[bool]

    def xfer(self, messages: Sequence[Message], *, force: bool) -> list[bytes]:
        """Do one combined transfer; return the answers to the Reads.

        ``force``: at addresses with a driver, too.  Errors: those of an adapter; NoServer if the service has ended.
        """
        ...

    def fileno(self) -> int:
        """Return the descriptor of the connection, or of the bus; -1 without one."""
        ...

    def close(self) -> None:
        """Give the bus back; a second call does nothing."""
        ...

    def after_fork(self) -> None:
        """Become usable in a forked process, where no thread holds the locks of this one."""
        ...


class Route:
    """The present link of a program to a bus: another one when the service has ended, and when it runs again."""

    def __init__(self, bus: str, run_dir: Path | None) -> None:
        """Open a bus.  ``bus``: a word that the service knows.  ``run_dir``: the service's; None: as for commands.

        Errors: Unknown, Busy, Error (EACCES) as of an adapter; NoAnswer if the service hangs.
        """
        self._bus, self._run_dir = bus, run_dir
        self._mutex = threading.Lock()  # of a change of the link
        self._look_at = time.monotonic() + LOOK_S
        self.link = _open(bus, run_dir)
        _routes.add(self)

    def xfer(self, messages: Sequence[Message], *, force: bool) -> list[bytes]:
        """Do one combined transfer, as a Link does."""
        link = self.link
        if link.is_local and time.monotonic() >= self._look_at:
            link = self._look(link)
        try:
            return link.xfer(messages, force=force)
        except NoServer:  # the service has not received it
            return self._without_service(link).xfer(messages, force=force)

    def _look(self, link: Link) -> Link:
        """Return the link through a service that has begun to run; without one, or where it lacks the bus, the same."""
        with self._mutex:
            self._look_at = time.monotonic() + LOOK_S
            if self.link is link:
                with suppress(Error):
                    self.link = _through_service(self._bus, self._run_dir)
                    link.close()
            return self.link

    def _without_service(self, link: Link) -> Link:
        with self._mutex:
            if self.link is link:
                self.link = _open(self._bus, self._run_dir)
                link.close()
            return self.link

    def after_fork(self) -> None:
        """Become usable in a forked process."""
        self._mutex = threading.Lock()
        self.link.after_fork()


_routes: WeakSet[Route] = WeakSet()


def _after_fork() -> None:
    for route in list(_routes):
        route.after_fork()


os.register_at_fork(after_in_child=_after_fork)


def _open(bus: str, run_dir: Path | None) -> Link:
    try:
        return _through_service(bus, run_dir)
    except Error as error:
        if not isinstance(error, NoServer) and error.errno not in NO_ACCESS:
            raise
        without = error.message
    from .localbus import LocalBus  # only without a service: it imports smbus2

    try:
        return LocalBus(bus)
    except Error as error:
        raise of_errno(error.errno or errno.EIO, f"{error.message}; {without}") from None


def _through_service(bus: str, run_dir: Path | None) -> Link:
    """Return the link through the service.  Raises NoServer; Error of the service."""
    from .remotebus import RemoteBus

    refused: Error | None = None
    for place in rundir.search_dirs(run_dir or rundir.default()):
        try:
            return RemoteBus(place / DAEMON, bus)
        except NoServer as error:
            refused = refused or error
    assert refused is not None  # there is a place to search
    raise refused
