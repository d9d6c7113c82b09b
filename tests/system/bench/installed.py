"""The project as ``pip install`` leaves it: copies in a fresh virtual environment of a Python.

An editable install puts a finder into every start of its Python; users of i2cdrv do not pay for that.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from .peers import CHECKOUT, clean, say

SCRIPT = "#!{}\nimport sys\nfrom i2cdrv.cli.main import main\nsys.exit(main())\n"
DEBIAN = Path("/usr/bin/python3")
VERSION = "import i2cdrv.core.session, platform; print(platform.python_version())"
_kept = ExitStack()
atexit.register(_kept.close)


@cache
def pythons() -> Mapping[str, Path]:
    """Return the environments' ``bin`` by Python: the Python in use, and Debian's where it can import the project."""
    found = {}
    for python in dict.fromkeys(path.resolve() for path in (Path(sys.executable), DEBIAN) if path.exists()):
        try:
            programs = _kept.enter_context(environment(python))
            name = subprocess.run(
                [programs / "python", "-c", VERSION], check=True, capture_output=True, text=True
            ).stdout
        except subprocess.CalledProcessError:
            say(f"{python} cannot import i2cdrv and is not measured")
            continue
        found[name.strip() + (" (Debian)" if python == DEBIAN.resolve() else "")] = programs
    return found


@contextmanager
def environment(python: Path | str = sys.executable) -> Iterator[Path]:
    """The environment's ``bin``, with ``python`` and ``i2cdrv``."""
    with tempfile.TemporaryDirectory(prefix="i2cdrv-bench-") as folder:
        subprocess.run([python, "-m", "venv", "--without-pip", folder], check=True, env=clean(), capture_output=True)
        (site,) = Path(folder).glob("lib/python*/site-packages")
        _copy(CHECKOUT / "i2cdrv", site / "i2cdrv")
        _copy(CHECKOUT / "drivers", site / "i2cdrv/drivers")
        (site / "tests").symlink_to(CHECKOUT / "tests")
        for name in ("smbus2", "structlog", "yaml"):
            _copy(_package(name), site / name)
        programs = Path(folder) / "bin"
        subprocess.run([programs / "python", "-m", "compileall", "-q", site], check=True)
        _write_script(programs)
        yield programs


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))


def _package(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


def _write_script(programs: Path) -> None:
    script = programs / "i2cdrv"
    script.write_text(SCRIPT.format(programs / "python"))
    os.chmod(script, 0o755)  # noqa: PTH101
