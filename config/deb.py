"""``make deb``: a Debian package of this tree, built in a directory of its own."""

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
CHANGELOG = """i2cdrv ({version}) unstable; urgency=medium

  * Built from the tree; its changes are in CHANGELOG.md there.

 -- {maintainer}  {date}
"""


def main() -> int:
    if missing := [tool for tool in ("dpkg-buildpackage", "dh", "dh_python3") if not shutil.which(tool)]:
        print(f"deb.py: not here: {', '.join(missing)}; sudo apt install debhelper dh-python", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place) / "i2cdrv"
        copy(tree)
        # -d: it would want a compiler, as every package's builder
        done = subprocess.run(["dpkg-buildpackage", "-us", "-uc", "-b", "-d"], cwd=tree, check=False)
        if done.returncode:
            return 1
        (ROOT / "build").mkdir(exist_ok=True)
        package = ROOT / "build" / f"i2cdrv_{version()}_all.deb"
        shutil.copy(Path(place) / package.name, package)
    print(package)
    return 0


def copy(tree: Path) -> None:
    """What belongs to the project, with the directory ``debian`` at its top, where Debian's tools want it."""
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
    text = CHANGELOG.format(version=version(), maintainer=maintainer, date=date)
    (tree / "debian/changelog").write_text(text)


if __name__ == "__main__":
    sys.exit(main())
