"""The man pages: their rendering by man and mandoc, and their equality to ``--help``, at each build."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from config.manpage.overview import FILES
from config.manpage.pages import pages
from config.manpage.roff import Page, escaped
from config.manpage.words import marked
from i2cdrv.cli import introspect
from i2cdrv.cli import main as cli
from i2cdrv.cli.helptext import DESCRIPTIONS
from i2cdrv.config.config import SECTIONS
from i2cdrv.core.recovery.state import State
from i2cdrv.sim.fault import FAULT_KINDS, FAULT_OPTIONS, syntax_of
from tests.support.parsers import EVERY

if TYPE_CHECKING:
    from pathlib import Path

DATE = "2026-01-02"
PAGES = pages(cli.parser(), DATE)
TEXTS = [
    ".TH is no request", "'tis nothing", "a \\fBbackslash\\fR and \\(co", '"this" \'so\' `and so`', "--opt -12.5",
    "25 °C ± 1 µs × 2 § ...", "ü ö Ω →", "^ ~ | < > & * $", "one  two", "comma, dot. colon:",
]  # fmt: skip
needs_man = pytest.mark.skipif(shutil.which("man") is None, reason="man-db is not installed")
needs_mandoc = pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")


@pytest.fixture(scope="module")
def outdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("man")
    for name, text in PAGES.items():
        (place / name).write_text(text, encoding="ascii")
    return place


def rendered(page: str, tmp_path: Path) -> str:
    """Return the text that a reader sees, by groff."""
    (tmp_path / "page.1").write_text(page, encoding="ascii")
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANPAGER": "cat"}
    done = subprocess.run(["man", "-l", "page.1"], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    return done.stdout


def unfolded(page: str) -> str:
    """The same in long lines, by mandoc, which is quicker."""
    words = ["mandoc", "-Tutf8", "-Owidth=1000"]
    shown = subprocess.run(words, input=page, capture_output=True, text=True, check=True).stdout
    return flat(re.sub(".\b", "", shown))


def flat(text: str) -> str:
    return " ".join(text.replace("…", "...").split())


# Their content


def test_there_is_a_page_for_i2cdrv_and_each_command() -> None:
    names = {" ".join(parser.prog.split()) for parser in EVERY}
    assert "i2cdrv-sim-fault.1" in PAGES
    assert set(PAGES) == {f"{name.replace(' ', '-')}.1" for name in names}


@needs_mandoc
@pytest.mark.parametrize("parser", EVERY, ids=lambda parser: parser.prog)
def test_a_page_contains_all_of_help(parser: argparse.ArgumentParser) -> None:
    shown = unfolded(PAGES[f"{parser.prog.replace(' ', '-')}.1"])
    for action in (action for action in parser._actions if not introspect.choice_of_commands(action)):
        assert action.help
        assert flat(introspect.purpose(parser, action))[1:] in shown, "but for the capital letter"
        assert all(option in shown for option in action.option_strings)
        if action.choices is None and introspect.takes_value(action):
            assert flat(introspect.metavar(action)) in shown
    if parser.prog != "i2cdrv":
        assert parser.description is not None
        assert all(flat(paragraph) in shown for paragraph in parser.description.split("\n\n"))
    assert str(parser.epilog).rpartition(": ")[2] in shown


@needs_man
def test_the_page_of_load(tmp_path: Path) -> None:
    shown = rendered(PAGES["i2cdrv-load.1"], tmp_path)
    heads = re.findall("^[A-Z][A-Z ]+$", shown, re.MULTILINE)
    assert heads == [
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "ARGUMENTS",
        "OPTIONS",
        "EXAMPLE",
        "EXIT STATUS",
        "SEE ALSO",
    ]
    assert "\n       i2cdrv load MODULE [PARAM=VALUE ...] [--ignore-unknown] [--bus BUS]\n" in shown
    assert "\n       --interval S\n              Time between samples" in shown
    assert "i2cdrv-info(1)" in shown, "which the help speaks of"
    assert "i2cdrv-bind(1)" not in shown
    assert re.search(rf"i2cdrv 0\.1\.0 +{DATE} +I2CDRV-LOAD\(1\)\n", shown)


@needs_man
def test_the_page_of_i2cdrv(tmp_path: Path) -> None:
    shown = rendered(PAGES["i2cdrv.1"], tmp_path)
    heads = re.findall("^[A-Z][A-Z ]+$", shown, re.MULTILINE)
    assert heads == ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES",
                     "EXAMPLE", "SEE ALSO"]  # fmt: skip
    for name in introspect.commands(cli.parser()):
        assert f"\n       i2cdrv-{name}(1)\n" in shown
    for path in ("/etc/i2cdrv/i2cdrv.yaml", "/run/i2cdrv/sys", "/run/i2cdrv/control", "/var/lib/i2cdrv/state.json"):
        assert f"\n       {path}\n" in shown


def test_typed_words_are_bold_and_placeholders_italic() -> None:
    sub = introspect.commands(cli.parser())["load"]
    text = "i2cdrv list names MODULE; --bus and /dev/i2c-1, --record FILE, a FILEs; i2cdrv has modinfo(8)"
    assert marked(text, sub, ["list", "load"]) == (
        r"\fBi2cdrv list\fR names \fIMODULE\fR; \fB\-\-bus\fR and \fI/dev/i2c\-1\fR, \fB\-\-record\fR \fIFILE\fR, "
        r"a FILEs; i2cdrv has \fBmodinfo\fR(8)"
    )


# Texts that must follow the code


def test_only_commands_have_a_description() -> None:
    assert set(DESCRIPTIONS) <= {parser.prog.rpartition(" ")[2] for parser in EVERY}


@pytest.mark.parametrize("command", DESCRIPTIONS)
def test_lines_that_stay_as_they_are_fit_on_a_terminal(command: str) -> None:
    assert all(len(line) <= 80 for line in DESCRIPTIONS[command].splitlines() if line.startswith(" "))


def test_every_section_of_a_configuration_is_named() -> None:
    words = set(re.findall(r"\w+", FILES["/etc/i2cdrv/i2cdrv.yaml"]))
    assert set(SECTIONS) <= words


def test_every_fault_and_every_state_is_described() -> None:
    assert re.findall(r"^  (\S+)", DESCRIPTIONS["fault"], re.MULTILINE) == [syntax_of(kind) for kind in FAULT_KINDS]
    assert all(re.search(rf"\b{option}\b", DESCRIPTIONS["fault"]) for option in FAULT_OPTIONS)
    assert {str(state) for state in State} < set(re.findall(r"^  (\w+)", DESCRIPTIONS["list"], re.MULTILINE))


# The language


@needs_man
def test_text_means_only_itself(tmp_path: Path) -> None:
    page = Page("x", DATE, "y")
    for text in TEXTS:
        page.section("NEXT")
        page.paragraph(escaped(text))
        page.example(f"{text}\n{text}")
        page.item(escaped(text), escaped(text))
    shown = [flat(line) for line in rendered(str(page), tmp_path).splitlines() if line.strip()][1:-1]
    assert shown == [line for text in TEXTS for line in ("NEXT", *[flat(text)] * 5)]


def test_a_page_is_ascii() -> None:
    assert all(text.isascii() for text in PAGES.values())
    assert escaped("°Ω") == r"\(de\[u03A9]"


@needs_mandoc
def test_mandoc_has_no_complaint(outdir: Path) -> None:
    done = subprocess.run(["mandoc", "-Tlint", *PAGES], cwd=outdir, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("", "")


@needs_man
@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_groff_has_no_complaint(outdir: Path, locale: str) -> None:
    """Run it as lintian does."""
    env = {"PATH": os.environ["PATH"], "LC_ALL": locale, "MANROFFSEQ": "", "MANWIDTH": "80"}
    device = "utf8" if locale == "C.UTF-8" else "ascii"
    words = ["man", "--warnings", "-E", "UTF-8", "-l", f"-T{device}", "-Z", *PAGES]
    assert subprocess.run(words, cwd=outdir, env=env, capture_output=True, text=True, check=True).stderr == ""


@pytest.mark.skipif(shutil.which("lexgrog") is None, reason="man-db is not installed")
def test_whatis_finds_every_page(outdir: Path) -> None:
    shown = subprocess.run(["lexgrog", *PAGES], cwd=outdir, capture_output=True, text=True, check=True).stdout
    found = dict(re.findall(r'^(\S+): "(\S+) - .+"$', shown, re.MULTILINE))
    assert found == {name: name.removesuffix(".1") for name in PAGES}


# For packages


def built(place: Path, **environment: str) -> dict[str, bytes]:
    env = {"PATH": os.environ["PATH"], **environment}
    subprocess.run([sys.executable, "-m", "config.manpage", str(place)], env=env, check=True)
    return {path.name: path.read_bytes() for path in place.iterdir()}


def test_the_same_sources_give_the_same_pages(tmp_path: Path) -> None:
    epoch = "1767312000"  # 2026-01-02
    one = built(
        tmp_path / "one", SOURCE_DATE_EPOCH=epoch, COLUMNS="40", LC_ALL="C", TZ="Pacific/Apia", PYTHONHASHSEED="1"
    )
    two = built(tmp_path / "a/b", SOURCE_DATE_EPOCH=epoch, LC_ALL="C.UTF-8", TZ="America/Adak", PYTHONHASHSEED="2")
    assert one == two == {name: text.encode() for name, text in PAGES.items()}


def test_without_a_date_there_is_none(tmp_path: Path) -> None:
    assert built(tmp_path)["i2cdrv.1"].startswith(b'.TH I2CDRV 1 "" "i2cdrv 0.1.0" "User Commands"\n')
