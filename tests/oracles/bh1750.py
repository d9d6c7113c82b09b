"""Rohm BH1750."""

from tests.oracles import Kernel, Peer, Sheet

SHEET = [
    Sheet(
        "bh1750", {"20": "83 90"}, {"light": 28_067.0},
        document="BH1750FVI, rev. B", section="Measurement sequence example, H-resolution", tolerance=0.5,
    ),
    Sheet(
        "bh1750", {"23": "01 10"}, {"light": 227.0},
        document="BH1750FVI, rev. B", section="Measurement sequence example, one-time L-resolution", tolerance=0.5,
        params={"mode": "low"},
    ),
]  # fmt: skip

PEERS = [
    Peer(
        "bh1750", "adafruit-circuitpython-bh1750==1.1.19", "adafruit_bh1750.BH1750", {"light": "lux"}, 0.84,
        inputs={"light": (0.0, 27_300.0)},  # it measures in H-resolution mode 2, which ends there
    ),
]  # fmt: skip

KERNEL = [
    Kernel(
        "bh1750",
        "bh1750",
        "bh1750",
        {"light": "in_illuminance"},
        tolerance=0.42,  # half a step
        share=1e-6,
        speed=1.5,  # a typical chip, of 120 ms: the kernel's driver waits for 135 ms, and the longest time is 180 ms
        inputs={"light": (0, 54_600)},  # 65535 counts with the measurement time after power-on
    ),
]
