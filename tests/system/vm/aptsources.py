"""The apt sources of this machine: the Debian mirror it uses, and the entry of another suite on the same mirror.

``python -m tests.system.vm.aptsources SUITE`` prints the entry, and nothing if this machine has that suite already.
``python -m tests.system.vm.aptsources --mirror`` prints the mirror.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .progress import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator

APT = Path("/etc/apt")
OS_RELEASE = Path("/etc/os-release")
ONE_LINE = re.compile(r"deb\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>\S.*)")
FIELD = re.compile(r"^([\w-]+):(.*(?:\n[ \t].*)*)", re.MULTILINE)
MIRROR_FILE = re.compile(r"mirror\+file:(?://)?(?=/)")  # apt-transport-mirror(1), as Debian's cloud images use it
DEB822 = {"arch": "Architectures", "lang": "Languages", "target": "Targets"}  # options with another name there
SERVED = ("http://", "https://")  # the kinds that debootstrap reads as well


class Source(NamedTuple):
    """One suite of an entry.  ``options``: its other fields, by the names of sources.list(5)."""

    uri: str
    suite: str
    components: tuple[str, ...]
    options: dict[str, str]


def sources(apt: Path = APT) -> list[Source]:
    """Read every enabled source of binary packages."""
    found: list[Source] = []
    for path in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]:
        if path.is_file() and path.suffix in (".list", ".sources"):
            read = _deb822 if path.suffix == ".sources" else _one_line
            found += read(path.read_text())
    return found


def _one_line(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        if found := ONE_LINE.fullmatch(line.partition("#")[0].strip()):
            words = (word.partition("=") for word in (found["options"] or "").split())
            options = {DEB822.get(name, name.title()): value.replace(",", " ") for name, _, value in words}
            yield Source(_resolved(found["uri"]), found["suite"], tuple(found["components"].split()), options)


def _deb822(text: str) -> Iterator[Source]:
    for stanza in re.split(r"\n\s*\n", re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE)):
        options = {name.title(): value.strip() for name, value in FIELD.findall(stanza)}
        kinds, uris, suites = (options.pop(name, "").split() for name in ("Types", "Uris", "Suites"))
        components = tuple(options.pop("Components", "").split())
        if "deb" in kinds and options.pop("Enabled", "yes").lower() not in ("no", "false", "0"):
            yield from (Source(_resolved(uri), suite, components, options) for uri in uris for suite in suites)


def _resolved(uri: str) -> str:
    """Give the first mirror of a list of mirrors, which debootstrap cannot read."""
    path = Path(MIRROR_FILE.sub("", uri))
    if path.is_absolute() and path.is_file():
        uri = path.read_text().split()[0]
    return uri.rstrip("/")


def debian(apt: Path = APT, os_release: Path = OS_RELEASE) -> Source:
    """Find the source of this Debian release itself.  Raises Failed."""
    release = re.search(r"^VERSION_CODENAME=\"?(\w+)", os_release.read_text(), re.MULTILINE)
    codename = release[1] if release else ""
    there = sources(apt)
    updated = {each.uri for each in there if each.suite == f"{codename}-updates"}
    mine = [each for each in there if each.suite == codename and "main" in each.components]
    mine = [each for each in mine if each.uri.startswith(SERVED)]
    # other archives name their suites after Debian's, but only Debian's has updates
    mine.sort(key=lambda each: each.uri not in updated)
    if not mine:
        raise Failed(f"{apt}: no source of {codename or 'a Debian release'}; set I2CDRV_VM_MIRROR to a Debian mirror")
    return mine[0]


def mirror() -> str:
    """Give the Debian mirror: $I2CDRV_VM_MIRROR, else this machine's.  Raises Failed."""
    return os.environ.get("I2CDRV_VM_MIRROR") or debian().uri


def entry(suite: str, apt: Path = APT, os_release: Path = OS_RELEASE) -> str:
    """Write the entry of another suite on this machine's mirror, for a .sources file; empty if the suite is there."""
    if any(each.suite == suite for each in sources(apt)):
        return ""
    source = debian(apt, os_release)
    fields = {"Types": "deb", "URIs": source.uri, "Suites": suite, "Components": "main", **source.options}
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.system.vm.aptsources", description=__doc__.splitlines()[0])
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("suite", nargs="?", help="print the entry of this suite")
    wanted.add_argument("--mirror", action="store_true", help="print the mirror")
    options = parser.parse_args()
    try:
        sys.stdout.write(f"{mirror()}\n" if options.mirror else entry(options.suite))
    except (Failed, OSError) as error:
        print(f"aptsources.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
