"""Simulated chips from a user's own file, by word, on a bus and on ``--bus sim``."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import i2cdrv
from i2cdrv.cli.main import parse
from i2cdrv.core.openadapter import located_bus
from i2cdrv.errors import Error, Invalid, Unknown
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim import SimAdapter, named_bus, parse_chip
from i2cdrv.sim.catalog import chip_class

if TYPE_CHECKING:
    from collections.abc import Callable

MINE = """
from i2cdrv.sim import Chip, Input, WordChip
from i2cdrv.sim.chips.mcp9808 import Mcp9808

class Warm(Mcp9808):
    options = ("serial",)

    def __init__(self, *, serial=0, **inputs):
        self.serial = serial
        super().__init__(**inputs)
"""
SECOND = MINE + "\nclass Cold(Warm): pass\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str, name: str = "mine_sim.py") -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return written


def test_a_word_names_file_class_address_and_inputs(write: Callable[..., Path]) -> None:
    file = write(SECOND)
    addr, chip = parse_chip(f"{file}:Cold@0x18:temp=-12.5,serial=7")
    assert (addr, type(chip).__name__, chip.value("temp"), vars(chip)["serial"]) == (0x18, "Cold", -12.5, 7.0)


def test_the_only_class_of_a_file_needs_no_name(write: Callable[..., Path]) -> None:
    assert chip_class(str(write(MINE))).__name__ == "Warm"
    with pytest.raises(Invalid, match=r"has 2 simulated chips: Warm, Cold; write .*two_sim.py:CLASS"):
        chip_class(str(write(SECOND, "two_sim.py")))


def test_a_file_is_executed_once(write: Callable[..., Path]) -> None:
    file = write(MINE)
    assert chip_class(str(file)) is chip_class(f"{file}:Warm")


@pytest.mark.parametrize(
    ("text", "name", "kind", "message"),
    [
        (MINE, ":Wram", Unknown, r"has no simulated chip 'Wram' \(did you mean Warm\?\); it has: Warm"),
        ("X = 1\n", "", Invalid, "has 0 simulated chips: none; a simulated chip is a class derived from"),
        ("import no_such\n", "", Error, "cannot be loaded: line 1: ModuleNotFoundError"),
        ("raise SystemExit(3)\n", "", Error, "cannot be loaded: line 1: SystemExit"),
        ("class X(\n", "", Error, "cannot be loaded: "),
    ],
)
def test_an_unfit_file_is_refused(
    write: Callable[..., Path], text: str, name: str, kind: type[Error], message: str
) -> None:
    with pytest.raises(kind, match=message):
        chip_class(f"{write(text)}{name}")


def test_a_missing_file_is_named() -> None:
    with pytest.raises(Unknown, match=r"there is no file nowhere/mine_sim.py with a simulated chip"):
        chip_class("nowhere/mine_sim.py:Warm")


def test_code_that_others_could_have_written_is_not_run(write: Callable[..., Path]) -> None:
    file = write("raise AssertionError('it ran')\n")
    os.chmod(file, 0o666)  # noqa: PTH101
    with pytest.raises(Error, match=r"the code in .* is not run: ") as caught:
        chip_class(str(file))
    assert caught.value.errno == errno.EPERM


def test_attach_takes_a_file(write: Callable[..., Path]) -> None:
    bus = SimAdapter({})
    assert type(bus.attach(0x18, f"{write(MINE)}:Warm", temp=5)).__name__ == "Warm"
    bus.clock.sleep(1)
    with i2cdrv.open("mcp9808", bus=bus) as device:
        assert device.sample().temp == 5.0


# Buses by word


def test_a_bus_of_several_chips(write: Callable[..., Path]) -> None:
    bus = named_bus(f"sim:{write(MINE)}@0x18:temp=1;sht4x@0x44", VirtualClock())
    assert {addr: type(chip).__name__ for addr, chip in bus.chips.items()} == {0x18: "Warm", 0x44: "Sht4x"}
    assert set(named_bus("sim", VirtualClock()).chips) >= {0x18, 0x44, 0x76}


def test_one_chip_an_address() -> None:
    with pytest.raises(Invalid, match="'mcp9808@0x44': there is a chip at 0x44 already: Sht4x"):
        named_bus("sim:sht4x@0x44;mcp9808@0x44", VirtualClock())


def test_open_takes_the_word_of_a_bus(write: Callable[..., Path]) -> None:
    with i2cdrv.open("mcp9808", bus=f"sim:{write(MINE)}@0x18:temp=7") as device:
        assert device.sample().temp == 7.0


def test_files_are_taken_from_the_named_directory() -> None:
    there, word = Path("/srv/chips"), "sim:{}mine.py:My@0x18:temp=1;lm75@0x48"
    assert located_bus(word.format("./"), there) == word.format("/srv/chips/")
    assert [located_bus(word, there) for word in ("sim", "1", "replay:./x")] == ["sim", "1", "replay:./x"]


@pytest.mark.parametrize("command", ["load", "read"])
def test_chip_options_make_the_bus(command: str) -> None:
    args = parse([command, "mcp9808", "--bus", "sim", "--chip", "./a.py:A@0x18", "--chip", "lm75@0x48"])
    assert args.bus == f"sim:{Path.cwd()}/a.py:A@0x18;lm75@0x48"
    assert parse([command, "mcp9808", "--bus", "sim"]).bus == "sim"


def test_chips_need_a_simulated_bus(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["load", "mcp9808", "--bus", "1", "--chip", "lm75@0x48"])
    assert "--chip: a simulated chip needs --bus sim" in capsys.readouterr().err
