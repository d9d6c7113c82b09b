"""Libraries that fail or never return, chips that leave, and the modules of several devices."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

import i2cdrv
from i2cdrv.bridge import adafruit
from i2cdrv.core import module
from i2cdrv.errors import Error, Nack, NoDevice, TimedOut
from i2cdrv.lib.clock import RealClock
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.mcp9808 import Mcp9808

from .libraries import ADDR, bus_with, class_of, foreign_threads, until_none_is_left

if TYPE_CHECKING:
    from i2cdrv.driver.driver import Driver

    from .conftest import Write


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


@pytest.mark.parametrize("imported", [(), ("adafruit_both",), ("both_helper",), ("both_package.sub",)])
def test_a_program_and_a_driver_have_the_same_library_twice(write: Write, imported: tuple[str, ...]) -> None:
    write("busio", "class I2C: ...\n")  # the program's, as Blinka's
    write("both_helper", "import busio\nBUS = busio.I2C\n")
    write("both_late", "import busio\nBUS = busio.I2C\n")
    write("both_package.sub", "import busio\nBUS = busio.I2C\n")
    write(
        "adafruit_both",
        """
        import busio
        import both_helper
        from both_package import sub
        BUS = busio.I2C

        class Both:
            def __init__(self, i2c): ...

            @property
            def temperature(self):
                from both_package.sub import BUS as late_bus
                import both_late
                return float({type(self).bus()} == {both_helper.BUS, sub.BUS, late_bus, both_late.BUS})

            @staticmethod
            def bus():
                return BUS
        """,
    )
    names = ("adafruit_both", "both_helper", "both_package.sub", "both_late")
    before = {name: import_module(name) for name in imported}
    with i2cdrv.open("adafruit:both", bus=bus_with(), addr=ADDR) as device:
        assert device.sample().temp == 1.0
        theirs = import_module("busio").I2C
        assert class_of(device).bus() is not theirs
    assert all(import_module(name).BUS is theirs for name in names)
    assert all(import_module(name) is module for name, module in before.items())


def test_the_time_of_a_library_outside_of_its_thread_is_pythons(thermometer: None) -> None:
    driver: type[Driver] = module.load("adafruit:thermometer").driver
    theirs = sys.modules[driver.__module__].__dict__["time"]
    assert theirs is not time
    assert abs(theirs.monotonic() - time.monotonic()) < 1.0
    began = time.monotonic()
    theirs.sleep(0.01)
    assert time.monotonic() - began >= 0.01
