"""The parsers of the command line: i2cdrv's own, and one for each command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from i2cdrv.cli import introspect
from i2cdrv.cli import main as cli

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


def _parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for sub in introspect.commands(parser).values():
        yield from _parsers(sub)


EVERY = list(_parsers(cli.parser()))
