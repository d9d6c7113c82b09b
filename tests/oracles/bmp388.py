"""Bosch BMP388, BMP380 and BMP390.  Their datasheets have no worked numbers."""

from tests.oracles import Kernel, Peer

CHIPS = ("bmp388", "bmp380", "bmp390")
STEPS = {"temp": 0.01, "pressure": 3.0}  # the steps of x1 (BST-BMP390-DS002, tables 6 and 7)

PEERS = [
    Peer(
        chip,
        "adafruit-circuitpython-bmp3xx==1.3.27",
        "adafruit_bmp3xx.BMP3XX_I2C",
        {"temp": "temperature", "pressure": ("pressure", 100.0)},
        tolerance=STEPS,
    )
    for chip in CHIPS
]

UNFILTERED = {"filter_low_pass_3db_frequency": "0"}  # the kernel's driver averages by default
KERNEL = [
    Kernel(
        chip,
        "bmp380",
        "bmp280-i2c",
        {"temp": "in_temp", "pressure": "in_pressure"},
        tolerance={**STEPS, "temp": 0.0126},  # hundredths of °C, cut off
        speed=1.25,
        settings=UNFILTERED,
    )
    for chip in CHIPS
]
