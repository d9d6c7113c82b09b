"""The names of ``i2cdrv``: a script or a driver imports them in one line, at no cost until their use."""

from __future__ import annotations

import ast
import inspect
import pydoc
import subprocess
import sys
from pathlib import Path

import pytest

import i2cdrv
from i2cdrv import errors
from i2cdrv.sim import CHIPS, SimAdapter

# the parts of a driver
AUTHOR = {
    "Driver", "param", "Register", "RegField", "bits", "concat", "reg_field", "u8", "u16", "s8", "s16", "unsaturated",
    "attribute", "Command", "Crc", "join_words", "crc8", "Checksum", "PromChecksum", "Unit", "Range", "Celsius",
    "Pascal", "RelativeHumidity", "Volt", "Ampere", "Watt", "absent", "hexint", "uint", "Functionality",
}  # fmt: skip
ERRORS = [name for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, errors.Error)]


@pytest.mark.parametrize("name", [*sorted(AUTHOR), *ERRORS, "open", "Device", "__version__"])
def test_is_imported_from_i2cdrv_and_listed(name: str) -> None:
    assert name in dir(i2cdrv)
    assert name in i2cdrv.__all__
    assert getattr(i2cdrv, name) is not None


def test_dir_lists_only_existing_names() -> None:
    assert all(hasattr(i2cdrv, name) for name in dir(i2cdrv))
    assert not [name for name in dir(i2cdrv) if name.startswith("_") and not name.startswith("__")]


def test_help_shows_open_driver_and_the_errors() -> None:
    text = pydoc.plain(pydoc.render_doc(i2cdrv))
    for line in ("class Driver(", "class Device(", "class NoDevice(Error)", "class ConfigLost(Error)", "    open("):
        assert line in text


def test_type_checkers_see_the_same_names() -> None:
    source = ast.parse(Path(i2cdrv.__file__).read_text())
    typed = next(node for node in source.body if isinstance(node, ast.If))
    imports = [node for node in typed.body if isinstance(node, ast.ImportFrom) and node.level == 1]
    seen = {alias.asname: f"{node.module}" for node in imports for alias in node.names}
    assert seen == i2cdrv._MODULE


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'i2cdrv' has no attribute 'bitz'"):
        i2cdrv.bitz  # type: ignore[attr-defined]  # noqa: B018


def test_import_costs_nothing() -> None:
    code = "import sys; before = set(sys.modules); import i2cdrv; print(sorted(set(sys.modules) - before))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "['i2cdrv']\n"


def test_a_device_shows_its_chip_and_its_state() -> None:
    adapter = SimAdapter({0x77: CHIPS["bmp280"]()}, nr=3)
    with i2cdrv.open("bmp280", bus=adapter, addr=0x77) as device:
        assert repr(device) == "<Device 3-0077: bmp280, live>"
    assert repr(device) == "<Device 3-0077: bmp280, closed>"
