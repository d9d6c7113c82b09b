"""Analog Devices ADT7410 and ADT7420."""

from typing import Any

from tests.oracles import Kernel, Peer, Sheet

TABLE_5 = {  # bits 15:3 of the temperature, by the temperature in °C
    **{-55.0: 0x1C90, -50.0: 0x1CE0, -40.0: 0x1D80, -25.0: 0x1E70, -0.0625: 0x1FFF, 0.0: 0x0000, 0.0625: 0x0001},
    **{25.0: 0x0190, 50.0: 0x0320, 105.0: 0x0690, 125.0: 0x07D0, 150.0: 0x0960},
}
ROWS = {
    "adt7410": ("ADT7410, rev. A", (-55.0, -50.0, -25.0, -0.0625, 0.0, 0.0625, 25.0, 50.0, 125.0, 150.0)),
    "adt7420": ("ADT7420, rev. 0", (-40.0, -25.0, -0.0625, 0.0, 0.0625, 25.0, 105.0, 125.0, 150.0)),
}
SHEET = [
    Sheet(chip, {"00": f"{TABLE_5[temp] << 3:04X}"}, {"temp": temp}, document, "table 5")
    for chip, (document, temperatures) in ROWS.items()
    for temp in temperatures
]


def of_16_bits(driver: Any, bus: Any, addr: int) -> Any:
    device = driver(bus, addr)
    device.high_resolution = True
    return device


HALF_A_STEP = 1 / 256 + 1e-6

PEERS = [
    Peer(
        chip,
        "adafruit-circuitpython-adt7410==2.0.8",
        "adafruit_adt7410.ADT7410",
        {"temp": "temperature"},
        tolerance=HALF_A_STEP,
        start=of_16_bits,
    )
    for chip in ROWS
]

KERNEL = [
    Kernel(chip, chip, "adt7410", {"temp": "temp1_input"}, tolerance=HALF_A_STEP + 0.0005, speed=20, settle=0.05)
    for chip in ROWS
]
