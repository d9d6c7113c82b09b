"""The project as ``pip install`` leaves it: copies in a fresh virtual environment.

An editable install puts a finder into every start of its Python; users of i2cdrv do not pay for that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from .peers import CHECKOUT, clean

SCRIPT = "#!{}\nimport sys\nfrom i2cdrv.cli.main import main\nsys.exit(main())\n"


@contextmanager
def environment() -> Iterator[Path]:
    """The environment's ``bin``, with ``python`` and ``i2cdrv``."""
    with tempfile.TemporaryDirectory(prefix="i2cdrv-bench-") as folder:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, env=clean())
        (site,) = Path(folder).glob("lib/python*/site-packages")
        _copy(CHECKOUT / "i2cdrv", site / "i2cdrv")
        _copy(CHECKOUT / "drivers", site / "i2cdrv/drivers")
        for name in ("smbus2", "structlog"):
            _copy(_package(name), site / name)
        programs = Path(folder) / "bin"
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
