"""Lines redrawn in the same place of a terminal.  Only this module imports rich."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.text import Text

from ..output import writing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from .table import Line

STYLES = {"head": "bold", "suspect": "yellow", "probing": "yellow", "absent": "red", "failed": "red"}


class Screen:
    """The part of the terminal below the cursor; the last lines drawn stay there at the end."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False, soft_wrap=False)
        self._live = Live(
            console=self._console, auto_refresh=False, vertical_overflow="crop", redirect_stdout=False,
            redirect_stderr=False,
        )  # fmt: skip
        self._size = self._console.size

    @property
    def can_be_drawn_on(self) -> bool:
        """Whether standard output is a terminal that can move its cursor."""
        return self._console.is_terminal and not self._console.is_dumb_terminal

    def __enter__(self) -> Self:
        with writing():
            self._live.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        with writing():
            self._live.__exit__(None, None, None)

    def draw(self, lines: Callable[[int, int], Sequence[Line]]) -> None:
        """Redraw with the lines that the function returns for a width and a height."""
        size = self._console.size
        if size != self._size:  # the terminal has moved the old lines
            self._size = size
            self._console.clear()
        text = Text("\n", no_wrap=True, end="").join(
            Text(line.text, STYLES.get(line.kind, ""), no_wrap=True, end="")
            for line in lines(size.width, size.height - 1)
        )
        with writing():
            self._live.update(text, refresh=True)
