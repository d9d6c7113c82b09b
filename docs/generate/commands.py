"""The command reference, from the parser of the command line, like ``--help`` and the man pages."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from config.manpage import overview
from i2cdrv.cli import introspect
from i2cdrv.cli.main import parser

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

CODE = re.compile(
    r"(?<![\w-])(--bus (?:sim|replay:FILE)|--[a-z][a-z-]*[a-z]|i2cdrv [a-z][a-z-]*(?: --available)?"
    r"|/(?:dev|etc|run|var)/[\w./-]*\w|replay:FILE|[A-Z]+=VALUE|\./[\w./-]*\w)"
)
USAGE_WIDTH = 78


def markdown() -> str:
    """Return the sections of all commands, then files, environment and exit status."""
    root = parser()
    sections = [_section(path, sub, root) for path, sub in _commands(root, ())]
    common = "## Options of every command\n\n" + _terms(_options(root, root))
    return "\n".join([*sections, common, *_overview()])


def _commands(
    above: argparse.ArgumentParser, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    for name, sub in introspect.commands(above).items():
        yield (*path, name), sub
        yield from _commands(sub, (*path, name))


def _section(path: tuple[str, ...], sub: argparse.ArgumentParser, root: argparse.ArgumentParser) -> str:
    command = " ".join(path)
    terms = {**_arguments(sub), **_options(sub, root)}
    example = (sub.epilog or "").partition(": ")[2]
    parts = [
        f"## {command}",
        f"```text\n{_usage(sub)}\n```",
        _description(sub.description or ""),
        _terms(terms),
        f"```text\n{example}\n```" if example else "",
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _usage(sub: argparse.ArgumentParser) -> str:
    """Return the usage with lines that do not depend on the terminal."""
    text = " ".join(sub.format_usage().removeprefix("usage: ").split())
    unbroken = re.sub(r"\[[^\]]*\]", lambda option: option[0].replace(" ", "\N{NO-BREAK SPACE}"), text)
    return textwrap.fill(unbroken, USAGE_WIDTH, subsequent_indent="    ", break_on_hyphens=False).replace(
        "\N{NO-BREAK SPACE}", " "
    )


def _description(text: str) -> str:
    """Return the description with its indented paragraphs as literal blocks."""
    return "\n\n".join(
        f"```text\n{re.sub('^  ', '', paragraph, flags=re.MULTILINE)}\n```" if paragraph.startswith(" ") else
        escape(paragraph)
        for paragraph in text.split("\n\n")
    )  # fmt: skip


def _arguments(sub: argparse.ArgumentParser) -> Mapping[str, str]:
    shown = (action for action in introspect.arguments(sub) if not introspect.choice_of_commands(action))
    return {introspect.metavar(action): introspect.purpose(sub, action) for action in shown}


def _options(sub: argparse.ArgumentParser, root: argparse.ArgumentParser) -> Mapping[str, str]:
    """Return the options of a command, without the options that every command has."""
    common = {action.dest for action in introspect.options(root)} - ({"help"} if sub is root else set())
    own = (action for action in introspect.options(sub) if sub is root or action.dest not in common)
    return {_option(action): introspect.purpose(sub, action) for action in own}


def _option(action: argparse.Action) -> str:
    names = ", ".join(action.option_strings)
    return f"{names} {introspect.metavar(action)}" if introspect.takes_value(action) else names


def _overview() -> Iterator[str]:
    for title, terms in (
        ("Exit status", overview.EXIT_STATUS),
        ("Environment", overview.ENVIRONMENT),
        ("Files", overview.FILES),
    ):
        yield f"## {title}\n\n{_terms(terms)}"


def _terms(terms: Mapping[str, str]) -> str:
    """Return a definition list."""
    return "\n".join(f"`{term}`\n: {_sentence(text)}\n" for term, text in terms.items())


def _sentence(text: str) -> str:
    return f"{escape(text[:1].upper() + text[1:])}{'' if text.endswith(('.', '…')) else '.'}"


def escape(text: str) -> str:
    """Return the text with options and paths as code, and the rest without Markdown's meanings."""
    pieces = CODE.split(text)
    plain = [re.sub(r"([*_`<>|\[\]\\])", r"\\\1", piece) for piece in pieces[::2]]
    code = [f"`{piece}`" for piece in pieces[1::2]]
    return "".join(part for pair in zip(plain, [*code, ""], strict=True) for part in pair)
