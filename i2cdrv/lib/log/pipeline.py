"""The text of log lines, as chains of structlog's processors: one chain for each format.

No other file imports structlog, whose import takes longer than most commands run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..limits import SEVERITY
from ..printable import printable, printable_json
from . import lazily

# structlog's loggers for coroutines and for threads use them; with ssl and platform they take several MB
with lazily.put_off("asyncio", "uuid"):
    from structlog import BoundLoggerBase, ReturnLogger
    from structlog.processors import JSONRenderer, LogfmtRenderer, TimeStamper, add_log_level

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from structlog.typing import Processor

    Event = MutableMapping[str, Any]

HEAD = ("timestamp", "level", "event")  # the first keys of a line, in this order


class Renderer(BoundLoggerBase):
    """A bound logger that returns its line as text; a level is any of the kernel's, which are more than structlog's."""

    def render(self, level: str, event: str, values: Mapping[str, object]) -> str:
        """Return the line of an event."""
        (line,), _ = self._process_event(level, event, dict(values))
        return str(line)


def renderer(format: str) -> Renderer:
    """Return the renderer of a format: ``text``, ``json`` or ``journal``."""
    return Renderer(ReturnLogger(), CHAINS[format], {})


def _head_first(_logger: object, _level: str, event: Event) -> Event:
    return {**{key: event.pop(key) for key in HEAD}, **event}


def _journal(logger: object, level: str, event: Event) -> str:
    """Write ``<3>event key=value``: the level as sd-daemon(3) defines it, and no time, which the journal adds."""
    text = event.pop("event")
    values = LOGFMT(logger, level, event)
    return f"<{SEVERITY[level]}>{text} {values}" if values else f"<{SEVERITY[level]}>{text}"


def _printable(_logger: object, _level: str, line: Any) -> str:
    return printable(line)  # also a line break, which structlog 22 of Debian 12 leaves as it is


def _printable_json(_logger: object, _level: str, line: Any) -> str:
    return printable_json(line)


LOGFMT = LogfmtRenderer(bool_as_flag=False)
CHAINS: dict[str, list[Processor]] = {
    "text": [add_log_level, TimeStamper(fmt="%H:%M:%S.%f", utc=False), _head_first, LOGFMT, _printable],
    "json": [add_log_level, TimeStamper(fmt="iso"), _head_first, JSONRenderer(ensure_ascii=False), _printable_json],
    "journal": [_journal, _printable],
}
