"""Text that cannot steer a terminal: which characters become escapes, and which stay."""

from __future__ import annotations

import json
import sys
import unicodedata

import pytest

from i2cdrv.lib.printable import as_json, printable, printable_json
from tests.support.effort import times

CONTROLS = [chr(code) for code in (*range(0x20), 0x7F, *range(0x80, 0xA0))]  # ISO 6429: C0, DEL, C1
DIRECTIONS = list("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")  # UAX #9, table 4
BREAKS = ["\u2028", "\u2029"]
INVISIBLE = ["\u200b", "\u2060", "\ufeff", "\u00ad", "\U000e0041"]
SURROGATES = ["\ud800", "\udc9b", "\udfff"]
HARMFUL = [*CONTROLS, *DIRECTIONS, *BREAKS, *INVISIBLE, *SURROGATES]
HARMLESS = (
    "21.5 °C, 3 µA, 0.1 Ω, ±2 %, Größe, Čapek, Ελλάδα, москва, 温度, 온도, かな, עברית, عربي, हिन्दी, ½ … – "
    "\u00a0\u202f\u3000"
)


@pytest.mark.parametrize("character", HARMFUL, ids=ascii)
def test_a_character_that_could_steer_a_terminal_becomes_an_escape(character: str) -> None:
    shown = printable(f"a{character}b")
    assert shown.startswith("a\\")
    assert shown.endswith("b")
    assert shown.isascii()
    assert shown.isprintable()
    assert shown.encode().decode("unicode_escape") == f"a{character}b"


@pytest.mark.parametrize("character", [*HARMFUL, '"', "\\"], ids=ascii)
def test_a_program_finds_the_same_string_in_json(character: str) -> None:
    text = as_json({f"a{character}": [f"{character}b"]})
    assert text.isascii()
    assert text.isprintable()
    assert json.loads(text) == {f"a{character}": [f"{character}b"]}


def test_letters_signs_and_spaces_of_every_language_stay() -> None:
    assert printable(HARMLESS) == HARMLESS
    assert printable_json(HARMLESS) == HARMLESS
    assert json.loads(as_json(HARMLESS)) == HARMLESS


def test_no_control_format_or_separator_character_of_unicode_is_left() -> None:
    every = "".join(map(chr, range(times(sys.maxunicode + 1, 0x1FFFF)))) + "\U000e0001\U000e007f\U0010ffff"
    kinds = {unicodedata.category(character) for character in printable(every)}
    assert kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"} == set()
    assert kinds >= {"Lu", "Ll", "Lo", "Nd", "Sc", "So", "Zs", "Mn"}
