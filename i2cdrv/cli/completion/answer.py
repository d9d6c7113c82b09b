"""``i2cdrv __complete``: the answer to a shell's script, or none; never an error, never a long wait."""

from __future__ import annotations

import os
import signal
import sys

from .shells import ANSWERS

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

LONGEST = 3.0  # s; a person waits at a terminal, and a file system may hang


def answer(parser: argparse.ArgumentParser, asked: Sequence[str]) -> int:
    """Print what ``shells`` answers to the shell that is named first."""
    signal.signal(signal.SIGALRM, lambda *_: os._exit(1))
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    try:
        lines = _quietly(parser, asked)
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # ° where there is no °
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
    except BaseException:  # no error may disturb the command line that is being typed
        os._exit(1)
    return 0


def _quietly(parser: argparse.ArgumentParser, asked: Sequence[str]) -> list[str]:
    """Return the lines; what a library prints meanwhile goes nowhere, and no compiled module is written."""
    sys.dont_write_bytecode = True
    shown = sys.stdout, sys.stderr
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123  # pathlib is not imported for it
        sys.stdout = sys.stderr = nowhere
        try:
            return ANSWERS[asked[0]](parser, asked[1:])
        finally:
            sys.stdout, sys.stderr = shown
