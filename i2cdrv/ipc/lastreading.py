"""The last reading of a served device, from its process or, if no process answers, from its file.

The process knows the age of its reading, whatever the clocks and time namespaces are.
A file counts only if it is provably fresh (``published.last_reading``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core import published
from ..errors import ConfigLost, Error, Unknown
from .names import WATCH
from .peers import replies
from .varlink import NoServer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

READ_TIMEOUT_S = 3.0  # for each process


def last_reading(run_dir: Path | None, device: str, *, raw: bool = False) -> dict[str, Any]:
    """Return the reading, as ``i2cdrv read --json`` prints it.  ``raw``: without corrections.

    Errors: Unknown if no process serves the device; ConfigLost (ENODATA) if it has no value, or none that is fresh;
    Error for raw values if no process answers.
    """
    failed: list[str] = []
    wanted = {"device": device, **({"raw": True} if raw else {})}
    for _, reply in replies(run_dir, f"{WATCH}.Read", wanted, READ_TIMEOUT_S):
        if isinstance(reply, NoServer | Unknown):
            continue  # the process has ended, or serves other devices
        if isinstance(reply, Error):
            failed.append(reply.message)
        else:
            return _checked(reply)
    if raw:
        raise Error("; ".join(failed) or f"no running i2cdrv that answers serves {device}: only it has raw values")
    return _from_file(run_dir, device, failed)


def _checked(reply: Mapping[str, Any]) -> dict[str, Any]:
    reading = {**reply["reading"], "pid": reply["pid"], "interval": reply["interval"]}
    return published.checked(reading, reply["boottime"] - reading["boottime"])


def _from_file(run_dir: Path | None, device: str, failed: list[str]) -> dict[str, Any]:
    try:
        entry = published.last_reading(run_dir, device)
    except (Unknown, ConfigLost) as error:
        raise type(error)("; ".join([error.message, *failed])) from None
    return {name: value for name, value in entry.items() if name != "boot"}
