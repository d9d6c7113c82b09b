"""How every command's help looks, and the options that all of them have.  Only argparse is imported, to be quick."""

from __future__ import annotations

import argparse
import os
import sys

from ..lib.printable import printable
from .helptext import DESCRIPTIONS
from .output import write, write_to_stderr

TYPE_CHECKING = False  # as in __init__

if TYPE_CHECKING:
    from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """A parser whose help ends the command where it cannot be written, and whose errors cannot steer a terminal."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))

    def _print_message(self, message: str, file: Any = None) -> None:
        (write if file is sys.stdout else write_to_stderr)(message)  # argparse's own ignores a failure


class Help(argparse.HelpFormatter):
    """argparse asks shutil for the width, and that takes as long as all the rest of ``--help``."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Paragraphs stay apart, and one that is indented stays as it is."""
        return "\n\n".join(
            one if one.startswith(" ") else super(Help, self)._fill_text(one, width, indent)
            for one in text.split("\n\n")
        )


def _columns() -> int:
    asked = os.environ.get("COLUMNS", "")
    if asked.isascii() and asked.isdigit() and int(asked):
        return int(asked)
    try:
        return os.get_terminal_size().columns or 80
    except OSError:
        return 80


def common() -> argparse.ArgumentParser:
    """Options that stand before or after the command."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS, formatter_class=Help)
    common.add_argument("--run-dir", metavar="DIR", help="where running i2cdrv processes meet (default: /run/i2cdrv)")
    common.add_argument(
        "--log", choices=("text", "json", "journal"), help="log lines on stderr (default: text on a terminal)"
    )
    return common


def command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, help: str, example: str
) -> argparse.ArgumentParser:
    """A command.  ``help``: what it is for, in one line; what else there is to know stands in ``descriptions``."""
    return commands.add_parser(
        name,
        help=help,
        description=f"{help[0].upper()}{help[1:]}.\n\n{DESCRIPTIONS.get(name, '')}".rstrip(),
        epilog=f"example: {example}",
        parents=[common()],
        formatter_class=Help,
    )


def takes(action: argparse.Action, *kinds: str) -> None:
    """Say what kind of words an argument takes, for shells that complete them, where its metavar does not say it."""
    action.complete = kinds  # type: ignore[attr-defined]  # the name that completers of others look for, too
