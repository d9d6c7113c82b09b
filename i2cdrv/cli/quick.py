"""The plain ``read DEVICE [CHANNEL]``, ``param MODULE [NAME]``, ``list`` and ``log``: little more than Python's start.

``lines`` returns the whole right answer, or None: for every other form of a command, for each failure, and for a reply
that is unusual in any way.  The usual path has not begun then, and does everything.  Both paths check a run directory
with ``places``, and make their lines with ``readingtext``, ``listing`` and ``logtext``.  This one spares argparse,
typing, pathlib, json and the texts of the interfaces.

``read`` calls the process, although the file of a device has its last reading.  After a change of a parameter the
process takes a new sample.  After a change of a correction or a label it converts the last sample again.  After a
failure of the driver it has no value.  In each case the file keeps the older reading until the next sample, and no
reader of the file can notice that.  The check of its owners, lock, CRC and clock would cost as much as the call.

A process that does not answer soon, or whose reading is too old, is left to the usual path, which has more patience.
"""

from __future__ import annotations

from ..core.readingtext import as_lines, bare, channel_of, failure_of, faults_of
from ..ipc.quickclient import (
    DESCRIBE_LOG,
    DIGITS,
    LIST_DEVICES,
    LIST_MODULES,
    READ,
    READ_LOG,
    SHOW_PARAMETERS,
    STATUS,
    Unusual,
    ask,
    sockets,
    stream,
)
from ..lib import places
from ..lib.age import longest

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

HEXADECIMAL = "0123456789abcdef"
RUN_DIR = "--run-dir"


def lines(words: Sequence[str]) -> list[str] | None:
    """Return the lines to print; None if the usual path has to find them."""
    try:
        run_dir, rest = _without_run_dir(list(words))
        if rest == ["list"]:
            return _list(_searched(run_dir))
        if rest == ["log"]:
            return _log(_searched(run_dir))
        if len(rest) in (2, 3) and rest[0] == "read" and _is_device(rest[1]) and not rest[-1].startswith("-"):
            return _read(_searched(run_dir), *rest[1:])
        if len(rest) in (2, 3) and rest[0] == "param" and all(map(_is_name, rest[1:])):
            return _param(_searched(run_dir), *(word.replace("-", "_") for word in rest[1:]))
    except (Unusual, OSError, ValueError, RecursionError):
        return None
    return None


def _without_run_dir(words: list[str]) -> tuple[str | None, list[str]]:
    """Return the run directory, if one is given before or after the other words, and these."""
    if words[:1] == [RUN_DIR] and words[1:]:
        return _plain(words[1]), words[2:]
    if words[-2:-1] == [RUN_DIR]:
        return _plain(words[-1]), words[:-2]
    return None, words


def _plain(run_dir: str) -> str:
    """Return a path that pathlib would not write in another way.  Raises Unusual."""
    if not places.is_plain(run_dir):
        raise Unusual
    return run_dir


def _searched(run_dir: str | None) -> tuple[str, ...]:
    usual = _plain(places.default())
    return places.search(usual if run_dir is None else run_dir, usual)


def _is_device(word: str) -> bool:
    """Return whether the word is the kernel's name of a device: 1-0076."""
    bus, _, address = word.partition("-")
    return bool(bus) and not bus.strip(DIGITS) and len(address) == 4 and not address.strip(HEXADECIMAL)


def _is_name(word: str) -> bool:
    """Return whether the word can be the name of a module or a parameter, with - for _ in it."""
    return word[:1] != "-" and word.isascii() and word.replace("-", "_").isidentifier()


def _read(searched: Sequence[str], device: str, channel: str | None = None) -> list[str]:
    reading = _reading(searched, device)
    if channel is None:
        return as_lines(reading)
    name = channel_of(reading, channel)
    if name is None or name in faults_of(reading):
        raise Unusual
    return [bare(reading["channels"][name])]


def _reading(searched: Sequence[str], device: str) -> dict[str, Any]:
    """Return the reading of the first process that serves the device.  Raises Unusual, also if it has no value."""
    for path in sockets(searched):
        (reply,) = ask(path, READ, parameters=f'{{"device":"{device}"}}') or (None,)
        if reply is None:
            continue  # no process, or a process without the device
        reading: dict[str, Any] = reply["reading"]
        age = reply["boottime"] - reading["boottime"]
        if failure_of(reading) or not 0 <= age <= longest(reply["interval"]):
            raise Unusual
        return reading
    raise Unusual


def _list(searched: Sequence[str]) -> list[str]:
    from .listing import lines as lines_of

    modules: list[Any] = []
    devices: list[Any] = []
    missing: list[list[Any]] = []  # of each daemon
    for _, replies in _replies(searched, LIST_MODULES, LIST_DEVICES, of_daemon=(STATUS,)):
        modules += replies[0]["modules"]
        devices += replies[1]["devices"]
        missing += [one["missing"] for one in replies[2:]]
    if not modules:
        raise Unusual
    return lines_of(modules, devices, missing[0] if missing else [])


def _param(searched: Sequence[str], module: str, name: str | None = None) -> list[str]:
    """Return the parameters of a module that one process has loaded, or the value of one."""
    loaded = [
        (path, one["name"]) for path, replies in _replies(searched, LIST_MODULES) for one in replies[0]["modules"]
    ]
    found = [path for path, one in loaded if one == module]
    if len(found) != 1:
        raise Unusual
    (reply,) = ask(found[0], SHOW_PARAMETERS, parameters=f'{{"module":"{module}"}}') or (None,)
    if reply is None or name not in (None, *reply["parameters"]):
        raise Unusual
    shown = reply["parameters"]
    return [f"{one}={value}" for one, value in shown.items()] if name is None else [shown[name]]


def _log(searched: Sequence[str]) -> list[str]:
    """Return the log of the daemon or, where none runs, of the only process."""
    from ..ipc.logtext import as_text, lines_of, seconds_of

    found = []
    for path, _ in _replies(searched, DESCRIBE_LOG):
        found.append(path)
        if path.endswith(f"/{places.DAEMON}"):
            break
    if len(found) != 1:
        raise Unusual
    replies = stream(found[0], READ_LOG, '{"level":"debug"}')
    return [text for reply in replies for line in lines_of(reply) for text in as_text(line, seconds_of, "")]


def _replies(searched: Sequence[str], *methods: str, of_daemon: Sequence[str] = ()) -> Iterator[tuple[str, list[Any]]]:
    """Yield the socket of each process, and its replies.  Raises Unusual if a process does not answer."""
    for path in sockets(searched):
        is_daemon = path.endswith(f"/{places.DAEMON}")
        replies = ask(path, *methods, *(of_daemon if is_daemon else ()))
        if replies is None and is_daemon:
            continue
        if replies is None or None in replies:
            raise Unusual  # the usual path removes the socket of a dead process
        yield path, replies
