"""The text of a conversation, one line for each transfer or wait; a mistake is reported with its line and column.

A transfer is ``BYTES``, ``BYTES > BYTES`` or ``> BYTES``, and may end in ``!`` or ``! ERRNO``.  A wait is
``wait TIME UNIT``, or ``wait TIME … TIME UNIT``.  Text behind ``#`` is for the reader.
"""

from __future__ import annotations

import errno
import re
from itertools import zip_longest
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from ..errors import Error, Invalid, Nack, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LATE = 1.001  # a wait may be a little longer than stated, but not by a conversion
UNITS = {"µs": 1e-6, "μs": 1e-6, "us": 1e-6, "ms": 1e-3, "s": 1.0}
WORD = re.compile(r"[!>…]|[^\s!>…]+")
TRANSFERS = "F4 25, or F3 > 00, or F4 25 ! EIO"
WAITS = "wait 9.3 ms, or wait 250 … 300 ms"


class Word(NamedTuple):
    """A word or a sign of the text, with its place; line and column count from 1."""

    text: str
    line: int
    column: int


class Transfer(NamedTuple):
    """One line: the bytes to write, the bytes to read (None: no read), and the error it ends with."""

    line: int
    text: str
    written: str
    read: bytes | None
    error: Error | None

    @property
    def shape(self) -> str:
        """The written bytes, and how many the driver must read."""
        return " ".join(filter(None, (self.written, "" if self.read is None else f"> {len(self.read)}")))


class Wait(NamedTuple):
    """One line without a transfer; times in s."""

    line: int
    text: str
    shortest: float
    longest: float


def parse(text: str) -> Iterator[Transfer | Wait]:
    """Yield the lines of a conversation.  Raises Invalid with line and column."""
    for number, line in enumerate(text.splitlines(), 1):
        content = line.partition("#")[0]
        words = [Word(found.group(), number, found.start() + 1) for found in WORD.finditer(content)]
        if words:
            parse_line = _wait if words[0].text.startswith("wait") else _transfer
            yield parse_line(content.strip(), words)


def _transfer(text: str, words: Sequence[Word]) -> Transfer:
    body, bang, names = _cut(words, "!")
    written, arrow, read = _cut(body, ">")
    if arrow is not None and not read:
        raise _mistake(arrow, "no bytes are read", TRANSFERS)
    data = b"".join(map(_bytes, read)) if arrow is not None else None
    sent = b"".join(map(_bytes, written))
    return Transfer(words[0].line, text, sent.hex(" ").upper(), data, None if bang is None else _error(names))


def _cut(words: Sequence[Word], sign: str) -> tuple[Sequence[Word], Word | None, Sequence[Word]]:
    """Return the words before the first such sign, the sign, and the words behind it."""
    at = next((index for index, word in enumerate(words) if word.text == sign), None)
    return (words, None, ()) if at is None else (words[:at], words[at], words[at + 1 :])


def _bytes(word: Word) -> bytes:
    if not re.fullmatch("[0-9A-Fa-f]+", word.text):
        raise _mistake(word, f"{word.text!r} is no byte in hexadecimal", TRANSFERS)
    if len(word.text) % 2:
        raise _mistake(word, f"{word.text!r} has an odd number of digits", TRANSFERS)
    return bytes.fromhex(word.text)


def _error(names: Sequence[Word]) -> Error:
    if not names:
        return Nack("not acknowledged, as the conversation has it")
    if len(names) > 1:
        raise _mistake(names[1], "the line continues behind its error", TRANSFERS)
    name = names[0].text
    if not isinstance(number := getattr(errno, name, None), int):
        hint = nearest(name, errno.errorcode.values())
        raise _mistake(names[0], f"{name!r} is no errno{hint}", TRANSFERS)
    return Error(f"{name}, as the conversation has it", number)


def _wait(text: str, words: Sequence[Word]) -> Wait:
    is_range = any(word.text == "…" for word in words)
    form = (_is_wait, _is_time, _is_dots, _is_time, _is_unit) if is_range else (_is_wait, _is_time, _is_unit)
    _check_form(words, form)
    times = [float(word.text) * UNITS[words[-1].text] for word in words[1:-1:2]]
    if times[0] > times[-1]:
        raise _mistake(words[3], f"{words[3].text} is shorter than {words[1].text}", WAITS)
    return Wait(words[0].line, text, times[0], times[-1] if is_range else times[0] * LATE)


def _check_form(words: Sequence[Word], form: Sequence[Callable[[str], bool]]) -> None:
    for word, fits in zip_longest(words, form):
        if word is None:
            raise _mistake(words[-1], f"the line ends behind {words[-1].text!r}", WAITS)
        if fits is None or not fits(word.text):
            raise _mistake(word, f"{word.text!r} is not expected here", WAITS)


def _is_wait(text: str) -> bool:
    return text == "wait"


def _is_time(text: str) -> bool:
    try:
        return isfinite(float(text)) and float(text) >= 0
    except ValueError:
        return False


def _is_dots(text: str) -> bool:
    return text == "…"


def _is_unit(text: str) -> bool:
    return text in UNITS


def _mistake(word: Word, fact: str, example: str) -> Invalid:
    return Invalid(f"line {word.line}, column {word.column} of the conversation: {fact}; write it as in: {example}")
