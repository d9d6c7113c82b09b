"""A finding of ``i2cdrv doctor``: a sentence, its grade, and the command that fixes the problem; and their layout."""

from __future__ import annotations

import textwrap
from enum import StrEnum, auto
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from ...lib import hints

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .machine import Group, Machine

WIDTH = 80
MARGIN = 11  # columns before the text: indent and grade


class Grade(StrEnum):
    OK = auto()
    NOTE = auto()  # worth knowing; no action is needed
    PROBLEM = auto()  # something does not work until ``fix`` is done


class Finding(NamedTuple):
    """A finding.  ``text``: a fact and its meaning.  ``fix``: a command to copy; every problem has one."""

    topic: str
    grade: Grade
    text: str
    fix: str = ""


def ok(topic: str, text: str) -> Finding:
    return Finding(topic, Grade.OK, text)


def note(topic: str, text: str, fix: str = "") -> Finding:
    return Finding(topic, Grade.NOTE, text, fix)


def problem(topic: str, text: str, fix: str) -> Finding:
    return Finding(topic, Grade.PROBLEM, text, fix)


def joining(machine: Machine, topic: str, refused: str, group: Group) -> Finding:
    """Return the problem of a user outside a group.  ``refused``: the object that the group may use."""
    if machine.person.name in group.members:
        late = (
            f"{refused}: you are in group {group.name}, but were not yet when you logged in; log in again, or for this"
        )
        return problem(topic, f"{late} terminal:", f"newgrp {group.name}")
    if group.name.isdecimal():
        text = f"{refused}: group {group.name} has no name here; give it one and join it, then log in again"
        return problem(topic, text, hints.join_group_command(group.name, machine.root))
    return problem(
        topic,
        f"{refused}: join group {group.name}, then log in again",
        hints.join_group_command(group.name, machine.root),
    )


def as_text(found: Iterable[Finding]) -> Iterator[str]:
    """Yield the lines topic by topic, and at the end each command to run, once."""
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
        yield f"{'':{MARGIN}}$ {one.fix}"  # never wrapped: it is there to be copied


def _to_do(problems: Sequence[Finding]) -> Iterator[str]:
    if not problems:
        yield "Nothing to do."
        return
    yield "To do:"
    for fix in dict.fromkeys(one.fix for one in problems):
        yield f"  {fix}"
