"""The control socket of a process: ``control.PID`` in its run directory; the daemon's is ``control``."""

from __future__ import annotations

import grp
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ..errors import Busy, Error
from ..lib.log.logger import log
from ..lib.rundir import DAEMON, forget_socket, make
from ..lib.version import __version__
from .varlink import Product, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from .varlink import Interface

    Settle = Callable[[], object]


@contextmanager
def serve_process(run_dir: Path, interfaces: Sequence[Interface], settle: Settle = lambda: None) -> Iterator[None]:
    """Serve the interfaces while the block runs; without a usable run directory the block runs without them.

    ``settle``: runs after each call that may have changed something.
    """
    server = _server(run_dir / f"{DAEMON}.{os.getpid()}", interfaces, settle)
    try:
        _start(server)
    except OSError as error:
        log("warning", "no control socket", error=str(error.strerror), effect="i2cdrv param will not find this process")
        yield
        return
    with _ending(server):
        yield


@contextmanager
def serve_daemon(run_dir: Path, interfaces: Sequence[Interface], settle: Settle = lambda: None) -> Iterator[None]:
    """Serve as the daemon of the run directory.  ``settle``: as of ``serve_process``.

    Errors: Busy if there is one already; Error if the directory cannot be used.
    """
    server = _server(run_dir / DAEMON, interfaces, settle)
    try:
        _start(server)
    except Busy as busy:
        raise Busy(f"{busy.message}, with --run-dir") from None
    except OSError as error:
        problem = f"{server.path} cannot be created: {error.strerror}"
        raise Error(f"{problem}; choose another run directory with --run-dir", error.errno) from None
    with _ending(server):
        yield


@contextmanager
def _ending(server: Server) -> Iterator[None]:
    try:
        yield
    finally:
        server.stop()
        forget_socket(server.path)


def _server(path: Path, interfaces: Sequence[Interface], settle: Settle) -> Server:
    return Server(path, interfaces, product=Product(version=__version__), settle=settle, group=group())


def _start(server: Server) -> None:
    make(server.path.parent)
    server.start()


def group() -> int | None:
    """Return group i2c, whose members may use the bus and may read; None if this process may not assign it."""
    with suppress(KeyError):
        i2c = grp.getgrnam("i2c").gr_gid
        if os.geteuid() == 0 or i2c in os.getgroups():
            return i2c
    return None
