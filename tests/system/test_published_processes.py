"""Processes of one user and of others share a run directory: one serves a device, others read its last reading."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import stat
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated, NamedTuple

import pytest

from i2cdrv.core import published
from i2cdrv.core.reading import Reading
from i2cdrv.driver.channel import Channel
from i2cdrv.driver.display import Unit
from i2cdrv.errors import Error
from i2cdrv.lib import rundir
from i2cdrv.lib.age import boottime

CELSIUS = Unit("°C", 2)
CHANNELS = (Channel("temp", CELSIUS),)
SPAWN = multiprocessing.get_context("spawn")


class Sample(NamedTuple):
    temp: Annotated[float, CELSIUS]


def reading(temp: float, ago: float = 0.0) -> Reading:
    return Reading("1-0048", "lm75", "tmp102", time.time(), boottime() - ago, CHANNELS, Sample(temp))


def serve(run_dir: Path, ready: Connection) -> None:
    """Another process that serves 1-0048 until it is killed."""
    publication = published.Publication(run_dir, "1-0048")
    publication.update(reading(21.5), 1.0, "live")
    ready.send("ready")
    signal.pause()


def test_the_files_of_a_killed_process_are_ignored(tmp_path: Path) -> None:
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=serve, args=(tmp_path, there))
    process.start()
    assert here.poll(20)
    assert [entry["pid"] for entry in published.served(tmp_path)] == [process.pid]
    process.kill()
    process.join()
    assert list(published.served(tmp_path)) == []
    published.Publication(tmp_path, "1-0048").close()


def look(run_dir: Path, found: Connection) -> None:
    """Another process, of a user without access."""
    os.setuid(65534)
    found.send(list(published.served(run_dir)))


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_a_user_without_access_sees_nothing(tmp_path: Path) -> None:
    (tmp_path / "devices").mkdir()
    tmp_path.chmod(0o750)
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=look, args=(tmp_path, there))
    process.start()
    assert here.poll(20)
    assert here.recv() == []
    process.join()


def serve_privately(ready: Connection) -> None:
    """Another user, without a runtime directory."""
    os.setuid(ODD)
    os.environ.pop("XDG_RUNTIME_DIR", None)
    os.umask(0)
    try:
        published.Publication(rundir.default(), "1-0048").close()
    except Error as error:
        ready.send(error.message)
    else:
        ready.send("served")


ODD = 4_000_001
PRIVATE = Path(f"/tmp/i2cdrv-{ODD}")


@pytest.fixture
def _no_private_directory() -> Iterator[None]:
    shutil.rmtree(PRIVATE, ignore_errors=True)
    yield
    shutil.rmtree(PRIVATE, ignore_errors=True)


def answer_of_another_user() -> str:
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=serve_privately, args=(there,))
    process.start()
    assert here.poll(20)
    process.join()
    return str(here.recv())


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
@pytest.mark.usefixtures("_no_private_directory")
def test_the_private_directory_is_for_its_user_alone() -> None:
    assert answer_of_another_user() == "served"
    facts = PRIVATE.stat()
    assert (facts.st_uid, stat.S_IMODE(facts.st_mode)) == (ODD, 0o700)


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
@pytest.mark.usefixtures("_no_private_directory")
def test_a_private_directory_that_another_user_has_made_is_refused() -> None:
    PRIVATE.mkdir()
    os.chown(PRIVATE, 65534, 65534)
    said = answer_of_another_user()
    assert said.startswith(f"{PRIVATE} cannot be used: {PRIVATE} belongs to ")
    assert said.endswith(", not to you or root; choose another with --run-dir")
