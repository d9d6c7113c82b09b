"""Texas Instruments INA226."""

from tests.oracles import Kernel, Sheet

SHEET = [
    Sheet(
        "ina226",
        {"01": "1F 40", "02": "25 70"},
        {"shunt": 0.020, "voltage": 11.98, "current": 10.0, "power": 119.8},
        document="SBOS547A",
        section="table 5",
        tolerance={"shunt": 1e-9, "voltage": 1e-9, "current": 1e-6, "power": 0.01},
        params={"shunt_ohms": 0.002},
    ),
]

KERNEL = [
    Kernel(
        "ina226",
        "ina226",
        "ina2xx",
        {"shunt": "in0_input", "voltage": "in1_input", "current": "curr1_input"},
        {"shunt": 0.00051, "voltage": 0.0012, "current": 0.0006},
        inputs={"voltage": (0.0, 35.9), "current": (-0.81, 0.81)},
        settings={"shunt_resistor": "100000"},
        settle=0.1,
    ),
]
