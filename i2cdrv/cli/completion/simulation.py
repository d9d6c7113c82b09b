"""The words of ``i2cdrv sim``: faults with their options, simulated chips with their inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...sim import CHIPS
from ...sim.fault import CHIP, FAULT_KINDS, FAULT_OPTIONS
from .drivers import addresses_of
from .line import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .line import Place


def faults(place: Place) -> Iterator[Candidate]:
    """Return faults, the chips of ``swap=``, then the options not given yet; or ``clear``, and nothing after it."""
    if not place.siblings:
        return _first(place.word)
    first, *given = [word.partition("=")[0] for word in place.siblings]
    return (
        Candidate(f"{name}=", FAULT_OPTIONS[name].accepted, more=True) for name in _options(first) if name not in given
    )


def _options(kind: str) -> list[str]:
    """Return the options that a fault accepts."""
    if kind not in FAULT_KINDS:
        return []
    without = {"" if FAULT_KINDS[kind].within else "at", "" if FAULT_KINDS[kind].seeded else "seed"}
    return [name for name in FAULT_OPTIONS if name not in without]


def _first(word: str) -> Iterator[Candidate]:
    name, equals, _ = word.partition("=")
    if equals:
        if name in FAULT_KINDS and FAULT_KINDS[name].value is CHIP:
            yield from (Candidate(f"{name}={chip}") for chip in CHIPS)
        return
    for name, kind in FAULT_KINDS.items():
        yield Candidate(name, kind.text) if kind.value is None else Candidate(f"{name}=", kind.text, more=True)
    yield Candidate("clear", "end all its faults")


def chips(place: Place) -> Iterator[Candidate]:
    """Yield the next piece of ``sht4x@0x44:temp=-12.5,humidity=40``."""
    head, colon, _ = place.word.partition(":")
    name, at, _ = head.partition("@")
    if not at:
        yield from (Candidate(f"{chip}@", more=True) for chip in CHIPS)
    elif not colon:
        yield from (Candidate(f"{name}@{addr}") for addr in addresses_of(name))
    elif name in CHIPS:
        yield from _inputs(place.word, (*CHIPS[name].inputs, *CHIPS[name].options))


def _inputs(word: str, names: tuple[str, ...]) -> Iterator[Candidate]:
    before = word[: max(word.rfind(":"), word.rfind(",")) + 1]
    return (Candidate(f"{before}{name}=", more=True) for name in names if f"{name}=" not in before)
