"""What may stand at a place of the command line: a word, or any file."""

from __future__ import annotations

from typing import NamedTuple


class Candidate(NamedTuple):
    """A word, whole; ``text``: what it is; ``more``: something follows it without a space."""

    word: str
    text: str = ""
    more: bool = False


class Files(NamedTuple):
    """A path, which the shell completes itself, behind what the word begins with (``replay:``)."""

    before: str = ""
    directories: bool = False


Item = Candidate | Files
