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


def kernel(chip: str, pressures: tuple[float, float], wrong: str = "") -> Kernel:
    return Kernel(
        chip,
        "dps310",
        "dps310",
        {"temp": "in_temp", "pressure": "in_pressure"},
        tolerance={"temp": 0.005, "pressure": 2.5},  # 1 m°C, 1 Pa; a digit of each, without oversampling
        inputs={"pressure": pressures},
        speed=20,  # it measures once a second
        settle=0.15,
        wrong=wrong,
    )


WRAPS = "p³ · c30 exceeds 64 bits (dps310_calculate_pressure of 7.2), and 2⁶⁴ / 2⁵⁷ is 128 Pa; v1.1, §4.9.1 has the sum"

KERNEL = [
    *(kernel(chip, (60_000.0, 96_000.0)) for chip in CHIPS),
    *(kernel(chip, (30_005.0, 119_995.0), WRAPS) for chip in CHIPS),
]
