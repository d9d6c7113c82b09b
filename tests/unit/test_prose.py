"""The program's prose reads as English does: no word over which a native reader stumbles.

``tests/system/docs/test_prose.py`` reads the documentation, the configuration and the tests.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.support.prose import TOP, Text, check, comments_of, hits_in, remark, strings_of

FOLDERS = [each.name for each in (TOP / "i2cdrv").iterdir() if each.name != "__pycache__"]
PLACES = ["drivers", *sorted(f"i2cdrv/{name}" for name in FOLDERS)]


def words(text: str, *, is_function: bool = False) -> list[str]:
    return [hit.word for hit in check(Path("x.py"), Text(1, text, is_function))]


@pytest.mark.parametrize("place", PLACES)
def test_no_reader_stumbles(place: str) -> None:
    assert not (hits := hits_in([TOP / place])), "\n".join(map(str, hits))


@pytest.mark.parametrize(
    "text",
    [
        "Who waits sleeps.",
        "the chip of whom nobody knows",
        "it is read anew, so many times, for ever",
        "mend it, then: i2cdrv reload",
        "One that hangs is ended.",
        "What is read is given.",
        "those that wait",
        "the file says it and the daemon is told",
        "ask the chip, then go on",
        "the only room that imports rich",
    ],
)
def test_a_word_that_stumbles_is_found(text: str) -> None:
    assert words(text)


@pytest.mark.parametrize(
    "text",
    [
        "The caller decides which device is read.",
        "the error shows what to write instead",
        "What happens if a chip is unplugged?  It is marked absent.",
        '``who`` is a field, and so is `said`; the kernel writes "what is this"',
        "the register WHO_AM_I, tests/drivers/seat.py, step.asked and ask(name)",
        "two chips that no identity register tells apart",
        "at room temperature, with room for 64 bytes",
        "a heartbeat; a message that users mended_by hand",
        "a chip whose address is free; nothing else is read",
    ],
)
def test_plain_english_and_names_are_not_found(text: str) -> None:
    assert words(text) == []


def test_a_docstring_of_a_function_begins_with_a_verb() -> None:
    assert words("The number of the bus.", is_function=True)
    assert words("Whether the chip is there.", is_function=True)
    assert not words("Return the number of the bus.", is_function=True)
    assert not words("The number of the bus.")


def test_docstrings_comments_messages_and_events_are_read() -> None:
    source = '''
"""Module."""
class A:
    """Class."""
    def f(self):
        """Function."""
        log("mended", x=1)  # what is new
        raise Error(f"{self}: no such thing; {x} is there")
    @property
    def g(self):
        """Property."""
'''
    texts = {text.text: text.is_function for text in strings_of(ast.parse(source), is_test=False)}
    assert texts == {
        "Module.": False,
        "Class.": False,
        "Function.": True,
        "Property.": False,
        "mended": False,
        ": no such thing; ": False,
        " is there": False,
    }
    assert comments_of(source) == [Text(7, "what is new")]


def test_names_of_tests_are_read() -> None:
    source = "def test_nobody_waits():\n    assert 'nobody waits here'"
    assert [text.text for text in strings_of(ast.parse(source), is_test=True)] == ["test nobody waits"]


def test_comments_of_configuration_are_read() -> None:
    assert remark("# a comment") == remark("    # a comment") == remark("key: value  # a comment") == "a comment"
    assert remark("Description=a service") == "a service"
    assert remark("#!/bin/sh") == remark("key: value") == remark("wait; true") == ""
