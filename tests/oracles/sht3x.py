"""Sensirion SHT30, SHT31 and SHT35.  The sheet has formulas (§4.13), and no worked number."""

from typing import Any

from tests.oracles import Kernel, Peer, Readings, library
from tests.oracles.sht4x import PAIR, channel

STEPS = {"temp": 0.0015, "humidity": 0.0012}  # half of 175/65535 °C and of 100/65535 %


def measured_by_sensirion(sht: Any) -> Any:
    repeatability = library("sensirion_i2c_sht3x.commands").Repeatability
    return sht.measure_single_shot(repeatability.HIGH, False)


AIR: Readings = {"temp": "temperature", "humidity": "relative_humidity"}

PEERS = [
    Peer("sht3x", "adafruit-circuitpython-sht31d==2.3.31", "adafruit_sht31d.SHT31D", AIR, STEPS),
    Peer(
        "sht3x", "sensirion-i2c-sht3x==1.0.0", "sensirion_i2c_sht3x.device.Sht3xDevice", PAIR, STEPS,
        bus="sensirion", start=channel, measure=measured_by_sensirion,
    ),
]  # fmt: skip

KERNEL = [
    Kernel(
        "sht3x",
        "sht3x",
        "sht3x",
        {"temp": "temp1_input", "humidity": "humidity1_input"},
        # half a step, 1 m°C and 1 m% cut off, and 65536 where the sheet (version 5, §4.13) has 65535
        tolerance={"temp": 0.0051, "humidity": 0.0034},
        speed=3,  # the kernel's driver waits for 0.5 ms after a command, the sheet for 1 ms (§4.3)
        settle=0.02,  # a result counts for one tick of 10 ms
    ),
]
