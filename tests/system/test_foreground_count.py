"""``i2cdrv load --count N``: a count that cannot be reached any more ends the command with status 1."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

I2CDRV = [sys.executable, "-m", "i2cdrv"]
DRIVER = '''"""A chip whose driver fails at its third conversion, or when its level is 2."""

from typing import NamedTuple

from i2cdrv.driver.unit import Celsius
from i2cdrv.driver.driver import Driver
from i2cdrv.driver.moduleparam import param


class Sample(NamedTuple):
    temp: Celsius


class Chip(Driver):
    level: int = param("a level", default=1, perm=0o644)
    addresses = range(0x48, 0x50)
    samples = 0

    async def configure(self) -> None:
        if self.level == 2:
            raise ZeroDivisionError("no level")

    async def sample(self) -> Sample:
        self.samples += 1
        if self.samples == 3 and self.level == 3:
            raise ZeroDivisionError("the third one")
        return Sample(Celsius(20.0))
'''
PATIENCE = 30.0  # s; only a failing test needs them


class Loaded:
    """A process of ``load --count 100000``."""

    def __init__(self, place: Path, *words: str) -> None:
        self.run_dir, self.out = place / "run", place / "out"
        self.run_dir.mkdir()
        (place / "mychip.py").write_text(DRIVER)
        options = ["--bus", "sim", "--addr", "0x48", "--interval", "0.05", "--count", "100000"]
        with self.out.open("w") as out:
            self.process = subprocess.Popen(
                [*I2CDRV, "load", str(place / "mychip.py"), *words, *options, "--run-dir", str(self.run_dir)],
                stdout=out, stderr=subprocess.PIPE, text=True,
            )  # fmt: skip

    def until_it_serves(self) -> None:
        until(lambda: "°C" in self.out.read_text(), "there is a value")
        until(lambda: list(self.run_dir.glob("control.*")), "it can be reached")

    def command(self, *words: str) -> int:
        asked = [*I2CDRV, *words, "--run-dir", str(self.run_dir)]
        return subprocess.run(asked, capture_output=True, check=False).returncode

    def ends(self) -> tuple[int, str]:
        """Wait for its end, and give its status and the last line of its stderr."""
        _, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, err.splitlines()[-1]


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Callable[..., Loaded]]:
    """Start a process, with some parameters."""
    made: list[Loaded] = []

    def start(*words: str) -> Loaded:
        made.append(Loaded(tmp_path, *words))
        return made[-1]

    yield start
    for one in made:
        one.process.terminate()  # in order: it unmounts its tree
        one.process.communicate(timeout=PATIENCE)


def test_an_ejection_in_a_sample_ends_it(load: Callable[..., Loaded]) -> None:
    loaded = load("level=3")
    status, said = loaded.ends()
    assert status == 1
    assert said.startswith("i2cdrv: driver mychip failed on 0-0048: line ")
    assert "the third one" in said
    assert ["no value" in line for line in loaded.out.read_text().splitlines()] == [False, True]


def test_an_ejection_for_another_reason_ends_it(load: Callable[..., Loaded]) -> None:
    loaded = load()
    loaded.until_it_serves()
    assert loaded.command("param", "mychip", "level=2") != 0
    status, said = loaded.ends()
    assert (status, "no level" in said) == (1, True)


def test_an_unbound_device_ends_it(load: Callable[..., Loaded]) -> None:
    loaded = load()
    loaded.until_it_serves()
    assert loaded.command("unbind", "0-0048") == 0
    status, said = loaded.ends()
    assert status == 1
    assert "0-0048 is no longer sampled" in said
    assert "load it again" in said


def test_a_reload_does_not(load: Callable[..., Loaded]) -> None:
    loaded = load()
    loaded.until_it_serves()
    for _ in range(2):
        assert loaded.command("reload", "mychip") == 0
    lines = loaded.out.read_text().count("\n")
    until(lambda: loaded.out.read_text().count("\n") > lines + 30, "it goes on")
    assert loaded.process.poll() is None
