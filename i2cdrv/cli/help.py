"""The layout of every command's help, and the common options.  Only argparse is imported, for a quick start."""

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
    """A parser whose help fails where it cannot be written, and whose errors cannot control a terminal."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))

    def _print_message(self, message: str, file: Any = None) -> None:
        (write if file is sys.stdout else write_to_stderr)(message)  # argparse's own method ignores a failure


class Help(argparse.HelpFormatter):
    """The layout of help; argparse's own reads the width through shutil, which doubles the time of ``--help``."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Fill each paragraph; an indented paragraph is unchanged."""
        return "\n\n".join(
            one if one.startswith(" ") else super(Help, self)._fill_text(one, width, indent)
            for one in text.split("\n\n")
        )


def _columns() -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size().columns or 80
    except OSError:
        return 80


def common() -> argparse.ArgumentParser:
    """Return the options that may precede or follow the command."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS, formatter_class=Help)
    common.add_argument("--run-dir", metavar="DIR", help="directory of the running processes (default: /run/i2cdrv)")
    common.add_argument(
        "--log", choices=("text", "json", "journal"), help="log lines on stderr (default: text on a terminal)"
    )
    return common


def command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, help: str, example: str
) -> argparse.ArgumentParser:
    """Add a command.  ``help``: its purpose in one line; the rest of its description is in ``helptext``."""
    return commands.add_parser(
        name,
        help=help,
        description=f"{help[0].upper()}{help[1:]}.\n\n{DESCRIPTIONS.get(name, '')}".rstrip(),
        epilog=f"example: {example}",
        parents=[common()],
        formatter_class=Help,
    )


def takes(action: argparse.Action, *kinds: str) -> None:
    """Set the kinds of words of an argument, for completion, where its metavar does not imply the kind."""
    action.complete = kinds  # type: ignore[attr-defined]  # the name that other completers use, too
