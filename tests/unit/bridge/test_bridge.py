"""Libraries as drivers: values, units, options, and smbus2.

The libraries are written here, in the style of Adafruit's and of smbus2's users.  They read an MCP9808, whose registers
are those of DS25095A.
"""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import i2cdrv
from i2cdrv.bridge import adafruit, import_library, smbus
from i2cdrv.core import modinfo, module
from i2cdrv.errors import Error, Invalid, OutOfRange
from i2cdrv.i2c.adapter import Functionality
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.mcp9808 import Mcp9808

from .libraries import ADDR, THERMOMETER, bus_with

if TYPE_CHECKING:
    from .conftest import Write


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
        ("lux = True", "lux of adafruit:odd is True, which is no number"),
    ],
)
def test_another_type_is_an_error(write: Write, line: str, text: str) -> None:
    write("adafruit_odd", f"class Odd:\n    def __init__(self, i2c): ...\n    {line}\n")
    with i2cdrv.open(adafruit("odd", first=0.0), bus=bus_with(), addr=ADDR) as device:
        reading = device.reading()
    assert reading.error is not None
    assert text in reading.error.message


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


@pytest.mark.usefixtures("thermometer")
def test_the_probe_reads_no_value_if_none_is_awaited() -> None:
    bus = bus_with()
    with i2cdrv.open(adafruit("thermometer", first=0.0), bus=bus, addr=ADDR) as device:
        assert bus.transactions == 0
        assert device.sample().temp == 25.0


def test_the_prints_of_a_library_go_to_the_log(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        "adafruit_chatty",
        """
        import sys
        from sys import stdout

        print("imported", 1, sep="-")

        class Chatty:
            def __init__(self, i2c, address=0x18):
                sys.stdout.write("made\\n")

            @property
            def temperature(self):
                print("to stdout", file=stdout, flush=True)
                print("to stderr", file=sys.stderr)
                return float(sys.maxsize == 2**63 - 1)
        """,
    )
    with i2cdrv.open("adafruit:chatty", bus=bus_with(), addr=ADDR) as device:
        assert device.sample().temp == 1.0
    out, err = capsys.readouterr()
    assert out == ""
    assert "\nto stderr\n" in err
    for text in ("imported-1", "made", '"to stdout"'):
        assert any("text printed" in line and f"text={text}" in line for line in err.splitlines()), text


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
