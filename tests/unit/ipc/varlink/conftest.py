"""The fixtures of most of these tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .desk import Desk, Raw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from i2cdrv.ipc.varlink import Server


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control"


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def server(desk: Desk, path: Path) -> Iterator[Server]:
    with desk.server(path) as server:
        yield server
        desk.go.set()


@pytest.fixture
def raw(server: Server, path: Path) -> Iterator[Raw]:
    with Raw(path) as raw:
        yield raw
