"""Sensirion SHTC3.  The sheet has formulas (§5.11), and no worked number."""

from tests.oracles import Kernel, Peer, Readings

STEPS = {"temp": 0.0045, "humidity": 0.0025}  # half a step; and some divide by 65535 where the sheet has 2¹⁶
HUNDREDTHS = {"temp": 0.0125, "humidity": 0.0115}  # whole numbers of 0.01, cut off
PAIR: Readings = {"temp": "0", "humidity": "1"}

PEERS = [
    Peer(
        "shtc3", "adafruit-circuitpython-shtc3==1.1.22", "adafruit_shtc3.SHTC3", PAIR, HUNDREDTHS,
        start=lambda cls, bus, addr: cls(bus), measure="measurements",
    ),
    Peer(
        "shtc3", "sensirion-i2c-sht==0.4.0", "sensirion_i2c_sht.shtc3.Shtc3I2cDevice",
        {"temp": "0.degrees_celsius", "humidity": "1.percent_rh"}, STEPS,
        bus="sensirion", measure="measure()",
    ),
    Peer(
        "shtc3", "micropython-shtc3==0.1.0", "micropython_shtc3.shtc3.SHTC3", PAIR, HUNDREDTHS,
        bus="machine", measure="measurements",
    ),
]  # fmt: skip

KERNEL = [
    Kernel(
        "shtc3",
        "shtc3",
        "shtc1",
        {"temp": "temp1_input", "humidity": "humidity1_input"},
        tolerance={"temp": 0.0024, "humidity": 0.0018},  # half a step, and 1 m°C and 1 m% cut off
        settle=0.15,  # a result counts for 100 ms
    ),
]
