"""TE MS5611, MS5607, MS5637, MS8607 and MS5837: words of the PROM with the CRC of AN520, D1 after 48, D2 after 58."""

from typing import Any

from tests.oracles import Kernel, Peer, Sheet

LAST_DIGIT = {"temp": 0.01, "pressure": 1.0}  # the sheets round down
OF_THE_02BA = {"48, 00": "62A7A4", "58, 00": "7B4144"}  # 6465444, 8077636
AT_20_DEGREES = {"temp": 20.00, "pressure": 110_002.0}
FIGURE = '"Pressure and temperature calculation"'

SHEET = [
    Sheet(
        "ms5611",
        {"A0": "0045 9CBF 903C 5B15 5AF2 82B8 6E98 5A0B", "48, 00": "8AA21A", "58, 00": "82C13E"},
        {"temp": 20.07, "pressure": 100_009.0},
        document="MS5611-01BA03",
        section=FIGURE,
        tolerance=LAST_DIGIT,
    ),
    Sheet(
        "ms5607",
        {"A0": "0000 B524 ABCD 7183 6CC2 7B41 6E05 0008", **OF_THE_02BA},
        AT_20_DEGREES,
        document="MS5607-02BA03 (09/2015)",
        section=f"{FIGURE}, figure 2",
        tolerance=LAST_DIGIT,
    ),
    Sheet(
        "ms5637",
        {"A0": "8000 B524 ABCD 7183 6CC2 7B41 6E05", **OF_THE_02BA},
        AT_20_DEGREES,
        document="MS5637-02BA03",
        section=FIGURE,
        tolerance=LAST_DIGIT,
    ),
    Sheet(
        "ms5837",
        {"A0": "9340 88A6 8E00 4F68 5752 6816 6622", "48, 00": "4BA7E3", "58, 00": "67FEB6"},
        {"temp": 19.81, "pressure": 399_980.0},
        document="MS5837-30BA rev. C2 (12/2019)",
        section=f"{FIGURE}, figure 9",
        tolerance={"temp": 0.01, "pressure": 10.0},
    ),
    Sheet(
        "ms5837_02ba",
        {"A0": "52A0 B524 ABCD 7183 6CC2 7B41 6E05", **OF_THE_02BA},
        AT_20_DEGREES,
        document="MS5837-02BA rev. A8 (12/2019)",
        section=FIGURE,
        tolerance=LAST_DIGIT,
    ),
]


def half_at_0x76(cls: Any, bus: Any, addr: int) -> Any:
    """Open Adafruit's MS8607 without the half at 0x40; its reset does not wait until the PROM is loaded."""
    names = cls.__init__.__globals__
    chip = cls.__new__(cls)
    chip.pressure_i2c_device = names["i2c_device"].I2CDevice(bus, addr)
    chip._buffer = bytearray(4)
    chip._set_calibration_consts()
    chip.pressure_resolution = names["PressureResolution"].OSR_8192
    return chip


def opened_by_ms5803py(cls: Any, bus: Any, addr: int) -> Any:
    """Open it on our bus, which its constructor would take from /dev."""
    chip = cls.__new__(cls)
    chip.bus, chip.address = bus, addr
    chip._coeffs = chip._read_calibration_coeffs()
    return chip


PEERS = [
    Peer(
        "ms8607",
        "adafruit-circuitpython-ms8607==1.1.8",
        "adafruit_ms8607.MS8607",
        {"temp": "temperature", "pressure": ("pressure", 100.0)},
        tolerance={"temp": 0.03, "pressure": 30.0},  # it reads 16 of the 24 bits, and rounds TEMP down first
        start=half_at_0x76,
    ),
    Peer(  # an MS5803-14BA has the formula of an MS5837-30BA below 20 °C, but P is divided by 2^15, and not by 2^13
        "ms5837",
        "ms5803py==1.0.0",
        "ms5803py.ms5803.MS5803",
        {"temp": lambda chip: chip.read()[1], "pressure": lambda chip: 400.0 * chip.read()[0]},
        tolerance={"temp": 0.03, "pressure": 60.0},
        inputs={"temp": (-19.9, 19.9)},
        bus="smbus2",
        start=opened_by_ms5803py,
    ),
]

FILES = {"temp": "in_temp", "pressure": "in_pressure"}
ROUNDED = {"temp": 0.02, "pressure": 5.0}  # TEMP is rounded down before it enters OFF2 and SENS2
TYPICAL = 1.25  # drivers/iio/common/ms_sensors waits for the typical time of a conversion, not for the longest

KERNEL = [
    Kernel("ms5611", "ms5611", "ms5611_i2c", FILES, tolerance=ROUNDED),
    Kernel("ms5607", "ms5607", "ms5611_i2c", FILES, tolerance=ROUNDED),
    Kernel("ms5637", "ms5637", "ms5637", FILES, tolerance=ROUNDED, speed=TYPICAL),
    Kernel("ms8607", "ms8607-temppressure", "ms5637", FILES, tolerance=ROUNDED, speed=TYPICAL),
    Kernel(  # it computes the second order of an MS5637, whose pressure is the same above 20 °C
        "ms5837_02ba",
        "ms5837",
        "ms5637",
        {"pressure": "in_pressure"},
        tolerance={"pressure": 3.0},
        inputs={"temp": (20.1, 84.9)},
        speed=TYPICAL,
    ),
    Kernel(
        "ms5837_02ba",
        "ms5837",
        "ms5637",
        FILES,
        tolerance=ROUNDED,
        inputs={"temp": (-39.9, 19.0)},
        speed=TYPICAL,
        wrong="it computes the second order of an MS5637; that of MS5837-02BA rev. A8 is another",
    ),
    Kernel(
        "ms5837",
        "ms5837",
        "ms5637",
        FILES,
        tolerance=ROUNDED,
        speed=TYPICAL,
        wrong="it computes an MS5637, of 2 bar; SENS, OFF and P of MS5837-30BA rev. C2 have other factors",
    ),
]
