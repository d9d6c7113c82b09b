"""The cells of the matrix: which chip with which settings, which fault, at which moment, with which seed."""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from .chips import OURS, SETTINGS, address, chips, pace
from .kinds import data_faults, kind_of, known_faults

LASTING = ("for=0.02", "for=1.3", "for=3.7", "count=1", "count=2", "count=7")
LONGER = (*LASTING, "for=7.5")  # for faults that do not interrupt the connection to the chip
AT_PROBE = ("for=0.3", "for=0.5", "for=2")
SEEDED = ("bitflip", "torn", "twin", "misread")


class Case(NamedTuple):
    """One run.  ``settings``: words of the driver; ``faults``: one after the other, those of one moment together."""

    chip: str
    settings: str
    fault: str
    before: str
    seed: int

    @property
    def addr(self) -> int:
        return address(self.chip)

    @property
    def at_probe(self) -> bool:
        """The fault is there when the chip is bound."""
        return self.fault.startswith("probe ")

    @property
    def words(self) -> str:
        """The fault, as it is injected."""
        return self.fault.removeprefix("probe ")

    @property
    def kind(self) -> str:
        return kind_of(self.fault)

    def __str__(self) -> str:
        """Return the arguments of ``python -m tests.system.faults --case``."""
        return "; ".join((self.chip, self.settings, self.fault, self.before, str(self.seed)))

    @classmethod
    def parse(cls, text: str) -> Case:
        chip, settings, fault, before, seed = (part.strip() for part in text.split(";"))
        return cls(chip, settings, fault, before, int(seed))


def cases(runs: int, seed: int, chip: str = "", kind: str = "") -> list[Case]:
    """Return half of the runs with faults of power and wires, from every cell some, and half with those of data."""
    random = Random(seed)
    wanted = [each for each in chips() if chip in ("", each)]
    cells = [(each, fault) for each in wanted for fault in known_faults(each) if kind in ("", kind_of(fault))]
    of_data = [(each, words) for each in wanted for name, words in data_faults(each).items() if kind in ("", name)]
    known = runs if not of_data else 0 if not cells else runs // 2
    found = [_known(random, *cell) for cell in _shuffled(random, cells, known)]
    return found + [_of_data(random, each, words) for each, words in _shuffled(random, of_data, runs - known)]


def _shuffled(random: Random, cells: list[Any], length: int) -> list[Any]:
    """Return that many of them; none comes twice before each has come once."""
    found: list[Any] = []
    while cells and len(found) < length:
        random.shuffle(cells)
        found += cells[: length - len(found)]
    return found


def _known(random: Random, chip: str, fault: str) -> Case:
    settings = random.choice(("", "", *SETTINGS.get(chip, ())))
    lasting = "" if fault.startswith("brownout") else random.choice(LASTING)
    before = "" if chip in OURS else random.choice(("", "", "brownout", "unplug for=0.5"))
    if fault.startswith(("swap", "unplug")):
        lasting, before = random.choice(LASTING[:3]), "" if before != "brownout" else before
    return Case(chip, settings, f"{fault} {_paced(chip, lasting)}".strip(), before, random.randrange(1 << 32))


def _of_data(random: Random, chip: str, words: list[str]) -> Case:
    fault = random.choice(words)
    kind = kind_of(fault)
    if kind.endswith(("both", "rival")):
        lasting = random.choice(LONGER[1:3])
    else:
        lasting = random.choice(AT_PROBE if kind.startswith("probe ") else LONGER)
    seeded = f" seed={random.randrange(1 << 16)}" if fault.removeprefix("probe ").startswith(SEEDED) else ""
    settings = random.choice(("", "", *SETTINGS.get(chip, ())))
    return Case(chip, settings, f"{fault} {_paced(chip, lasting)}{seeded}", "", random.randrange(1 << 32))


def _paced(chip: str, lasting: str) -> str:
    """Return for how long a fault lasts, on the chip's own scale of time."""
    name, _, number = lasting.partition("=")
    return f"for={float(number) * pace(chip):g}" if name == "for" else lasting
