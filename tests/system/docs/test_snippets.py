"""Every command and snippet of README and docs/ runs; a block that names a need, such as hardware, is parsed."""

from __future__ import annotations

import contextlib
import io
import os
from functools import cache, partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from i2cdrv.cli.main import parser
from tests.system.docs.session import Session, commands, exchanges, fits, in_root, without_comment, words
from tests.system.docs.snippets import LANGUAGES, REASONS, ROOT, Block, blocks, pages

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGES = pages()
pages_of = partial(pytest.mark.parametrize, "page", ids=lambda page: str(page.relative_to(ROOT)))
RUNNABLE = ("sh", "console", "python", "pycon", "yaml")
BUILT_HERE = ("make", "git", "python3 -m venv", "pip")  # checked for existence, not run: they take minutes


def runs(block: Block) -> bool:
    """Whether the block is run here."""
    if block.language not in RUNNABLE:
        return False
    if block.language in ("sh", "console") and all(_is_built(command) for command in shell_commands(block)):
        return False
    return not block.needs or (block.needs == ("FUSE",) and os.access("/dev/fuse", os.W_OK))


def shell_commands(block: Block) -> list[str]:
    if block.language == "sh":
        return list(commands(block.text))
    return [command for command, _ in exchanges(block.text)] if block.language == "console" else []


def _is_built(command: str) -> bool:
    return " ".join(words(command)).startswith(BUILT_HERE)


@pages_of([page for page in PAGES if any(map(runs, blocks(page)))])
def test_the_page_runs_as_written(page: Path, tmp_path: Path) -> None:
    session = Session(tmp_path)
    for block in filter(runs, blocks(page)):
        session.add(block)
    assert session.run() == []


@pages_of(PAGES)
def test_each_block_is_of_a_known_kind(page: Path) -> None:
    for block in blocks(page):
        assert block.language in LANGUAGES, block.place
        assert set(block.needs) <= set(REASONS), block.place


@pages_of(PAGES)
def test_the_reader_waits_for_each_process_in_the_background(page: Path) -> None:
    for block in blocks(page):
        found = [without_comment(command) for command in shell_commands(block)]
        for command, after in zip_longest(found, found[1:], fillvalue=""):
            assert not command.endswith("&") or after.startswith("sleep "), f"{block.place}: {command}"


@pages_of(PAGES)
def test_the_parser_accepts_each_command(page: Path) -> None:
    for block in blocks(page):
        for command in shell_commands(block):
            _check(block, words(command))


@pages_of(PAGES)
def test_each_piece_of_python_and_yaml_can_be_parsed(page: Path) -> None:
    for block in blocks(page):
        if block.language == "python":
            compile(block.text, block.place, "exec")
        elif block.language == "yaml":
            yaml.safe_load(block.text)


@pages_of(PAGES)
def test_a_block_that_runs_needs_neither_root_nor_hardware(page: Path) -> None:
    for block in blocks(page):
        if runs(block):
            assert not block.needs_root, block.place


def test_an_output_that_differs_is_noticed() -> None:
    assert fits("temp 21.47 °C\n", "temp … °C")
    assert fits("a\nb\nc\n", "a\n…\nc")
    assert not fits("temp 21.47 °C\n", "pressure … Pa")
    assert not fits("temp 21.47 °C\nand more\n", "temp … °C\n")


def test_a_command_that_fails_is_noticed(tmp_path: Path) -> None:
    session = Session(tmp_path)
    session.add(Block(ROOT / "README.md", 1, "sh", "i2cdrv info bme281\n"))
    (message,) = session.run()
    assert "README.md:1: exit status 1" in message
    assert "bme280" in message  # the nearest name


def test_a_command_that_needs_root_is_never_run(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="needs: root"):
        Session(tmp_path).add(Block(ROOT / "README.md", 1, "sh", "sudo true\n"))


def test_an_option_that_does_not_exist_is_noticed() -> None:
    with pytest.raises(AssertionError, match="--adress"):
        _check(Block(ROOT / "README.md", 1, "sh", ""), ["i2cdrv", "load", "bme280", "--adress", "0x76"])


def _check(block: Block, command: Sequence[str]) -> None:

    if command[:1] == ["make"]:
        assert in_root(["make", "-n", *command[1:]]).returncode == 0, f"{block.place}: {command}"
    elif command[:1] == ["i2cdrv"]:
        assert (fault := _fault(tuple(command[1:]))) == "", f"{block.place}: {command}: {fault}"


@cache
def _fault(arguments: tuple[str, ...]) -> str:
    """Return the parser's complaint, if there is one."""
    if {"--help", "--version"} & set(arguments):
        return ""
    with contextlib.redirect_stderr(io.StringIO()) as errors, contextlib.suppress(SystemExit):
        parser().parse_args(arguments)
        return ""
    return errors.getvalue()
