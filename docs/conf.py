"""Sphinx configuration of the documentation: ``make docs`` builds it into build/docs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from docs.generate import GENERATED  # noqa: E402  # needs the path above
from docs.generate.docstrings import with_lists  # noqa: E402
from i2cdrv.lib.version import __version__  # noqa: E402

project = "i2cdrv"
copyright = "the i2cdrv contributors, MIT License"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
exclude_patterns = ["generate"]
nitpicky = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "mixed"
autodoc_preserve_defaults = True

html_theme = "furo"
html_title = f"i2cdrv {version}"
html_static_path: list[str] = []
html_copy_source = False
pygments_style = "friendly"
highlight_language = "text"


def _append_generated(_app: Any, page: str, source: list[str]) -> None:
    """Append the generated part of a page to its text."""
    if page in GENERATED:
        source[0] += "\n" + GENERATED[page]()


def _list_names(_app: Any, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Show the names that a docstring explains as a list."""
    lines[:] = with_lists(lines)


def setup(app: Any) -> None:
    """Connect the generators of pages."""
    app.connect("autodoc-process-docstring", _list_names)
    app.connect("source-read", _append_generated)
