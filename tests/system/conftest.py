"""For the tests of whole processes, some of which belong to other users."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def shared_path() -> Iterator[Path]:
    """A directory that other users may enter; each run of pytest closes those of all runs (tmp_path) to them."""
    with tempfile.TemporaryDirectory(prefix="i2cdrv-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)
