"""The argument line: one byte string to names and values, as lib/cmdline.c (next_arg) cuts it.

A double quote keeps blanks together and is dropped around a value or a whole argument; nothing escapes it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ...errors import Invalid

BLANKS = b"\t\n\v\f\r \xa0"  # the kernel's isspace(): Latin-1, so that it cuts some UTF-8 letters apart
_WORD = re.compile(rb'(?:[^"\s\xa0]+|"[^"]*"?)*')
_PLAIN = re.compile(rb'[^"\s\xa0]+')
_QUOTED_WORD = re.compile(rb'[^"]*"?' + _WORD.pattern)


class Argument(NamedTuple):
    """One word of the line; None is the value of a bare name."""

    name: bytes
    value: bytes | None


def parse_args(line: bytes) -> tuple[list[Argument], bytes | None]:
    """Return the arguments, and the text after a ``--``, or None without ``--`` (kernel/params.c)."""
    arguments: list[Argument] = []
    for argument, rest in _cuts(line):
        if argument == (b"--", None):
            return arguments, rest
        arguments.append(argument)
    return arguments, None


def _cuts(line: bytes) -> Iterator[tuple[Argument, bytes]]:
    """Yield each argument with the rest of the line; a NUL ends the line."""
    rest = line.partition(b"\0")[0].lstrip(BLANKS)
    while rest:
        argument, rest = next_arg(rest)
        yield argument, rest


def next_arg(line: bytes) -> tuple[Argument, bytes]:
    """Return the first argument of a line that does not begin with a blank, and the rest."""
    opened = line[:1] == b'"'
    body = line[opened:]
    word = (_QUOTED_WORD if opened else _WORD).match(body)
    assert word is not None  # both patterns match nothing at all
    return _halves(word.group(), opened), body[word.end() :].lstrip(BLANKS)


def _halves(word: bytes, opened: bool) -> Argument:
    equals = word.find(b"=", 1)  # at the very beginning it belongs to the name
    if equals < 0:
        return Argument(word.removesuffix(b'"') if opened else word, None)
    value = word[equals + 1 :]
    if value[:1] == b'"':
        value = value[1:].removesuffix(b'"')
    elif opened:
        value = value.removesuffix(b'"')
    return Argument(word[:equals], value)


def join(words: Iterable[str]) -> bytes:
    """Return the line of a shell command's words, with quotes around blanks, as modprobe does.

    Raises Invalid for a word that no line can hold.
    """
    return b" ".join(map(_quoted, map(os.fsencode, words)))


def _quoted(word: bytes) -> bytes:
    if _PLAIN.fullmatch(word):
        return word
    name, equals, value = word.partition(b"=")
    if any(blank in value for blank in BLANKS) and value[:1] != b'"':
        word = b'%b%b"%b"' % (name, equals, value)
    if word.count(b'"') % 2 or len(list(_cuts(word))) > 1:
        raise Invalid(f"{os.fsdecode(word)!r} cannot be one argument: check its blanks and quotation marks")
    return word
