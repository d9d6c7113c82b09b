"""For every test: log lines are text, and none of them keeps the stderr of another test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.log import log

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _log_to_this_tests_stderr() -> Iterator[None]:
    log.configure("text")
    yield
    log.configure(None)
