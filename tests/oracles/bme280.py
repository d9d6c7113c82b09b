"""Bosch BME280 and BMP280."""

from functools import partial
from typing import Any

from tests.oracles import Kernel, Peer, Readings, Sheet

TRIMMING = "70 6B 43 67 18 FC 7D 8E 43 D6 D0 0B 27 0B 8C 00 F9 FF 8C 3C F8 C6 70 17"

SHEET = [
    Sheet(
        "bmp280",
        {"88": TRIMMING, "F7": "65 5A C0 7E ED 00"},
        {"temp": 25.08, "pressure": 100_653.27},
        document="BST-BMP280-DS001-19",
        section="§3.12, table 16",
        tolerance={"temp": 0.005, "pressure": 0.05},
    ),
]

DRY: Readings = {"temp": "temperature", "pressure": ("pressure", 100.0)}
HUMID: Readings = {**DRY, "humidity": "humidity"}
STEPS = {"temp": 0.01, "pressure": 2.7, "humidity": 0.05}


def rpi(module: Any, bus: Any, addr: int) -> Any:
    return partial(module.sample, bus, addr, module.load_calibration_params(bus, addr))


def pimoroni(cls: Any, bus: Any, addr: int) -> Any:
    """Its first measurement is the register's reset value: it reads before the conversion has ended."""
    return measured_by_pimoroni(cls(i2c_addr=addr, i2c_dev=bus))


def measured_by_pimoroni(bme: Any) -> Any:
    bme.update_sensor()
    return bme


PEERS = [
    Peer("bme280", "adafruit-circuitpython-bme280==2.6.32", "adafruit_bme280.basic.Adafruit_BME280_I2C", HUMID, STEPS),
    Peer(
        "bme280",
        "RPi.bme280==0.2.4",
        "bme280",
        HUMID,
        STEPS,
        bus="smbus2",
        start=rpi,
        measure=lambda sample: sample(),
    ),
    Peer(
        "bme280",
        "pimoroni-bme280==1.0.0",
        "bme280.BME280",
        HUMID,
        STEPS,
        bus="smbus2",
        start=pimoroni,
        measure=measured_by_pimoroni,
    ),
    Peer("bmp280", "adafruit-circuitpython-bmp280==3.3.12", "adafruit_bmp280.Adafruit_BMP280_I2C", DRY, STEPS),
]

FILES = {"temp": "in_temp", "pressure": "in_pressure", "humidity": "in_humidityrelative"}
DRY_FILES = {name: FILES[name] for name in ("temp", "pressure")}
HALF_STEPS = {"temp": 0.02, "pressure": 2.7, "humidity": 0.02}
INPUTS = {"pressure": (30_005.0, 109_995.0)}
KERNEL = [
    Kernel("bme280", "bme280", "bmp280-i2c", FILES, HALF_STEPS, inputs=INPUTS),
    Kernel("bmp280", "bmp280", "bmp280-i2c", DRY_FILES, HALF_STEPS, inputs=INPUTS),
]
