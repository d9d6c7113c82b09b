"""The words of each kind; the module of a kind is imported when its words are needed."""

from __future__ import annotations

from importlib import import_module

from ...lib.printable import printable
from .. import introspect
from .line import Candidate, find, kinds_of

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

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


def items(parser: argparse.ArgumentParser, words: Sequence[str]) -> list[Item]:
    """Return the possible completions of the last word; the shell, or ``shells``, drops unfitting words."""
    place = find(parser, words)
    found = [_prefixed(place.before, item) for item in _values(place) if not _is_given(place, item)]
    return [_printable(item) for item in found or _options(place) if _is_harmless(item)]


def _is_harmless(item: Item) -> bool:
    """Return whether a word can be written on a command line without quotes or escapes."""
    return not isinstance(item, Candidate) or item.word.isprintable()


def _printable(item: Item) -> Item:
    return item._replace(text=printable(" ".join(item.text.split()))) if isinstance(item, Candidate) else item


def _values(place: Place) -> Iterator[Item]:
    if (argument := place.argument) is None:
        return
    if commands := introspect.choice_of_commands(argument):
        texts = introspect.summaries(place.parser)
        yield from (Candidate(name, texts.get(name, "")) for name in commands)
    elif argument.choices is not None:
        yield from (Candidate(str(choice)) for choice in argument.choices)
    for kind in kinds_of(argument):
        module, _, function = WORD_SOURCES[kind].partition(".")
        yield from getattr(import_module(f"{__package__}.{module}"), function)(place)


def _is_given(place: Place, item: Item) -> bool:
    """Return whether the same argument has that word already."""
    return isinstance(item, Candidate) and item.word in place.siblings


def _prefixed(before: str, item: Item) -> Item:
    if isinstance(item, Candidate):
        return item._replace(word=before + item.word)
    return item._replace(before=before + item.before)


def _options(place: Place) -> Iterator[Candidate]:
    """Yield the options that can still be given; for an empty word only where no argument is required."""
    if not (_may_be_option(place) if place.word else _needs_no_argument(place)):
        return
    given = {action.dest for action, _ in place.given if not introspect.may_repeat(action)}
    for option in introspect.options(place.parser):
        if option.dest not in given:
            yield Candidate(max(option.option_strings, key=len), introspect.purpose(place.parser, option))


def _may_be_option(place: Place) -> bool:
    return place.argument is None and place.word.startswith("-")


def _needs_no_argument(place: Place) -> bool:
    return not place.before and (place.argument is None or place.argument.nargs in ("?", "*"))
