"""``make install`` and ``make uninstall``: one table of files and their places, and a record for their removal.

The record is the RECORD of the Python package, in its .dist-info, so pip can remove the files as well.
"""

from __future__ import annotations

import argparse
import base64
import compileall
import csv
import hashlib
import io
import os
import re
import shutil
import site
import sys
import tempfile
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
CONFIGURATIONS = "/etc/i2cdrv"
CONFIGURATION = f"{CONFIGURATIONS}/i2cdrv.yaml"
UNITS = ("i2cdrv.service", "i2cdrv-mount.socket", "i2cdrv-mount@.service")
MODULES = {"smbus2": "python3-smbus2", "structlog": "python3-structlog", "yaml": "python3-yaml"}
# -P: Python does not search the script's directory for modules
SCRIPT = """#!{python} -P
import sys

from i2cdrv.cli.main import main

sys.exit(main())
"""
NEXT = """sudo systemd-sysusers
sudo systemd-tmpfiles --create
sudo udevadm control --reload
sudo udevadm trigger --subsystem-match=i2c-dev
sudo systemctl daemon-reload
sudo systemctl enable --now i2cdrv"""


class File(NamedTuple):
    """A file to install: its path, content and mode."""

    path: str
    data: bytes
    mode: int = 0o644


def main() -> int:
    """Install or uninstall, and return the exit status."""
    sys.dont_write_bytecode = True  # root must leave no files in a user's checkout
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("install", "files", "uninstall"), help="files: without the Python package")
    parser.add_argument("--prefix", default="/usr/local", help="/usr/local, /usr, or that of a virtual environment")
    parser.add_argument("--destdir", default="", help="put everything below this directory, as packagers do")
    args = parser.parse_args()
    try:
        home = packages_of(args.prefix)
        if args.action == "install":
            install(args.prefix, home, args.destdir)
        elif args.action == "files":
            for file in files(args.prefix):
                write(file, args.destdir)
        else:
            uninstall(home, args.destdir, configuration=True)
    except (OSError, LookupError) as error:
        print(f"install.py: {error}", file=sys.stderr)
        return 1
    return 0


def packages_of(prefix: str) -> str:
    """Return the directory below the prefix in which this Python searches for packages.  Raises LookupError."""
    found = [place for place in site.getsitepackages() if place.startswith(f"{prefix}/lib/")]
    if not found:
        places = "\n  ".join(site.getsitepackages())
        raise LookupError(
            f"{sys.executable} does not look for packages below {prefix}, but here:\n  {places}\n"
            "choose one of these with PREFIX=…, or another Python with PYTHON=/usr/bin/python3"
        )
    return found[0]


# The table of files.


def table(prefix: str, home: str) -> Iterator[File]:
    """List all files of an installation.  ``home``: the directory of Python packages."""
    yield from packages(home)
    yield from metadata(home)
    yield from files(prefix)


def files(prefix: str) -> Iterator[File]:
    """List the files outside the Python package: the program, the service, the manual, the completion."""
    yield File(f"{prefix}/bin/i2cdrv", SCRIPT.format(python=sys.executable).encode(), 0o755)
    for name in UNITS:
        unit = (ROOT / "config" / name).read_text()
        unit = unit.replace("/usr/bin/i2cdrv", f"{prefix}/bin/i2cdrv").replace("/usr/bin/python3", sys.executable)
        yield File(f"{prefix}/lib/systemd/system/{name}", unit.encode())
    for source, path in {
        "config/i2cdrv.sysusers.conf": f"{prefix}/lib/sysusers.d/i2cdrv.conf",
        "config/i2cdrv.tmpfiles.conf": f"{prefix}/lib/tmpfiles.d/i2cdrv.conf",
        "udev/60-i2cdrv.rules": f"{prefix}/lib/udev/rules.d/60-i2cdrv.rules",
        "config/i2cdrv.yaml": CONFIGURATION,
    }.items():
        yield File(path, (ROOT / source).read_bytes())
    yield from manual(prefix)
    yield from completions(prefix)


def packages(home: str) -> Iterator[File]:
    """List the files of every package in pyproject.toml."""
    declared = project()["tool"]["setuptools"]
    for package in declared["packages"]:
        parts = package.split(".")
        near = next(n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in declared["package-dir"])
        source = ROOT.joinpath(declared["package-dir"][".".join(parts[:near])], *parts[near:])
        for pattern in ["*.py", *declared["package-data"].get(package, [])]:
            for file in sorted(source.glob(pattern)):
                yield File("/".join([home, *parts, file.name]), file.read_bytes())


def metadata(home: str) -> Iterator[File]:
    """List the files that importlib.metadata, pip and pytest read.

    They are written here, because neither Debian 12 nor a new virtual environment can build a wheel offline: it takes
    setuptools 77.  With the prefix /usr/local, pip would install them on Debian below /usr/local/local.
    """
    declared = project()["project"]
    place = f"{home}/i2cdrv-{version()}.dist-info"
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {declared['name']}",
        f"Version: {version()}",
        f"Summary: {declared['description']}",
        f"License-Expression: {declared['license']}",
        *(f"License-File: {each}" for each in declared["license-files"]),
        f"Keywords: {','.join(declared['keywords'])}",
        *(f"Classifier: {each}" for each in declared["classifiers"]),
        f"Requires-Python: {declared['requires-python']}",
        *(f"Requires-Dist: {each}" for each in declared["dependencies"]),
    ]
    for extra, wanted in declared["optional-dependencies"].items():
        lines += [f"Provides-Extra: {extra}", *(f'Requires-Dist: {each}; extra == "{extra}"' for each in wanted)]
    lines += ["Description-Content-Type: text/markdown", "", (ROOT / declared["readme"]).read_text()]
    yield File(f"{place}/METADATA", "\n".join(lines).encode())
    groups = {"console_scripts": declared["scripts"], **declared["entry-points"]}
    text = [
        f"[{group}]\n" + "".join(f"{name} = {of}\n" for name, of in named.items()) for group, named in groups.items()
    ]
    yield File(f"{place}/entry_points.txt", "\n".join(text).encode())
    yield File(f"{place}/INSTALLER", b"make install\n")
    for each in declared["license-files"]:
        yield File(f"{place}/licenses/{each}", (ROOT / each).read_bytes())


def manual(prefix: str) -> Iterator[File]:
    from config.manpage.__main__ import main as write_pages

    with tempfile.TemporaryDirectory() as place:
        write_pages([place])
        for page in sorted(Path(place).iterdir()):
            yield File(f"{prefix}/share/man/man{page.suffix[1:]}/{page.name}", page.read_bytes())


def completions(prefix: str) -> Iterator[File]:
    from i2cdrv.cli.completion.shells import script

    zsh = "vendor-completions" if prefix == "/usr" else "site-functions"
    for shell, path in {
        "bash": "bash-completion/completions/i2cdrv",
        "zsh": f"zsh/{zsh}/_i2cdrv",
        "fish": "fish/vendor_completions.d/i2cdrv.fish",
    }.items():
        yield File(f"{prefix}/share/{path}", script(shell).encode())


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def version() -> str:
    found = re.search(r'^__version__ = "(.+)"', (ROOT / "i2cdrv/lib/version.py").read_text(), re.MULTILINE)
    assert found
    return found[1]


# Installation and removal.


def install(prefix: str, home: str, destdir: str) -> None:
    everything = list(table(prefix, home))
    uninstall(home, destdir, configuration=False)  # files that only an older version has
    record = f"{home}/i2cdrv-{version()}.dist-info/RECORD"
    rows = [*((file.path, digest(file.data), str(len(file.data))) for file in everything), (record, "", "")]
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows((os.path.relpath(path, home), *rest) for path, *rest in rows)
    for file in [*everything, File(record, lines.getvalue().encode())]:
        write(file, destdir)
    if not destdir:
        compileall.compile_dir(f"{home}/i2cdrv", quiet=2)
        missing = [package for module, package in MODULES.items() if find_spec(module) is None]
        print(f"sudo apt install {' '.join(missing)}\n{NEXT}" if missing else NEXT)


def write(file: File, destdir: str) -> None:
    """Write a file; a configuration that exists stays."""
    place = Path(f"{destdir}{file.path}")
    if file.path == CONFIGURATION and place.exists():
        print(f"{place} stays as it is", file=sys.stderr)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(file.data)
    place.chmod(file.mode)


def uninstall(home: str, destdir: str, *, configuration: bool) -> None:
    """Remove the recorded files, and an unchanged ``configuration`` if it is to go as well."""
    for record in Path(f"{destdir}{home}").glob("i2cdrv-*.dist-info/RECORD"):
        for path, was, _ in list(csv.reader(io.StringIO(record.read_text()))):
            full = os.path.normpath(f"{home}/{path}")
            place = Path(f"{destdir}{full}")
            if full == CONFIGURATION and place.exists():
                if not configuration:
                    continue
                if digest(place.read_bytes()) != was:
                    print(f"{place} was changed, and stays")
                    continue
            place.unlink(missing_ok=True)
        for directory in (f"{home}/i2cdrv", str(record.parent)[len(destdir) :], CONFIGURATIONS):
            prune(Path(f"{destdir}{directory}"))


def prune(place: Path) -> None:
    """Remove compiled Python files, then empty directories."""
    for directory, _, _ in os.walk(place, topdown=False):
        if directory.endswith("/__pycache__"):
            shutil.rmtree(directory)
        elif not any(Path(directory).iterdir()):
            Path(directory).rmdir()


def digest(data: bytes) -> str:
    """Return the digest in the form that RECORD uses."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    sys.exit(main())
