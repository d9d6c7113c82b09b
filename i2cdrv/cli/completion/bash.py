"""Bash's reading of a line, and readline's replacement of a part of a word.

Readline replaces only the part after the last of $COMP_WORDBREAKS, or after an opening quote.  re takes longer to
import than a whole answer.
"""

from __future__ import annotations

from itertools import pairwise

from .grammar import Record

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .line import Candidate

QUOTES = "\\'\""
SPECIAL = "\\'\"`$&|;<>(){}[]*?!#~"  # and white space
SPECIAL_IN_DOUBLE = '"$`\\'
BEFORE_REDIRECTION = "0123456789&"
WHOLE_PARTS = ("=", ":")  # given for an empty part by a completion that calls another one (sudo)


class CommandLine(Record):
    """``words``: the words after the program's name, without quotes.  ``raw``: the last word as it was written.

    ``redirected``: the last word is a file after < or >.
    """

    def __init__(self, words: list[str], raw: str, redirected: bool) -> None:
        self.words, self.raw, self.redirected = words, raw, redirected


def split(line: str) -> CommandLine:
    """Split a line that ends at the cursor."""
    places = list(_tokens(line))
    tokens = [line[start:end] for start, end in places]
    if not places or places[-1][1] < len(line):
        tokens.append("")
    words = [token for before, token in pairwise(["", *tokens]) if not (_redirects(before) or _redirects(token))]
    redirected = len(tokens) > 1 and _redirects(tokens[-2])
    return CommandLine([_plain(token)[0] for token in words[1:]] or [""], tokens[-1], redirected)


def _tokens(line: str) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each word and of each redirection."""
    at = 0
    while at < len(line):
        start = at
        if line[at].isspace():
            at += 1
            continue
        at = _end_of_redirection(line, at) or _end_of_word(line, at)
        yield start, at


def _end_of_redirection(line: str, at: int) -> int:
    """Return the end of ``2>&`` at a place; 0 if there is none."""
    sign = _end_of(line, at, BEFORE_REDIRECTION)
    end = _end_of(line, sign, "<>")
    return 0 if end == sign else end + (line[end : end + 1] in ("&", "|"))


def _end_of(line: str, at: int, characters: str) -> int:
    while at < len(line) and line[at] in characters:
        at += 1
    return at


def _end_of_word(line: str, at: int) -> int:
    while at < len(line) and not line[at].isspace() and line[at] not in "<>":
        at = _quoted_piece(line, at)[1] if line[at] in QUOTES else at + 1
    return at


def _quoted_piece(text: str, at: int) -> tuple[int, int]:
    r"""Return the ends of the content and of the whole of ``\x``, ``'x'`` or ``"x"``; equal if it is not closed."""
    if text[at] == "\\":
        end = min(at + 2, len(text))
        return end, end
    if text[at] == "'":
        end = text.find("'", at + 1)
        return (len(text), len(text)) if end < 0 else (end, end + 1)
    end = _end_of_double(text, at + 1)
    return end, end + (text[end : end + 1] == '"')


def _end_of_double(text: str, at: int) -> int:
    """Return the place of the closing quote, or the end; a last backslash escapes nothing."""
    while at < len(text) and text[at] != '"':
        if text[at] == "\\" and at + 1 == len(text):
            break
        at += 2 if text[at] == "\\" else 1
    return at


def _redirects(token: str) -> bool:
    return token.lstrip(BEFORE_REDIRECTION).startswith(("<", ">"))


def _plain(raw: str) -> tuple[str, str]:
    """Return the text without its quotes, and the quote that is open at its end."""
    shown, quote, at = [], "", 0
    while at < len(raw):
        kind = raw[at]
        if kind not in QUOTES:
            shown.append(kind)
            at += 1
            continue
        inner, end = _quoted_piece(raw, at)
        shown.append(_unescaped(raw[at + 1 : inner]) if kind == '"' else raw[at + 1 : inner])
        quote = quote if kind == "\\" else "" if inner < end else kind
        at = end
    return "".join(shown), quote


def _unescaped(text: str) -> str:
    """Return the text that a string in double quotes stands for."""
    shown, at = [], 0
    while at < len(text):
        at += text[at] == "\\" and text[at + 1 : at + 2] in tuple(SPECIAL_IN_DOUBLE)
        shown.append(text[at])
        at += 1
    return "".join(shown)


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
        return _escaped(text, SPECIAL_IN_DOUBLE)
    if text.isalnum():
        return text
    return _escaped(text, f"{SPECIAL}{''.join(c for c in text if c.isspace())}")


def _escaped(text: str, special: str) -> str:
    return "".join(f"\\{c}" if c in special else c for c in text)
