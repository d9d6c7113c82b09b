"""The pages of the documentation agree with the code, with each other, and with README."""

from __future__ import annotations

import ast
import re
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

import i2cdrv
from config import chips
from docs.generate import GENERATED
from docs.generate.commands import escape
from docs.generate.docstrings import with_lists
from i2cdrv.cli import introspect
from i2cdrv.cli.main import parser
from i2cdrv.core import module
from i2cdrv.driver import unit
from i2cdrv.driver.moduleparam import Origin
from i2cdrv.sim.fault import FAULT_KINDS
from tests.system.docs.snippets import ROOT, pages
from tests.system.verify import coverage

DOCS = ROOT / "docs"
LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")
PAGES = [pytest.param(page, id=str(page.relative_to(ROOT))) for page in pages()]


@pytest.mark.parametrize("page", PAGES)
def test_each_link_has_a_page_and_a_section(page: Path) -> None:
    for found in LINK.finditer(_without_blocks(page)):
        target, _, section = found["target"].partition("#")
        if target.startswith(("http:", "https:")):
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page}: {found['target']}"
        assert not section or section in _sections(file), f"{page}: {found['target']}"


def test_each_page_is_in_a_table_of_contents() -> None:
    listed = set(re.findall(r"^[\w/-]+$", (DOCS / "index.md").read_text(), re.M))
    assert listed == {str(page.relative_to(DOCS).with_suffix("")) for page in pages()[1:]} - {"index"}


@pytest.mark.parametrize("page", GENERATED)
def test_a_generated_page_has_a_head(page: str) -> None:
    assert (DOCS / f"{page}.md").read_text().startswith("# ")


def test_the_command_reference_has_every_command_and_option() -> None:
    text = GENERATED["reference/commands"]()
    for name, command in introspect.commands(parser()).items():
        assert f"\n## {name}\n" in f"\n{text}"
        for action in introspect.options(command):
            assert f"`{', '.join(action.option_strings)}" in text


def test_the_driver_reference_has_every_module_and_parameter() -> None:
    text = GENERATED["reference/modules"]()
    for found in module.load_all():
        assert f"## {found.name}\n" in text
        assert all(f"| `{param}` |" in text for param in found.driver.params)


def test_the_table_of_units_has_every_unit() -> None:
    text = GENERATED["reference/units"]()
    names = [name for name, hint in vars(unit).items() if hasattr(hint, "__metadata__")]
    assert all(f"| `{name}` | " in text for name in names)
    assert "| `Celsius` | °C | 2 | `in_temp` × 1000 | `temp` × 1000 | temperature | `celsius` |" in text


def test_the_table_of_precedence_has_each_origin_in_order() -> None:
    text = (DOCS / "parameters.md").read_text().partition("\n## Precedence\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \| ", text, re.M) == [origin.word for origin in Origin]


def test_each_public_name_is_in_a_reference() -> None:
    text = (DOCS / "reference/python.md").read_text() + (DOCS / "reference/driver-api.md").read_text()
    missing = [name for name in i2cdrv.__all__ if not re.search(rf"\b{name}\b", text)]
    assert missing == ["__version__"]


def test_lists_of_chips_are_generated_from_drivers_and_oracles() -> None:
    for file, text in ((chips.PAGE, chips.page()), (chips.README, chips.readme())):
        assert file.read_text() == text, f"{file.name} is not up to date: python -m config.chips"


def test_list_of_chips_has_every_chip_with_its_oracles() -> None:
    text = chips.PAGE.read_text()
    for found in module.load_all():
        for chip in found.chips:
            assert text.count(f"\n| {chip} ") == 2, chip
            assert coverage.is_verified(chip), f"{chip}: one oracle, {coverage.authors(chip)}, is not enough"


def test_the_number_of_kinds_of_fault_is_right() -> None:
    assert f"lists the {len(FAULT_KINDS)} kinds of fault" in (DOCS / "drivers/break.md").read_text()


def test_text_of_help_keeps_its_meaning_in_markdown() -> None:
    assert escape("a * of *_all_* <b> | c") == r"a \* of \*\_all\_\* \<b\> \| c"
    assert escape("with --bus sim, in /etc/i2cdrv/i2cdrv.yaml.") == "with `--bus sim`, in `/etc/i2cdrv/i2cdrv.yaml`."


def test_names_that_a_docstring_explains_become_a_list() -> None:
    lines = ["Open a chip.", "", "``bus``: a number, or", "a name.  ``addr``: its address.", "Errors: OSError."]
    assert with_lists(lines) == [
        "Open a chip.", "", "* ``bus``: a number, or a name.", "", "* ``addr``: its address.", "", "Errors: OSError."
    ]  # fmt: skip
    assert with_lists(["Return ``x``.", "``y`` is left."]) == ["Return ``x``.", "``y`` is left."]


def test_each_message_of_troubleshooting_is_in_the_code() -> None:
    headings = re.findall(r"^### (.*)$", (DOCS / "troubleshooting.md").read_text(), re.M)
    texts = _texts_of_the_code()
    missing = [
        heading
        for heading in headings
        if not all(any(piece.strip() in text for text in texts) for piece in re.split("…|;", heading))
    ]
    assert headings
    assert missing == []


@cache
def _texts_of_the_code() -> list[str]:
    """Return the literal texts of package and drivers; a value inside an f-string separates two."""
    files = chain((ROOT / "i2cdrv").rglob("*.py"), (ROOT / "drivers").glob("*.py"))
    trees = (ast.parse(file.read_text()) for file in files)
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [node.value for node in nodes if isinstance(node.value, str)]


@cache
def _sections(page: Path) -> set[str]:
    """Return the anchors of a page, as GitHub and MyST make them."""
    text = _without_blocks(page) + (
        GENERATED.get(str(page.relative_to(DOCS).with_suffix("")), str)() if DOCS in page.parents else ""
    )
    heads = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@cache
def _without_blocks(page: Path) -> str:
    return re.sub(r"^( *)```.*?^\1```$", "", page.read_text(), flags=re.M | re.S)
