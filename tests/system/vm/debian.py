"""Debian packages without touching the machine's own package state: apt with sources, lists and status of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .aptsources import mirror
from .progress import Command, Failed, run

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

# The proxy settings of the machine still count: apt reads its own configuration first, then ours.
CONFIGURATION = """\
Dir::State "{home}";
Dir::State::lists "{home}/lists";
Dir::State::status "{home}/status";
Dir::Cache "{home}";
Dir::Cache::archives "{home}/archives";
Dir::Etc::sourcelist "{home}/debian.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "{arch}";
#clear APT::Architectures;
APT::Architectures {{ "{arch}"; }};
APT::Sandbox::User "";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Acquire::Languages "none";
"""
SOURCES = """\
Types: {types}
URIs: {mirror}
Suites: {suites}
Components: main
Signed-By: {keyring}
"""


class Apt:
    """One private apt below the folder `home`."""

    types = "deb"

    def __init__(self, home: Path, arch: str, suites: str) -> None:
        self.home, self.log = home, home / "apt.log"
        for folder in ("lists/partial", "archives/partial", "debs"):
            (home / folder).mkdir(parents=True)
        (home / "status").touch()
        (home / "conf").write_text(CONFIGURATION.format(home=home, arch=arch))
        (home / "debian.sources").write_text(
            SOURCES.format(types=self.types, mirror=mirror(), suites=suites, keyring=KEYRING)
        )
        run(f"reading the package lists of {suites} ({arch})", self.command("apt-get", "update"), self.log)

    def command(self, program: str, *words: str) -> Command:
        return [program, "-c", self.home / "conf", "-q", *words]

    def download(self, package: str) -> Path:
        """Fetch one package without its dependencies."""
        run(f"downloading {package}", self.command("apt-get", "download", package), self.log, cwd=self.home / "debs")
        found = sorted((self.home / "debs").glob(f"{package}_*.deb"))
        if not found:
            raise Failed(f"apt-get download {package} left no package")
        return found[-1]

    def download_with_dependencies(self, *packages: str) -> list[Path]:
        """Fetch packages and all they depend on; nothing is installed or configured."""
        what = f"downloading {' '.join(packages)}"
        run(what, self.command("apt-get", "install", "-y", "-d", "--no-install-recommends", *packages), self.log)
        return sorted((self.home / "archives").glob("*.deb"))

    def depends(self, package: str, prefix: str = "") -> str:
        """The first package a meta-package stands for whose name begins so."""
        text = subprocess.check_output(self.command("apt-cache", "depends", package), text=True)
        for line in text.splitlines():
            word, _, name = line.strip().partition(" ")
            if word == "Depends:" and name.startswith(prefix):
                return name
        raise Failed(f"{package} depends on no {prefix}…" if prefix else f"{package} depends on nothing")


class SourceApt(Apt):
    """The same for source packages."""

    types = "deb-src"

    def __init__(self, home: Path, suites: str) -> None:
        super().__init__(home, "amd64", suites)

    def download(self, package: str) -> Path:
        """Fetch the original archive of a source package."""
        command = self.command("apt-get", "source", "--download-only", package)
        run(f"downloading the source of {package}", command, self.log, cwd=self.home / "debs")
        found = sorted((self.home / "debs").glob(f"{package}_*.orig.tar.*z"))
        if not found:
            raise Failed(f"apt-get source {package} left no archive")
        return found[-1]


def unpack(deb: Path, into: Path) -> None:
    """Unpack a package's files, of whatever architecture; a link to a directory there stays one (Debian 12's /lib)."""
    into.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as archive:
        tar: Command = ["tar", "-xpf", "-", "--keep-directory-symlink", "-C", into]
        subprocess.run(tar, stdin=archive.stdout, check=True)
    if archive.returncode:
        raise Failed(f"{deb.name} cannot be unpacked")
