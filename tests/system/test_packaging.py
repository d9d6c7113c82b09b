"""The installed files: the wheel from the tree, drivers inside the package, nothing beside it."""

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from i2cdrv.cli.completion.shells import SCRIPTS
from tests.support.checkout import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that nothing is left in the checkout."""
    place = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, place)
    for name in ("i2cdrv", "drivers"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet"]
    subprocess.run(
        [*pip, "-w", str(place), str(place)], check=True, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    )
    return next(place.glob("*.whl"))


def test_packages_named_in_pyproject_are_those_of_the_tree() -> None:
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    inside = {path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "i2cdrv").rglob("__init__.py")}
    assert set(named) == {place.replace("/", ".") for place in inside} | {"i2cdrv.drivers"}


def test_the_wheel_owns_one_top_level_name(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"i2cdrv"}


def test_the_wheel_runs_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        "import i2cdrv, i2cdrv.cli.main, sys; from importlib.util import find_spec;"
        "assert find_spec('drivers') is None; assert i2cdrv.__file__.startswith(sys.argv[1]), i2cdrv.__file__;"
        "sys.exit(i2cdrv.cli.main.main(['load', 'bme280', '--bus', 'sim', '--once']))"
    )
    smbus2_and_structlog = os.pathsep.join(place for place in sys.path if place.endswith("-packages"))
    # -S: the editable install of the checkout, which lives in site-packages, must not answer in the wheel's place
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{smbus2_and_structlog}"}
    shown = subprocess.run(
        [sys.executable, "-S", "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        env=env,
        cwd=tmp_path,
        check=False,
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("0-0076 bme280: temp ")


@pytest.mark.parametrize("name", ["py.typed", *(f"cli/completion/{file}" for file in SCRIPTS.values())])
def test_files_that_are_no_modules_are_shipped(wheel: Path, name: str) -> None:
    assert f"i2cdrv/{name}" in zipfile.ZipFile(wheel).namelist()
