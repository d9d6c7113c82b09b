"""What is promised for each kind of fault: no wrong value, or a share of them and the sentence of the documentation."""

from __future__ import annotations

from typing import NamedTuple


class Promise(NamedTuple):
    """``share``: the most of the values published from the fault's begin on that may be wrong.

    ``within``: s after the fault's end in which the last of them may be published.
    """

    share: float
    within: float
    sentence: str


NONE_WRONG = Promise(0.0, 0.0, "No value is wrong.")

PROMISES: dict[tuple[str, str], Promise] = {}  # by kind and driver


def promise(kind: str, driver: str) -> Promise:
    """Return what is promised of a driver under a kind of fault."""
    return PROMISES.get((kind, driver), PROMISES.get((kind, "*"), NONE_WRONG))
