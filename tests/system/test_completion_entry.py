"""The program that a shell calls for the words of a command line: its output, its imports and its silence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from i2cdrv.cli import main as cli
from i2cdrv.cli.completion.shells import SCRIPTS, script

DRIVER = """
from typing import NamedTuple
from i2cdrv import Celsius, Driver, param
print("loud")
class Sample(NamedTuple):
    inside: Celsius
class Thermo(Driver):
    addresses = range(0x10, 0x70)
    turbo: bool = param("faster", default=False)
    async def sample(self) -> Sample:
        return Sample(1.0)
"""


def complete(*asked: str, code: str = "") -> subprocess.CompletedProcess[str]:
    run = f"{code}\nimport sys; from i2cdrv.cli.main import main; sys.exit(main(['__complete', *sys.argv[1:]]))"
    return subprocess.run([sys.executable, "-c", run, *asked], capture_output=True, text=True, check=False)


def test_nothing_but_the_words_is_printed(tmp_path: Path) -> None:
    (tmp_path / "thermo.py").write_text(DRIVER)
    shown = complete("fish", "load", str(tmp_path / "thermo.py"), "ga")
    assert (shown.stdout.splitlines()[2:4], shown.stderr) == (
        ["debug=\tlog each transfer of this device", "turbo=\tfaster"],
        "",
    )
    assert "loud" not in shown.stdout
    assert not (tmp_path / "__pycache__").exists()


@pytest.mark.parametrize("asked", [[], ["csh", "load"], ["bash"], ["bash", "x"], ["zsh"], ["fish"]])
def test_an_unknown_question_is_answered_by_silence(asked: list[str]) -> None:
    shown = complete(*asked)
    assert (shown.returncode, shown.stdout, shown.stderr) == (1, "", "")


@pytest.mark.parametrize(
    "mishap", ["while True: pass", "import os; os.kill(os.getpid(), 2)", "raise KeyboardInterrupt", "1 / 0"]
)
def test_a_completer_that_hangs_or_fails_ends_quietly(mishap: str) -> None:
    """As a file system does whose server is gone."""
    code = "import i2cdrv.cli.completion.answer as a; a.ANSWER_TIMEOUT_S = 0.5\n"
    code += f"def bad(*_):\n {mishap}\na.ANSWERS['fish'] = bad\n"
    shown = complete("fish", "load", "", code=code)
    assert (shown.returncode, shown.stdout, shown.stderr) == (1, "", "")


def test_a_unit_that_the_locale_has_not_is_no_error() -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    asked = [sys.executable, "-m", "i2cdrv", "__complete", "zsh", "read", "bme280", "t"]
    shown = subprocess.run(asked, capture_output=True, env=env, check=True)
    assert shown.stdout.splitlines()[2] == b" temp:\\xb0C"


NEEDLESS = {
    "argparse", "typing", "enum", "json", "pathlib", "re", "signal", "contextlib", "functools", "collections", "socket",
    "importlib", "i2cdrv.cli.parser", "i2cdrv.core.module", "i2cdrv.errors",
}  # fmt: skip
LINES = {
    "load --in": "--interval ", "load bme": "bme280 ", "load bmp280 osrs_h=x16": "osrs_h=x16 ", "log --l": "--log ",
    "param bme280 mo": "mode ", "read bme280 te": "temp ", "load lm75 --addr=0x4f": "--addr=0x4f ", "read 1-00": "",
    "unload b": "",
}  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_the_answer_needs_nothing_heavy(line: str, tmp_path: Path) -> None:
    """As quick as Python's start, nearly: no parser, no driver, no bus is imported."""
    ask = "import sys; before = set(sys.modules); from i2cdrv.cli import main as cli; cli.main(sys.argv[1:])"
    ask += "; print(*set(sys.modules) - before)"
    words = ["__complete", "bash", f"i2cdrv --run-dir {tmp_path} {line}", line.rsplit(maxsplit=1)[-1]]
    shown = subprocess.run([sys.executable, "-c", ask, *words], capture_output=True, text=True, check=True)
    *found, imported = shown.stdout.splitlines()[1:]
    assert LINES[line] in ("", *found)
    assert not NEEDLESS & set(imported.split())


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_script_is_printed_by_the_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", shell]) == 0
    assert capsys.readouterr().out == script(shell)
