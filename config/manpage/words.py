"""The words of a help text that are bold, because they are typed literally, or italic, because they are replaced."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from i2cdrv.cli import introspect

from .roff import bold, escaped, italic

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

PATH = r"(?<![\w.~/-])/(?:dev|etc|proc|run|sys|tmp|usr|var)(?:/[\w.-]*\w)*"
OPTION = r"(?<![\w-])--[a-z][a-z-]*[a-z]"
PAGE = r"\b[a-z][\w-]*(?=\([1-8]\))"


def marked(text: str, parser: argparse.ArgumentParser, commands: Iterable[str]) -> str:
    """Return the text with options, commands, pages, paths and metavars marked.  ``commands``: all their names."""
    names = "|".join(sorted(map(re.escape, commands), key=len, reverse=True))
    metavars = "|".join(sorted(map(re.escape, _metavars(parser)), key=len, reverse=True)) or "(?!)"
    typed = rf"(?P<typed>{OPTION}|\bi2cdrv(?: (?:{names})\b)+|{PAGE})"
    pattern = re.compile(rf"{typed}|(?P<stands>{PATH}|\b(?:{metavars})\b)")
    found, end = [], 0
    for one in pattern.finditer(text):
        found += [escaped(text[end : one.start()]), bold(one[0]) if one["typed"] else italic(one[0])]
        end = one.end()
    return "".join([*found, escaped(text[end:])])


def _metavars(parser: argparse.ArgumentParser) -> set[str]:
    """Return the words in capital letters that a command's usage replaces."""
    actions = [one for one in (*introspect.arguments(parser), *introspect.options(parser)) if not one.choices]
    words = {
        word for one in actions if introspect.takes_value(one) for word in re.findall(r"\w+", introspect.metavar(one))
    }
    return {word for word in words if any(letter.isupper() for letter in word)}


def placeholder(action: argparse.Action) -> str:
    """Return the placeholder of an argument or option: its metavar, or its choices."""
    if action.choices and not isinstance(action.metavar, str):
        return "|".join(bold(str(choice)) for choice in action.choices)
    return "".join(
        italic(piece) if piece[:1].isalnum() else escaped(piece)
        for piece in re.split(r"(\w+)", introspect.metavar(action))
    )


def option(action: argparse.Action) -> str:
    """Return the names of an option, and the placeholder of its value."""
    names = ", ".join(map(bold, action.option_strings))
    return f"{names} {placeholder(action)}" if introspect.takes_value(action) else names
