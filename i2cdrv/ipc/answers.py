"""The answers of the i2cdrv processes of a run directory to one call, judged without any I/O."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Error, Unknown, nearest
from ..lib.log.logger import log
from ..lib.rundir import DAEMON as SOCKET
from ..lib.rundir import forget_socket
from .varlink import NoAnswer, NoServer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, TypeGuard


class Answers:
    """The answers of several processes to one call, without any I/O; ``replied``: whether there was a reply."""

    def __init__(self) -> None:
        self.replied = False
        self._failed: list[Error] = []

    def has_reply(self, answer: dict[str, Any] | Error, path: Path) -> TypeGuard[dict[str, Any]]:
        """Return whether the answer of the process at a socket is a reply.  Raises errors that concern all of them."""
        if isinstance(answer, NoServer):
            _forget_if_dead(path)
        elif isinstance(answer, Error):
            self._failed.append(_tolerated(answer))
        else:
            self.replied = True
            return True
        return False

    def check(self) -> None:
        """Raise an error of the processes if none replied, else log that some did not answer."""
        if self._failed and not self.replied:
            raise next((error for error in self._failed if not isinstance(error, NoAnswer)), self._failed[0])
        for error in self._failed:
            if isinstance(error, NoAnswer):
                log("warning", error.message)


def _tolerated(error: Error) -> Error:
    """Return an error that concerns one process only; raise any other."""
    if isinstance(error, NoAnswer) or error.errno in (errno.EACCES, errno.EPERM):
        return error
    raise error


def _forget_if_dead(path: Path) -> None:
    if path.name != SOCKET and not Path("/proc", path.suffix[1:]).exists():
        forget_socket(path)


def words_for(device: Mapping[str, Any]) -> list[str]:
    """Return the names that a device of ``ListDevices`` has: the kernel's and, if there is one, the user's."""
    return [device["device"], *filter(None, [device.get("name")])]


def no_device(name: str, known: Sequence[str]) -> Unknown:
    """Return the error for a name that no device has; ``known``: the names of the devices."""
    devices = f"there are: {', '.join(known)}" if known else "there is none; i2cdrv load or new-device makes one"
    return Unknown(f"no running i2cdrv has a device {name}{nearest(name, known)}; {devices}")


def no_daemon(places: Sequence[Path]) -> Unknown:
    """Return the error for places without a daemon."""
    return Unknown(f"no daemon runs in {' or '.join(map(str, places))}: systemctl start i2cdrv, or i2cdrv daemon")
