"""Docstrings as the site shows them: a run of ``name``: explanation becomes a list."""

from __future__ import annotations

import re

TERM = re.compile(r"(?:\A|(?<=[.):])\s+)(?=``[\w.]+``: |Errors: )")


def with_lists(lines: list[str]) -> list[str]:
    """Return the lines of a docstring with its explained names as list items."""
    paragraphs = "\n".join(lines).split("\n\n")
    return "\n\n".join(map(_with_list, paragraphs)).split("\n")


def _with_list(paragraph: str) -> str:
    head, *items = TERM.split(paragraph)
    listed = (f"* {' '.join(item.split())}" if item.startswith("``") else item for item in items)
    return "\n\n".join(filter(None, [head, *listed]))
