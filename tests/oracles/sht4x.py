"""Sensirion SHT40, SHT41, SHT43 and SHT45.  The sheet has formulas, and no worked number."""

from typing import Any

from tests.oracles import Kernel, Peer, Readings, library

STEPS = {"temp": 0.0015, "humidity": 0.0015}  # half of 175/65535 °C and of 125/65535 %
PAIR: Readings = {"temp": "0.value", "humidity": "1.value"}


def channel(cls: Any, connection: Any, addr: int) -> Any:
    """Make an object of Sensirion's libraries, which want the CRC beside the connection."""
    crc = library("sensirion_i2c_driver").CrcCalculator(8, 0x31, 0xFF, 0x00)
    adapter = library("sensirion_driver_adapters.i2c_adapter.i2c_channel")
    return cls(adapter.I2cChannel(connection, slave_address=addr, crc=crc))


PEERS = [
    Peer(
        "sht4x", "adafruit-circuitpython-sht4x==1.0.27", "adafruit_sht4x.SHT4x", {"temp": "0", "humidity": "1"}, STEPS,
        measure="measurements",
    ),
    Peer(
        "sht4x", "sensirion-i2c-sht4x==1.1.0", "sensirion_i2c_sht4x.device.Sht4xDevice", PAIR, STEPS,
        bus="sensirion", start=channel, measure="measure_high_precision()", inputs={"humidity": (0.1, 99.9)},
    ),
]  # fmt: skip

KERNEL = [
    Kernel(
        "sht4x",
        "sht4x",
        "sht4x",
        {"temp": "temp1_input", "humidity": "humidity1_input"},
        # half a step, 1 m°C and 1 m% cut off, and 65536 where the sheet (version 6, §4.6) has 65535
        tolerance={"temp": 0.0051, "humidity": 0.0041},
        is_cached=True,
    ),
]
