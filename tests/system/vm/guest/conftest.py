"""Only for inside a machine, where there is nothing to break. The helpers' failed assertions show their values too."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

if not os.environ.get("I2CDRV_VM"):
    raise pytest.UsageError("these tests load kernel modules; they run inside a machine: python -m tests.system.vm")

HELPERS = ("daemon", "host", "kernel", "placed", "product", "sensor", "service", "threads")
pytest.register_assert_rewrite(*(f"tests.system.vm.guest.{name}" for name in HELPERS))


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints a figure for a person."""

    def said(line: str) -> None:
        with capfd.disabled():
            print(f"\n{line}")

    return said
