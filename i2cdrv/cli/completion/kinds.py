"""The words of each kind; the module of a kind is imported when its words are needed."""

from __future__ import annotations

import sys

from ...lib.printable import printable
from .line import Candidate, find

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .grammar import Command
    from .line import Item, Place

WORD_SOURCES = {
    "module": "drivers.modules",
    "chip": "drivers.chips",
    "assignment": "drivers.assignments",
    "parameter": "drivers.parameters",
    "channel": "drivers.channels",
    "address": "drivers.addresses",
    "loaded": "running.modules",
    "device": "running.devices",
    "unbound device": "running.unbound",
    "any device": "running.every_device",
    "served bus": "running.buses",
    "simulated": "running.simulated",
    "bus": "machine.buses",
    "level": "machine.levels",
    "file": "machine.files",
    "directory": "machine.directories",
    "fault": "simulation.faults",
    "simulated chip": "simulation.chips",
}  # kind: module and function


def items(program: Command, words: Sequence[str]) -> list[Item]:
    """Return the possible completions of the last word; the shell, or ``shells``, drops unfitting words."""
    place = find(program, words)
    given = place.siblings
    found = [_prefixed(place.before, item) for item in _values(place) if _word(item) not in given]
    return [_printable(item) for item in found or _options(place) if (_word(item) or "").isprintable()]


def _word(item: Item) -> str | None:
    return item.word if isinstance(item, Candidate) else None


def _printable(item: Item) -> Item:
    if isinstance(item, Candidate):
        item.text = printable(" ".join(item.text.split()))
    return item


def _values(place: Place) -> Iterator[Item]:
    if (argument := place.argument) is None:
        return
    yield from (Candidate(row[0], row[1]) for row in argument.rows)
    yield from map(Candidate, argument.choices or ())
    for kind in argument.kinds:
        yield from _source(kind)(place)


def _source(kind: str) -> Callable[[Place], Iterable[Item]]:
    """Return the function that has the words of a kind; importlib takes longer than its module."""
    module, _, function = WORD_SOURCES[kind].partition(".")
    name = f"{__package__}.{module}"
    __import__(name)
    return getattr(sys.modules[name], function)  # type: ignore[no-any-return]


def _prefixed(before: str, item: Item) -> Item:
    if not before:
        return item
    if isinstance(item, Candidate):
        return item.replaced(word=before + item.word)
    return item.replaced(before=before + item.before)


def _options(place: Place) -> Iterator[Candidate]:
    """Yield the options that can still be given; for an empty word only where no argument is required."""
    if not (_may_be_option(place) if place.word else _needs_no_argument(place)):
        return
    given = {one.dest for one, _ in place.given if not one.repeats}
    for option in place.command.options():
        if option.dest not in given:
            yield Candidate(max(option.names, key=len), option.text)


def _may_be_option(place: Place) -> bool:
    return place.argument is None and place.word.startswith("-")


def _needs_no_argument(place: Place) -> bool:
    return not place.before and (place.argument is None or place.argument.nargs in ("?", "*"))
