"""The prose of everything but the program reads as English does."""

from __future__ import annotations

import pytest

from tests.support.prose import TOP, hits_in

PLACES = ["README.md", "CHANGELOG.md", "Makefile", "pyproject.toml", ".ci", "udev", "config", "docs", "tests"]


@pytest.mark.parametrize("place", PLACES)
def test_no_reader_stumbles(place: str) -> None:
    assert not (hits := hits_in([TOP / place])), "\n".join(map(str, hits))
