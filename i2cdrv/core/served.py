"""The readings that running processes publish, as their readers find them.

Only commands that read files import this, and neither pathlib nor json nor the texts of errors.
"""

from __future__ import annotations

import os

from ..lib import ofdlock, trusted
from .readingfile import unpack

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, TypeGuard

READ_TRIES = 5  # of a file whose writer was met
READ_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW
DEVICES, ENDING = "devices", ".reading"
LARGEST = 1e300  # no quantity, nor a time, is larger; JSON has integers of any length


def served(searched: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the last reading of every device that a running process serves: ``as_dict`` with chip, pid, interval.

    ``searched``: the run directories.
    """
    for path in (path for place in searched for path in _files(f"{place}/{DEVICES}")):
        try:
            entry = _entry(path)
        except (OSError, ValueError):
            continue  # it has published nothing yet, or is ending
        if is_published(entry):
            yield entry


def _files(directory: str) -> list[str]:
    """Return the files of readings that this user may see."""
    try:
        names = sorted(os.listdir(directory))  # noqa: PTH208
    except OSError:
        return []
    return [f"{directory}/{name}" for name in names if name.endswith(ENDING)]


def _entry(path: str) -> object:
    """Return the reading in a file, None if no process holds its lock.  Raises OSError; ValueError without one."""
    if not _is_locked(path):
        return None
    for _ in range(READ_TRIES - 1):
        try:
            return unpack(trusted.read(path))
        except ValueError:
            pass  # perhaps its writer was met
    return unpack(trusted.read(path))


def _is_locked(path: str) -> bool:
    """Return whether a process holds the lock.  Raises OSError."""
    fd = os.open(path, READ_FLAGS)
    try:
        return ofdlock.is_exclusive(fd)
    finally:
        os.close(fd)


def is_published(entry: object) -> TypeGuard[dict[str, Any]]:
    """Return whether a value from a file has the fields of a published reading, each of its type."""
    if not isinstance(entry, dict) or entry.get("status") not in ("ok", "error"):
        return False
    texts = all(isinstance(entry.get(name), str) for name in ("device", "driver", "chip"))
    others = all(isinstance(entry.get(name, ""), str) for name in ("error", "message", "state", "name"))
    numbers = all(_is_number(entry.get(name, 0)) for name in ("time", "pid"))
    interval = entry.get("interval") is None or _is_number(entry["interval"])
    return texts and others and numbers and interval and _are_channels(entry)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST <= value <= LARGEST


def _are_channels(entry: Mapping[str, Any]) -> bool:
    channels = entry.get("channels") or {} if entry["status"] == "ok" else {}
    return isinstance(channels, dict) and all(isinstance(one, dict) and _is_channel(one) for one in channels.values())


def _is_channel(channel: Mapping[str, Any]) -> bool:
    return all(isinstance(text, str) for text in (channel.get("unit"), channel.get("label", ""))) and _is_value(channel)


def _is_value(channel: Mapping[str, Any]) -> bool:
    """Return whether it has either a value or an error."""
    if channel.get("error") is not None:
        return channel.get("value") is None and all(isinstance(channel.get(key), str) for key in ("error", "message"))
    return _is_number(channel.get("value"))
