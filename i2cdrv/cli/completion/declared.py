"""The declarations of a driver that a command line can use."""

from __future__ import annotations

from .grammar import Record

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Parameter(Record):
    """A parameter.  ``words``: its accepted words, if they are few; ``default``: the text of its default.

    ``is_array``: it takes several of the words, between commas.
    """

    def __init__(  # noqa: PLR0917  # a row
        self, name: str, description: str, perm: int, words: tuple[str, ...], default: str, is_array: bool = False
    ) -> None:
        self.name, self.description, self.perm = name, description, perm
        self.words, self.default, self.is_array = words, default, is_array


class Declared(Record):
    """A driver, as a row of ``shipped`` has it.  ``addresses``: none if there are too many to offer."""

    def __init__(  # noqa: PLR0917  # a row
        self,
        name: str,
        description: str,
        chips: tuple[str, ...],
        parameter_rows: tuple[tuple[Any, ...], ...],
        channel_rows: tuple[tuple[str, str], ...],
        addresses: tuple[str, ...],
    ) -> None:
        self.name, self.description, self.chips = name, description, chips
        self.parameter_rows, self.channel_rows, self.addresses = parameter_rows, channel_rows, addresses

    def parameters(self) -> Mapping[str, Parameter]:
        """Return the parameters by name."""
        return {row[0]: Parameter(*row) for row in self.parameter_rows}

    def channels(self) -> Mapping[str, str]:
        """Return the unit of each channel by name."""
        return dict(self.channel_rows)
