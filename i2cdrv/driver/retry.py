"""The repetition of failed reads: a read changes nothing, so a disturbed one is repeated at once."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from ..errors import NOT_ACKNOWLEDGED, Error
from .regmapbus import regmap_bus

if TYPE_CHECKING:
    from ..i2c.client import Client

PAUSE_S = (0.0001, 0.0005)  # before a failed read is repeated: no longer than a transfer takes
TRANSIENT_ERRNOS = (*NOT_ACKNOWLEDGED, errno.EIO, errno.EAGAIN, errno.EBADMSG)  # errors of a disturbed line


class RetryingBus:
    """The registers of a client; errors name the register."""

    def __init__(self, client: Client) -> None:
        self._client = client
        bus = regmap_bus(client)
        self.get_once, self._put_once = bus.get, bus.put  # bytes from a register number on: one transfer

    def get(self, addr: int, size: int) -> bytes:
        """Read as ``get_once`` does; repeat a failed read as often as the client allows."""
        try:
            return self.get_once(addr, size)
        except Error as error:
            return self.get_again(addr, size, error)

    def get_again(self, addr: int, size: int, error: Error) -> bytes:
        """Repeat a read that has failed.  Raises the last error, with the register, if it fails again."""
        client = self._client
        for _ in range(client.retries):
            if error.errno not in TRANSIENT_ERRNOS:
                break
            if client.steps is not None:
                client.steps.add("retries")
            from random import uniform  # a chip that answers needs none

            client.adapter.clock.sleep(uniform(*PAUSE_S))
            try:
                return self.get_once(addr, size)
            except Error as again:
                error = again
        raise _at_register("read", addr, error) from error

    async def fetch(self, addr: int, size: int, after: float) -> bytes:
        """Write a register number, wait ``after`` s with the bus free, and read: two transfers, never repeated."""
        try:
            self._client.ask(bytes((addr,)))
            await self._client.sleep(after)
            return self._client.read(size)
        except Error as error:
            raise _at_register("fetch", addr, error) from error

    def put(self, addr: int, data: bytes) -> None:
        """Write bytes from a register number on: one transfer, never repeated."""
        try:
            self._put_once(addr, data)
        except Error as error:
            raise _at_register("write", addr, error) from error


def _at_register(verb: str, addr: int, error: Error) -> Error:
    """Return the error with the number of the register."""
    return type(error)(f"{verb} of register {addr:#04x}: {error.message}", error.errno)
