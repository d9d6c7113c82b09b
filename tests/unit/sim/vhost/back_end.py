"""``serve`` in a thread, with an adapter that remembers."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from i2cdrv.errors import Nack
from i2cdrv.i2c.adapter import Functionality, Read
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim.vhost import serve
from i2cdrv.sim.vhost.server import accept, converse, listening
from i2cdrv.sim.vhost.wire import ProtocolError

from .front_end import DEADLINE, Guest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from i2cdrv.i2c.adapter import Message


class FakeAdapter:
    """Remembers transfers; answers reads with ``answers`` (default 0, 1, 2, …) or refuses addresses in ``absent``."""

    nr = 7
    name = "fake"
    functionality = Functionality.I2C
    clock = VirtualClock()

    def __init__(self) -> None:
        self.transfers: list[list[Message]] = []
        self.absent: set[int] = set()
        self.answers: list[bytes] | None = None

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        self.transfers.append(list(messages))
        if self.absent & {message.addr for message in messages}:
            raise Nack("nobody is there")
        if self.answers is not None:
            return self.answers
        return [bytes(i & 0xFF for i in range(m.length)) for m in messages if isinstance(m, Read)]

    def smbus_xfer(self, addr: int, size: int, command: int, data: bytes | int) -> bytes:
        raise AssertionError("a virtio adapter has plain I2C only")

    def claim(self, addr: int, *, force: bool = False) -> None:
        raise AssertionError("nobody claims")

    def close(self) -> None:
        raise AssertionError("the adapter is not the server's to close")


class Server:
    """``serve`` in a thread; with ``once=False`` for one front end after another."""

    def __init__(self, path: Path, *, once: bool = True) -> None:
        self.path, self.adapter, self.stop = path, FakeAdapter(), threading.Event()
        self.reports: list[str] = []
        self.error: Exception | None = None
        self._guests: list[Guest] = []
        self._once = once
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            if self._once:
                serve(self.adapter, self.path, self.stop)
            else:
                self._serve_each()
        except Exception as error:
            self.error = error

    def _serve_each(self) -> None:
        with listening(self.path) as listener:
            while connection := accept(listener, self.stop):
                try:
                    converse(connection, self.adapter, self.stop)
                except ProtocolError as error:
                    self.reports.append(error.message)

    def guest(self, size: int = 64) -> Guest:
        guest = Guest(self.path, size)
        self._guests.append(guest)
        return guest

    def forget(self, guest: Guest) -> None:
        self._guests.remove(guest)
        guest.close()

    def ended(self) -> Exception | None:
        """Wait for the end; return its error."""
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive(), "serve does not return"
        return self.error

    def close(self) -> None:
        self.stop.set()
        for guest in self._guests:
            guest.close()
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive(), "serve does not stop"


@contextmanager
def running(path: Path, *, once: bool = True) -> Iterator[Server]:
    server = Server(path, once=once)
    try:
        yield server
    finally:
        server.close()
