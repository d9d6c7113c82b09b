"""The place of the last word of a command line: its argument or option, and the words before it."""

from __future__ import annotations

import argparse
from typing import NamedTuple

from .. import introspect

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND_OF_METAVAR = {
    "MODULE": "module",
    "DRIVER": "module",
    "CHIP": "chip",
    "PARAM=VALUE": "assignment",
    "NAME[=VALUE]": "parameter",
    "CHANNEL": "channel",
    "0xNN": "address",
    "ADDR": "address",
    "ADDRESS": "address",
    "BUS": "bus",
    "DEVICE": "device",
    "FAULT": "fault",
    "CHIP@ADDR[:INPUT=VALUE,…]": "simulated chip",
    "LEVEL": "level",
    "FILE": "file",
    "SOCKET": "file",
    "DIR": "directory",
}


class Candidate(NamedTuple):
    """A whole word.  ``text``: its description; ``more``: something follows it without a space."""

    word: str
    text: str = ""
    more: bool = False


class Files(NamedTuple):
    """A path that the shell completes itself, after a prefix of the word (``replay:``)."""

    before: str = ""
    directories: bool = False


Item = Candidate | Files


class Place(NamedTuple):
    """The place of the last word of a line.

    ``parser``: the command's parser.  ``argument``: the argument whose value the word is; None for an option's name.
    ``before``: the prefix of the value in the same word (``--bus=``).  ``word``: the value, as far as it is written.
    ``given``: the arguments and options before it, with their values.
    """

    parser: argparse.ArgumentParser
    argument: argparse.Action | None
    before: str
    word: str
    given: Sequence[tuple[argparse.Action, str]]

    def option(self, dest: str) -> str | None:
        """Return the value that an option has so far; the last one counts."""
        return next((value for action, value in reversed(self.given) if action.dest == dest), None)

    def named(self, *kinds: str) -> str | None:
        """Return the first word before it that is of one of the kinds."""
        return next((value for action, value in self.given if set(kinds) & set(kinds_of(action))), None)

    @property
    def siblings(self) -> list[str]:
        """The words before it that belong to the same argument."""
        return [value for action, value in self.given if action is self.argument]


def kinds_of(action: argparse.Action) -> Sequence[str]:
    """Return the kinds of words that an argument takes: those given to ``help.takes``, else those of its metavar."""
    given: Sequence[str] | None = getattr(action, "complete", None)
    if given is not None:
        return given
    return [KIND_OF_METAVAR[name] for name in introspect.metavar(action).split("|") if name in KIND_OF_METAVAR]


def find(parser: argparse.ArgumentParser, words: Sequence[str]) -> Place:
    """Return the place of the last word.  ``words``: the words after the program's name."""
    walk = _Walk(parser)
    for word in words[:-1]:
        walk.pass_by(word)
    return walk.stop_at(words[-1] if words else "")


class _Walk:
    """A walk from word to word, as argparse reads them; errors are skipped."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._given: list[tuple[argparse.Action, str]] = []
        self._waiting: argparse.Action | None = None  # the option whose value is the next word
        self._options_end = False  # after --
        self._enter(parser)

    def _enter(self, parser: argparse.ArgumentParser) -> None:
        self._parser = parser
        self._arguments = introspect.arguments(parser)

    def pass_by(self, word: str) -> None:
        """Read one word."""
        if self._waiting is not None:
            self._take(self._waiting, word)
            self._waiting = None
        elif word == "--":
            self._options_end = True
        elif word.startswith("-") and not self._options_end:
            self._pass_option(*word.partition("="))
        elif self._arguments:
            self._pass_argument(self._arguments[0], word)

    def _pass_option(self, name: str, equals: str, value: str) -> None:
        option = self._option(name)
        if option is None:
            return
        if equals or not introspect.takes_value(option):
            self._take(option, value)
        else:
            self._waiting = option

    def _pass_argument(self, argument: argparse.Action, word: str) -> None:
        self._take(argument, word)
        if argument.nargs not in ("*", "+", argparse.REMAINDER):
            self._arguments = self._arguments[1:]
        if word in (commands := introspect.choice_of_commands(argument)):
            self._enter(commands[word])

    def _take(self, action: argparse.Action, value: str) -> None:
        self._given.append((action, value))

    def stop_at(self, word: str) -> Place:
        """Return the place of the last word."""
        if self._waiting is not None:
            return self._place(self._waiting, "", word)
        if word.startswith("-") and not self._options_end:
            name, equals, value = word.partition("=")
            return self._place(self._option(name), f"{name}=", value) if equals else self._place(None, "", word)
        return self._place(self._arguments[0] if self._arguments else None, "", word)

    def _place(self, argument: argparse.Action | None, before: str, word: str) -> Place:
        return Place(self._parser, argument, before, word, tuple(self._given))

    def _option(self, name: str) -> argparse.Action | None:
        """Return the option of a name or of an unambiguous abbreviation."""
        found = [
            one for one in introspect.options(self._parser) if any(each.startswith(name) for each in one.option_strings)
        ]
        exact = [one for one in found if name in one.option_strings]
        return exact[0] if exact else found[0] if len(found) == 1 else None
