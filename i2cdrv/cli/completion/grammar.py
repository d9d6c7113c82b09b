"""The command line as completion knows it: commands, with their arguments and options.

``python -m config.completion`` writes the rows of ``commandline`` from the parser: argparse takes longer to import than
a whole answer.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Self


class Record:
    """A tuple with names; typing and collections, which have others, take longer to import than a whole answer."""

    def values(self) -> tuple[Any, ...]:
        """Return the values in the order in which they were given."""
        return tuple(vars(self).values())

    def replaced(self, **changes: Any) -> Self:
        """Return another one, with some values changed."""
        return type(self)(**{**vars(self), **changes})

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(self.values())

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self.values()}"


class Argument(Record):
    """An argument or an option.  ``names``: of an option; ``nargs``: as argparse has it, empty for one value.

    ``kinds``: of the words that it takes; ``choices``: all words that it takes, or None; ``repeats``: it may be given
    again; ``rows``: the commands in its place.
    """

    def __init__(  # noqa: PLR0917  # a row
        self,
        dest: str,
        names: Sequence[str] = (),
        text: str = "",
        nargs: str | int = "",
        kinds: Sequence[str] = (),
        choices: Sequence[str] | None = None,
        repeats: bool = False,
        rows: Sequence[Sequence[Any]] = (),
    ) -> None:
        self.dest, self.names, self.text, self.nargs = dest, names, text, nargs
        self.kinds, self.choices, self.repeats, self.rows = kinds, choices, repeats, rows

    def commands(self) -> Mapping[str, Command]:
        """Return the commands in its place, by name; none for any other argument."""
        return {row[0]: Command(*row) for row in self.rows}


class Command(Record):
    """A command, or the program itself.  ``text``: its purpose; the rows: of its arguments and options."""

    def __init__(
        self, name: str, text: str, argument_rows: Sequence[Sequence[Any]], option_rows: Sequence[Sequence[Any]]
    ) -> None:
        self.name, self.text, self.argument_rows, self.option_rows = name, text, argument_rows, option_rows

    def arguments(self) -> list[Argument]:
        """Return the arguments in order; a choice of commands is one of them."""
        return [Argument(*row) for row in self.argument_rows]

    def options(self) -> list[Argument]:
        """Return the options in the order of ``--help``, without hidden ones."""
        return [Argument(*row) for row in self.option_rows]


def program() -> Command:
    """Return the whole command line."""
    from .commandline import PROGRAM

    return Command(*PROGRAM)
