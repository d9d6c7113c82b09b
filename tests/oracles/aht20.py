"""Aosong AHT20.  The sheet has formulas (AHT20 §6), and no worked number."""

from tests.oracles import Kernel, Peer, Readings

STEPS = {"temp": 0.0002, "humidity": 0.0001}  # 20 bits of 200 °C and of 100 %
AIR: Readings = {"temp": "temperature", "humidity": "relative_humidity"}


PEERS = [
    Peer("aht20", "adafruit-circuitpython-ahtx0==1.0.30", "adafruit_ahtx0.AHTx0", AIR, STEPS),
    Peer("aht20", "micropython-ahtx0==0.1.2", "ahtx0.AHT20", AIR, STEPS, bus="machine"),
]

KERNEL = [
    Kernel(
        "aht20",
        "aht20",
        "aht10",
        {"temp": "temp1_input", "humidity": "humidity1_input"},
        tolerance=0.0102,  # 10 m°C and 10 m% cut off
        is_cached=True,
    ),
]
