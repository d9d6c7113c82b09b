"""Run by the environment that has Adafruit's drivers: one chip on /dev/i2c-N read with them, printed as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

Values = dict[str, float]


def bme280(bus: Any, addr: int) -> Values:
    chip = import_module("adafruit_bme280.basic").Adafruit_BME280_I2C(bus, addr)
    return {"temp": chip.temperature, "pressure": chip.pressure * 100, "humidity": chip.relative_humidity}


def sht4x(bus: Any, addr: int) -> Values:
    temp, humidity = import_module("adafruit_sht4x").SHT4x(bus, addr).measurements
    return {"temp": temp, "humidity": humidity}


def ina219(bus: Any, addr: int) -> Values:
    chip = import_module("adafruit_ina219").INA219(bus, addr)
    time.sleep(0.1)  # it sets 32 samples of 1.1 ms and does not wait for the first result
    return {"voltage": chip.bus_voltage, "current": chip.current / 1000, "shunt": chip.shunt_voltage}


def mcp9808(bus: Any, addr: int) -> Values:
    return {"temp": import_module("adafruit_mcp9808").MCP9808(bus, addr).temperature}


def lm75(bus: Any, addr: int) -> Values:
    """With the driver for the PCT2075: an LM75 with two bits more, which an LM75 gives as zeros."""
    return {"temp": import_module("adafruit_pct2075").PCT2075(bus, addr).temperature}


READERS: dict[str, Callable[[Any, int], Values]] = {
    read.__name__: read for read in (bme280, sht4x, ina219, mcp9808, lm75)
}

if __name__ == "__main__":
    name, number, addr = sys.argv[1:]
    bus = import_module("adafruit_extended_bus").ExtendedI2C(int(number))  # does not detect the board
    print(json.dumps(READERS[name](bus, int(addr, 16))))
