"""The peers' drivers, each used as its own documentation shows; values are turned into SI units."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from i2cdrv.sim import SimAdapter

from .bridge import Blinka, Smbus
from .meter import Open, Values

BME280, MCP9808, SHT4X, INA219, LM75 = 0x76, 0x18, 0x44, 0x40, 0x48

Sample = Callable[[], Values]


class Subject(NamedTuple):
    """``distribution`` is the name on PyPI, ``how`` the call that was measured."""

    distribution: str
    chip: str
    addr: int
    open: Open
    how: str
    mode: str = ""


def bme280_basic(bus: SimAdapter) -> Sample:
    bme = import_module("adafruit_bme280.basic").Adafruit_BME280_I2C(Blinka(bus), address=BME280)
    return lambda: {"temp": bme.temperature, "pressure": bme.pressure * 100, "humidity": bme.humidity}


def bme280_advanced(bus: SimAdapter) -> Sample:
    advanced = import_module("adafruit_bme280.advanced")
    bme = advanced.Adafruit_BME280_I2C(Blinka(bus), address=BME280)
    bme.mode = advanced.MODE_NORMAL
    bus.clock.sleep(1.0)  # until the first measurement is there
    return lambda: {"temp": bme.temperature, "pressure": bme.pressure * 100, "humidity": bme.humidity}


def bme280_rpi(bus: SimAdapter) -> Sample:
    library, wires = import_module("bme280"), Smbus(bus)
    trim = library.load_calibration_params(wires, BME280)

    def sample() -> Values:
        data = library.sample(wires, BME280, trim)
        return {"temp": data.temperature, "pressure": data.pressure * 100, "humidity": data.humidity}

    return sample


def bme280_pimoroni(mode: str) -> Open:
    def open_(bus: SimAdapter) -> Sample:
        bme = import_module("bme280").BME280(i2c_addr=BME280, i2c_dev=Smbus(bus))
        bme.setup(mode=mode)
        bus.clock.sleep(1.0)

        def sample() -> Values:
            bme.update_sensor()
            return {"temp": bme.temperature, "pressure": bme.pressure * 100, "humidity": bme.humidity}

        return sample

    return open_


def bmp280_adafruit(bus: SimAdapter) -> Sample:
    bmp = import_module("adafruit_bmp280").Adafruit_BMP280_I2C(Blinka(bus), address=BME280)
    return lambda: {"temp": bmp.temperature, "pressure": bmp.pressure * 100}


def mcp9808_adafruit(bus: SimAdapter) -> Sample:
    mcp = import_module("adafruit_mcp9808").MCP9808(Blinka(bus), address=MCP9808)
    return lambda: {"temp": mcp.temperature}


def sht4x_adafruit(bus: SimAdapter) -> Sample:
    sht = import_module("adafruit_sht4x").SHT4x(Blinka(bus), address=SHT4X)
    return lambda: dict(zip(("temp", "humidity"), sht.measurements, strict=True))


def sht4x_adafruit_properties(bus: SimAdapter) -> Sample:
    sht = import_module("adafruit_sht4x").SHT4x(Blinka(bus), address=SHT4X)
    return lambda: {"temp": sht.temperature, "humidity": sht.relative_humidity}


def ina219_adafruit(bus: SimAdapter) -> Sample:
    ina = import_module("adafruit_ina219").INA219(Blinka(bus), addr=INA219)
    return lambda: {
        "voltage": ina.bus_voltage,
        "shunt": ina.shunt_voltage,
        "current": ina.current / 1000,
        "power": ina.power,
    }


def pct2075_adafruit(bus: SimAdapter) -> Sample:
    pct = import_module("adafruit_pct2075").PCT2075(Blinka(bus), address=LM75)
    return lambda: {"temp": pct.temperature}


ADAFRUIT = "adafruit-circuitpython-"
SUBJECTS = {
    "adafruit": {
        "bme280.basic": Subject(f"{ADAFRUIT}bme280", "bme280", BME280, bme280_basic, "basic: three properties"),
        "bme280.advanced": Subject(
            f"{ADAFRUIT}bme280", "bme280", BME280, bme280_advanced, "advanced: three properties", "normal"
        ),
        "rpi.bme280": Subject("RPi.bme280", "bme280", BME280, bme280_rpi, "sample()"),
        "bmp280": Subject(f"{ADAFRUIT}bmp280", "bmp280", BME280, bmp280_adafruit, "two properties"),
        "mcp9808": Subject(f"{ADAFRUIT}mcp9808", "mcp9808", MCP9808, mcp9808_adafruit, "temperature"),
        "sht4x": Subject(f"{ADAFRUIT}sht4x", "sht4x", SHT4X, sht4x_adafruit, "measurements"),
        "sht4x.properties": Subject(f"{ADAFRUIT}sht4x", "sht4x", SHT4X, sht4x_adafruit_properties, "two properties"),
        "ina219": Subject(f"{ADAFRUIT}ina219", "ina219", INA219, ina219_adafruit, "four properties"),
        "pct2075": Subject(f"{ADAFRUIT}pct2075", "pct2075", LM75, pct2075_adafruit, "temperature"),
    },
    "pimoroni": {
        "bme280.forced": Subject("pimoroni-bme280", "bme280", BME280, bme280_pimoroni("forced"), "update_sensor()"),
        "bme280.normal": Subject(
            "pimoroni-bme280", "bme280", BME280, bme280_pimoroni("normal"), "update_sensor()", "normal"
        ),
    },
}
