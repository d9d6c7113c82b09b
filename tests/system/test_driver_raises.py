"""Drivers that raise, or loop, where no program expects it: the command ends with one line and status 1."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

import i2cdrv
from i2cdrv import errors
from i2cdrv.cli import dispatch
from i2cdrv.cli import main as cli
from i2cdrv.core import published
from i2cdrv.lib import rundir

if TYPE_CHECKING:
    from pathlib import Path

    from i2cdrv.sim import SimAdapter

DRIVER = '''"""A chip whose driver fails in one place."""

import asyncio
import sys
import threading
import time
from typing import Any, NamedTuple

from i2cdrv.driver.unit import Celsius
from i2cdrv.driver.driver import Driver


class Sample(NamedTuple):
    temp: Celsius


class Chip(Driver):
    addresses = range(0x48, 0x50)

'''
HOOKS = {
    "reset": "    async def reset(self) -> None:\n        {}\n",
    "probe": "    async def probe(self) -> None:\n        {}\n",
    "configure": "    async def configure(self) -> None:\n        {}\n",
    "sample": "",
}
RAISES = ["raise SystemExit(0)", "raise GeneratorExit", "raise KeyboardInterrupt", "raise asyncio.CancelledError"]
RESULTS = ["", " -> float", " -> int | str", " -> tuple[float, ...]", " -> NamedTuple", " -> Any"]
LIMIT_S = 60  # only a failing test needs them


def written(path: Path, hook: str, statement: str) -> str:
    """Write a driver that runs the statement in the hook, and give its file's name."""
    body = statement if hook == "sample" else "return Sample(20.0)"
    sample = f"    async def sample(self) -> Sample:\n        {body}\n"
    path.write_text(DRIVER + HOOKS[hook].format(statement) + sample)
    return str(path)


def command(*words: str) -> tuple[int, str]:
    """Run a command; return its status and its stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "i2cdrv", *words, "--bus", "sim", "--addr", "0x48"],
        capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("statement", RAISES)
def test_an_exception_that_is_no_exception_is_the_drivers_failure(tmp_path: Path, hook: str, statement: str) -> None:
    """Such an error would end the bus thread, and the command would wait, or end with 0 and no word."""
    name = written(tmp_path / "mychip.py", hook, statement)
    status, said = command("load", name, "--count", "2", "--interval", "0.05")
    assert status == 1
    assert "Traceback" not in said
    last = said.splitlines()[-1]
    kind = statement.partition(" ")[2].partition("(")[0].rpartition(".")[2]
    assert last.startswith(f"i2cdrv: driver mychip failed in the {'sample' if hook == 'sample' else 'probe'} of 0-0048")
    assert kind in last
    assert last.endswith("fix it, then run this again")


def test_a_script_gets_an_error_for_a_driver_that_exits(sim_bus: SimAdapter, tmp_path: Path) -> None:
    """``sys.exit`` in a driver must not end the program that uses it."""
    sim_bus.attach(0x48, "lm75")
    with pytest.raises(errors.DriverFault, match="SystemExit: 3"):
        i2cdrv.open(written(tmp_path / "mychip.py", "probe", "raise SystemExit(3)"), sim_bus, 0x48)


def test_the_programs_own_exit_is_not_the_drivers(sim_bus: SimAdapter, tmp_path: Path) -> None:
    """A handler of a signal may raise it while a driver runs; ``exit`` stands for that here."""
    sim_bus.attach(0x48, "lm75")
    name = written(tmp_path / "mychip.py", "probe", "sys.handler()")

    def handler() -> None:
        raise SystemExit(4)

    sys.handler = handler  # type: ignore[attr-defined]
    try:
        with pytest.raises(SystemExit, match="4"):
            i2cdrv.open(name, sim_bus, 0x48)
    finally:
        del sys.handler  # type: ignore[attr-defined]


@pytest.mark.parametrize("statement", ["while True: pass", "time.sleep(600)"])
@pytest.mark.parametrize("hook", HOOKS)
def test_load_ends_where_a_driver_does_not(tmp_path: Path, hook: str, statement: str) -> None:
    """Its first probe is watched as well."""
    name = written(tmp_path / "mychip.py", hook, statement)
    status, said = command("load", name, "--count", "2", "--interval", "0.05")
    assert status == 1
    assert "did not give the bus back" in said.splitlines()[-1]


@pytest.mark.parametrize("words", [["read"], ["load", "--once"]])
@pytest.mark.parametrize("hook", ["probe", "sample"])
def test_a_single_sample_is_watched_as_well(tmp_path: Path, words: list[str], hook: str) -> None:
    """``read`` in a script, or a timer's job, must end."""
    name = written(tmp_path / "mychip.py", hook, "while True: pass")
    status, said = command(*words, name)
    assert status == 1
    assert "did not give the bus back" in said.splitlines()[-1]


@pytest.mark.parametrize("result", RESULTS)
def test_a_driver_whose_sample_is_no_named_tuple_is_refused(tmp_path: Path, result: str) -> None:
    """The error names the missing thing."""
    path = tmp_path / "mychip.py"
    path.write_text(f"{DRIVER}    async def sample(self){result}:\n        return 1.0\n")
    with pytest.raises(errors.Error, match="-> Sample, a NamedTuple of units"):
        i2cdrv.open(str(path), "sim", 0x48)


def test_a_driver_file_without_a_sample_is_refused(tmp_path: Path) -> None:
    """It has no traceback, but a line with the method that is missing."""
    path = tmp_path / "mychip.py"
    path.write_text(DRIVER)
    with pytest.raises(errors.Error, match=r"Chip has no sample\(\): give it an async def sample"):
        i2cdrv.open(str(path), "sim", 0x48)


def test_a_driver_that_closes_standard_output_is_named(tmp_path: Path) -> None:
    """Nothing can be printed then: one line and status 1."""
    name = written(tmp_path / "mychip.py", "probe", "sys.stdout.close()")
    status, said = command("load", name, "--count", "1")
    assert (status, said) == (
        1, "i2cdrv: cannot write to standard output: a driver has closed it; redirect it to another file\n"
    )  # fmt: skip


def test_a_runtime_directory_that_may_not_be_used_is_not_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After ``su`` from root the variable is /run/user/0, which belongs to root and which only root may enter."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 4711)
    monkeypatch.setattr(os, "access", lambda path, _mode: str(path) != str(tmp_path))
    assert rundir.default() != tmp_path / "i2cdrv"


def test_a_unit_of_a_drivers_own_has_no_file_and_works_everywhere_else(tmp_path: Path) -> None:
    """With a run directory there is a tree."""
    path = tmp_path / "mychip.py"
    own = "from typing import Annotated\n\nfrom i2cdrv import Celsius, Unit\n"
    text = DRIVER.replace("from i2cdrv.driver.unit import Celsius\n", own)
    text = text.replace(
        "    temp: Celsius\n", '    speed: Annotated[float, Unit("furlong/fortnight")]\n    temp: Celsius\n'
    )
    path.write_text(f"{text}    async def sample(self) -> Sample:\n        return Sample(900.0, 20.0)\n")
    (tmp_path / "run").mkdir()
    status, said = command("load", str(path), "--count", "1", "--run-dir", str(tmp_path / "run"))
    assert status == 0, said
    assert "Traceback" not in said


def test_a_process_that_may_start_no_thread_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """``ulimit -u``, or TasksMax= of a unit."""

    def start(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    said: list[str] = []
    monkeypatch.setattr(dispatch, "print_error", said.append)
    assert cli.main(["read", "bme280", "--bus", "sim"]) == 1
    assert said == ["read: no thread can be started: raise the limit of processes (ulimit -u, TasksMax=)"]


def test_a_lock_file_that_is_a_fifo_is_named(tmp_path: Path) -> None:
    """The error names the file, and another place to look."""
    (tmp_path / "devices").mkdir()
    os.mkfifo(tmp_path / "devices/1-0076.reading")
    with pytest.raises(errors.Error, match=r"1-0076.reading is not a regular file; choose another with --run-dir"):
        published.Publication(tmp_path, "1-0076")


def test_a_full_run_directory_does_not_keep_a_device_from_being_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock needs no space; only its content does."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    publication = published.Publication(tmp_path, "1-0076")
    with pytest.raises(errors.Busy):
        published.Publication(tmp_path, "1-0076")
    publication.close()
    published.Publication(tmp_path, "1-0076").close()
