"""The entry point of the command line: parsing, with usage errors (exit status 2), and dispatch.

The plain ``read``, ``param``, ``list`` and ``log`` end in ``quick``, and completion has tables; others import argparse.
"""

from __future__ import annotations

import os
import sys

from . import output

TYPE_CHECKING = False  # as in __init__

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status.  Without ``argv``, a quick command ends the process itself."""
    output.prepare()
    words = sys.argv[1:] if argv is None else argv
    status = _quick(words)
    if status is None:
        return output.finished(lambda: _run(words))
    if argv is None:
        os._exit(status)  # there is nothing to tidy up, and Python's end takes as long as half of this command
    return status


def _quick(words: Sequence[str]) -> int | None:
    """Run a command that has a quick path; return the exit status, None for any other command."""
    if words and words[0] == "__complete":  # only for a shell's script, so it is not a command
        from .completion.answer import answer

        return answer(words[1:])
    from . import quick

    try:
        lines = quick.lines(words)
    except KeyboardInterrupt:
        return 130
    return None if lines is None else output.finished(lambda: output.print_lines(*lines))


def _run(words: Sequence[str]) -> int:
    args = parse(words)
    from . import dispatch

    return dispatch.run(args)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the command and its options.  Exits with 2 on a usage error."""
    command_line = parser()
    args, rest = command_line.parse_known_args(argv)
    # argparse rejects words that follow an option; they belong to the others all the same
    words = next((vars(args)[name] for name in ("params", "words") if name in args), None)
    if rest and (words is None or any(word.startswith("-") for word in rest)):
        command_line.error(f"unrecognized arguments: {' '.join(rest)}{_one_by_one(args, rest)}")
    if words is not None:
        words += rest
    if "bus" in args and vars(args).get("chips"):
        if args.bus != "sim":
            command_line.error("--chip: a simulated chip needs --bus sim")
        args.bus = _simulated_bus(args.chips)
    if args.command == "sim" and (args.action is None) == (args.vhost_user is None):
        command_line.error("sim: either --vhost-user SOCKET or fault is needed")
    return args


def _one_by_one(args: argparse.Namespace, rest: Sequence[str]) -> str:
    """Return the commands for several parameters: each takes effect in the chip by itself."""
    words = (args.assignment, *rest) if args.command == "param" else ()
    if not words or not all("=" in (word or "") for word in words):
        return ""
    return f"; set one parameter at a time: {' && '.join(f'i2cdrv param {args.module} {word}' for word in words)}"


def _simulated_bus(chips: Sequence[str]) -> str:
    from pathlib import Path

    from ..core.openadapter import located_bus

    return located_bus(f"sim:{';'.join(chips)}", Path.cwd())  # a daemon has another directory


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line, which is also the source of man pages and completion."""
    from ..lib.version import __version__
    from .help import Help, Parser, common
    from .parser import VERBS

    parser: argparse.ArgumentParser = Parser(
        prog="i2cdrv",
        description="I2C sensors driven from userspace, with the habits of the Linux kernel.",
        epilog="example without hardware: i2cdrv load bme280 debug=1 --bus sim",
        parents=[common()],
        formatter_class=Help,
    )
    parser.add_argument("--version", action="version", version=f"i2cdrv {__version__}")
    dispatch = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for add in VERBS:
        add(dispatch)
    return parser
