"""Sensirion SCD40 and SCD41."""

from typing import Any

from tests.oracles import Kernel, Peer, Sheet, words
from tests.oracles.sht4x import channel

STEPS = {"co2": 0.6, "temp": 0.0045, "humidity": 0.0035}  # half a step; Pimoroni's divides by 2¹⁶, the sheet by 65535
RANGE = {"co2": (1.0, 39_999.0)}

SHEET = [
    Sheet(
        "scd4x",
        {"EC05": words(0x01F4, 0x6667, 0x5EB9)},  # 01F4 7B, 6667 A2, 5EB9 3C
        {"co2": 500.0, "temp": 25.0, "humidity": 37.0},
        document="SCD4x, version 1.3",
        section="§3.5.2",
        tolerance={"co2": 0.0, "temp": 0.005, "humidity": 0.005},
    ),
]


def adafruit(cls: Any, bus: Any, addr: int) -> Any:
    scd = cls(bus, addr)
    scd.start_periodic_measurement()
    return scd


def sensirion(cls: Any, connection: Any, addr: int) -> Any:
    scd = channel(cls, connection, addr)
    scd.start_periodic_measurement()
    return scd


def pimoroni(cls: Any, bus: Any, addr: int) -> Any:
    scd = cls(addr)
    scd.start_periodic_measurement()
    return scd


def sparkfun(cls: Any, bus: Any, addr: int) -> Any:
    scd = cls(addr)
    assert scd.begin(pollAndSetDeviceType=False)  # its command is newer than the sheet, version 1.3
    return scd


def measured_by_sparkfun(scd: Any) -> Any:
    assert scd.read_measurement()
    return scd


PEERS = [
    Peer(
        "scd4x", "adafruit-circuitpython-scd4x==1.4.13", "adafruit_scd4x.SCD4X",
        {"co2": "CO2", "temp": "temperature", "humidity": "relative_humidity"}, STEPS,
        start=adafruit, inputs=RANGE, settle=6.0,
    ),
    Peer(
        "scd4x", "sensirion-i2c-scd4x==1.1.0", "sensirion_i2c_scd4x.device.Scd4xDevice",
        {"co2": "0.value", "temp": "1.value", "humidity": "2.value"}, STEPS,
        bus="sensirion", start=sensirion, measure="read_measurement()", inputs=RANGE, settle=6.0,
    ),
    Peer(
        "scd4x", "sparkfun-qwiic-scd4x==2.0.0", "qwiic_scd4x.QwiicSCD4x",
        {"co2": "get_co2()", "temp": "get_temperature()", "humidity": "get_humidity()"}, STEPS,
        bus="smbus2", start=sparkfun, measure=measured_by_sparkfun, inputs=RANGE, settle=6.0,
    ),
    Peer(
        "scd4x", "scd4x==0.0.2", "scd4x.SCD4X", {"co2": "0", "temp": "1", "humidity": "2"}, STEPS,
        bus="smbus2", start=pimoroni, measure="measure()", inputs=RANGE, settle=6.0,
    ),
]  # fmt: skip

KERNEL = [
    Kernel(
        "scd4x",
        "scd41",
        "scd4x",
        {"co2": "in_concentration_co2", "temp": "in_temp", "humidity": "in_humidityrelative"},
        # half a step, and 65536 where the sheet (version 1.3, §3.5.2) has 65535
        tolerance={"co2": 0.51, "temp": 0.0041, "humidity": 0.0024},
        speed=1000,  # it measures every 5 s, and the kernel's driver waits for a new measurement for each value
        settle=0.02,
    ),
]
