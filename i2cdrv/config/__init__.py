"""The configuration file: what ``/etc/modprobe.d`` is to the kernel, in YAML, with every mistake at its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .modprobe import Config as Config
from .modprobe import Option as Option
from .modprobe import parse

if TYPE_CHECKING:
    from pathlib import Path


def load(path: Path) -> Config:
    """The configuration of a file.  Every error names file, line, column, key, and what was expected."""
    from .document import read  # imports YAML, which takes longer than all the rest

    return parse(read(path))
