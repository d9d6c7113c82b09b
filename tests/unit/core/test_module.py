"""Driver modules found by name, by chip and by file; files that are no driver, or not safe to run."""

from __future__ import annotations

import errno
import os
import py_compile
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import pytest

from i2cdrv.config import modprobe
from i2cdrv.config.config import load as load_config
from i2cdrv.core import module
from i2cdrv.core.module import available, load, of_class, search_path
from i2cdrv.driver.display import Unit
from i2cdrv.driver.driver import Driver
from i2cdrv.errors import Error, Invalid, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANNA = 65533
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="makes what belongs to another user")
DRIVER = '''"""Example Corp. X1, thermometer.

More about it.
"""

from typing import NamedTuple

from i2cdrv import Celsius, Driver


class Sample(NamedTuple):
    temp: Celsius


class X1(Driver):
    async def sample(self) -> Sample:
        return Sample(21.0)
'''


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Write a driver file and return its path; its imports are forgotten afterwards."""
    before = set(sys.modules)

    def write(text: str = DRIVER, name: str = "mychip.py") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A search path of our own."""
    (tmp_path / "shelf").mkdir()
    monkeypatch.setattr(module, "search_path", lambda: [tmp_path / "shelf"])
    monkeypatch.setattr(module, "HOME", "i2cdrv_test_shelf")
    return tmp_path / "shelf"


# By name.


def test_the_drivers_of_the_package_are_found() -> None:
    assert {"bme280", "lm75", "mcp9808", "sht4x"} <= set(available())
    assert "__init__" not in available()
    assert all((place / "bme280.py").is_file() for place in search_path())


def test_a_module_is_loaded_by_its_name() -> None:
    found = load("mcp9808")
    assert (found.name, found.chip, found.chips) == ("mcp9808", "mcp9808", ("mcp9808",))
    assert found.path.name == "mcp9808.py"
    assert found.driver.__name__ == "Mcp9808"
    assert found.description.startswith("Microchip MCP9808")


def test_a_module_is_loaded_by_the_name_of_a_chip_it_drives() -> None:
    found = load("tmp102")
    assert (found.name, found.chip) == ("lm75", "tmp102")
    assert "tmp102" in found.chips
    assert load("bmp280").name == "bme280"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("sht40", "sht4x"), ("sht45", "sht4x"), ("sht31", "sht3x"), ("scd41", "scd4x"), ("dht20", "aht20"),
        ("mcp9801", "lm75:mcp980x"),
    ],
)  # fmt: skip
def test_a_module_is_loaded_by_a_name_that_is_printed_on_its_chip(name: str, found: str) -> None:
    module, _, chip = found.partition(":")
    assert (load(name).name, load(name).chip) == (module, chip or module)


def test_a_chip_is_found_without_the_import_of_other_modules(shelf: Path, write: Callable[..., Path]) -> None:
    write("raise SystemExit('it ran')\n", "shelf/alpha.py")
    write(DRIVER + '    aliases = {"beta": ("x2",)}\n', "shelf/beta.py")
    assert (load("x2").name, load("x2").names) == ("beta", ("beta", "x2"))
    with pytest.raises(Error, match="it ran"):
        load("x3")


def test_a_file_is_loaded_for_a_chip_by_its_alias(write: Callable[..., Path]) -> None:
    path = write(DRIVER + '    id_table = {"x1": None, "x2": None}\n    aliases = {"x2": ("x2a", "x2b")}\n')
    assert load(f"{path}:x2b").chip == "x2"


def test_loading_twice_gives_the_same_driver() -> None:
    assert load("lm75").driver is load("tmp102").driver is load("lm75").driver


def test_a_dash_in_a_name_is_an_underscore(shelf: Path, write: Callable[..., Path]) -> None:
    write(name="shelf/my_chip.py")
    assert available() == ["my_chip"]
    assert load("my-chip").name == "my_chip"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("bme208", "bme280"), ("sht4", "sht4"), ("ds1757", "ds1775"), ("am2302b", "am2301b"), ("SHT31", "sht31"),
    ],
)  # fmt: skip
def test_an_unknown_name_is_refused_with_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(
        Unknown, match=f"no driver module or chip is called '{name}' \\(did you mean {nearest}.*\\)$"
    ) as caught:
        load(name)
    assert caught.value.errno == errno.ENOENT


def test_a_name_like_no_other_is_refused_with_all_there_are(shelf: Path, write: Callable[..., Path]) -> None:
    write(name="shelf/alpha.py")
    write(name="shelf/beta.py")
    with pytest.raises(Unknown, match="there are: alpha, beta"):
        load("xyz")


@pytest.mark.parametrize("name", ["", ".", "..", "__init__", "bme280\0", "BME280"])
def test_a_word_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(Unknown):
        load(name)


# By file.


def test_a_file_is_loaded_by_its_path(write: Callable[..., Path]) -> None:
    path = write()
    found = load(str(path))
    assert (found.name, found.chip, found.chips) == ("mychip", "mychip", ("mychip",))
    assert found.path == path
    assert found.driver.__name__ == "X1"
    assert found.description == "Example Corp. X1, thermometer."


def test_a_relative_path_is_loaded(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write().parent)
    assert load("./mychip.py").driver is load("mychip.py").driver


def test_a_file_without_a_docstring_has_no_description(write: Callable[..., Path]) -> None:
    assert load(str(write(DRIVER.partition('"""\n\n')[2]))).description == ""


def test_files_of_one_name_in_two_places_are_two_modules(write: Callable[..., Path]) -> None:
    one = load(str(write(DRIVER, "one/mychip.py")))
    two = load(str(write(DRIVER.replace("X1", "X2"), "two/mychip.py")))
    assert (one.name, two.name) == ("mychip", "mychip")
    assert (one.driver.__name__, two.driver.__name__) == ("X1", "X2")
    assert one.description == "Example Corp. X1, thermometer."
    assert two.description == "Example Corp. X2, thermometer."


def test_a_file_may_have_the_name_of_a_shipped_module(write: Callable[..., Path]) -> None:
    found = load(str(write(name="bme280.py")))
    assert found.driver.__name__ == "X1"
    assert load("bme280").driver.__name__ == "Bme280"


def test_a_file_for_one_chip_is_for_that_chip(write: Callable[..., Path]) -> None:
    found = load(str(write(DRIVER + '\n    id_table = {"x1": None}\n')))
    assert (found.name, found.chip) == ("mychip", "x1")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.py", tmp_path):
        with pytest.raises(Unknown, match="there is no driver file") as caught:
            load(f"{path}/" if path == tmp_path else str(path))
        assert caught.value.errno == errno.ENOENT


# Files that are no driver.


def refusal(path: Path) -> Error:
    with pytest.raises(Error) as caught:
        load(str(path))
    assert str(path) in caught.value.message
    assert "Traceback" not in caught.value.message
    return caught.value


def test_a_syntax_error_is_refused_with_file_and_line(write: Callable[..., Path]) -> None:
    error = refusal(write(DRIVER.replace("class X1(Driver):", "class X1(Driver)")))
    assert error.name == "ENOEXEC"
    assert "cannot be loaded: line 15: SyntaxError: expected ':'" in error.message


def test_a_mistake_that_runs_at_import_is_refused_with_its_line(write: Callable[..., Path]) -> None:
    error = refusal(write('"""Doc."""\n\ndef half(x):\n    return x / 0\n\nhalf(1)\n'))
    assert error.name == "ENOEXEC"
    assert "line 4: ZeroDivisionError: division by zero" in error.message


def test_a_wrong_declaration_is_refused_with_its_line(write: Callable[..., Path]) -> None:
    text = DRIVER + "\n\nfrom i2cdrv import reg_field\n\nCTRL = reg_field(0x01, 9)\n"
    assert "line 22: TypeError: bits 9:9 do not fit" in refusal(write(text)).message


def test_a_missing_import_is_refused_with_its_line(write: Callable[..., Path]) -> None:
    assert "line 2: ModuleNotFoundError" in refusal(write("import sys\nimport no_such_thing\n")).message


def test_a_misspelt_import_is_refused_with_the_right_name(write: Callable[..., Path]) -> None:
    message = refusal(write(DRIVER.replace("import Celsius", "import parm, Celsius"))).message
    assert "ImportError: cannot import name 'parm' from 'i2cdrv'" in message
    assert message.endswith("(did you mean param?)")


def test_a_misspelt_declaration_is_refused_with_its_line(write: Callable[..., Path]) -> None:
    message = refusal(write(DRIVER + "\n    async def recognize(self):\n        pass\n")).message
    assert "line 15: TypeError: X1.recognize has no meaning for the framework; did you mean recognise?" in message


@pytest.mark.parametrize("table", ["identity", "constants"])
def test_a_declaration_for_an_unknown_chip_is_refused(write: Callable[..., Path], table: str) -> None:
    tables = '\n    id_table = {"x1": None, "x2": None}\n    ' + table + ' = {"x1a": {}}\n'
    message = refusal(write(DRIVER + tables)).message
    assert message.endswith(f"X1.{table} names the chip 'x1a' (did you mean x1?); the chips of the driver are: x1, x2")


@pytest.mark.parametrize(
    ("aliases", "message"),
    [
        ('{"x1a": ("x4",)}', "X1.aliases names the chip 'x1a' (did you mean x1?); the chips are: x1, x2"),
        ('{"x1": "x1a"}', 'X1.aliases[\'x1\'] is \'x1a\': give a tuple of names, as in {"sht4x": ("sht40", "sht41")}'),
        ('{"x1": (1,)}', 'X1.aliases[\'x1\'] is (1,): give a tuple of names, as in {"sht4x": ("sht40", "sht41")}'),
        ('{"x1": ("x2",)}', "X1.aliases has 'x2' twice, or it is the name of a chip"),
        ('{"x1": ("x3",), "x2": ("x3",)}', "X1.aliases has 'x3' twice, or it is the name of a chip"),
        ('("x3",)', "AttributeError: 'tuple' object has no attribute 'items'"),
    ],
)
def test_aliases_that_name_no_chip_or_two_are_refused(write: Callable[..., Path], aliases: str, message: str) -> None:
    tables = f'\n    id_table = {{"x1": None, "x2": None}}\n    aliases = {aliases}\n'
    assert refusal(write(DRIVER + tables)).message.endswith(message)


@pytest.mark.parametrize("hook", ["recognise", "reset", "probe", "configure", "sample", "verify", "prove"])
def test_a_hook_without_async_is_refused(write: Callable[..., Path], hook: str) -> None:
    message = refusal(write(DRIVER + f"\n    def {hook}(self) -> Sample:\n        return Sample(1.0)\n")).message
    assert message.endswith(f"cannot be loaded: X1.{hook} is no coroutine: write async def {hook}(self)")


def test_a_file_that_failed_can_be_fixed_and_loaded(write: Callable[..., Path]) -> None:
    refusal(write("import no_such_thing\n"))
    assert load(str(write())).driver.__name__ == "X1"


def test_a_file_that_exits_is_refused_and_does_not_end_the_program(write: Callable[..., Path]) -> None:
    error = refusal(write("import sys\nsys.exit(3)\n"))
    assert error.name == "ENOEXEC"
    assert "line 2: SystemExit: 3" in error.message


def test_a_file_without_a_driver_is_refused(write: Callable[..., Path]) -> None:
    error = refusal(write("from i2cdrv import Driver\n"))
    assert error.name == "ENOEXEC"
    assert "holds 0 Driver classes; a module has exactly one" in error.message


def test_a_file_with_two_drivers_is_refused(write: Callable[..., Path]) -> None:
    error = refusal(write(DRIVER + "\n\nclass X2(X1):\n    pass\n"))
    assert error.name == "ENOEXEC"
    assert "holds 2 Driver classes" in error.message


def test_a_file_that_is_not_python_is_refused(write: Callable[..., Path]) -> None:
    error = refusal(write(name="mychip.txt"))
    assert error.name == "ENOEXEC"
    assert "is not a Python file" in error.message


def test_a_file_for_several_chips_of_other_names_requires_one(write: Callable[..., Path]) -> None:
    path = write(DRIVER + '\n    id_table = {"x1": None, "x2": None}\n')
    with pytest.raises(Invalid, match="drives x1, x2: name one of them"):
        load(str(path))


# Files that are not safe to run.


@pytest.mark.parametrize("mode", [0o666, 0o602, 0o1666])
def test_a_file_that_every_user_can_write_is_not_run(write: Callable[..., Path], mode: int) -> None:
    path = write("raise SystemExit('it ran')\n")
    path.chmod(mode)
    error = refusal(path)
    assert error.errno == errno.EPERM
    assert f"chmod o-w {path}" in error.message


def test_a_file_in_a_directory_that_every_user_can_write_is_not_run(write: Callable[..., Path]) -> None:
    path = write("raise SystemExit('it ran')\n", "open/mychip.py")
    path.parent.chmod(0o777)
    with pytest.raises(Error, match=f"{path.parent} can be written by every user") as caught:
        load(str(path))
    assert caught.value.errno == errno.EPERM


def test_a_file_behind_a_link_is_judged_by_where_it_is(write: Callable[..., Path], tmp_path: Path) -> None:
    path = write("raise SystemExit('it ran')\n", "open/mychip.py")
    path.parent.chmod(0o777)
    (tmp_path / "link.py").symlink_to(path)
    with pytest.raises(Error, match="can be written by every user"):
        load(str(tmp_path / "link.py"))


def test_a_sticky_directory_is_good_enough(write: Callable[..., Path]) -> None:
    path = write(name="tmp/mychip.py")
    path.parent.chmod(0o1777)
    assert load(str(path)).driver.__name__ == "X1"


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o755])
def test_a_file_of_ones_own_is_run(write: Callable[..., Path], mode: int) -> None:
    path = write()
    path.chmod(mode)
    assert load(str(path)).driver.__name__ == "X1"


def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "mychip.py")
    with pytest.raises(Error, match="is not run: it is a FIFO, not a regular file"):
        load(str(tmp_path / "mychip.py"))


def test_a_compilation_that_lies_beside_a_file_is_not_run(write: Callable[..., Path]) -> None:
    """In /tmp another user can make the directory that Python keeps them in."""
    path = write("raise SystemExit('it ran')\n", "tmp/mychip.py")
    cached = Path(py_compile.compile(str(path)) or "")
    assert cached.parent.name == "__pycache__"
    facts = path.stat()
    path.write_text(DRIVER + "\n" * facts.st_size)
    content = bytearray(cached.read_bytes())
    content[8:16] = struct.pack("<II", int(path.stat().st_mtime), path.stat().st_size)  # so that Python believes it
    cached.write_bytes(content)
    assert load(str(path)).driver.__name__ == "X1"


@as_root
def test_a_file_of_another_user_is_run_if_a_person_names_it_and_not_if_a_file_does(write: Callable[..., Path]) -> None:
    path = write(name="home/mychip.py")
    for place in (path, path.parent):
        os.chown(place, ANNA, ANNA)
    with pytest.raises(Error, match=rf"the code in {path} is not run: .* belongs to .*, not to root") as caught:
        load(str(path), named=False)
    assert caught.value.errno == errno.EPERM
    assert load(str(path)).driver.__name__ == "X1"


@as_root
def test_a_module_named_by_a_configuration_is_stricter_than_one_named_by_a_person(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    path = write(name="home/mychip.py")
    os.chown(path, ANNA, ANNA)
    (tmp_path / "i2cdrv.yaml").write_text(f"alias: {{thermo: {path}}}\n")
    config = load_config(tmp_path / "i2cdrv.yaml")
    with pytest.raises(Error, match="belongs to"):
        modprobe.find("thermo", config)
    assert modprobe.find(str(path), config).driver.__name__ == "X1"


@as_root
def test_a_file_that_another_user_has_put_in_its_place_is_not_reloaded(write: Callable[..., Path]) -> None:
    path = write(name="tmp/mychip.py")
    path.parent.chmod(0o1777)
    found = load(str(path))  # named, and root's
    path.unlink()
    write("raise SystemExit('it ran')\n", name="tmp/mychip.py")
    os.chown(path, ANNA, ANNA)
    with pytest.raises(Error, match="belongs to") as caught:
        module.reload(found)
    assert caught.value.errno == errno.EPERM


@as_root
def test_a_file_that_another_user_has_put_beside_ours_is_not_run(shelf: Path) -> None:
    (shelf / "mychip.py").write_text("raise SystemExit('it ran')\n")
    os.chown(shelf / "mychip.py", ANNA, ANNA)
    with pytest.raises(Error, match=rf"not run: {shelf}/mychip\.py belongs to .*, not to the owner of i2cdrv"):
        load("mychip")


def test_a_file_beside_ours_that_every_user_can_write_is_not_run(shelf: Path) -> None:
    (shelf / "mychip.py").write_text("raise SystemExit('it ran')\n")
    (shelf / "mychip.py").chmod(0o666)
    with pytest.raises(Error, match=r"mychip\.py can be written by every user"):
        load("mychip")


# By class.


class Sample(NamedTuple):
    temp: Annotated[float, Unit("°C", 2)]


class Mine(Driver):
    """A driver in a program."""

    async def sample(self) -> Sample:
        return Sample(21.0)


class Family(Mine):
    id_table = {"one": 1, "two": 2}


def test_a_class_of_a_program_is_a_module() -> None:
    found = of_class(Mine)
    assert found.driver is Mine
    assert found.path == Path(__file__)
    assert found.name == "test_module"
    assert found.description.startswith("Driver modules found by name")


def test_a_class_for_several_chips_is_for_the_first() -> None:
    assert of_class(Family).chip == "one"
    assert of_class(Family).chips == ("one", "two")


def test_a_class_of_a_shipped_module_has_its_name() -> None:
    assert of_class(load("mcp9808").driver) == load("mcp9808")


def test_a_class_of_a_file_has_the_files_name(write: Callable[..., Path]) -> None:
    assert of_class(load(str(write())).driver) == load(str(write()))


def test_another_class_is_refused() -> None:
    with pytest.raises(Invalid, match="is not a Driver class"):
        of_class(int)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("raise type('Odd', (BaseException,), {'__str__': lambda self: 1 / 0})", "Odd"),
    ],
)
def test_whatever_a_file_raises_is_refused_with_its_line(write: Callable[..., Path], line: str, why: str) -> None:
    path = write(f"\n{line}\n")
    assert refusal(path).message == f"{path} cannot be loaded: line 2: {why}"


@pytest.mark.parametrize(
    ("addresses", "why"),
    [
        ("(0x48)", r"X1.addresses is 72: give a tuple of addresses, such as (0x48, 0x49) or (0x48,)"),
        ("('0x48',)", r"X1.addresses is ('0x48',): give a tuple of addresses, such as (0x48, 0x49) or (0x48,)"),
        ("(0x91,)", r"X1.addresses holds 0x91, which is no 7-bit address; without the bit for reading it is 0x48"),
        ("(0x148,)", r"X1.addresses holds 0x148, which is no 7-bit address"),
        ("(0,)", r"X1.addresses holds 0x00, which is no 7-bit address"),
    ],
)
def test_addresses_that_are_none_are_refused(write: Callable[..., Path], addresses: str, why: str) -> None:
    path = write(DRIVER.replace("    async def sample", f"    addresses = {addresses}\n\n    async def sample"))
    assert refusal(path).message == f"{path} cannot be loaded: {why}"


@pytest.mark.parametrize("value", ["None", "'x'", "float('nan')", "float('inf')", "0", "-1.0"])
def test_a_limit_that_is_no_time_is_refused(value: str) -> None:
    class Limited(load("lm75").driver):  # type: ignore[misc]
        pass

    Limited.allowance = eval(value)
    with pytest.raises(Invalid, match=r"Limited.allowance is .*: give s, more than 0 and less than 3600"):
        of_class(Limited)
