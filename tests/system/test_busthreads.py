"""After a bus thread has started it imports nothing, and opens no file that is not its own.

A fixture of the whole suite (conftest) fails each test in which one does.  These tests use for the first time code that
most programs load late: a log line of each format, an error, a recovery, a record, a reload.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from i2cdrv.kthread import pywarnings
from i2cdrv.lib import stack
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

I2CDRV = [sys.executable, "-m", "i2cdrv"]
DRIVER = '''"""A chip whose driver makes a mistake."""

from typing import NamedTuple

from i2cdrv.driver.unit import Celsius
from i2cdrv.driver.driver import Driver
from i2cdrv.driver.moduleparam import param


class Sample(NamedTuple):
    temp: Celsius


class Chip(Driver):
    wrong: bool = param("whether to fail", default=False, perm=0o644)

    async def configure(self) -> None:
        pass

    async def sample(self) -> Sample:
        if self.wrong:
            raise ZeroDivisionError("\\x07 is no number")
        return Sample(Celsius(20.0))
'''

FORGETFUL = DRIVER.replace(
    '        if self.wrong:\n            raise ZeroDivisionError("\\x07 is no number")\n',
    "        self.configure()\n        Fragile()\n",
).replace(
    "class Sample",
    "class Fragile:\n    def __del__(self):\n        raise ValueError('from a finaliser')\n\nclass Sample",
)


def on_bus_thread(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work, name="i2c-9")
    thread.start()
    thread.join()


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (lambda: __import__("this_is_no_module"), "i2c-9: import 'this_is_no_module'"),
        (lambda: Path(__file__).read_bytes(), f"i2c-9: open '{__file__}'"),
        (lambda: Path("/proc/self/stat").read_bytes(), ""),
        (lambda: Path("/proc/cpuinfo").read_bytes(), "i2c-9: open '/proc/cpuinfo'"),
    ],
)
def test_the_fixture_sees_imports_of_a_bus_thread(
    work: Callable[[], object], said: str, bus_thread_reports: Path
) -> None:
    def attempt() -> None:
        with suppress(ImportError):
            work()

    before = bus_thread_reports.stat().st_size
    on_bus_thread(attempt)
    reported = bus_thread_reports.read_text()[before:]
    os.truncate(bus_thread_reports, before)
    assert reported.partition("\n")[0] == said


def test_a_child_reports_too(bus_thread_reports: Path) -> None:
    code = (
        "import threading\nt = threading.Thread(target=__import__, args=('wave',), name='i2c-3')\nt.start()\nt.join()"
    )
    before = bus_thread_reports.stat().st_size
    subprocess.run([sys.executable, "-c", code], check=True)
    reported = bus_thread_reports.read_text()[before:]
    os.truncate(bus_thread_reports, before)
    assert reported.startswith("i2c-3: import 'wave'\n")


@contextmanager
def loaded(tmp_path: Path, *words: str) -> Iterator[tuple[Path, Callable[..., str]]]:
    """A process that serves a simulated chip; gives its standard error, and a function that runs a command on it."""
    run_dir, stderr = tmp_path / "run", tmp_path / "stderr"
    run_dir.mkdir()

    def run(*command: str) -> str:
        asked = [*I2CDRV, *command, "--run-dir", str(run_dir)]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout

    options = ["--bus", "sim", "--interval", "0.05", "--run-dir", str(run_dir)]
    with stderr.open("w") as err, (tmp_path / "stdout").open("w") as out:
        process = subprocess.Popen([*I2CDRV, "load", *words, *options], stdout=out, stderr=err)
    try:
        until(lambda: "°C" in (tmp_path / "stdout").read_text(), "there is a value")
        until(lambda: list(run_dir.glob("control.*")), "it can be reached")
        yield stderr, run
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize("format", ["text", "json", "journal"])
def test_the_first_log_line_of_each_format(tmp_path: Path, format: str) -> None:
    with loaded(tmp_path, "bme280", "--log", format) as (stderr, run):
        run("param", "bme280", "debug=1")
        until(lambda: "transfer" in stderr.read_text(), "transfers are logged")


def test_the_first_error_the_first_recovery_and_the_first_record(tmp_path: Path) -> None:
    with loaded(tmp_path, "bme280", "--log", "text") as (stderr, run):
        run("sim", "fault", "0-0076", "brownout")
        until(lambda: "probing again" in stderr.read_text(), "the fault is noticed")
        run("sim", "fault", "0-0076", "unplug")
        until(lambda: "level=warning event=absent" in stderr.read_text(), "the chip is missed")
        run("sim", "fault", "0-0076", "clear")
        until(lambda: "event=live" in stderr.read_text().rpartition("event=absent")[2], "it is found again")
        trace = [*I2CDRV, "trace", "sim", "--record", str(tmp_path / "record"), "--run-dir", str(tmp_path / "run")]
        subprocess.run([*trace, "--count", "5"], capture_output=True, check=False, timeout=20)
        run("reload", "bme280")
        until(lambda: "module reloaded" in stderr.read_text(), "the module is reloaded")


def test_the_first_mistake_of_a_driver_shows_its_line(tmp_path: Path) -> None:
    driver = tmp_path / "mychip.py"
    driver.write_text(DRIVER)
    with loaded(tmp_path, f"{driver}", "--addr", "0x48", "--log", "text") as (stderr, run):
        run("param", "mychip", "wrong=1")
        until(lambda: "ZeroDivisionError" in stderr.read_text(), "the mistake is logged")
    assert 'raise ZeroDivisionError("\\\\x07 is no number")' in stderr.read_text().replace('\\"', '"')


def test_pythons_warnings_about_a_driver_go_to_the_log(tmp_path: Path) -> None:
    driver = tmp_path / "mychip.py"
    driver.write_text(FORGETFUL)
    with loaded(tmp_path, f"{driver}", "--addr", "0x48", "--log", "text") as (stderr, run):
        said = stderr.read_text()
        ring = run("log")
    forgotten = FORGETFUL.splitlines().index("        self.configure()") + 1
    warning = "RuntimeWarning: coroutine 'Chip.configure' was never awaited"
    assert f'event="Python warning" warning="{warning}" file={driver} line={forgotten}' in said
    assert 'where=Fragile.__del__ error="ValueError: from a finaliser"' in said
    assert "Python warning" in ring
    assert "Traceback" not in said


def test_pythons_warnings_on_other_threads_are_unchanged(capsys: pytest.CaptureFixture[str]) -> None:
    pywarnings.install()
    with pytest.warns(UserWarning, match="an old thing"):
        warnings.warn("an old thing", stacklevel=1)
    pywarnings.install()
    assert "Python warning" not in capsys.readouterr().err


def test_a_hook_is_not_put_over_itself_after_another_program_has_restored_its_own() -> None:
    pywarnings.install()
    unraisable = sys.unraisablehook
    with warnings.catch_warnings(record=True):
        pywarnings.install()
        assert sys.unraisablehook is unraisable
    show = warnings.showwarning
    pywarnings.install()
    assert (warnings.showwarning, sys.unraisablehook) == (show, unraisable)


def test_a_call_is_shown_with_the_line_that_the_driver_had_when_it_was_bound(tmp_path: Path) -> None:
    file = tmp_path / "mychip.py"
    file.write_text("one\n    two\n")
    call = stack.Call(str(file), 2, "sample")
    assert str(call) == f'  File "{file}", line 2, in sample\n'
    stack.remember(file)
    file.write_text("another\nfile\n")
    assert str(call) == f'  File "{file}", line 2, in sample\n    two\n'
    assert str(call._replace(line=3)) == f'  File "{file}", line 3, in sample\n'
