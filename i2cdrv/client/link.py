"""The way of a program to a bus: through the service if one runs, otherwise through /dev/i2c-N with the same locks."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from ..errors import Error
from ..i2c.adapter import Functionality, Read
from ..i2c.smbus import transfer
from ..ipc import transferframe as frame
from ..ipc.names import TRANSFER
from ..ipc.varlink import Client, NoServer
from ..lib import rundir

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence
    from pathlib import Path

    from ..i2c.adapter import Message

CALL_TIMEOUT_S = 10.0  # for the service to open the bus
NO_ACCESS = (1, 13)  # EPERM, EACCES: of the socket; the bus itself may be accessible


class Link(Protocol):
    """A bus, as a program has it."""

    nr: int
    functionality: Functionality

    def xfer(self, messages: Sequence[Message], *, force: bool) -> list[bytes]:
        """Do one combined transfer; return the answers.  ``force``: at addresses with a driver too.  Raises Error."""
        ...

    def fileno(self) -> int:
        """Return the descriptor behind it."""
        ...

    def close(self) -> None:
        """Give the bus back."""
        ...
