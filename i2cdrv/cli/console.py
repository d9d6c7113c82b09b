"""The options of a command as its function takes them, and the run directory they name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ..lib import rundir

if TYPE_CHECKING:
    import argparse


class Options(Protocol):
    """A NamedTuple whose fields are the arguments and options of one command; those not given have a default."""

    _fields: tuple[str, ...]


O = TypeVar("O", bound=Options)  # noqa: E741


def options(kind: type[O], args: argparse.Namespace) -> O:
    """Return the fields of a kind of options that the parsed command line has."""
    given: dict[str, Any] = {name: value for name, value in vars(args).items() if name in kind._fields}
    return kind(**given)


def own_dir(run_dir: str | None, bus: str | None) -> Path | None:
    """Return the run directory in which this process serves: as named, or the default; None for a private bus."""
    if run_dir is not None:
        return Path(run_dir)
    return None if rundir.is_private(bus) else rundir.default()


def search_dir(run_dir: str | None) -> Path | None:
    """Return the run directory in which to search for running processes: as named, or the default."""
    return rundir.default() if run_dir is None else Path(run_dir)
