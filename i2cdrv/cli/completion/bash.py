"""Bash's reading of a line, and readline's replacement of a part of a word.

Readline replaces only the part after the last of $COMP_WORDBREAKS, or after an opening quote.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .line import Candidate

TOKEN = re.compile(r"""[0-9&]*[<>]+[&|]?|(?:\\.?|'[^']*'?|"(?:\\.|[^"\\])*"?|[^\s\\'"<>])+""", re.DOTALL)
PIECE = re.compile(
    r"""\\(?P<escaped>.?)|'(?P<single>[^']*)(?P<end1>'?)|"(?P<double>(?:\\.|[^"\\])*)(?P<end2>"?)""", re.DOTALL
)
SPECIAL = re.compile(r"""([\s\\'"`$&|;<>(){}\[\]*?!#~])""")
WHOLE_PARTS = ("=", ":")  # given for an empty part by a completion that calls another one (sudo)


class CommandLine(NamedTuple):
    """``words``: the words after the program's name, without quotes.  ``raw``: the last word as it was written.

    ``redirected``: the last word is a file after < or >.
    """

    words: list[str]
    raw: str
    redirected: bool


def split(line: str) -> CommandLine:
    """Split a line that ends at the cursor."""
    found = list(TOKEN.finditer(line))
    tokens = [one.group() for one in found]
    if not found or found[-1].end() < len(line):
        tokens.append("")
    words = [token for before, token in pairwise(["", *tokens]) if not (_redirects(before) or _redirects(token))]
    redirected = len(tokens) > 1 and _redirects(tokens[-2])
    return CommandLine([_plain(token)[0] for token in words[1:]] or [""], tokens[-1], redirected)


def _redirects(token: str) -> bool:
    return token.lstrip("0123456789&").startswith(("<", ">"))


def _plain(raw: str) -> tuple[str, str]:
    """Return the text without its quotes, and the quote that is open at its end."""
    quote = ""

    def shown(piece: re.Match[str]) -> str:
        nonlocal quote
        single, double = piece["single"], piece["double"]
        if single is not None:
            quote = "" if piece["end1"] else "'"
            return single
        if double is not None:
            quote = "" if piece["end2"] else '"'
            return re.sub(r'\\([$`"\\])', r"\1", double)
        return piece["escaped"]

    return PIECE.sub(shown, raw), quote


def parts(candidates: Iterable[Candidate], line: CommandLine, part: str) -> Iterator[str]:
    """Yield the replacements of ``part``, the end of the last word; complete words end with a space."""
    part = "" if part in WHOLE_PARTS else part
    before, quote = _plain(line.raw.removesuffix(part))
    for one in candidates:
        end = "" if one.more or quote else " "  # readline closes the quote itself
        yield _quoted(one.word.removeprefix(before), quote) + end


def _quoted(text: str, quote: str) -> str:
    if quote == "'":
        return text.replace("'", "'\\''")
    if quote:
        return re.sub(r'(["$`\\])', r"\\\1", text)
    return SPECIAL.sub(r"\\\1", text)
