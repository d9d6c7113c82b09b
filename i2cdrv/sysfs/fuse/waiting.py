"""Requests that may wait for a chip: a few threads answer them while all others are served."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from ...errors import Error
from ...lib.log.logger import log
from ...lib.threadpool import Pool
from . import wire

if TYPE_CHECKING:
    from collections.abc import Callable

WORKERS = 8  # reads and writes that may wait for a chip at once


class Waiting:
    """The requests of the workers.  ``send``: sends an answer to the kernel."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._pool = Pool("tree", WORKERS)
        self._unanswered: set[int] = set()  # the thread that removes a request answers it

    def answer(self, unique: int, work: Callable[[], bytes]) -> None:
        """Let a worker answer a request, unless an interrupt comes first.  Raises Error (ENODEV) at the end."""

        def answer() -> None:
            try:
                message = wire.reply(unique, work())
            except Error as error:
                message = wire.refusal(unique, error.errno or errno.EIO)
            except Exception as error:  # noqa: BLE001, RUF100  # a bug in one file must not end the worker
                message = failed(unique, error)
            if self._claim_answer(unique):
                self._send(message)

        self._unanswered.add(unique)
        if not self._pool.submit(answer):
            raise Error("the tree is being unmounted", errno.ENODEV)

    def interrupt(self, unique: int) -> None:
        """Answer a request whose program was interrupted, unless a worker has answered it."""
        if self._claim_answer(unique):
            self._send(wire.refusal(unique, errno.EINTR))

    def stop(self, deadline: float) -> None:
        """Accept no more requests and wait until ``deadline`` (monotonic, s) for running ones."""
        self._pool.stop(deadline)

    def _claim_answer(self, unique: int) -> bool:
        """Return whether the caller must answer the request; only one caller gets True."""
        try:
            self._unanswered.remove(unique)
        except KeyError:
            return False
        return True


def failed(unique: int, error: Exception) -> bytes:
    """Log a bug in a file of the tree and return the answer for it."""
    log("error", "tree file failed", error=repr(error))
    return wire.refusal(unique, errno.EIO)
