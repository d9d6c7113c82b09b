"""Sensirion STS30, STS31 and STS35."""

from typing import Any

from tests.oracles import Kernel, Peer, library


def opened(cls: Any, bus: Any, addr: int) -> Any:
    channel = library("sensirion_driver_adapters.i2c_adapter.i2c_channel").I2cChannel
    crc = library("sensirion_i2c_driver").CrcCalculator(8, 0x31, 0xFF, 0x00)
    return cls(channel(bus, slave_address=addr, crc=crc))


def measured(device: Any) -> float:
    repeatability = library("sensirion_i2c_sts3x.commands").Repeatability
    return float(device.measure_single_shot(repeatability.HIGH, False).value)


PEERS = [
    Peer(
        "sts3x",
        "sensirion-i2c-sts3x==1.0.0",
        "sensirion_i2c_sts3x.device.Sts3xDevice",
        {"temp": measured},
        tolerance=0.0014,
        bus="sensirion",
        start=opened,
    ),
]

KERNEL = [
    Kernel("sts3x", "sts3x", "sht3x", {"temp": "temp1_input"}, tolerance=0.005, settle=0.02, speed=3),  # as for sht3x
]
