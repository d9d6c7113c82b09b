"""The code blocks of README and docs/: their places and their needs.

The language of a block decides how it is checked.  ``sh`` runs.  ``console`` runs, and the output of each command must
be the output shown, where ``…`` stands for any text.  ``python`` and ``yaml`` that begin with a file's name are saved
under it; pytest runs a test file, and other Python without a name runs as a script.  ``pycon`` is a doctest.  A block
whose first line is ``# needs: hardware`` (or root, systemd, …) is only parsed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
FENCE = re.compile(
    r"^(?P<indent> *)(?P<ticks>`{3,})(?P<language>[^`\n]*)\n(?P<text>.*?)^(?P=indent)(?P=ticks)$", re.M | re.S
)
NEEDS = re.compile(r"#\s*needs: (?P<needs>.+)\n")
FILE = re.compile(r"#\s*(?P<file>[\w.-]+\.(?:py|yaml))(?=$|[;:,]|\s)", re.M)
LANGUAGES = (
    "sh",
    "console",
    "python",
    "pycon",
    "yaml",
    "ini",
    "json",
    "text",
    "{eval-rst}",
    "{toctree}",
    "{include}",
    "{literalinclude}",
)
REASONS = (
    "hardware",
    "root",
    "systemd",
    "network",
    "FUSE",
    "a clone",
    "a desktop",
    "a virtual machine",
    "other programs",
)


class Block(NamedTuple):
    """One fenced block."""

    page: Path
    line: int
    language: str
    text: str
    needs: tuple[str, ...] = ()
    file: str = ""

    @property
    def needs_root(self) -> bool:
        """Whether a command of it needs root; such a block must name that need."""
        return re.search(r"\b(?:sudo|systemctl|apt)\b", self.text) is not None

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Return README and every page of the documentation."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> Iterator[Block]:
    """Give the fenced blocks of a page, in order."""
    text = page.read_text()
    for found in FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield _block(
            page,
            line,
            found["language"].partition(" ")[0].strip(),
            re.sub(f"^{found['indent']}", "", found["text"], flags=re.M),
        )


def _block(page: Path, line: int, language: str, text: str) -> Block:
    needs = NEEDS.match(text)
    body = text[needs.end() :] if needs else text
    file = FILE.match(body)
    reasons = tuple(needs["needs"].split(", ")) if needs else ()
    return Block(page, line, language, body, reasons, file["file"] if file else "")
