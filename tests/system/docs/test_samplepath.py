"""The path of a sample in docs/design.md is the path of the code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.system.docs.snippets import ROOT

if TYPE_CHECKING:
    from tests.system.docs.samplecalls import Calls

Line = tuple[int, str]  # the depth and the name of a frame

SECTION = (ROOT / "docs" / "design.md").read_text().partition("\n## The path of a sample\n")[2].partition("\n## ")[0]
FRAME = re.compile(r"^( *)([\w.]+) {2,}", re.M)
REQUEST = re.compile(r"^A request comes .*?: ([^:]*?) puts ", re.M)


@pytest.fixture(scope="module")
def calls() -> dict[str, Calls]:
    """The calls of a sample and of a request."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.system.docs.samplecalls"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def named(calls: Calls, names: set[str], depth: int = 0) -> Iterator[Line]:
    """The frames of these names, with the calls of other frames between them as if they were made directly."""
    for name, own in calls.items():
        if name in names:
            yield depth, name
        yield from named(own, names, depth + (name in names))


def first_of_each(path: Iterator[Line]) -> list[Line]:
    found: dict[str, int] = {}
    for depth, name in path:
        found.setdefault(name, depth)
    return [(depth, name) for name, depth in found.items()]


def test_the_page_shows_the_frames_of_a_sample_in_their_order_and_nesting(calls: dict[str, Calls]) -> None:
    page = [(len(indent), name) for indent, name in FRAME.findall(SECTION.split("```")[1])]
    assert page == first_of_each(named(calls["sample"], {name for _, name in page}))


def test_the_page_shows_the_frames_of_a_request(calls: dict[str, Calls]) -> None:
    names = re.findall(r"[\w.]+", REQUEST.findall(SECTION)[0].split("thread")[-1])
    assert list(enumerate(names)) == first_of_each(named(calls["request"], set(names)))
