"""Texas Instruments OPT3001."""

from typing import Any

from tests.oracles import Kernel, Peer, Sheet

TABLE_9 = {
    **{"0001": 0.01, "0FFF": 40.95, "3456": 88.80, "789A": 2818.56, "8800": 5242.88, "9400": 5242.88},
    **{"A200": 5242.88, "B100": 5242.88, "B001": 20.48, "BFFF": 83865.60},
}
SHEET = [Sheet("opt3001", {"00": word}, {"light": lux}, "SBOS681C", "table 9") for word, lux in TABLE_9.items()]


def continuous(driver: Any, _: Any, addr: int) -> Any:
    sensor = driver(addr)
    sensor.write_config_reg(0xCC10)
    return sensor


PEERS = [
    Peer(
        "opt3001",
        "opt3001==1.1.4",
        "opt3001.opt3001.OPT3001",
        {"light": "read_lux_float()"},
        tolerance=0.0051,
        share=1 / 4000,  # half a step, of 2,048 steps at least
        bus="smbus2",
        start=continuous,
        settle=1.8,
    )
]

KERNEL = [
    Kernel(
        "opt3001",
        "opt3001",
        "opt3001",
        {"light": "in_illuminance"},
        tolerance=0.0051,
        share=1 / 4000,
        inputs={"light": (0.0, 83_000.0)},
        settings={"in_illuminance_integration_time": "0.1"},
    )
]
