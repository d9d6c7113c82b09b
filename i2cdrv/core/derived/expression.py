"""The text of a derived channel: one call of a function, ``dew_point(temp, humidity)``."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from ...driver.channel import Channel
from ...errors import nearest
from .functions import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...driver.display import Unit
    from .functions import Function, Parameter

_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*\(")
_EMPTY = re.compile(r"\s*(?=\))")
_WORD = re.compile(r"\s*([^\s,()]+)\s*")
QUOTE = 'write it in quotes, as in "dew_point(temp, humidity)"'


class Mistake(Exception):
    """A mistake in an expression, and its place: the number of characters before it."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at = at


class Word(NamedTuple):
    """A name or an argument as it was written.  ``at``, ``end``: the places before and behind it."""

    at: int
    text: str
    end: int


class Call(NamedTuple):
    """A function with its arguments: channels and numbers."""

    function: Function
    arguments: tuple[Channel | float, ...]


def parse(text: str, channels: Sequence[Channel]) -> Call:
    """Return the call in an expression.  ``channels``: those of the driver.  Raises Mistake."""
    name, words = _split(text)
    if name.text not in FUNCTIONS:
        known = f"known: {', '.join(FUNCTIONS)}"
        raise Mistake(name.at, f"unknown function {name.text!r}{nearest(name.text, FUNCTIONS)}; {known}")
    function = FUNCTIONS[name.text]
    if not function.least <= len(words) <= len(function.parameters):
        raise Mistake(name.at, f"{name.text} with {_count(words)}: expected {function.signature(name.text)}")
    known_channels = {channel.name: channel for channel in channels}
    arguments = (_argument(*pair, known_channels) for pair in zip(words, function.parameters, strict=False))
    return Call(function, tuple(arguments))


def _count(words: Sequence[Word]) -> str:
    return f"{len(words) or 'no'} argument{'' if len(words) == 1 else 's'}"


def _split(text: str) -> tuple[Word, Sequence[Word]]:
    """Return the name of the function and its arguments.  Raises Mistake for anything but one call."""
    call = _CALL.match(text)
    if call is None:
        raise Mistake(0, f"{text!r} is no call of a function; {QUOTE}")
    words, end = _words(text, call.end())
    if text[end : end + 1] != ")":
        raise Mistake(len(text), f"the ) is missing; {QUOTE}")
    if rest := text[end + 1 :].strip():
        raise Mistake(text.index(rest, end + 1), f"unexpected {rest!r} behind the call: a channel is one call")
    return Word(call.start(1), call[1], call.end()), words


def _words(text: str, at: int) -> tuple[Sequence[Word], int]:
    """Return the arguments from a place on, and the place behind them."""
    if empty := _EMPTY.match(text, at):
        return (), empty.end()
    words = [_word(text, at)]
    while text[words[-1].end : words[-1].end + 1] == ",":
        words.append(_word(text, words[-1].end + 1))
    return words, words[-1].end


def _word(text: str, at: int) -> Word:
    word = _WORD.match(text, at)
    if word is None:
        raise Mistake(at, "an argument is missing: expected a channel or a number")
    if text[word.end() : word.end() + 1] == "(":
        raise Mistake(word.start(1), f"{word[1]}( within a call: an argument is a channel of the chip or a number")
    return Word(word.start(1), word[1], word.end())


def _argument(word: Word, parameter: Parameter, channels: Mapping[str, Channel]) -> Channel | float:
    return _channel(word, parameter, channels) if parameter.quantity else _number(word, parameter)


def _channel(word: Word, parameter: Parameter, channels: Mapping[str, Channel]) -> Channel:
    fitting = [name for name, channel in channels.items() if quantity(channel.unit) == parameter.quantity]
    if word.text not in channels:
        known = f"the chip has: {', '.join(channels)}"
        raise Mistake(word.at, f"no channel {word.text!r}{nearest(word.text, channels)}; {known}")
    channel = channels[word.text]
    if word.text not in fitting:
        hint = f"the chip has {', '.join(fitting)}" if fitting else "the chip has none"
        shown = f"{word.text} ({channel.unit.symbol})" if channel.unit.symbol else word.text
        raise Mistake(word.at, f"{shown} is no {parameter.name}; {hint}")
    return channel


def _number(word: Word, parameter: Parameter) -> float:
    try:
        found = float(word.text)
    except ValueError:
        found = float("nan")
    if not (isfinite(found) and parameter.lowest <= found <= parameter.highest):
        limits = f"{parameter.lowest:g} … {parameter.highest:g} {parameter.unit}"
        raise Mistake(word.at, f"{word.text!r} is no {parameter.name}: expected a number, {limits}")
    return found


def quantity(unit: Unit) -> str:
    """Return the row of a unit's quantity."""
    return unit.quantity or unit.symbol
