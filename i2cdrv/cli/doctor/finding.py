"""What ``i2cdrv doctor`` finds: a sentence, how bad it is, and the command that mends it."""

from __future__ import annotations

from enum import StrEnum, auto
from typing import NamedTuple


class Grade(StrEnum):
    OK = auto()
    NOTE = auto()  # worth knowing; nothing need be done
    PROBLEM = auto()  # something does not work until ``fix`` is done


class Finding(NamedTuple):
    """``text``: what is, and what it means.  ``fix``: a command to be copied whole; a problem has always one."""

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
