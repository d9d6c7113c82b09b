"""Melexis MLX90614, with one zone and with two."""

from tests.oracles import Kernel, Peer, Readings, Sheet, with_pec

STEPS = 0.0105  # half of 0.02 K, and binary fractions
ONE: Readings = {"ambient": "ambient_temperature", "object": "object_temperature"}
INPUTS = {"object": (-70.0, 379.9)}
DUAL = {**INPUTS, "object2": (-70.0, 379.9)}

SHEET = [
    Sheet(
        "mlx90614", {"07": with_pec(0x5A, "07", "AD 27")}, {"object": -70.01},
        document="3901090614, rev. 008", section="§8.4.6: 0x27AD is −70.01 °C", tolerance=0.005,
    ),
    Sheet(
        "mlx90614", {"07": "D2 3A 30"}, {"object": 0x3AD2 * 0.02 - 273.15},
        document="3901090614, rev. 008", section="§8.4.3.1: the read with its PEC; §8.4.6", tolerance=0.005,
    ),
    Sheet(
        "mlx90614b", {"08": with_pec(0x5A, "08", "AD 27")}, {"object2": -70.01},
        document="3901090614, rev. 008", section="§8.4.6", tolerance=0.005,
    ),
]  # fmt: skip

PEERS = [
    *(
        Peer(chip, "adafruit-circuitpython-mlx90614==1.2.25", "adafruit_mlx90614.MLX90614", ONE, STEPS, inputs=INPUTS)
        for chip in ("mlx90614", "mlx90614b")
    ),
    Peer(
        "mlx90614", "PyMLX90614==0.0.4", "mlx90614.MLX90614", {"ambient": "get_amb_temp()", "object": "get_obj_temp()"},
        STEPS, bus="smbus2", inputs=INPUTS,
    ),
    Peer(
        "mlx90614b", "PyMLX90614==0.0.4", "mlx90614.MLX90614",
        {"ambient": "get_amb_temp()", "object": "get_obj_temp()", "object2": "get_object_2()"},
        STEPS, bus="smbus2", inputs=DUAL,
    ),
    Peer(
        "mlx90614", "micropython-mlx90614==1.0.0", "mlx90614.MLX90614",
        {"ambient": "read_ambient_temp()", "object": "read_object_temp()"}, STEPS, bus="machine", inputs=INPUTS,
    ),
]  # fmt: skip

KERNEL = [
    Kernel(
        "mlx90614", "mlx90614", "mlx90614", {"ambient": "in_temp_ambient", "object": "in_temp_object"}, STEPS,
        inputs=INPUTS,
    ),
    Kernel(
        "mlx90614b", "mlx90614", "mlx90614",
        {"ambient": "in_temp_ambient", "object": "in_temp_object"}, STEPS, inputs=DUAL,
        names={"in_temp1_object": "mlx90614_probe_num_ir_sensors of 7.2 asks no MLX90614 for its second zone"},
    ),
]  # fmt: skip
