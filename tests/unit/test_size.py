"""Drivers and simulated chips stay short on average, so that a reader can compare each with its datasheet."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING

import pytest

from tests.support.checkout import ROOT
from tests.support.codelines import code_lines

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = '''"""The head,
of two lines."""

VALUES = (  # a comment beside code
    1,
)
# a comment


class Some:
    """A docstring."""

    text = """a text
    is code"""

    def some(self) -> None:
        """A docstring."""
'''


def test_blank_lines_comments_and_docstrings_are_no_code(tmp_path: Path) -> None:
    (tmp_path / "sample.py").write_text(SAMPLE)
    assert code_lines(tmp_path / "sample.py") == 7


@pytest.mark.parametrize(("folder", "most"), [("drivers", 75), ("i2cdrv/sim/chips", 70)])
def test_a_file_is_short_on_average(folder: str, most: int) -> None:
    sizes = {path.stem: code_lines(path) for path in (ROOT / folder).glob("*.py") if path.stem != "__init__"}
    longest = sorted(sizes, key=sizes.__getitem__, reverse=True)[:5]
    assert mean(sizes.values()) <= most, f"the longest: {', '.join(f'{name} {sizes[name]}' for name in longest)}"
