"""Structured log lines: all of them to a ring in memory, and those of a level and above to stderr.

On stderr they are key=value for a person, JSON for a program, and the journal's own format where stderr is the journal.
The first line for stderr imports structlog; ``prepare`` does so before a bus thread starts.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from ..accounting import ACCOUNT
from ..limits import LEVELS, SEVERITY
from .ring import Ring
from .stderr import Stderr

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .pipeline import Renderer

FORMATS = ("text", "json", "journal")


class _Log:
    """The logger of the process.  ``ring``: the latest lines.

    A line of a device that a user has named has that name, too.
    """

    def __init__(self) -> None:
        self._renderer: Renderer | None = None
        self._prepared = False
        self._format = "text"
        self._least = SEVERITY["debug"]
        self._stderr = Stderr()
        self._names: Mapping[object, str] = {}
        self.ring = Ring()

    def configure(self, format: str | None, level: str = "debug") -> None:
        """Set the format (None: the best for stderr) and the least severe level that goes there."""
        self._format = format or _format_of_stderr()
        self._least = SEVERITY[level]
        self._renderer = _renderer(self._format) if self._prepared else None

    def prepare(self) -> None:
        """Import the renderer, now and after each ``configure``: a bus thread must not wait for a disk."""
        self._prepared = True
        if self._renderer is None:
            self._renderer = _renderer(self._format)
        self._renderer.render("debug", "a\n", {"b": "ä\n"})  # the first line imports, too

    def name(self, device: str, name: str) -> None:
        """Set the user's name of a device; an empty one removes it."""
        others = {one: known for one, known in self._names.items() if one != device}
        self._names = {**others, device: name} if name else others

    def device_of(self, name: str) -> str:
        """Return the device of a user's name; empty if there is none."""
        return next((str(device) for device, known in self._names.items() if known == name), "")

    def bind(self, **values: Any) -> Callable[..., None]:
        """Return a function that logs with these values in each line, as structlog's ``bind`` does."""
        return partial(self, **values)

    def __call__(self, level: str, event: str, **values: object) -> None:
        """Log an event with its values."""
        if self._names and (name := self._names.get(values.get("device"))):
            values["name"] = name
        with ACCOUNT.framework:
            self.ring.add(level, event, values)
            if SEVERITY[level] <= self._least:
                self._write(level, event, values)

    def _write(self, level: str, event: str, values: Mapping[str, object]) -> None:
        renderer = self._renderer
        if renderer is None:
            renderer = self._renderer = _renderer(self._format)
        self._stderr.write(renderer.render(level, event, values), partial(_left_out, renderer))


def _left_out(renderer: Renderer, lines: int) -> str:
    values = {"lines": lines, "next": "i2cdrv log"}
    return renderer.render("warning", "stderr was not read: lines are missing", values)


def _renderer(format: str) -> Renderer:
    from .pipeline import renderer  # imports structlog

    return renderer(format)


def _format_of_stderr() -> str:
    """Return ``journal`` if stderr is connected to it (systemd.exec(5)), ``text`` on a terminal, else ``json``."""
    with suppress(OSError, ValueError):  # it is no file
        there = os.fstat(sys.stderr.fileno())
        if os.environ.get("JOURNAL_STREAM") == f"{there.st_dev}:{there.st_ino}":
            return "journal"
    return "text" if sys.stderr.isatty() else "json"


log = _Log()


def printk(level: int, line: bytes) -> None:
    """Log a line that the kernel would have written to its own log, by its level."""
    log(LEVELS[level], line.decode("utf-8", "backslashreplace"))
