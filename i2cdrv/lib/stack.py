"""The calls of a thread as text for the log, without reading a file: a bus thread must not wait for a disk."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType, TracebackType

DEPTH = 20  # calls that the log shows

_sources: dict[str, Sequence[str]] = {}  # the lines of drivers' files, as they were when the drivers were loaded


class Call(NamedTuple):
    """One call: where it is."""

    file: str
    line: int | None
    function: str

    def __str__(self) -> str:
        """Return it as a traceback shows it; the source line only where it is in memory."""
        where = f'  File "{self.file}", line {self.line}, in {self.function}\n'
        lines = _sources.get(self.file, ())
        return where if self.line is None or self.line > len(lines) else f"{where}    {lines[self.line - 1].strip()}\n"


def remember(path: Path) -> None:
    """Read a driver's file, so that its lines can be shown later; on any thread but a bus thread."""
    with suppress(OSError, ValueError):
        _sources[str(path)] = path.read_text().splitlines()


def of_frame(frame: FrameType | None) -> list[Call]:
    """Give the calls that lead to a frame, the outermost first."""
    calls = []
    while frame is not None:
        calls.append(Call(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
        frame = frame.f_back
    return calls[::-1]


def of_traceback(trace: TracebackType | None) -> list[Call]:
    """Give the calls of a traceback, the outermost first."""
    calls = []
    while trace is not None:
        code = trace.tb_frame.f_code
        calls.append(Call(code.co_filename, trace.tb_lineno, code.co_name))
        trace = trace.tb_next
    return calls


def from_file(path: Path, calls: Sequence[Call]) -> Sequence[Call]:
    """Give the calls from the first one in that file on, or the last ones if none is in it."""
    own = [number for number, call in enumerate(calls) if call.file == str(path)]
    return calls[own[0] :][:DEPTH] if own else calls[-DEPTH:]


def dump(error: BaseException, path: Path) -> str:
    """Show where a mistake was made: the calls from the first one in that file on."""
    return "".join(map(str, from_file(path, of_traceback(error.__traceback__))))
