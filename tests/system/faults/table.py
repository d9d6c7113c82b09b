"""The table of ``make faults``: the promise, and the measurement.

values: published since the fault began; wrong: of those; rate: their share; lasting: from the fault's end to the last
one; other: right values of another chip that was in the place of ours.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from .chips import module_of
from .promises import NONE_WRONG, Promise, promise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .run import Outcome

SHOWN = 20  # bad runs that are shown one by one
FEW = 4  # runs
HEADS = ("runs", "hits", "values", "wrong", "rate", "lasting", "other", "hangs", "late", "promise")


class Row(NamedTuple):
    """One kind of fault and one driver."""

    kind: str
    driver: str
    outcomes: Sequence[Outcome]

    @property
    def promise(self) -> Promise:
        """Return the promise in words."""
        return promise(self.kind, self.driver)

    @property
    def values(self) -> int:
        """How many values were published since the fault began."""
        return sum(one.values for one in self.outcomes)

    @property
    def wrong(self) -> int:
        """How many of them were wrong."""
        return sum(len(one.wrong) for one in self.outcomes)

    @property
    def bad(self) -> list[Outcome]:
        """The runs that broke the promise."""
        judged = len(self.outcomes) >= FEW or not self.promise.share  # a share of few runs is chance
        many = judged and self.wrong > self.promise.share * self.values
        within = self.promise.within
        return [one for one in self.outcomes if one.hang or one.late or (many and one.wrong) or one.lasting > within]

    def __str__(self) -> str:
        numbers = (
            len(self.outcomes),
            sum(bool(one.hits) for one in self.outcomes),
            self.values,
            self.wrong,
            f"{self.wrong / max(self.values, 1):.2%}" if self.wrong else "0",
            f"{max(one.lasting for one in self.outcomes):.1f} s" if self.wrong else "-",
            sum(one.foreign for one in self.outcomes) or "-",
            sum(bool(one.hang) for one in self.outcomes),
            sum(one.late for one in self.outcomes),
            "0" if self.promise is NONE_WRONG else f"{self.promise.share:.0%}",
        )
        mark = "  BROKEN" if self.bad else ""
        return f"{self.kind:<15}{self.driver:<9}" + "".join(f"{number:>9}" for number in numbers) + mark


def rows_of(outcomes: Sequence[Outcome]) -> list[Row]:
    """Return the outcomes by kind and driver."""
    found: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        found[outcome.case.kind, module_of(outcome.case.chip).name].append(outcome)
    return [Row(*key, found[key]) for key in sorted(found)]


def report(outcomes: Sequence[Outcome]) -> int:
    """Print the table and each broken promise; return 0 if there is none."""
    rows = rows_of(outcomes)
    print(f"\n{'fault':<15}{'driver':<9}" + "".join(f"{head:>9}" for head in HEADS))
    print(*rows, sep="\n")
    for row in rows:
        if row.promise is not NONE_WRONG:
            print(f"\n{row.kind}, {row.driver}: {row.promise.sentence}")
    bad = [(row, outcome) for row in rows for outcome in row.bad]
    for row, outcome in bad[:SHOWN]:
        print(
            f"\n{row.kind}, {row.driver}: {_why(outcome)}\n  python -m tests.system.faults --case {str(outcome.case)!r}"
        )
    if len(bad) > SHOWN:
        print(f"\nand {len(bad) - SHOWN} more")
    print(f"\nrecovery: {_recovery(outcomes)}")
    return 1 if bad else 0


def _why(outcome: Outcome) -> str:
    late = f"recovered after {outcome.recovery} s, not {outcome.limit:.2f} s ({outcome.state})"
    return outcome.hang or "; ".join(outcome.wrong[:2]) or late


def _recovery(outcomes: Sequence[Outcome]) -> str:
    times = sorted(outcome.recovery for outcome in outcomes if outcome.recovery is not None)
    return f"median {times[len(times) // 2]:.3f} s, longest {times[-1]:.3f} s" if times else "none"
