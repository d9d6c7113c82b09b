"""Infineon DPS310 and DPS368.  Their datasheets have no worked numbers."""

from tests.oracles import Kernel, Peer

CHIPS = ("dps310", "dps368")
STEPS = {"temp": 0.002, "pressure": 1.0}  # a digit of each, with 16 times

PEERS = [
    Peer(
        chip,
        "adafruit-circuitpython-dps310==2.1.22",
        "adafruit_dps310.basic.DPS310",
        {"temp": "temperature", "pressure": ("pressure", 100.0)},
        tolerance=STEPS,
        settle=2.5,
    )
    for chip in CHIPS
]
PEERS += [
    Peer(
        chip,
        "Infineon-DPS310==1.0.0",  # its c21 is (high < 8) | low, which is right for an odd word below 256, as here
        "Infineon_DPS310.DPS310",
        {
            "temp": lambda peer: peer.calcCompTemperature(peer.calcScaledTemperature()),
            "pressure": lambda peer: peer.calcCompPressure(peer.calcScaledPressure(), peer.calcScaledTemperature()),
        },
        tolerance=STEPS,
        bus="smbus2",
        start=lambda cls, _bus, _addr: cls(),
    )
    for chip in CHIPS
]

KERNEL = [
    Kernel(
        chip,
        "dps310",
        "dps310",
        {"temp": "in_temp", "pressure": "in_pressure"},
        tolerance={"temp": 0.005, "pressure": 2.0},  # 1 m°C, 1 Pa; a digit of each, without oversampling
        settle=2.5,
    )
    for chip in CHIPS
]
