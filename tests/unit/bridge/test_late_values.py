"""Values and errors of libraries that are computed late: the library's thread computes them, never the bus thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import i2cdrv
from i2cdrv.bridge import adafruit
from i2cdrv.errors import DriverFault, Error, TimedOut

from .libraries import ADDR, bus_with, until_none_is_left

if TYPE_CHECKING:
    from .conftest import Write

LATE = """
    import threading
    import time

    class Late:
        THREADS = set()

        def __init__(self, i2c, address=0x18):
            self.i2c, self.address = i2c, address

        def measure(self, number):
            Late.THREADS.add(threading.current_thread().name)
            data = bytearray(2)
            self.i2c.writeto_then_readfrom(self.address, b"\\x05", data)
            return float(number)

        {body}

    class Number:
        def __init__(self, chip):
            self.chip = chip
        def __float__(self):
            return self.chip.measure(7)
        def __repr__(self):
            return str(self.chip.measure(7))

    class Words(Number):
        def __float__(self):
            raise ValueError

    class Slow(Exception):
        def __str__(self):
            return f"late {self.args[0].measure(7)}"

    class Endless:
        def __float__(self):
            time.sleep(1e6)
"""


def driver(write: Write, body: str, **options: Any) -> Any:
    write("adafruit_late", LATE.replace("{body}", body))
    return adafruit("late.Late", settle=0.0, first=0.0, **options)


@pytest.mark.parametrize(
    ("body", "channel", "expected"),
    [
        ("temperature = property(lambda self: Number(self))", "temp", 7.0),
        ("acceleration = property(lambda self: (self.measure(n) for n in range(3)))", "accel", (0.0, 1.0, 2.0)),
        ("acceleration = property(lambda self: map(self.measure, range(3)))", "accel", (0.0, 1.0, 2.0)),
        ("gyro = property(lambda self: [Number(self)] * 3)", "gyro", (7.0, 7.0, 7.0)),
    ],
)
def test_a_late_value_is_computed_in_the_thread_of_the_library(
    write: Write, body: str, channel: str, expected: object
) -> None:
    with i2cdrv.open(driver(write, body), bus=bus_with(), addr=ADDR) as device:
        assert getattr(device.sample(), channel) == expected
        late: Any = device.driver
        threads = type(late._object._it).THREADS
        assert threads == {"foreign 0-0018"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("temperature = property(lambda self: Words(self))", r"temperature of \S+ is 7\.0, which is no number"),
        ("@property\n        def temperature(self): raise Slow(self)", r"failed: Slow: late 7\.0"),
    ],
)
def test_a_late_text_is_computed_in_the_thread_of_the_library(write: Write, body: str, message: str) -> None:
    with pytest.raises(Error, match=message), i2cdrv.open(driver(write, body), bus=bus_with(), addr=ADDR) as device:
        device.sample()


def test_a_late_value_that_hangs_is_left_after_the_limit(write: Write) -> None:
    endless = driver(write, "temperature = property(lambda self: Endless())", limit=0.5)
    with (
        pytest.raises(TimedOut, match="did not return within"),
        i2cdrv.open(endless, bus=bus_with(), addr=ADDR) as device,
    ):
        device.sample()
    until_none_is_left()


@pytest.mark.parametrize("line", ["temperature = 10**400", "acceleration = (1, 10**400, 2)"])
def test_a_huge_number_is_an_absent_value(write: Write, line: str) -> None:
    write("adafruit_huge", f"class Huge:\n    def __init__(self, i2c): ...\n    lux = 5.0\n    {line}\n")
    with i2cdrv.open("adafruit:huge", bus=bus_with(), addr=ADDR) as device:
        for _ in range(3):
            reading = device.reading()
            assert reading.sample.light == 5.0
            error = reading.sample.accel.y if "accel" in reading.sample._fields else reading.sample.temp
            assert isinstance(error, Error)
            assert not isinstance(error, DriverFault)
            assert "which is larger than any float" in error.message
