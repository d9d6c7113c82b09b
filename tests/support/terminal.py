"""A terminal for tests: runs a command on a pty and shows its screen, with the control sequences that are needed here.

ECMA-48: cursor up (A), home (H), erase in line (K) and in page (J), SGR (m); private modes (?h, ?l) change no text.
Text beyond the last column continues in the next line, as on a terminal that wraps.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from typing import TYPE_CHECKING

from tests.support import needs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PATIENCE = 60.0  # s until the screen shows the expected text
TOKEN = re.compile(r"\x1b\[(\??)([\d;]*)([A-Za-z])|(.)", re.DOTALL)


class Screen:
    """The screen of a terminal of that size.  ``wrapped``: lines that were too long for it."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.cells = [[" "] * columns for _ in range(rows)]
        self.row = self.column = self.wrapped = 0
        self.left = ""  # the beginning of a sequence

    def feed(self, text: str) -> None:
        text = self.left + text
        cut = text.rfind("\x1b")
        complete = cut < 0 or re.match(r"\x1b\[\??[\d;]*[A-Za-z]", text[cut:])
        self.left, text = ("", text) if complete else (text[cut:], text[:cut])
        for private, numbers, order, character in TOKEN.findall(text):
            if character:
                self._put(character)
            elif not private:
                self._obey(order, numbers)

    def _put(self, character: str) -> None:
        if character == "\n":
            self._down()
        elif character == "\r":
            self.column = 0
        else:
            if self.column == self.columns:
                self.wrapped += 1
                self.column = 0
                self._down()
            self.cells[self.row][self.column] = character
            self.column += 1

    def _down(self) -> None:
        self.row += 1
        if self.row == self.rows:
            self.cells = [*self.cells[1:], [" "] * self.columns]
            self.row -= 1

    def _obey(self, order: str, numbers: str) -> None:
        if order == "A":
            self.row = max(0, self.row - int(numbers or 1))
        elif order == "H":
            self.row = self.column = 0
        elif order == "K":
            assert numbers == "2"
            self.cells[self.row] = [" "] * self.columns
        elif order == "J":
            assert numbers == "2"
            self.cells = [[" "] * self.columns for _ in range(self.rows)]
        else:
            assert order == "m", f"an order that this terminal does not know: {numbers}{order}"

    def lines(self) -> list[str]:
        """Return the text without the empty part at the end."""
        lines = ["".join(row).rstrip() for row in self.cells]
        while lines and not lines[-1]:
            lines.pop()
        return lines


class Terminal:
    """A command on a pty."""

    def __init__(
        self, command: Sequence[str], columns: int = 80, rows: int = 24, env: Mapping[str, str] | None = None
    ) -> None:
        ours, theirs = needs.terminal()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            env={**kept, "TERM": "xterm", "LC_ALL": "C.UTF-8", **(env or {})},
        )  # fmt: skip
        os.close(theirs)
        self.fd, self.screen, self.raw = ours, Screen(columns, rows), ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen = Screen(columns, rows)

    def shows(self, wanted: Callable[[list[str]], object], seconds: float = PATIENCE) -> list[str]:
        """The screen, as soon as it is as wanted; fails with the screen if it never is."""
        limit = time.monotonic() + seconds
        while not wanted(self.screen.lines()):
            assert time.monotonic() < limit, "\n".join(self.screen.lines())
            if not self._receive(0.1) and self.process.poll() is not None:
                assert wanted(self.screen.lines()), "\n".join(self.screen.lines())
        return self.screen.lines()

    def interrupt(self) -> int:
        """Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.end()

    def end(self) -> int:
        """Read all that is left; the exit status."""
        status = self.process.wait(timeout=PATIENCE)
        while self._receive(0.0):
            pass
        return status

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.fd)

    def _receive(self, seconds: float) -> bool:
        ready, _, _ = select.select([self.fd], [], [], seconds)
        try:
            data = os.read(self.fd, 65536) if ready else b""
        except OSError:  # EIO: no process has the other end any more
            data = b""
        text = self._decoder.decode(data)
        self.raw += text
        self.screen.feed(text)
        return bool(data)
