"""Libraries that are missing, cannot be used, or are not trusted."""

from __future__ import annotations

import errno
import py_compile
from importlib.util import cache_from_source
from typing import TYPE_CHECKING, Any

import pytest

import i2cdrv
from i2cdrv.core import module
from i2cdrv.errors import Error, Invalid, NotSupported, Unknown

from .libraries import ADDR, bus_with

if TYPE_CHECKING:
    from .conftest import Write

UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH


def test_a_library_that_is_missing_is_named_with_the_command() -> None:
    with pytest.raises(Unknown, match="pip install adafruit-circuitpython-nowhere") as caught:
        module.load("adafruit:nowhere")
    assert caught.value.errno == errno.ENOENT


def test_a_module_that_the_library_lacks_is_named(write: Write) -> None:
    write("adafruit_lacking", "import nowhere_at_all\n")
    with pytest.raises(Unknown, match="it needs nowhere_at_all"):
        module.load("adafruit:lacking")


@pytest.mark.parametrize("name", ["adafruit:1st", "adafruit:a b", "smbus:a-b"])
def test_a_name_that_no_library_can_have(name: str) -> None:
    with pytest.raises(Invalid, match="names no library"):
        module.load(name)


def test_several_classes_have_to_be_named(write: Write) -> None:
    body = "def __init__(self, i2c_bus, address=0x18): ...\n    temperature = 1.0\n"
    write("adafruit_two", f"class One:\n    {body}\nclass Two:\n    {body}\n")
    with pytest.raises(Invalid, match=r"One, Two; name one, as in adafruit:two\.One"):
        module.load("adafruit:two")
    assert module.load("adafruit:two.Two").driver.channels[0].name == "temp"
    with pytest.raises(Unknown, match=r"no class Too \(did you mean Two"):
        module.load("adafruit:two.Too")


def test_a_base_class_is_no_choice(write: Write) -> None:
    write(
        "adafruit_based",
        """
        class Based:
            def __init__(self, i2c): ...
            temperature = 1.0

        class Based_I2C(Based):
            def __init__(self, i2c, address=0x18): ...

        class Based_SPI(Based):
            def __init__(self, spi, cs): ...
        """,
    )
    assert module.load("adafruit:based").driver.__name__ == "Based_I2C"


def test_a_package_with_a_basic_module(write: Write) -> None:
    write("adafruit_package.__init__", "")
    write("adafruit_package.advanced", "from .basic import Basic\n\nclass Advanced(Basic):\n    pass\n")
    write("adafruit_package.basic", "class Basic:\n    def __init__(self, i2c): ...\n    temperature = 1.0\n")
    assert module.load("adafruit:package").driver.__name__ == "Basic"
    assert module.load("adafruit:package.advanced.Advanced").driver.__name__ == "Advanced"


def test_a_pin_is_refused_with_its_name(write: Write) -> None:
    write(
        "adafruit_pinned",
        """
        import board
        from digitalio import DigitalInOut

        class Pinned:
            def __init__(self, i2c, address=0x18):
                self.reset = DigitalInOut(board.D5)
            temperature = 1.0
        """,
    )
    with pytest.raises(NotSupported, match=r"digitalio\.DigitalInOut"):
        i2cdrv.open("adafruit:pinned", bus=bus_with(), addr=ADDR)


def test_a_bus_of_the_board_is_the_bus_of_the_device(write: Write) -> None:
    write(
        "adafruit_boarded",
        """
        import board, busio

        class Boarded:
            def __init__(self, address=0x18, i2c=None):
                self.i2c = busio.I2C(board.SCL, board.SDA)
                self.found = board.I2C().scan()

            @property
            def temperature(self):
                return float(self.found[0])
        """,
    )
    with i2cdrv.open("adafruit:boarded", bus=bus_with(), addr=ADDR) as device:
        assert device.sample().temp == ADDR


def test_a_second_address_is_refused(write: Write) -> None:
    write(
        "adafruit_twofold",
        """
        class Twofold:
            def __init__(self, i2c, address=0x18):
                try:
                    i2c.writeto(0x40, b"")
                except OSError:
                    raise ValueError("No I2C device at address: 0x40")
            temperature = 1.0
        """,
    )
    with pytest.raises(NotSupported, match="0x40 as well"):
        i2cdrv.open("adafruit:twofold", bus=bus_with(), addr=ADDR)


@pytest.mark.usefixtures("thermometer")
def test_a_missing_argument_is_named(write: Write) -> None:
    write("adafruit_asking", "class Asking:\n    def __init__(self, i2c, key): ...\n    temperature = 1.0\n")
    with pytest.raises(Invalid, match="Asking needs key"):
        i2cdrv.open("adafruit:asking", bus=bus_with(), addr=ADDR)


def test_a_library_that_others_can_write_is_not_imported(write: Write, tmp_path: Any) -> None:
    write("adafruit_open", "raise SystemExit\n")
    (tmp_path / "adafruit_open.py").chmod(0o666)
    with pytest.raises(Error, match="is not run") as caught:
        module.load("adafruit:open")
    assert caught.value.errno == errno.EPERM


def test_a_module_that_a_trusted_library_imports_is_checked_too(write: Write, tmp_path: Any) -> None:
    write("adafruit_outer", "import inner_of_it\n")
    write("inner_of_it", "raise SystemExit\n")
    (tmp_path / "inner_of_it.py").chmod(0o666)
    with pytest.raises(Error, match=r"inner_of_it.py is not run") as caught:
        module.load("adafruit:outer")
    assert caught.value.errno == errno.EPERM


def test_an_import_that_fails_is_an_error(write: Write) -> None:
    write("adafruit_failing", "raise SystemExit('no board')\n")
    with pytest.raises(Error, match=r"cannot be imported: .*SystemExit: no board"):
        module.load("adafruit:failing")


def test_a_library_without_a_default_address_needs_one(write: Write) -> None:
    write("adafruit_placed", "class Placed:\n    def __init__(self, i2c, address): ...\n    temperature = 1.0\n")
    with pytest.raises(Invalid, match="has no usual address: give the address"):
        i2cdrv.open("adafruit:placed", bus=bus_with())


def test_a_compiled_file_of_others_is_not_run(write: Write, tmp_path: Any) -> None:
    write("adafruit_cached", "class Cached:\n    def __init__(self, i2c): ...\n    temperature = 1.0\n")
    source, evil = tmp_path / "adafruit_cached.py", tmp_path / "evil.py"
    evil.write_text("raise SystemExit('the compiled file was run')\n")
    compiled = py_compile.compile(str(evil), cache_from_source(str(source)), invalidation_mode=UNCHECKED)
    assert compiled
    assert module.load("adafruit:cached").driver.channels[0].name == "temp"


def test_a_thread_of_a_library_is_not_served(write: Write) -> None:
    write(
        "adafruit_threaded",
        """
        from concurrent.futures import ThreadPoolExecutor

        class Threaded:
            def __init__(self, i2c, address=0x18):
                self.i2c, self.address = i2c, address

            @property
            def temperature(self):
                with ThreadPoolExecutor(1) as pool:
                    return pool.submit(self.i2c.writeto, self.address, b"\\x05").result()
        """,
    )
    with (
        pytest.raises(NotSupported, match="a thread of its own; i2cdrv serves no other thread"),
        i2cdrv.open("adafruit:threaded", bus=bus_with(), addr=ADDR) as device,
    ):
        device.sample()
