"""The place of the last word of a command line: its argument or option, and the words before it."""

from __future__ import annotations

from .grammar import Record

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .grammar import Argument, Command

MANY = ("*", "+", "...")  # nargs


class Candidate(Record):
    """A whole word.  ``text``: its description; ``more``: something follows it without a space."""

    def __init__(self, word: str, text: str = "", more: bool = False) -> None:
        self.word, self.text, self.more = word, text, more


class Files(Record):
    """A path that the shell completes itself, after a prefix of the word (``replay:``)."""

    def __init__(self, before: str = "", directories: bool = False) -> None:
        self.before, self.directories = before, directories


if TYPE_CHECKING:
    Item = Candidate | Files


class Place(Record):
    """The place of the last word of a line.

    ``command``: the command.  ``argument``: the argument whose value the word is; None for an option's name.
    ``before``: the prefix of the value in the same word (``--bus=``).  ``word``: the value, as far as it is written.
    ``given``: the arguments and options before it, with their values.
    """

    def __init__(
        self,
        command: Command,
        argument: Argument | None,
        before: str,
        word: str,
        given: Sequence[tuple[Argument, str]],
    ) -> None:
        self.command, self.argument, self.before, self.word, self.given = command, argument, before, word, given

    def option(self, dest: str) -> str | None:
        """Return the value that an option has so far; the last one counts."""
        return next((value for one, value in reversed(self.given) if one.dest == dest), None)

    def named(self, *kinds: str) -> str | None:
        """Return the first word before it that is of one of the kinds."""
        return next((value for one, value in self.given if set(kinds) & set(one.kinds)), None)

    @property
    def siblings(self) -> list[str]:
        """The words before it that belong to the same argument."""
        return [value for one, value in self.given if one is self.argument]


def find(program: Command, words: Sequence[str]) -> Place:
    """Return the place of the last word.  ``words``: the words after the program's name."""
    walk = _Walk(program)
    for word in words[:-1]:
        walk.pass_by(word)
    return walk.stop_at(words[-1] if words else "")


class _Walk:
    """A walk from word to word, as argparse reads them; errors are skipped."""

    def __init__(self, program: Command) -> None:
        self._given: list[tuple[Argument, str]] = []
        self._waiting: Argument | None = None  # the option whose value is the next word
        self._options_end = False  # after --
        self._enter(program)

    def _enter(self, command: Command) -> None:
        self._command = command
        self._arguments, self._options = command.arguments(), command.options()

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
        if equals or option.nargs == 0:
            self._take(option, value)
        else:
            self._waiting = option

    def _pass_argument(self, argument: Argument, word: str) -> None:
        self._take(argument, word)
        if argument.nargs not in MANY:
            self._arguments = self._arguments[1:]
        if (command := argument.commands().get(word)) is not None:
            self._enter(command)

    def _take(self, argument: Argument, value: str) -> None:
        self._given.append((argument, value))

    def stop_at(self, word: str) -> Place:
        """Return the place of the last word."""
        if self._waiting is not None:
            return self._place(self._waiting, "", word)
        if word.startswith("-") and not self._options_end:
            name, equals, value = word.partition("=")
            return self._place(self._option(name), f"{name}=", value) if equals else self._place(None, "", word)
        return self._place(self._arguments[0] if self._arguments else None, "", word)

    def _place(self, argument: Argument | None, before: str, word: str) -> Place:
        return Place(self._command, argument, before, word, tuple(self._given))

    def _option(self, name: str) -> Argument | None:
        """Return the option of a name or of an unambiguous abbreviation."""
        found = [one for one in self._options if any(each.startswith(name) for each in one.names)]
        exact = [one for one in found if name in one.names]
        return exact[0] if exact else found[0] if len(found) == 1 else None
