"""Interactive shells on a terminal: keys are typed, and the resulting command line is read."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING

from i2cdrv.cli.completion.shells import SCRIPTS, script
from tests.support import needs

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

TAB = "\t"
ALL = "\x1b*"  # put every possible word in the line
TELL = "\x18d"  # Ctrl-X d: write the line to the descriptor $SAY
PATIENCE = 30.0  # s for an answer; a shell that hangs must fail a test, not stop all
PROGRAM = """#!{python}
import sys
from pathlib import Path
sys.path[:] = {path}
from i2cdrv.cli import main as cli
from i2cdrv.cli.completion import answer, running
from i2cdrv.i2c import inventory
answer.ANSWER_TIMEOUT_S = running.ANSWER_TIMEOUT_S = 30.0  # a busy machine may let them wait
names = "bcm2835 (i2c@7e804000)", "MCP2221 usb-i2c bridge"
inventory.list_buses = lambda: [
    inventory.BusInfo(nr, name, Path(f"/dev/i2c-{{nr}}")) for nr, name in enumerate(names, 1)
]
sys.exit(cli.main())
"""
BASH = """
bind 'set bell-style none' 'set disable-completion off'
bind '"\\e*": insert-completions'
_tell() {{ printf '%s\\0' "$READLINE_LINE" >&{say}; }}
bind -x '"\\C-xd": _tell'
{before}
"""
ZSH = """
unsetopt beep prompt_cr; PS1=
bindkey -e; bindkey '^I' expand-or-complete
{before}
autoload -Uz compinit && compinit -u -D
zstyle ':completion:*' completer _complete
zstyle ':completion:*' list-max-items 100
zle -C every complete-word _generic
zstyle ':completion:every:*' completer _all_matches _complete
zstyle ':completion:every:*' insert yes
bindkey '\\e*' every
_tell() {{ printf '%s\\0' "$BUFFER" >&{say}; }}
zle -N _tell; bindkey '^Xd' _tell
"""


def installed(shell: str) -> bool:
    return shutil.which(shell) is not None


def program(place: Path) -> Path:
    """A directory with an ``i2cdrv`` to run, on a machine with two buses."""
    place.mkdir(parents=True, exist_ok=True)
    path = place / "i2cdrv"
    path.write_text(PROGRAM.format(python=sys.executable, path=sys.path))
    path.chmod(0o755)
    return place


def environment(home: Path) -> dict[str, str]:
    return {
        "PATH": f"{program(home / 'bin')}:/usr/bin:/bin", "HOME": str(home), "TERM": "dumb", "LC_ALL": "C.UTF-8",
        "INPUTRC": "/dev/null", "XDG_RUNTIME_DIR": str(home / "run"),
    }  # fmt: skip


class Shell:
    """bash or zsh.  ``before``: commands that are run first, with the script in the home directory."""

    def __init__(self, name: str, home: Path, before: str = "", *, source: bool = True) -> None:
        (home / SCRIPTS[name]).write_text(script(name))
        self._tty, theirs = needs.terminal()
        termios.tcsetwinsize(theirs, (50, 200))
        self._said, say = os.pipe()
        start = home / "start"
        template = BASH if name == "bash" else ZSH
        start.write_text(
            template.format(say=say, before=before) + (f"source {home / SCRIPTS[name]}\n" if source else "")
        )
        words = ["bash", "--noprofile", "--rcfile", str(start), "-i"] if name == "bash" else ["zsh", "-f", "-i"]
        self._process = subprocess.Popen(
            words, stdin=theirs, stdout=theirs, stderr=theirs, pass_fds=[say], cwd=home, env=environment(home),
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        os.close(say)
        if name == "zsh":
            self._type(f"source {start}\r")

    def __enter__(self) -> Shell:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._tty)
        os.close(self._said)

    def _type(self, text: str) -> None:
        os.write(self._tty, text.encode())

    def line(self, keys: str) -> str:
        """The line after the keys, which is then thrown away."""
        self._type(f"{keys}{TELL}")
        answer, screen, end = b"", b"", time.monotonic() + PATIENCE
        while not answer.endswith(b"\0"):
            ready, _, _ = select.select([self._said, self._tty], [], [], max(end - time.monotonic(), 0))
            if not ready:
                raise TimeoutError(f"no answer to {keys!r}; on the screen: {screen.decode(errors='replace')}")
            if self._said in ready:
                answer += os.read(self._said, 4096)
            if self._tty in ready:
                screen += os.read(self._tty, 4096)
        self._type("\x01\x0b")  # Ctrl-A Ctrl-K
        return answer[:-1].decode()

    def words(self, typed: str) -> list[str]:
        """All words that the shell puts in the place of the last one."""
        line = self.line(f"{typed}{ALL}")
        return line[len(typed) - len(typed.rpartition(" ")[2]) :].split()
