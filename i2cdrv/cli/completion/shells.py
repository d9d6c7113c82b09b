"""The script of each shell, and the answers to its requests, line by line.

The first line of an answer is for a shell that can use none of the words: ``files``, ``directories``, or nothing.
"""

from __future__ import annotations

from .kinds import items
from .line import Candidate, Files

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .grammar import Command
    from .line import Item

SCRIPTS = {"bash": "i2cdrv.bash", "zsh": "_i2cdrv", "fish": "i2cdrv.fish"}


def script(shell: str) -> str:
    """Return the text that the shell sources."""
    from pathlib import Path  # which answers do without

    return Path(__file__).with_name(SCRIPTS[shell]).read_text(encoding="utf-8")


def for_bash(program: Command, words: Sequence[str]) -> list[str]:
    """Answer bash.  ``words``: the line up to the cursor, and the part of its last word that readline replaces."""
    from . import bash  # the other shells have no quotes here

    text, part = words
    line = bash.split(text)
    if line.redirected:
        return ["files"]
    found = items(program, line.words)
    fitting = _fitting(found, line.words[-1])
    if not fitting:
        return [_files(found, line.words[-1])[0]]
    return ["", *bash.parts(fitting, line, part)]


def for_zsh(program: Command, words: Sequence[str]) -> list[str]:
    """Answer zsh: the second line is the part of the word that stays; then ``word:text``, ``+`` for incomplete words.

    Words with another beginning are included: zsh may be configured to match in other ways.
    """
    found = items(program, words)
    fitting = _fitting(found, words[-1])
    instead, before = ("", "") if fitting else _files(found, words[-1])
    if not instead:
        before = words[-1][: max(map(words[-1].rfind, "=:,@")) + 1]
    rest = [one for one in found if isinstance(one, Candidate) and one.word.startswith(before)]
    return [instead, before, *(_described(one, before) for one in rest)]


def _described(one: Candidate, before: str) -> str:
    word = one.word.removeprefix(before).replace("\\", "\\\\").replace(":", "\\:")
    return f"{'+' if one.more else ' '}{word}" + (f":{one.text}" if one.text else "")


def for_fish(program: Command, words: Sequence[str]) -> list[str]:
    """Answer fish: the second line is the prefix of a file; then the words, each with its text after a tab."""
    found = items(program, words)
    instead, before = ("", "") if _fitting(found, words[-1]) else _files(found, words[-1])
    candidates = [one for one in found if isinstance(one, Candidate)]
    return [instead, before, *(f"{one.word}\t{one.text}" for one in candidates)]


def _fitting(found: Sequence[Item], word: str) -> list[Candidate]:
    return [one for one in found if isinstance(one, Candidate) and one.word.startswith(word)]


def _files(found: Sequence[Item], word: str) -> tuple[str, str]:
    """Return ``files`` or ``directories``, and their prefix; two empty texts if there can be none."""
    for one in found:
        if isinstance(one, Files) and word.startswith(one.before):
            return "directories" if one.directories else "files", one.before
    return "", ""


ANSWERS = {"bash": for_bash, "zsh": for_zsh, "fish": for_fish}
