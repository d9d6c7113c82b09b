"""The language of man pages, man(7): literal text, and the few macros that the pages use.

A page is plain ASCII, so it is the same in every locale.
"""

from __future__ import annotations

import re
import textwrap
from typing import Any

NAMED = {
    "\\": "\\(rs", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti", '"': "\\(dq",
    "°": "\\(de", "µ": "\\(mc", "±": "\\(+-", "×": "\\(mu", "…": "...", "§": "\\(sc",
}  # fmt: skip

LONGEST = 78  # characters of a line
AS_IT_IS: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}


def escaped(text: str) -> str:
    """Return markup that shows the text literally, except at the beginning of a line; see ``line``."""
    return "".join(NAMED.get(one) or (one if one.isascii() else f"\\[u{ord(one):04X}]") for one in text)


def line(markup: str) -> str:
    """Return markup for the beginning of a line, where a dot or an apostrophe would be a request."""
    return f"\\&{markup}" if markup.startswith((".", "'")) else markup


def bold(text: str) -> str:
    return f"\\fB{escaped(text)}\\fR"


def italic(text: str) -> str:
    return f"\\fI{escaped(text)}\\fR"


def unbroken(markup: str) -> str:
    """Return the markup with spaces that do not break."""
    return markup.replace(" ", "\\ ")


class Page:
    """One page.  Its markup comes from ``escaped``, ``bold`` and ``italic``."""

    def __init__(self, name: str, date: str, source: str) -> None:
        self._lines = [
            f'.TH {escaped(name.upper())} 1 "{date}" "{escaped(source)}" "User Commands"',
            ".nr HY 0",
            ".ad l",
        ]

    def section(self, name: str) -> None:
        self._lines.append(f".SH {name}")

    def paragraph(self, markup: str) -> None:
        self._begin_paragraph()
        self._sentences(markup)

    def example(self, text: str) -> None:
        """Add lines without filling them."""
        self._begin_paragraph()
        self._lines += [".RS 4", ".EX", *(line(escaped(one)) for one in text.splitlines()), ".EE", ".RE"]

    def synopsis(self, command: str, parts: list[str]) -> None:
        """Add a command and its unbroken parts, whose final dots end no sentence."""
        self._lines += [f".SY {unbroken(escaped(command))}", *(f"{line(unbroken(part))}\\&" for part in parts), ".YS"]

    def item(self, tag: str, markup: str) -> None:
        self._lines += [".TP", line(tag)]
        self._sentences(markup)

    def plain(self, markup: str) -> None:
        """Add text directly after the heading of a section."""
        self._sentences(markup)

    def _begin_paragraph(self) -> None:
        if not self._lines[-1].startswith(".SH"):
            self._lines.append(".PP")

    def _sentences(self, markup: str) -> None:
        """Begin a line with each sentence, because roff detects the end of a sentence at the end of a line."""
        for sentence in re.split(r"(?<=[.:;?])\s{2,}", markup):
            self._lines += [line(one) for one in textwrap.wrap(sentence, LONGEST, **AS_IT_IS)]

    def __str__(self) -> str:
        return "\n".join(self._lines) + "\n"
