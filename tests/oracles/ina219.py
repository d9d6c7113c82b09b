"""Texas Instruments INA219."""

from typing import Any

from tests.oracles import Kernel, Peer, Sheet

SHEET = [
    Sheet(
        "ina219",
        {"01": "07 D0", "02": "5D 9A"},  # 5D98 in the table, and here CNVR is set: the conversion is done
        {"shunt": 0.020, "voltage": 11.98, "current": 10.0, "power": 119.8},
        document="SBOS448G",
        section="table 8",
        tolerance={"shunt": 1e-9, "voltage": 1e-9, "current": 1e-6, "power": 0.01},
        params={"shunt_ohms": 0.002},
    ),
]
INPUTS = {"voltage": (0.0, 26.0), "current": (-1.9, 1.9)}
STEPS = {"voltage": 0.0021, "shunt": 5.1e-6, "current": 1.6e-4, "power": 0.0066}  # of it Adafruit's steps of 2 mW


def adafruit_power(ina: Any) -> float:
    return abs(float(ina.power))


PEERS = [
    Peer(
        "ina219",
        "adafruit-circuitpython-ina219==3.5.2",
        "adafruit_ina219.INA219",
        {"voltage": "bus_voltage", "shunt": "shunt_voltage", "current": ("current", 1e-3)},
        STEPS,
        inputs=INPUTS,
    ),
    Peer(
        "ina219",
        "pi-ina219==1.4.1",
        "ina219.INA219",
        {"voltage": "voltage()", "shunt": ("shunt_voltage()", 1e-3)},
        STEPS,
        inputs=INPUTS,
        bus="smbus2",
        start=lambda cls, bus, addr: configured(cls(0.1, address=addr, busnum=1)),
    ),
]


def configured(ina: Any) -> Any:
    ina.configure()
    return ina


KERNEL = [
    Kernel(
        "ina219",
        "ina219",
        "ina2xx",
        {"voltage": "in1_input", "shunt": "in0_input", "current": "curr1_input"},
        # half a step of 4 mV and of 10 µV over 0.1 Ω, and half of 1 mV or 1 mA
        tolerance={"voltage": 0.0021, "shunt": 0.00051, "current": 0.00056},
        inputs={"voltage": (0, 31.9), "current": (-3.19, 3.19)},
        settings={"shunt_resistor": "100000"},
        settle=0.02,
    ),
    Kernel(
        "ina219",
        "ina219",
        "ina2xx",
        {"power": "power1_input"},  # the register has no sign, so only positive currents
        tolerance=0.005,  # its step is 2 mW
        inputs={"voltage": (0, 31.9), "current": (0, 3.19)},
        settings={"shunt_resistor": "100000"},
        settle=0.02,
    ),
]
