"""The last reading of a device that a process serves: the process is asked, and its file if no process answers.

The process knows how old its reading is, whatever the clocks and time namespaces are.
A file counts only if it is provably fresh (``published.last_reading``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core import published
from ..errors import ConfigLost, Error, Unknown
from .names import WATCH
from .peers import sockets
from .varlink import Client, NoServer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ANSWER_S = 3.0  # that one process has to answer


def last_reading(run_dir: Path | None, device: str) -> dict[str, Any]:
    """Return the reading, as ``i2cdrv read --json`` prints it.

    Errors: Unknown if no process serves the device; ConfigLost (ENODATA) if it has no value, or none that is fresh.
    """
    silent: list[str] = []
    for path in sockets(run_dir):
        try:
            reply = Client(path, ANSWER_S).call(f"{WATCH}.Read", {"device": device})
        except (NoServer, Unknown):
            continue  # it has ended, or serves other devices
        except Error as error:
            silent.append(error.message)
        else:
            return _answered(reply)
    return _from_file(run_dir, device, silent)


def _answered(reply: Mapping[str, Any]) -> dict[str, Any]:
    reading = {**reply["reading"], "pid": reply["pid"], "interval": reply["interval"]}
    return published.checked(reading, reply["boottime"] - reading["boottime"])


def _from_file(run_dir: Path | None, device: str, silent: list[str]) -> dict[str, Any]:
    try:
        entry = published.last_reading(run_dir, device)
    except (Unknown, ConfigLost) as error:
        raise type(error)("; ".join([error.message, *silent])) from None
    return {name: value for name, value in entry.items() if name != "boot"}
