"""Completion in real shells: bash with and without bash-completion, zsh, fish."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from i2cdrv.cli.completion.shells import SCRIPTS, script
from tests.support.shells import TAB, Shell, environment, installed

if TYPE_CHECKING:
    from collections.abc import Iterator

BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")
SHIPPED = ["bme280", "ina219", "ina226", "lm75", "mcp9808", "sht4x"]


def home(place: Path) -> Path:
    """A home directory with a driver and a record."""
    (place / "thermo.py").touch()
    (place / "old.rec").touch()
    return place


@pytest.fixture(scope="module", params=["bash", "zsh"])
def shell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    if not installed(request.param):
        pytest.skip(f"{request.param} is not installed")
    with Shell(request.param, home(tmp_path_factory.mktemp("home"))) as found:
        yield found


@pytest.fixture(scope="module")
def helped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    if not installed("bash") or not BASH_COMPLETION.exists():
        pytest.skip("bash-completion is not installed")
    with Shell("bash", home(tmp_path_factory.mktemp("home")), f"source {BASH_COMPLETION}") as found:
        yield found


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("i2cdrv det", "i2cdrv detect "),
        ("i2cdrv load bme2", "i2cdrv load bme280 "),
        ("i2cdrv load bme280 st", "i2cdrv load bme280 standby="),
        ("i2cdrv load bme280 osrs_p=", "i2cdrv load bme280 osrs_p=x"),
        ("i2cdrv load bme280 filter=o", "i2cdrv load bme280 filter=off "),
        ("i2cdrv load 'bme280' osrs-p=x2", "i2cdrv load 'bme280' osrs-p=x2 "),
        ("i2cdrv load bme280 --ign", "i2cdrv load bme280 --ignore-unknown "),
        ("i2cdrv load bme280 --bus s", "i2cdrv load bme280 --bus sim "),
        ("i2cdrv load bme280 --bus=s", "i2cdrv load bme280 --bus=sim "),
        ("i2cdrv load bme280 --bus rep", "i2cdrv load bme280 --bus replay:"),
        ("i2cdrv load bme280 --bus replay:o", "i2cdrv load bme280 --bus replay:old.rec "),
        ("i2cdrv load bme280 --bus=replay:o", "i2cdrv load bme280 --bus=replay:old.rec "),
        ("i2cdrv load bme280 --bus bcm", "i2cdrv load bme280 --bus bcm2835\\ \\(i2c@7e804000\\) "),
        ("i2cdrv load bme280 --bus=bcm", "i2cdrv load bme280 --bus=bcm2835\\ \\(i2c@7e804000\\) "),
        ("i2cdrv load ./th", "i2cdrv load ./thermo.py "),
        ("i2cdrv load th", "i2cdrv load thermo.py "),
        ("i2cdrv load ~/th", "i2cdrv load ~/thermo.py "),
        ("i2cdrv load bme280 --record o", "i2cdrv load bme280 --record old.rec "),
        ("i2cdrv load bme280 > o", "i2cdrv load bme280 > old.rec "),
        ("i2cdrv list --run-dir b", "i2cdrv list --run-dir bin/"),
        ("i2cdrv list th", "i2cdrv list th"),
        ("i2cdrv sim --chip mcp9808@0x1", "i2cdrv sim --chip mcp9808@0x1"),
        ("i2cdrv sim --chip sht4x@0x44:te", "i2cdrv sim --chip sht4x@0x44:temp="),
        ("i2cdrv sim fault 0-0076 swap=sht4", "i2cdrv sim fault 0-0076 swap=sht4x "),
        ("i2cdrv completion z", "i2cdrv completion zsh "),
        ("~/bin/i2cdrv det", "~/bin/i2cdrv detect "),
        ("true; i2cdrv det", "true; i2cdrv detect "),
    ],
)
def test_tab(shell: Shell, typed: str, line: str) -> None:
    assert shell.line(f"{typed}{TAB}") == line


def test_a_program_of_that_name_in_this_directory_is_not_run(shell: Shell, tmp_path: Path) -> None:
    trap = tmp_path / "i2cdrv"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    trap.chmod(0o755)
    assert shell.line(f"{trap} det{TAB}") == f"{trap} detect "
    assert not (tmp_path / "ran").exists()


def test_a_word_in_quotes_stays_in_quotes(shell: Shell) -> None:
    line = shell.line(f'i2cdrv load bme280 --bus "MCP{TAB}')
    assert line.rstrip() == 'i2cdrv load bme280 --bus "MCP2221 usb-i2c bridge"'


def test_all_words_at_a_place(shell: Shell) -> None:
    assert set(SHIPPED) < set(shell.words("i2cdrv load "))
    assert set(shell.words("i2cdrv completion ")) == {"bash", "zsh", "fish"}
    assert {"--help", "--json", "--log", "--run-dir"} < set(shell.words("i2cdrv load --"))


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("i2cdrv load bme280 osrs_p=", "i2cdrv load bme280 osrs_p=x"),
        ("i2cdrv load bme280 --bus=replay:o", "i2cdrv load bme280 --bus=replay:old.rec "),
        ("i2cdrv load ./th", "i2cdrv load ./thermo.py "),
        ("sudo i2cdrv load bme280 standby=ms12", "sudo i2cdrv load bme280 standby=ms125 "),
        ("sudo i2cdrv load bme280 osrs_p=", "sudo i2cdrv load bme280 osrs_p=x"),
    ],
)
def test_tab_beside_bash_completion(helped: Shell, typed: str, line: str) -> None:
    assert helped.line(f"{typed}{TAB}") == line


@pytest.mark.skipif(not installed("zsh"), reason="zsh is not installed")
def test_zsh_finds_the_script_where_packages_put_it(tmp_path: Path) -> None:
    with Shell("zsh", home(tmp_path), f"fpath=({tmp_path} $fpath)", source=False) as shell:
        assert shell.line(f"i2cdrv det{TAB}") == "i2cdrv detect "  # the first call defines the function
        assert shell.line(f"i2cdrv load bme280 filter=o{TAB}") == "i2cdrv load bme280 filter=off "


@pytest.mark.skipif(not BASH_COMPLETION.exists(), reason="bash-completion is not installed")
def test_bash_finds_the_script_where_packages_put_it(tmp_path: Path) -> None:
    place = tmp_path / ".local/share/bash-completion/completions"
    place.mkdir(parents=True)
    (place / "i2cdrv").write_text(script("bash"))
    with Shell("bash", home(tmp_path), f"source {BASH_COMPLETION}", source=False) as shell:
        assert shell.line(f"i2cdrv load bme280 filter=o{TAB}") == "i2cdrv load bme280 filter=off "


def test_bash_with_other_word_breaks(tmp_path: Path) -> None:
    if not installed("bash"):
        pytest.skip("bash is not installed")
    with Shell("bash", home(tmp_path), "COMP_WORDBREAKS=${COMP_WORDBREAKS//[=:@]/}") as shell:
        assert shell.line(f"i2cdrv load bme280 filter=o{TAB}") == "i2cdrv load bme280 filter=off "
        assert shell.line(f"i2cdrv sim --chip sht4x@0x44:te{TAB}") == "i2cdrv sim --chip sht4x@0x44:temp="


FISH = {
    "i2cdrv det": ["detect"],
    "i2cdrv load sht4": ["sht4x", "sht40", "sht41", "sht43", "sht45"],
    "i2cdrv load bme280 osrs_p=": ["osrs_p=x1", "osrs_p=x2", "osrs_p=x4", "osrs_p=x8", "osrs_p=x16"],
    "i2cdrv load bme280 --bus=s": ["--bus=sim"],
    "i2cdrv load bme280 --bus bcm": ["bcm2835 (i2c@7e804000)"],
    "i2cdrv load bme280 --bus replay:o": ["replay:old.rec"],
    "i2cdrv load bme280 --bus=replay:o": ["--bus=replay:old.rec"],
    "i2cdrv load ./th": ["./thermo.py"],
    "i2cdrv load th": ["thermo.py"],
    "i2cdrv list --run-dir b": ["bin/"],
    "i2cdrv list --j": ["--json"],
    "i2cdrv list th": [],
    "i2cdrv read bme280 t": ["temp"],
    "~/bin/i2cdrv det": ["detect"],
}


@pytest.mark.skipif(not installed("fish"), reason="fish is not installed")
def test_fish(tmp_path: Path) -> None:
    place = home(tmp_path)
    (place / SCRIPTS["fish"]).write_text(script("fish"))
    ask = "; ".join(f"complete -C '{typed}'; echo %%" for typed in FISH)
    words = ["fish", "--no-config", "-c", f"source {SCRIPTS['fish']}; {ask}"]
    done = subprocess.run(words, cwd=place, env=environment(place), capture_output=True, text=True, check=True)
    answers = [answer.splitlines() for answer in done.stdout.split("%%\n")[:-1]]
    found = [[line.partition("\t")[0] for line in answer] for answer in answers]
    assert dict(zip(FISH, found, strict=True)) == FISH
    assert done.stderr == ""


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_script_is_good_shell(name: str, tmp_path: Path) -> None:
    if not installed(name):
        pytest.skip(f"{name} is not installed")
    (tmp_path / SCRIPTS[name]).write_text(script(name))
    subprocess.run([name, "-n", SCRIPTS[name]], cwd=tmp_path, check=True)
