"""Texas Instruments TMP117 and TMP119."""

from typing import Any

from tests.oracles import Kernel, Peer, Readings, Sheet

TEMP: Readings = {"temp": "temperature"}
STEP = 0.004  # half of 1/128 °C
TABLE = {
    **{"F380": -25.0, "FFF0": -0.125, "FFFF": -0.0078125, "0000": 0.0, "0001": 0.0078125},
    **{"0010": 0.125, "0080": 1.0, "0C80": 25.0, "3200": 100.0},
}
SHEET = [
    *(Sheet("tmp117", {"00": word}, {"temp": temp}, "SNOSD82D", "table 7-1") for word, temp in TABLE.items()),
    Sheet("tmp119", {"00": "0C80"}, {"temp": 25.0}, "SNIS236", "§7.3, the table of the format"),
    Sheet("tmp119", {"00": "0C40"}, {"temp": 24.5}, "SNIS236", "§7.3, the example in C"),
]


def blue_robotics(cls: Any, bus: Any, addr: int) -> Any:
    tmp = cls(1, addr)
    assert tmp.init()
    return tmp


def read_blue_robotics(tmp: Any) -> float:
    assert tmp.read()
    return float(tmp.temperature())


def sparkfun(cls: Any, bus: Any, addr: int) -> Any:
    tmp = cls(addr)
    tmp.begin()
    return tmp


PEERS = [
    *(
        Peer(chip, "adafruit-circuitpython-tmp117==2.0.0", "adafruit_tmp117.TMP117", TEMP, STEP)
        for chip in ("tmp117", "tmp119")
    ),
    Peer("tmp117", "micropython-tmp117==0.2.2", "micropython_tmp117.tmp117.TMP117", TEMP, STEP, bus="machine"),
    Peer(
        "tmp117", "sparkfun-qwiic-tmp117==2.0.1", "qwiic_tmp117.QwiicTMP117", {"temp": "read_temp_c()"}, STEP,
        bus="smbus2", start=sparkfun,
    ),
    Peer(
        "tmp119", "bluerobotics-tmp119==0.0.1", "tmp119.TMP119", {"temp": read_blue_robotics}, STEP,
        bus="smbus2", start=blue_robotics,
    ),
]  # fmt: skip

KERNEL = [
    Kernel(
        chip,
        "tmp117",
        "tmp117",
        {"temp": "in_temp"},
        STEP,
        speed=20,  # it converts once a second
        settle=0.15,
    )
    for chip in ("tmp117", "tmp119")
]
