"""The run directory that a command line asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..lib import rundir

if TYPE_CHECKING:
    import argparse


def run_dir_of(args: argparse.Namespace) -> Path | None:
    """Where to meet other processes: as asked, or the usual place; a simulated or played bus is its process's own."""
    if "run_dir" in args:
        return Path(args.run_dir)
    return None if rundir.is_private(getattr(args, "bus", None)) else rundir.default()


def meeting_of(args: argparse.Namespace) -> Path | None:
    """Where to look for running processes: as asked, or the usual place, whatever bus is meant."""
    return Path(args.run_dir) if "run_dir" in args else rundir.default()
