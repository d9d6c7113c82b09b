"""A shell session that runs the blocks of one page, in order, in a directory of its own."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.system.docs.snippets import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.system.docs.snippets import Block

SESSION_S = 300.0
PRELUDE = """\
set -eu -o pipefail
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT  # bash's own kill: a small Debian has no other
serving() {  # wait until the process that has just been started serves a device
    for attempt in $(seq 300); do
        if i2cdrv list "$@" 2>/dev/null | grep -q live; then return; fi
        sleep 0.1
    done
    echo "nothing is served after 30 s" >&2
    return 1
}
"""


class Session:
    """The script of a page; ``run`` returns a message for each block that fails."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._script = [PRELUDE]
        self._expected: list[tuple[Block, str, str]] = []  # of console commands: block, command, output

    def add(self, block: Block) -> None:
        """Add a block to the script."""
        assert block.language == "python" or not block.needs_root, f"{block.place}: mark it, # needs: root"
        self._script.append(f"echo {shlex.quote(block.place)} >.place")
        getattr(self, f"_add_{block.language}")(block)

    def run(self) -> list[str]:
        """Run the script and compare the outputs."""
        done = subprocess.run(
            ["bash", "-c", "\n".join(self._script)], cwd=self.directory, env=self._environment(), text=True,
            capture_output=True, check=False, timeout=SESSION_S, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode:
            place = (self.directory / ".place").read_text().strip()
            return [f"{place}: exit status {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"]
        return list(self._differences())

    def _environment(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        own = {"HOME": str(self.directory), "XDG_RUNTIME_DIR": str(self.directory), "PATH": path, "COLUMNS": "100"}
        ignored = {"PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST", "PYTHONPATH"}
        return {**{name: value for name, value in os.environ.items() if name not in ignored}, **own}

    def _add_sh(self, block: Block) -> None:
        for command in commands(block.text):
            self._script.append(_runnable(command))

    def _add_console(self, block: Block) -> None:
        for command, output in exchanges(block.text):
            if command.endswith("&"):
                self._script.append(_runnable(command))
                continue
            file = f".output{len(self._expected)}"
            self._script.append(f"{{ {_runnable(command)}\n}} >{file} 2>&1 || true")
            self._expected.append((block, command, output))

    def _add_python(self, block: Block) -> None:
        name = block.file or ".script.py"
        (self.directory / f".text{len(self._script)}").write_text(block.text)
        self._script.append(f"cp .text{len(self._script)} {name}")
        if name.startswith("test_"):
            self._script.append(f"python3 -m pytest -q -p no:cacheprovider -p no:randomly {name}")
        elif not block.file:
            self._script.append(f"python3 {name}")

    def _add_yaml(self, block: Block) -> None:
        if block.file:
            (self.directory / f".text{len(self._script)}").write_text(block.text)
            self._script.append(f"cp .text{len(self._script)} {block.file}\ni2cdrv check {block.file}")

    def _add_pycon(self, block: Block) -> None:
        (self.directory / f".text{len(self._script)}").write_text(block.text)
        self._script.append(f"python3 -m doctest -o ELLIPSIS .text{len(self._script)}")

    def _differences(self) -> Iterator[str]:
        for number, (block, command, expected) in enumerate(self._expected):
            output = (self.directory / f".output{number}").read_text()
            if not fits(output, expected):
                yield f"{block.place}: $ {command}\nshown:\n{expected}\nprinted:\n{output}"


def commands(text: str) -> Iterator[str]:
    """Give the commands of a block: lines, joined where a backslash or a here-document continues them."""
    lines = iter(text.splitlines())
    for line in lines:
        command = line
        while command.endswith("\\"):
            command += "\n" + next(lines)
        if end := re.search(r"<<'?(\w+)'?", command):
            for more in lines:
                command += "\n" + more
                if more == end[1]:
                    break
        if command.strip() and not command.lstrip().startswith("#"):
            yield command


def exchanges(text: str) -> Iterator[tuple[str, str]]:
    """Give each command of a console block with the output below it."""
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _, output = part.partition("\n")
        yield without_comment(command), output


def fits(output: str, expected: str) -> bool:
    """Whether the output is the expected one; ``…`` stands for any text, and for a line or more if it is alone."""
    pattern = ".*?".join(re.escape(piece) for piece in _normal(expected).split("…"))
    return re.fullmatch(pattern, _normal(output), re.S) is not None


def _normal(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def without_comment(command: str) -> str:
    return re.sub(r"\s+# .*$", "", command)


def _runnable(command: str) -> str:
    """Return the command; after one in the background, wait until it serves."""
    command = without_comment(command) if "\n" not in command else command
    if not command.endswith("&"):
        return command
    run_dir = re.search(r"--run-dir (\S+)", command)
    return f"{command}\nserving --run-dir {run_dir[1]}" if run_dir else command


def words(command: str) -> Sequence[str]:
    """Return the words of a simple command, without ``sudo``, assignments, redirections and further commands."""
    plain = re.sub(r"\s\d?[<>]+&?\s?\S*", "", without_comment(command))
    lexer = shlex.shlex(plain, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    found: list[str] = []
    for word in lexer:
        if set(word) <= set("|&;<>"):
            break
        found.append(word)
    while found and (found[0] == "sudo" or re.fullmatch(r"\w+=.*", found[0])):
        found.pop(0)
    return found


def in_root(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command in the project's root."""
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
