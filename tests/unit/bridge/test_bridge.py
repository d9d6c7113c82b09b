"""Libraries as drivers: values, units and options; time and bus; refusals, failures, and code that never returns.

The libraries are written here, in the style of Adafruit's and of smbus2's users.  They read an MCP9808, whose registers
are those of DS25095A.
"""

from __future__ import annotations

import errno
import py_compile
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib.util import cache_from_source
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import i2cdrv
from i2cdrv.bridge import adafruit, import_library, smbus
from i2cdrv.core import modinfo, module
from i2cdrv.errors import Error, Invalid, Nack, NoDevice, NotSupported, OutOfRange, TimedOut, Unknown
from i2cdrv.i2c.adapter import Functionality
from i2cdrv.lib.clock import RealClock
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.mcp9808 import Mcp9808
from tests.support.waiting import until

if TYPE_CHECKING:
    from i2cdrv.core.device import Device
    from i2cdrv.driver.driver import Driver

    from .conftest import Write

ADDR = 0x18
UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH
THERMOMETER = """
    '''A thermometer.'''
    import time
    from micropython import const
    try:
        from circuitpython_typing import ReadableBuffer
        from busio import I2C
    except ImportError:
        pass

    __version__ = "1.2.3"
    _AMBIENT = const(0x05)


    class MCP9808:
        def __init__(self, i2c: "I2C", address: int = 0x18, pause: float = 0.0) -> None:
            self.i2c, self.address, self.pause, self.scale = i2c, address, pause, 1.0
            self.started = 0

        def begin(self) -> None:
            self.started += 1

        @property
        def temperature(self):
            while not self.i2c.try_lock():
                pass
            try:
                data = bytearray(2)
                self.i2c.writeto_then_readfrom(self.address, bytes((_AMBIENT,)), data)
            finally:
                self.i2c.unlock()
            time.sleep(self.pause)
            raw = int.from_bytes(data, "big") & 0x1FFF
            return (raw - ((raw & 0x1000) << 1)) / 16 * self.scale
"""


def class_of(device: Device[Any]) -> Any:
    """The class of the library as the device has it."""
    driver: Any = device.driver
    return type(driver._object._it)


def foreign_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("foreign ")]


def until_none_is_left() -> None:
    until(lambda: not foreign_threads(), "a thread of a library is left")


def bus_with(temp: float = 25.0, **options: Any) -> SimAdapter:
    return SimAdapter({ADDR: Mcp9808(temp=temp)}, **options)


@pytest.fixture
def thermometer(write: Write) -> None:
    write("adafruit_thermometer", THERMOMETER)


@pytest.mark.usefixtures("thermometer")
@pytest.mark.parametrize("temp", [-10.0, 0.0, 25.25])
def test_a_library_reads_the_chip(temp: float) -> None:
    with i2cdrv.open("adafruit:thermometer", bus=bus_with(temp), addr=ADDR) as device:
        assert device.sample().temp == temp


@pytest.mark.usefixtures("thermometer")
def test_a_library_has_a_default_address() -> None:
    with i2cdrv.open("adafruit:thermometer", bus=bus_with()) as device:
        assert str(device) == "0-0018"


@pytest.mark.usefixtures("thermometer")
def test_a_library_takes_any_address() -> None:
    with i2cdrv.open("adafruit:thermometer", bus=SimAdapter({0x1F: Mcp9808(temp=1.0)}), addr=0x1F) as device:
        assert device.sample().temp == 1.0


@pytest.mark.usefixtures("thermometer")
def test_a_sleep_passes_virtual_time_only() -> None:
    bus = bus_with()
    with i2cdrv.open("adafruit:thermometer", bus=bus, addr=ADDR, options="pause=2.5") as device:
        began, before = time.monotonic(), bus.clock.monotonic()
        device.sample()
        assert bus.clock.monotonic() - before == pytest.approx(2.5, abs=0.01)
        assert time.monotonic() - began < 2.0


@pytest.mark.usefixtures("thermometer")
def test_options_are_arguments_and_attributes() -> None:
    with i2cdrv.open("adafruit:thermometer", bus=bus_with(), addr=ADDR, options="pause=0.5,scale=2") as device:
        assert device.sample().temp == 50.0


@pytest.mark.usefixtures("thermometer")
def test_an_unknown_option_names_the_nearest() -> None:
    with pytest.raises(Invalid, match=r"has no option scales \(did you mean scale\?\)"):
        i2cdrv.open("adafruit:thermometer", bus=bus_with(), addr=ADDR, options="scales=2")


@pytest.mark.usefixtures("thermometer")
def test_a_start_method_is_called_once() -> None:
    with i2cdrv.open("adafruit:thermometer", bus=bus_with(), addr=ADDR, start="begin") as device:
        device.sample()
        device.sample()
        driver: Any = device.driver
        assert driver._object._it.started == 1


def test_a_module_of_ones_own_is_three_lines(write: Write, tmp_path: Any) -> None:
    write("adafruit_thermometer", THERMOMETER)
    write("mine", 'from i2cdrv.bridge import adafruit\n\nMine = adafruit("thermometer", scale=2)\n')
    with i2cdrv.open(str(tmp_path / "mine.py"), bus=bus_with(), addr=ADDR) as device:
        assert device.sample().temp == 50.0


@pytest.mark.usefixtures("thermometer")
def test_a_function_of_ones_own_makes_the_object() -> None:
    def pair(i2c: Any, address: int, offset: float = 0.0) -> Any:
        library = import_library("adafruit_thermometer")
        both = library.MCP9808(i2c, address), library.MCP9808(i2c, address, pause=0.5)
        return SimpleNamespace(first=both[0], second=both[1], offset=offset)

    channels = {"one": ("first.temperature", "°C"), "two": ("second.temperature", "°C"), "off": ("offset", "K")}
    bus = bus_with(20.0)
    with i2cdrv.open(adafruit(pair, channels=channels, offset=273.15), bus=bus, addr=ADDR) as device:
        before = bus.clock.monotonic()
        assert device.sample()._asdict() == pytest.approx({"one": 20.0, "two": 20.0, "off": 0.0})
        assert bus.clock.monotonic() - before == pytest.approx(0.5, abs=0.01)
    with pytest.raises(Invalid, match="give its channels"):
        adafruit(pair)


@pytest.mark.usefixtures("thermometer")
def test_channels_have_units_and_ranges_of_their_own() -> None:
    driver = adafruit("thermometer", channels={"water": ("temperature", "°F", (-40.0, 0.0))})
    assert [(channel.name, channel.unit.symbol) for channel in driver.channels] == [("water", "°C")]
    with i2cdrv.open(driver, bus=bus_with(23.0), addr=ADDR) as device:
        assert device.sample().water == pytest.approx(-5.0)
    with i2cdrv.open(driver, bus=bus_with(50.0), addr=ADDR) as device, pytest.raises(OutOfRange, match="outside"):
        device.sample()


@pytest.mark.usefixtures("thermometer")
@pytest.mark.parametrize(
    ("channels", "message"),
    [
        ({"Water": ("temperature", "°C")}, "no name of a channel"),
        ({"water": ("temperature", "hpa")}, r"no unit 'hpa' \(did you mean hPa"),
        ({"water": ("temperature + 1", "°C")}, "no value of a library"),
    ],
)
def test_a_wrong_channel_is_refused(channels: dict[str, tuple[str, str]], message: str) -> None:
    with pytest.raises(Error, match=message):
        adafruit("thermometer", channels=channels)


def test_the_module_is_marked(thermometer: None) -> None:
    found = module.load("adafruit:thermometer")
    assert found.name == found.chip == "adafruit:thermometer"
    assert found.driver.foreign == "adafruit:thermometer"
    assert found.version == "1.2.3"
    assert found.description == "the Python library adafruit_thermometer, unmodified"
    assert any("verifies none of the values" in line for line in modinfo.lines(found))
    assert "foreign" in modinfo.summary(found)
    assert "foreign" not in modinfo.summary(module.load("mcp9808"))
    assert found.path.name == "adafruit_thermometer.py"
    assert module.load("adafruit:thermometer").driver is found.driver


def test_a_vector_and_all_units_of_the_guide(write: Write) -> None:
    write(
        "adafruit_many",
        """
        class Many:
            def __init__(self, i2c): ...
            temperature, relative_humidity, pressure = 21.5, 40.0, 1013.25
            acceleration, gyro, magnetic = (1, 2, 3), (0.1, 0.2, 0.3), (10.0, 20.0, -30.0)
            CO2, eCO2, TVOC, lux, light, distance, current, voltage = 600, 450, 12, 300.0, 77, 12.5, 250.0, 3.3
        """,
    )
    with i2cdrv.open("adafruit:many", bus=bus_with(), addr=ADDR) as device:
        sample = device.sample()._asdict()
    assert tuple(sample.pop("accel")) == (1.0, 2.0, 3.0)
    assert tuple(sample.pop("gyro")) == (0.1, 0.2, 0.3)
    assert tuple(sample.pop("magn")) == pytest.approx((1e-5, 2e-5, -3e-5))
    assert sample == pytest.approx(
        {
            "temp": 21.5, "humidity": 40.0, "pressure": 101325.0, "co2": 600.0, "eco2": 450.0, "tvoc": 12.0,
            "light": 300.0, "light_level": 77.0, "distance": 0.125, "current": 0.25, "voltage": 3.3,
        }
    )  # fmt: skip


def test_none_is_no_value(write: Write) -> None:
    write(
        "adafruit_halfway",
        """
        class Halfway:
            def __init__(self, i2c): ...
            temperature, humidity = 21.5, None
        """,
    )
    with i2cdrv.open("adafruit:halfway", bus=bus_with(), addr=ADDR) as device:
        reading = device.reading()
    assert reading.sample.temp == 21.5
    assert isinstance(reading.sample.humidity, OutOfRange)
    assert "humidity" in str(reading.sample.humidity)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("acceleration = (1.0, 2.0)", "acceleration of adafruit:odd is (1.0, 2.0), which is no vector"),
        ("acceleration = 'much'", "which is no vector"),
        ("acceleration = None", "has no value of acceleration"),
        ("lux = 'n/a'", "lux of adafruit:odd is 'n/a', which is no number"),
    ],
)
def test_another_type_is_an_error(write: Write, line: str, text: str) -> None:
    write("adafruit_odd", f"class Odd:\n    def __init__(self, i2c): ...\n    {line}\n")
    with i2cdrv.open(adafruit("odd", first=0.0), bus=bus_with(), addr=ADDR) as device:
        reading = device.reading()
    assert reading.error is not None
    assert text in reading.error.message


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


def test_the_first_value_is_awaited(write: Write) -> None:
    write(
        "adafruit_slow",
        """
        import time

        class Slow:
            def __init__(self, i2c):
                self.began = time.monotonic()

            @property
            def CO2(self):
                return 600 if time.monotonic() - self.began >= 5.0 else None
        """,
    )
    bus = bus_with()
    with i2cdrv.open("adafruit:slow", bus=bus, addr=ADDR) as device:
        assert bus.clock.monotonic() == pytest.approx(5.0, abs=0.2)
        assert device.sample().co2 == 600.0


# smbus2


def test_an_object_over_smbus2(write: Write) -> None:
    write(
        "shop_mcp9808",
        """
        from smbus2 import SMBus

        class Thermometer:
            def __init__(self, i2c_addr=0x18, i2c_dev=None):
                self.addr = i2c_addr
                self.bus = i2c_dev or SMBus(1)

            def get_temperature(self):
                high, low = self.bus.read_i2c_block_data(self.addr, 0x05, 2)
                return ((high & 0x1F) << 8 | low) / 16 * 1.8 + 32
        """,
    )
    driver = smbus("shop_mcp9808.Thermometer", channels={"temp": ("get_temperature()", "°F")})
    with i2cdrv.open(driver, bus=bus_with(25.0), addr=ADDR) as device:
        assert device.sample().temp == pytest.approx(25.0)


FUNCTIONS = """
    from collections import namedtuple
    import smbus

    Data = namedtuple("Data", "temperature raw")

    def sample(bus, address=0x1f, samples=1):
        word = bus.read_word_data(address, 5)
        word = (word & 0xFF) << 8 | word >> 8
        return Data((word & 0x1FFF) / 16, (word,))
"""


def test_functions_over_smbus(write: Write) -> None:
    write("functions", FUNCTIONS)
    driver = smbus("functions", measure="sample", channels={"temp": ("temperature", "°C"), "raw": ("raw.0", "index")})
    bus = bus_with(20.0)
    with i2cdrv.open(driver, bus=bus, addr=ADDR) as device:
        before = bus.transactions
        sample = device.sample()
        assert bus.transactions - before == 1
    assert sample.temp == 20.0
    assert int(sample.raw) & 0x1FFF == 320


def test_an_adapter_that_only_does_smbus(write: Write) -> None:
    write("functions", FUNCTIONS)
    driver = smbus("functions", measure="sample", channels={"temp": ("temperature", "°C")})
    bus = bus_with(20.0, functionality=Functionality.SMBUS_EMUL)
    with i2cdrv.open(driver, bus=bus, addr=ADDR) as device:
        assert device.sample().temp == 20.0


# Refusals.


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


# Failures.


def test_an_unplugged_chip_is_nack_and_comes_back(thermometer: None) -> None:
    bus = bus_with(25.0)
    with i2cdrv.open("adafruit:thermometer", bus=bus, addr=ADDR) as device:
        assert device.sample().temp == 25.0
        chip = bus.detach(ADDR)
        for _ in range(3):
            with pytest.raises((Nack, NoDevice)):
                device.sample()
        assert str(device.state) in ("suspect", "absent")
        bus.attach(ADDR, chip)
        assert device.sample().temp == 25.0
        assert str(device.state) == "live"


def test_settings_lost_with_the_power_are_written_again(write: Write) -> None:
    write(
        "adafruit_set",
        """
        class Set:
            def __init__(self, i2c, address=0x18):
                self.i2c, self.address = i2c, address
                i2c.writeto(address, b"\\x02\\x05\\x50")  # T_UPPER, 85 °C

            @property
            def temperature(self):
                data = bytearray(2)
                self.i2c.writeto_then_readfrom(self.address, b"\\x02", data)
                return int.from_bytes(data, "big") / 16
        """,
    )
    bus = bus_with()
    with i2cdrv.open("adafruit:set", bus=bus, addr=ADDR) as device:
        assert device.sample().temp == 85.0
        chip = bus.detach(ADDR)
        with pytest.raises(Error):
            device.sample()
        bus.attach(ADDR, chip)
        assert device.sample().temp == 85.0


def test_one_disturbance_costs_no_sample(thermometer: None) -> None:
    bus = bus_with(25.0)
    with i2cdrv.open("adafruit:thermometer", bus=bus, addr=ADDR) as device:
        device.sample()
        bus.faults.inject("nack count=1", ADDR)
        assert device.sample().temp == 25.0


def test_an_exception_of_the_library_is_an_error_of_the_chip(write: Write) -> None:
    write(
        "adafruit_raising",
        """
        class Raising:
            def __init__(self, i2c, address=0x18):
                if address == 0x19:
                    raise RuntimeError("Failed to find a chip")

            @property
            def temperature(self):
                raise ZeroDivisionError("of its own")
        """,
    )
    with pytest.raises(Error, match="ZeroDivisionError: of its own"):
        i2cdrv.open("adafruit:raising", bus=bus_with(), addr=ADDR)
    with pytest.raises(NoDevice, match="RuntimeError: Failed to find a chip"):
        i2cdrv.open("adafruit:raising", bus=SimAdapter({0x19: Mcp9808()}), addr=0x19)


HANGING = """
    import time

    class Hanging:
        hangs = False

        def __init__(self, i2c, address=0x18):
            self.i2c, self.address = i2c, address

        @property
        def temperature(self):
            while True:
                try:
                    data = bytearray(2)
                    self.i2c.writeto_then_readfrom(self.address, b"\\x05", data)
                    if not Hanging.hangs:
                        return (int.from_bytes(data, "big") & 0x1FFF) / 16
                    {loop}
                except Exception:
                    pass
"""


@pytest.mark.parametrize(
    "loop", ["pass", "time.sleep(0.01)", "while Hanging.hangs: pass", "time.sleep(1e6)"],
    ids=["transfers", "sleeps", "computes", "sleeps for ever"],
)  # fmt: skip
def test_a_library_that_never_returns_is_contained(write: Write, loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("i2cdrv.kthread.loop.MAX_HOLD_S", 0.2)
    write("adafruit_hanging", HANGING.format(loop=loop))
    bus = bus_with(25.0)
    with i2cdrv.open(adafruit("hanging", limit=0.5), bus=bus, addr=ADDR) as device:
        assert device.sample().temp == 25.0
        hanging = class_of(device)
        hanging.hangs = True
        began = bus.clock.monotonic()
        with pytest.raises(TimedOut, match=r"did not return within 0\.5 s"):
            device.sample()
        assert bus.clock.monotonic() - began < 5.0
        hanging.hangs = False
        assert device.sample().temp == 25.0
    until_none_is_left()


def test_other_devices_lose_no_sample_while_a_library_hangs(write: Write) -> None:
    write("adafruit_hanging", HANGING.format(loop="pass"))
    bus = SimAdapter({ADDR: Mcp9808(temp=25.0), 0x1F: Mcp9808(temp=1.0)}, clock=RealClock(), frequency=None)
    with (
        i2cdrv.open(adafruit("hanging", limit=0.5, settle=0.0), bus=bus, addr=ADDR) as device,
        i2cdrv.open("mcp9808", bus=bus, addr=0x1F) as other,
    ):
        readings: list[Any] = []
        other.poll(0.05, readings.append)
        class_of(device).hangs = True
        before = len(readings)
        with pytest.raises(TimedOut):
            device.sample()
        seen = readings[before:]
        assert len(seen) >= 8
        assert all(reading.error is None for reading in seen)


def test_each_device_has_modules_of_its_own(write: Write) -> None:
    write("registers", "BUFFER = bytearray(1)\n")
    write(
        "adafruit_sharing",
        """
        import time
        import registers

        class Sharing:
            def __init__(self, i2c, address=0x18):
                self.address = address

            @property
            def temperature(self):
                registers.BUFFER[0] = self.address
                for _ in range(10):
                    time.sleep(0.01)
                    from registers import BUFFER
                    assert BUFFER[0] == self.address
                return float(BUFFER[0])
        """,
    )
    bus = SimAdapter({addr: Mcp9808() for addr in range(0x18, 0x1C)}, clock=RealClock(), frequency=None)
    with ExitStack() as stack:
        devices = [
            stack.enter_context(i2cdrv.open(adafruit("sharing", settle=0.0), bus=bus, addr=addr)) for addr in bus.chips
        ]
        with ThreadPoolExecutor() as pool:
            for _ in range(3):
                samples = list(pool.map(lambda device: device.sample().temp, devices))
                assert samples == list(bus.chips)
        loaded = module.load("adafruit:sharing")
        again = [stack.enter_context(i2cdrv.open("adafruit:sharing", bus=SimAdapter({0x18: Mcp9808()}))) for _ in "ab"]
        assert len({class_of(device) for device in [*devices, *again]}) == 6
        assert loaded.driver is again[0].module.driver
    assert not [name for name in sys.modules if name in ("registers", "adafruit_sharing")]


@pytest.mark.usefixtures("thermometer")
def test_a_closed_device_leaves_no_thread() -> None:
    with i2cdrv.open("adafruit:thermometer", bus=bus_with(), addr=ADDR) as device:
        device.sample()
        assert foreign_threads() == ["foreign 0-0018"]
    until_none_is_left()


def test_the_modules_of_other_programs_are_untouched(thermometer: None) -> None:
    before = {name: sys.modules.get(name) for name in ("time", "busio", "board", "smbus2", "micropython")}
    module.load("adafruit:thermometer")
    assert {name: sys.modules.get(name) for name in before} == before
    assert time.sleep is sys.modules["time"].sleep


def test_the_time_of_a_library_outside_of_its_thread_is_pythons(thermometer: None) -> None:
    driver: type[Driver] = module.load("adafruit:thermometer").driver
    theirs = sys.modules[driver.__module__].__dict__["time"]
    assert theirs is not time
    assert abs(theirs.monotonic() - time.monotonic()) < 1.0
    began = time.monotonic()
    theirs.sleep(0.01)
    assert time.monotonic() - began >= 0.01
