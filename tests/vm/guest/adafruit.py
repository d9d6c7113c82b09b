"""Run by the environment that has Adafruit's drivers: one chip on /dev/i2c-N read with them, printed as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from adafruit_extended_bus import ExtendedI2C

Values = dict[str, float]


def bme280(bus: Any, addr: int) -> Values:
    from adafruit_bme280.basic import Adafruit_BME280_I2C

    chip = Adafruit_BME280_I2C(bus, addr)
    return {"temp": chip.temperature, "pressure": chip.pressure * 100, "humidity": chip.relative_humidity}


def sht4x(bus: Any, addr: int) -> Values:
    from adafruit_sht4x import SHT4x

    temp, humidity = SHT4x(bus, addr).measurements
    return {"temp": temp, "humidity": humidity}


def ina219(bus: Any, addr: int) -> Values:
    from adafruit_ina219 import INA219

    chip = INA219(bus, addr)
    return {"voltage": chip.bus_voltage, "current": chip.current / 1000, "shunt": chip.shunt_voltage}


def mcp9808(bus: Any, addr: int) -> Values:
    from adafruit_mcp9808 import MCP9808

    return {"temp": MCP9808(bus, addr).temperature}


def lm75(bus: Any, addr: int) -> Values:
    from adafruit_pct2075 import PCT2075  # an LM75 with two bits more, which an LM75 gives as zeros

    return {"temp": PCT2075(bus, addr).temperature}


READERS: dict[str, Callable[[Any, int], Values]] = {
    read.__name__: read for read in (bme280, sht4x, ina219, mcp9808, lm75)
}

if __name__ == "__main__":
    name, number, addr = sys.argv[1:]
    print(json.dumps(READERS[name](ExtendedI2C(int(number)), int(addr, 16))))
