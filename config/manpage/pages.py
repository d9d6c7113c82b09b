"""A page for i2cdrv, and one for each command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from i2cdrv.cli import introspect
from i2cdrv.lib.version import __version__

from . import overview
from .roff import Page, bold, escaped, italic
from .words import marked, option, placeholder

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence


def pages(parser: argparse.ArgumentParser, date: str) -> dict[str, str]:
    """Return the text of every page by its file name, for example ``i2cdrv-load.1``."""
    everything = dict(_commands(parser, ()))
    found = {f"{_page(path)}.1": str(_Writer(parser, path, everything, date).command()) for path in everything}
    return {f"{parser.prog}.1": str(_Writer(parser, (), everything, date).overview()), **found}


Path = tuple[str, ...]  # of a command: ("sim", "fault")


def _commands(
    parser: argparse.ArgumentParser, path: Path
) -> Iterator[tuple[Path, tuple[argparse.ArgumentParser, str]]]:
    """Yield all commands, with their parsers and summaries."""
    texts = introspect.summaries(parser)
    for name, sub in introspect.commands(parser).items():
        yield (*path, name), (sub, texts.get(name, ""))
        yield from _commands(sub, (*path, name))


def _page(path: Sequence[str]) -> str:
    return "-".join(("i2cdrv", *path))


class _Writer:
    """The writer of one page."""

    def __init__(
        self,
        root: argparse.ArgumentParser,
        path: Path,
        everything: Mapping[Path, tuple[argparse.ArgumentParser, str]],
        date: str,
    ) -> None:
        self._root, self._path, self._everything = root, path, everything
        self._parser, self._summary = everything[path] if path else (root, root.description or "")
        self._page = Page(_page(path), date, f"i2cdrv {__version__}")

    def command(self) -> Page:
        """Write the page of a command."""
        self._name(self._summary)
        self._synopsis()
        self._description(self._parser.description or "")
        self._arguments()
        self._list_commands()
        self._options()
        self._example()
        self._exit_status()
        self._see_also(())
        return self._page

    def overview(self) -> Page:
        """Write the page of i2cdrv."""
        self._name(self._summary.rstrip("."))
        self._synopsis()
        self._description(overview.DESCRIPTION)
        self._list_commands()
        self._options()
        self._exit_status()
        self._terms("ENVIRONMENT", {bold(name): text for name, text in overview.ENVIRONMENT.items()})
        self._terms("FILES", {italic(name): text for name, text in overview.FILES.items()})
        self._example()
        self._see_also(overview.SEE_ALSO)
        return self._page

    def _marked(self, text: str) -> str:
        return marked(text, self._parser, {name for path in self._everything for name in path})

    def _name(self, summary: str) -> None:
        self._page.section("NAME")
        self._page.plain(f"{escaped(_page(self._path))} \\- {escaped(summary)}")

    def _synopsis(self) -> None:
        self._page.section("SYNOPSIS")
        words = [_usage_of(one) for one in introspect.arguments(self._parser)]
        own, common = self._own_options()
        options = [f"[{option(one).rpartition(', ')[2]}]" for one in (*own, *common) if one.dest != "help"]
        self._page.synopsis(" ".join(("i2cdrv", *self._path)), words + options if self._path else options + words)

    def _description(self, text: str) -> None:
        self._page.section("DESCRIPTION")
        for paragraph in text.split("\n\n"):
            if paragraph.startswith(" "):
                self._page.example(re.sub("^  ", "", paragraph, flags=re.MULTILINE))
            else:
                self._page.paragraph(self._marked(paragraph.replace(".\n", ".  ").replace("\n", " ")))

    def _arguments(self) -> None:
        there = [one for one in introspect.arguments(self._parser) if not introspect.choice_of_commands(one)]
        if there:
            self._page.section("ARGUMENTS")
        for one in there:
            self._page.item(placeholder(one), self._sentence(one))

    def _list_commands(self) -> None:
        there = [path for path in self._everything if path[:-1] == self._path]
        if there:
            self._page.section("COMMANDS")
        for path in there:
            self._page.item(f"{bold(_page(path))}(1)", self._marked(_sentence(self._everything[path][1])))

    def _options(self) -> None:
        self._page.section("OPTIONS")
        own, common = self._own_options()
        for one in (*own, *common):
            self._page.item(option(one), self._sentence(one))

    def _own_options(self) -> tuple[list[argparse.Action], list[argparse.Action]]:
        """Return the options of this command, and the options of all commands."""
        everywhere = {one.dest for one in introspect.options(self._root)} if self._path else {"help"}
        there = introspect.options(self._parser)
        return [one for one in there if one.dest not in everywhere], [one for one in there if one.dest in everywhere]

    def _example(self) -> None:
        label, _, example = (self._parser.epilog or "").partition(": ")
        if example:
            self._page.section("EXAMPLE")
            if without := label.removeprefix("example").strip():
                self._page.paragraph(escaped(f"{without[0].upper()}{without[1:]}:"))
            self._page.example(example)

    def _exit_status(self) -> None:
        self._terms("EXIT STATUS", {bold(status): text for status, text in overview.EXIT_STATUS.items()})

    def _terms(self, section: str, terms: Mapping[str, str]) -> None:
        self._page.section(section)
        for tag, text in terms.items():
            self._page.item(tag, self._marked(text))

    def _sentence(self, action: argparse.Action) -> str:
        return self._marked(_sentence(introspect.purpose(self._parser, action)))

    def _see_also(self, others: Sequence[str]) -> None:
        """Name the commands that the page mentions, the commands above and below it, and other programs."""
        self._page.section("SEE ALSO")
        names = {_page(path) for path in self._everything if self._speaks_of(path)} | (
            {"i2cdrv"} if self._path else set()
        )
        there = [f"{bold(name)}(1)" for name in sorted(names)]
        there += [f"{bold(name)}({number}" for name, _, number in (other.partition("(") for other in others)]
        self._page.plain(", ".join(there))

    def _speaks_of(self, path: Path) -> bool:
        if path == self._path:
            return False
        related = not self._path or self._path[:-1] == path or path[:-1] == self._path
        actions = (*introspect.arguments(self._parser), *introspect.options(self._parser))
        said = " ".join([self._parser.description or "", *(introspect.purpose(self._parser, one) for one in actions)])
        return related or re.search(rf"\bi2cdrv {re.escape(' '.join(path))}\b(?!-)", " ".join(said.split())) is not None


def _usage_of(action: argparse.Action) -> str:
    """Return an argument in the form of the synopsis."""
    there = placeholder(action)
    if introspect.choice_of_commands(action):
        name = introspect.metavar(action)
        there = italic(name) if name.isupper() else bold(name)
        return f"{there} ..." if action.required else f"[{there} ...]"
    return {"?": f"[{there}]", "*": f"[{there} ...]", "+": f"{there} ..."}.get(str(action.nargs), there)


def _sentence(text: str) -> str:
    """Return a help text, which begins in lower case and has no full stop, as a sentence."""
    if not text:
        return text
    return f"{text[0].upper()}{text[1:]}{'' if text.endswith(('.', '…')) else '.'}"
