"""The log lines of the driver model, in the kernel's words (drivers/i2c/i2c-core-base.c, drivers/base/dd.c)."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import Error
from ..lib.log.logger import log
from .address import format_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .i2cclient import I2cClient
    from .loaded import LoadedModule

QUIET_ERRNOS = (errno.ENODEV, errno.ENXIO)  # of a probe, which do not log an error (really_probe)


@contextmanager
def refusals_logged(nr: int, addr: int | None = None) -> Iterator[None]:
    """Log the error of a request to declare or to remove a device, and let it pass."""
    try:
        yield
    except Error as error:
        device = {} if addr is None else {"device": f"{nr}-{addr:04x}"}
        log("error", f"i2c i2c-{nr}: {error.log or error.message}", **device)
        raise


def log_new_device(nr: int, client: I2cClient) -> None:
    """Log that a device was declared."""
    where = format_address(client.addr)
    log("info", f"i2c i2c-{nr}: new_device: Instantiated device {client.name} at {where}", device=str(client))


def log_delete_device(nr: int, client: I2cClient) -> None:
    """Log that a declared device will be removed."""
    where = format_address(client.addr)
    log("info", f"i2c i2c-{nr}: delete_device: Deleting device {client.name} at {where}", device=str(client))


def log_failed_probe(loaded: LoadedModule, client: I2cClient, error: Error) -> None:
    """Log the error of a driver that was not bound."""
    level = "debug" if error.errno in QUIET_ERRNOS else "error"
    number = f"probe with driver {loaded.module.name} failed with error -{error.errno}"
    log(level, f"{loaded.module.name} {client}: {number}", device=str(client), cause=error.message)
