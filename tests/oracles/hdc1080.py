"""Texas Instruments HDC1080.  The sheet has formulas (§8.6), and no worked number."""

from tests.oracles import Kernel, Peer, Readings

STEPS = {"temp": 0.0102, "humidity": 0.0062}  # 14 bits of 165 °C and of 100 %, cut off

AIR: Readings = {"temp": "temperature", "humidity": "humidity"}

PEERS = [
    Peer("hdc1080", "circuitpython-hdc1080==1.0.0", "hdc1080.HDC1080", AIR, STEPS),
    Peer(
        "hdc1080", "micropython-hdc1080==0.1.0", "micropython_hdc1080.hdc1080.HDC1080",
        {"temp": "temperature", "humidity": "relative_humidity"}, STEPS, bus="machine",
    ),
]  # fmt: skip

KERNEL = [
    Kernel(
        "hdc1080",
        "hdc1080",
        "hdc100x",
        {"temp": "in_temp", "humidity": "in_humidityrelative"},
        names={"name": "drivers/iio/humidity/hdc100x.c gives the device's address as its name"},
        tolerance={"temp": 0.0051, "humidity": 0.0031},  # half a step of 14 bits
    ),
]
