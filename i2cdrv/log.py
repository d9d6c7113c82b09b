"""Structured log lines on stderr: key=value for a person, JSON for a program.  The first line imports structlog."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .adapter import Message
    from .client import Trace
    from .errors import Error

FORMATS = ("text", "json")


class _Log:
    """The logger, made when it is first used."""

    def __init__(self) -> None:
        self._logger: Any = None
        self._format = ""
        self.writer = 0  # the thread that writes a line just now: it may wait for whoever reads them

    def configure(self, format: str | None) -> None:
        """``text``, ``json``, or None: text on a terminal."""
        self._format = format or ("text" if sys.stderr.isatty() else "json")
        self._logger = None

    def __call__(self, level: str, event: str, **values: object) -> None:
        if self._logger is None:
            self._logger = _make(self._format or "text")
        self.writer = threading.get_ident()
        with suppress(OSError, ValueError):  # stderr full, gone or closed: no reason to stop measuring
            self._logger.msg(event, level=level, **values)
        self.writer = 0


class _Stderr:
    """What sys.stderr is when a line is written."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def _make(format: str) -> Any:
    import structlog
    from structlog import processors

    stamp = processors.TimeStamper(fmt="iso" if format == "json" else "%H:%M:%S.%f", utc=format == "json")
    json = processors.JSONRenderer(ensure_ascii=False)
    show: Any = json if format == "json" else processors.LogfmtRenderer()
    return structlog.wrap_logger(
        structlog.PrintLogger(cast("TextIO", _Stderr())), processors=[stamp, _head_first, show]
    )


def _head_first(_logger: object, _method: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**{key: event[key] for key in ("timestamp", "level", "event")}, **event}


log = _Log()

LEVELS = ("emerg", "alert", "critical", "error", "warning", "notice", "info", "debug")  # KERN_EMERG …


def printk(level: int, line: bytes) -> None:
    """A line that the kernel would have written to its log, with its level."""
    log(LEVELS[level], line.decode("utf-8", "backslashreplace"))


def tracer(device: str) -> Trace:
    """What ``debug=1`` installs: one line for each transfer."""

    def trace(messages: Sequence[Message], answers: list[bytes] | Error, seconds: float) -> None:
        log("debug", "transfer", device=device, **_shown(messages, answers), us=round(seconds * 1e6))

    return trace


def _shown(messages: Sequence[Message], answers: list[bytes] | Error) -> Mapping[str, str]:
    writes = " ".join(message[1].hex("-") for message in messages if isinstance(message[1], bytes))
    shown = {"write": writes} if writes else {}
    if isinstance(answers, list):
        return {**shown, "read": " ".join(answer.hex("-") for answer in answers)} if answers else shown
    return {**shown, "error": answers.name}
