"""``make deb``: build a Debian package of this checkout in a temporary directory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from email.utils import formatdate
from pathlib import Path

from .install import ROOT, version

PARTS = ("CHANGELOG.md", "LICENSE", "README.md", "config", "drivers", "i2cdrv", "pyproject.toml", "udev")
PACKAGES = ("debhelper", "dh-python", "dpkg-dev", "pybuild-plugin-pyproject", "python3-setuptools")
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"  # Debian's programs: another Python must not build the package
REVISION = "0local1"  # Debian's own first revision, 1, replaces it
CHANGELOG = """i2cdrv ({version}-{revision}) unstable; urgency=medium

  * Built from a checkout; CHANGELOG.md lists the changes.

 -- {maintainer}  {date}
"""


def main() -> int:
    """Build the package, print its path, and return the exit status."""
    if sys.argv[1:] == ["--packages"]:
        print(*PACKAGES)
        return 0
    if missing := [package for package in PACKAGES if not is_installed(package)]:
        print(f"deb.py: packages are missing: sudo apt install {' '.join(missing)}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place) / "i2cdrv"
        copy(tree)
        # build-essential is implied for every package, but this one compiles nothing
        build = ["dpkg-buildpackage", "-us", "-uc", "-b", "--ignore-builtin-builddeps"]
        done = subprocess.run(build, cwd=tree, env={**os.environ, "PATH": PATH}, check=False)
        if done.returncode:
            return 1
        (ROOT / "build").mkdir(exist_ok=True)
        package = ROOT / "build" / f"i2cdrv_{version()}-{REVISION}_all.deb"
        shutil.copy(Path(place) / package.name, package)
    print(package)
    return 0


def is_installed(package: str) -> bool:
    """Return whether dpkg knows the package as installed."""
    query = ["dpkg-query", "--show", "--showformat", "${db:Status-Status}", package]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout == "installed"


def copy(tree: Path) -> None:
    """Copy the project, with the directory ``debian`` at its top, where Debian's tools expect it."""
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            tree.mkdir(exist_ok=True)
            shutil.copy(ROOT / part, tree)
    (tree / "config/debian").rename(tree / "debian")
    control = (tree / "debian/control").read_text()
    maintainer = next(line.partition(": ")[2] for line in control.splitlines() if line.startswith("Maintainer: "))
    date = formatdate(int(os.environ.get("SOURCE_DATE_EPOCH") or (ROOT / "CHANGELOG.md").stat().st_mtime))
    text = CHANGELOG.format(version=version(), revision=REVISION, maintainer=maintainer, date=date)
    (tree / "debian/changelog").write_text(text)


if __name__ == "__main__":
    sys.exit(main())
