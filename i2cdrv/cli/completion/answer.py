"""``i2cdrv __complete``: the answer to a shell's script, or nothing; never an error, never a long wait."""

from __future__ import annotations

import gc
import os
import sys

from .grammar import program
from .shells import ANSWERS

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from collections.abc import Sequence

ANSWER_TIMEOUT_S = 3.0  # a person waits at a terminal, and a file system may hang


def answer(words: Sequence[str]) -> int:
    """Print the answer of ``shells`` for the shell in the first word; return 0, or end the process with 1."""
    _limit_time()
    gc.disable()  # the process ends before there is much garbage
    try:
        lines = _quietly(words)
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # ° where there is no °
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
    except BaseException:  # no error may disturb the command line at the prompt
        os._exit(1)
    return 0


def _limit_time() -> None:
    try:
        import _signal as signal  # type: ignore[import-not-found]  # the module in C; signal imports enum
    except ImportError:
        import signal
    signal.signal(signal.SIGALRM, lambda *_: os._exit(1))
    signal.setitimer(signal.ITIMER_REAL, ANSWER_TIMEOUT_S)


def _quietly(words: Sequence[str]) -> list[str]:
    """Return the lines; discard the output of libraries meanwhile."""
    shown = sys.stdout, sys.stderr
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123  # pathlib is not imported for it
        sys.stdout = sys.stderr = nowhere
        try:
            return ANSWERS[words[0]](program(), words[1:])
        finally:
            sys.stdout, sys.stderr = shown
