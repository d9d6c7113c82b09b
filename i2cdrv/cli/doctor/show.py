"""Findings as text for a person."""

from __future__ import annotations

import textwrap
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from .finding import Finding, Grade

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

WIDTH = 80
MARGIN = 11  # columns before the text: indent and grade


def as_text(found: Iterable[Finding]) -> Iterator[str]:
    """Lines, topic by topic, as the findings come; at the end what is to be done, each command once."""
    problems = []
    for topic, group in groupby(found, attrgetter("topic")):
        yield topic
        for one in group:
            yield from _finding(one)
            if one.grade is Grade.PROBLEM:
                problems.append(one)
    yield ""
    yield from _to_do(problems)


def _finding(one: Finding) -> Iterator[str]:
    first = f"  {one.grade:<{MARGIN - 2}}"
    yield from textwrap.wrap(one.text, WIDTH, initial_indent=first, subsequent_indent=" " * MARGIN,
                             break_on_hyphens=False, break_long_words=False)  # fmt: skip
    if one.fix:
        yield f"{'':{MARGIN}}$ {one.fix}"  # not broken, whatever its length: it is there to be copied


def _to_do(problems: Sequence[Finding]) -> Iterator[str]:
    if not problems:
        yield "Nothing to do."
        return
    yield "To do:"
    for fix in dict.fromkeys(one.fix for one in problems):
        yield f"  {fix}"
