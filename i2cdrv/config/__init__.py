"""The configuration file: what ``/etc/modprobe.d`` is to the kernel, in YAML, with every mistake at its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .config import Config as Config
from .config import Option as Option
from .config import parse

if TYPE_CHECKING:
    from pathlib import Path


def load(path: Path) -> Config:
    """The configuration of a file.  Every error names file, line, column, key, and what was expected."""
    from .yaml import read  # imports YAML, which takes longer than all the rest

    return parse(read(path))
