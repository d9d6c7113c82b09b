"""Vishay VEML7700 and VEML6030."""

from typing import Any

from tests.oracles import Kernel, Peer, Sheet

TABLE = {  # "Resolution and maximum detection range": lx in one count, from 800 to 25 ms
    "x2": (0.0042, 0.0084, 0.0168, 0.0336, 0.0672, 0.1344),
    "x1": (0.0084, 0.0168, 0.0336, 0.0672, 0.1344, 0.2688),
    "x1_4": (0.0336, 0.0672, 0.1344, 0.2688, 0.5376, 1.0752),
    "x1_8": (0.0672, 0.1344, 0.2688, 0.5376, 1.0752, 2.1504),
}
TIMES = ("ms800", "ms400", "ms200", "ms100", "ms50", "ms25")
SHEET = [
    Sheet(
        chip,
        {"04": "01 00", "05": "02 00"},
        {"light": lux, "white": 2 * lux},
        document=document,
        section="Resolution and maximum detection range",
        params={"gain": gain, "integration": time},
    )
    for chip, document in (("veml7700", "84323 (March 2025)"), ("veml6030", "84367"))
    for gain, row in TABLE.items()
    for time, lux in zip(TIMES, row, strict=True)
]

HALF_A_STEP = 0.5376 / 2 + 1e-6  # gain 1/8, 100 ms
DIM = {"light": (0.0, 999.0), "white": (0.0, 35_000.0)}


def on(module: Any, _: Any, addr: int) -> Any:
    sensor = module(addr)
    sensor.begin()
    sensor.set_gain(0.125)
    return sensor


PEERS = [
    Peer(
        "veml7700",
        "adafruit-circuitpython-veml7700==2.2.2",
        "adafruit_veml7700.VEML7700",
        {"light": "lux", "white": ("white", 0.5376)},
        tolerance=HALF_A_STEP,
        inputs=DIM,
    ),
    Peer(
        "veml7700",
        "adafruit-circuitpython-veml7700==2.2.2",
        "adafruit_veml7700.VEML7700",
        {"light": lambda sensor: float(sensor.compute_lux(sensor.light, use_correction=True))},
        tolerance=1.0,
        share=1e-4,  # at the end a step is 18 times as much
        inputs={"light": (1_100.0, 110_000.0), "white": 1_000.0},
    ),
    Peer(
        "veml6030",
        "sparkfun-qwiic-veml6030==2.0.0",
        "qwiic_veml6030.QwiicVEML6030",
        {"light": "read_light()"},
        tolerance=HALF_A_STEP,
        inputs={"light": (1.0, 990.0), "white": 1_000.0},
        bus="smbus2",
        start=on,
        addr=0x48,
        wrong="it has 0.0036 lx, the resolution of before 84366, rev. 1.7 (2023)",
        says={"light": lambda inputs: inputs["light"] * 0.0036 / 0.0042},
    ),
]

KERNEL = [
    Kernel(
        chip,
        chip,
        "veml6030",
        {"light": "in_illuminance", "white": "in_intensity_both"},
        tolerance=HALF_A_STEP + 0.001,
        inputs=DIM,
        speed=20,  # the driver has power-saving on: a pause of 1 s
        settle=0.08,
        addr=addr,
    )
    for chip, addr in (("veml7700", 0x10), ("veml6030", 0x48))
]
