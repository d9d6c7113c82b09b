"""The socket to which a front end connects: one at a time."""

from __future__ import annotations

import errno
import select
import socket
import stat
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from ...errors import Busy, Error, Invalid, NotSupported
from ...i2c.adapter import Functionality
from .session import Session
from .wire import Channel, HungUp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from threading import Event

    from ...i2c.adapter import Adapter

STOP_POLL_S = 0.1  # until a set ``stop`` is noticed


def serve(adapter: Adapter, socket_path: Path, stop: Event) -> None:
    """Serve as the virtio I2C adapter of the virtual machine that connects to ``socket_path``.

    Returns when the front end has hung up, or ``stop`` is set.
    Errors: Busy (a live process has the socket), Invalid (another kind of file is there), ProtocolError.
    """
    if not adapter.functionality & Functionality.I2C:
        raise NotSupported(f"{adapter.name} has no plain I2C (I2C_FUNC_I2C), which a virtio adapter promises")
    with listening(socket_path) as listener:
        if (connection := accept(listener, stop)) is not None:
            converse(connection, adapter, stop)


def accept(listener: socket.socket, stop: Event) -> socket.socket | None:
    """Wait for the next front end; return None once ``stop`` is set."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while not stop.is_set():
        if poll.poll(1000 * STOP_POLL_S):
            return listener.accept()[0]
    return None


def converse(connection: socket.socket, adapter: Adapter, stop: Event) -> None:
    """Serve one front end until it hangs up, or ``stop`` is set.  Raises ProtocolError if it breaks the protocol."""
    with closing(Session(Channel(connection), adapter)) as session, suppress(HungUp):
        while not stop.is_set():
            session.step(STOP_POLL_S)


@contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as listener:
        _bind(listener, path)
        try:
            yield listener
        finally:
            path.unlink(missing_ok=True)


def _bind(listener: socket.socket, path: Path) -> None:
    try:
        _clear(path)
        listener.bind(str(path))
        listener.listen(1)
    except Error:
        raise
    except OSError as error:  # "AF_UNIX path too long" comes without an errno
        raise Error(f"cannot listen on {path}: {error.strerror or error}", error.errno or errno.EINVAL) from error


def _clear(path: Path) -> None:
    """Remove the socket of a dead process, and no other file.  Errors: Busy, Invalid."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise Invalid(f"{path} exists and is not a socket: remove it or choose another path")
    if _is_alive(path):
        raise Busy(f"a running process listens on {path}: stop it or choose another path")
    path.unlink()


def _is_alive(path: Path) -> bool:
    """Probe with another socket type: a live socket answers EPROTOTYPE undisturbed, a dead one refuses."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return False
        except OSError as error:
            if error.errno != errno.EPROTOTYPE:
                raise
    return True
