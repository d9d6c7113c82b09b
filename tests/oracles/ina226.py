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
        {"voltage": "in1_input", "shunt": "in0_input", "current": "curr1_input"},
        # half a step of 1.25 mV and of 2.5 µV over 0.1 Ω, and half of 1 mV or 1 mA
        tolerance={"voltage": 0.0012, "shunt": 0.00051, "current": 0.00052},
        inputs={"voltage": (0, 36), "current": (-0.819, 0.819)},
        settings={"shunt_resistor": "100000"},
        settle=0.15,  # 16 conversions of each voltage
    ),
    Kernel(
        "ina226",
        "ina226",
        "ina2xx",
        {"power": "power1_input"},  # the register has no sign, so only positive currents
        tolerance=0.002,  # its step is 625 µW
        inputs={"voltage": (0, 36), "current": (0, 0.819)},
        settings={"shunt_resistor": "100000"},
        settle=0.15,
    ),
]
