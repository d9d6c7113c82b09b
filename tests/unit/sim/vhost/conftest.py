"""The fixtures of most of these tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .back_end import Server, running
from .front_end import Guest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "i2c.sock"


@pytest.fixture
def server(path: Path) -> Iterator[Server]:
    with running(path) as server:
        yield server


@pytest.fixture
def guest(server: Server) -> Guest:
    return server.guest().start()


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serves every guest that chance makes, one after the other."""
    with running(tmp_path_factory.mktemp("vhost") / "i2c.sock", once=False) as server:
        yield server
        assert server.error is None
