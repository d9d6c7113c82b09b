"""Small libraries in the style of Adafruit's and of smbus2's users, written by the tests."""

from __future__ import annotations

import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from i2cdrv.bridge import declare

from .libraries import THERMOMETER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a module of a library, which the test can import."""
    monkeypatch.syspath_prepend(tmp_path)
    written: list[str] = []

    def write(name: str, text: str) -> None:
        file = tmp_path / f"{name.replace('.', '/')}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(dedent(text))
        written.append(name)

    yield write
    declare._drivers.clear()
    declare._shared._own.clear()
    for name in [name for name in sys.modules if name.partition(".")[0] in {one.partition(".")[0] for one in written}]:
        del sys.modules[name]


@pytest.fixture
def thermometer(write: Write) -> None:
    write("adafruit_thermometer", THERMOMETER)
