"""ST LIS3DH.  The sheet has its sensitivity only (table 4), the application note AN3308 has worked numbers.

AN3308, table 9 prints 0x15E0 for 350 mg, which is 1 mg a digit, and 0x4000 for 1 g, which is 1024 digits.  The sheet
decides: 1 mg.
"""

from typing import Any

from tests.oracles import Kernel, Peer, Readings, Sheet

G = 9.80665
SHEET = [
    Sheet(
        "lis3dh",
        {"A8": "E0 15 20 EA 00 00"},
        {"accel_x": 0.350 * G, "accel_y": -0.350 * G, "accel_z": 0.0},
        document="AN3308",
        section="table 9; DocID17530, table 4",
        tolerance=1e-6,
    ),
]

AXES: Readings = {"accel_x": "acceleration.0", "accel_y": "acceleration.1", "accel_z": "acceleration.2"}
INPUTS = {f"accel_{axis}": (-19.9, 19.9) for axis in "xyz"}
WHY = "it divides by 16380 a g; DocID17530, table 4 has 1 mg in the upper 12 of 16 bits, which is 16000 a g"


def low(axis: str) -> Any:
    return lambda inputs: inputs[axis] * 16_000 / 16_380


PEERS = [
    Peer(
        "lis3dh", "adafruit-circuitpython-lis3dh==5.2.10", "adafruit_lis3dh.LIS3DH_I2C", AXES, 0.007,
        start=lambda cls, bus, addr: cls(bus, address=addr), inputs=INPUTS,
        wrong=WHY, says={axis: low(axis) for axis in AXES},
    ),
]  # fmt: skip

KERNEL = [
    Kernel(
        "lis3dh",
        "lis3dh",
        "st_accel_i2c",
        {f"accel_{axis}": f"in_accel_{axis}" for axis in "xyz"},
        tolerance=0.0206,  # half a step of 4 mg: the kernel does not set the mode of 12 bits; and one of ours
        share=2e-4,  # its scale has six decimals
        inputs=dict.fromkeys(INPUTS, (-19.5, 19.5)),
        settings={"sampling_frequency": "400"},
    ),
]
