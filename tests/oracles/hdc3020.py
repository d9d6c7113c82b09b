"""Texas Instruments HDC3020, HDC3021 and HDC3022."""

from tests.oracles import Kernel, Peer

STEPS = {"temp": 0.0027, "humidity": 0.0016}

PEERS = [
    Peer(
        "hdc3020",
        "adafruit-circuitpython-hdc302x==1.0.10",
        "adafruit_hdc302x.HDC302x",
        {"temp": lambda measured: measured[0], "humidity": lambda measured: measured[1]},
        measure=lambda device: device.measurements,
        tolerance=STEPS,
    ),
]

EXTREMES = [f"in_{kind}_{end}" for kind in ("temp", "humidityrelative") for end in ("peak", "trough")]
KERNEL = [
    Kernel(
        "hdc3020",
        "hdc3020",
        "hdc3020",
        {"temp": "in_temp", "humidity": "in_humidityrelative"},
        tolerance={"temp": 0.006, "humidity": 0.0035},  # it divides by 65536, and its offset is a whole number
        settle=0.2,  # it lets the chip measure ten times a second
        names=dict.fromkeys(EXTREMES, "the extremes of the time since its start, which our driver does not read"),
    ),
]
