"""The bus, the chip and the library of the tests."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.mcp9808 import Mcp9808
from tests.support.waiting import until

if TYPE_CHECKING:
    from i2cdrv.core.device import Device


ADDR = 0x18
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
