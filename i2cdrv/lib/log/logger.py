"""Structured log lines: all of them to a ring in memory, and those of a level and above to stderr.

There they are key=value for a person, JSON for a program, and what the journal understands where stderr is the journal.
The first line for a person or a program imports structlog; ``prepare`` does so before a bus thread starts.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from ..accounting import ACCOUNT
from ..printable import printable, printable_json
from .levels import LEVELS, SEVERITY
from .logfmt import words
from .ring import Ring
from .stderr import Stderr

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Show = Callable[[str, str, Mapping[str, object]], str]

FORMATS = ("text", "json", "journal")


class _Log:
    """The logger, made when it is first used.  ``ring``: the latest lines."""

    def __init__(self) -> None:
        self._show: Show | None = None
        self._prepared = False
        self._format = ""
        self._least = SEVERITY["debug"]
        self._stderr = Stderr()
        self.ring = Ring()

    def configure(self, format: str | None, level: str = "debug") -> None:
        """``text``, ``json``, ``journal``, or None: what stderr is.  ``level``: the least that goes there."""
        self._format = format or _format_of_stderr()
        self._least = SEVERITY[level]
        self._show = _shows(self._format) if self._prepared else None

    def prepare(self) -> None:
        """Import what lines need, now and after each ``configure``: bus threads log, and must not wait for a disk."""
        self._prepared = True
        if self._show is None:
            self._show = _shows(self._format)
        self._show("debug", "a\n", {"b": "ä\n"})  # what is imported only by the first line

    def __call__(self, level: str, event: str, **values: object) -> None:
        with ACCOUNT.framework:
            self.ring.add(level, event, values)
            if SEVERITY[level] <= self._least:
                self._write(level, event, values)

    def _write(self, level: str, event: str, values: Mapping[str, object]) -> None:
        show = self._show
        if show is None:
            show = self._show = _shows(self._format)
        self._stderr.write(show(level, event, values), partial(_left_out, show))


def _left_out(show: Show, lines: int) -> str:
    return show("warning", "stderr was not read: lines are missing", {"lines": lines, "next": "i2cdrv log"})


def _format_of_stderr() -> str:
    """The journal's if stderr is the connection to it (systemd.exec(5)), text on a terminal."""
    with suppress(OSError, ValueError):  # it is no file
        there = os.fstat(sys.stderr.fileno())
        if os.environ.get("JOURNAL_STREAM") == f"{there.st_dev}:{there.st_ino}":
            return "journal"
    return "text" if sys.stderr.isatty() else "json"


def _journal(level: str, event: str, values: Mapping[str, object]) -> str:
    """With the level's number in front (sd-daemon(3)); the journal has the time."""
    return f"<{SEVERITY[level]}>{words(event, values)}"


def _shows(format: str) -> Show:
    """Give what makes a line of a format; text and JSON are made by structlog, and have the time."""
    if format == "journal":
        return _journal
    from structlog import processors

    stamp = processors.TimeStamper(fmt="iso" if format == "json" else "%H:%M:%S.%f", utc=format == "json")
    json = processors.JSONRenderer(ensure_ascii=False)
    show: Any = json if format == "json" else processors.LogfmtRenderer()
    escape = printable_json if format == "json" else printable

    def shown(level: str, event: str, values: Mapping[str, object]) -> str:
        line: str = show(None, level, {**stamp(None, level, {}), "level": level, "event": event, **values})
        return escape(line)  # a line break too, which structlog 22 of Debian 12 leaves as it is

    return shown


log = _Log()


def printk(level: int, line: bytes) -> None:
    """A line that the kernel would have written to its log, with its level."""
    log(LEVELS[level], line.decode("utf-8", "backslashreplace"))
