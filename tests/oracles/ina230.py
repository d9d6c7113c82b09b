"""Texas Instruments INA230, INA231 and INA260, relatives of the INA226."""

from tests.oracles import Kernel, Peer, Sheet

ANSWERS = {"01": "1F 40", "02": "25 70"}
VALUES = {"shunt": 0.020, "voltage": 11.98, "current": 10.0, "power": 119.8}
TWO_MILLIOHMS = {"shunt_ohms": 0.002}

SHEET = [
    Sheet("ina230", ANSWERS, VALUES, "SBOS601", "Configure/measure/calculate example", params=TWO_MILLIOHMS),
    Sheet("ina231", ANSWERS, VALUES, "SBOS644D", "§8.5.1", params=TWO_MILLIOHMS),
]

HALF_A_STEP = {"voltage": 0.625e-3 + 1e-9, "current": 0.625e-3 + 1e-9, "power": 0.03}

PEERS = [
    Peer(
        "ina260",
        "adafruit-circuitpython-ina260==1.3.22",
        "adafruit_ina260.INA260",
        {"voltage": "voltage", "current": ("current", 1e-3)},
        tolerance=HALF_A_STEP,
        inputs={"voltage": (0.0, 36.0), "current": (-15.0, 15.0)},
    ),
    Peer(
        "ina260",
        "adafruit-circuitpython-ina260==1.3.22",
        "adafruit_ina260.INA260",
        {"power": ("power", 1e-3)},  # the chip's power has no sign (§8.6.4)
        tolerance=HALF_A_STEP,
        inputs={"voltage": (0.0, 36.0), "current": (0.0, 15.0)},
    ),
    Peer(
        "ina260",
        "ina260==0.0.3",
        "ina260.controller.Controller",
        {"voltage": "voltage()", "current": "current()"},
        tolerance=HALF_A_STEP,
        inputs={"voltage": (0.0, 36.0), "current": (-15.0, -0.01)},
        bus="smbus2",
        start=lambda controller, _, addr: controller(address=addr),
        wrong="it subtracts 65535 from a negative current, not 65536 (SBOS656C §8.6.2)",
        says={"current": lambda inputs: inputs["current"] + 1.25e-3},
    ),
]

MONITOR = {"shunt": "in0_input", "voltage": "in1_input", "current": "curr1_input", "power": "power1_input"}
ROUNDED = {"shunt": 0.51e-3, "voltage": 1.2e-3, "current": 1.2e-3, "power": 0.05}  # mV, mA, and 25 steps of current
EXTERNAL = {"voltage": (0.0, 28.0), "current": (0.0, 0.8)}  # the chip's power has no sign
WITHOUT_SHUNT = "the kernel's in0 is a shunt voltage, which an INA260 does not measure (SBOS656C, table 4)"

KERNEL = [
    *(
        Kernel(
            chip,
            chip,
            "ina2xx",
            MONITOR,
            tolerance=ROUNDED,
            inputs=EXTERNAL,
            settings={"shunt_resistor": "100000"},
            settle=0.2,
        )
        for chip in ("ina230", "ina231")
    ),
    *(
        Kernel(
            chip,
            chip,
            "ina2xx",
            {name: MONITOR[name] for name in ("shunt", "voltage", "current")},
            tolerance=ROUNDED,
            inputs={"voltage": (0.0, 28.0), "current": (-0.8, 0.0)},
            settings={"shunt_resistor": "100000"},
            settle=0.2,
        )
        for chip in ("ina230", "ina231")
    ),
    Kernel(
        "ina260",
        "ina260",
        "ina2xx",
        {"voltage": "in1_input", "current": "curr1_input"},
        tolerance=ROUNDED,
        inputs={"voltage": (0.0, 36.0), "current": (-15.0, 15.0)},
        settle=0.2,
        names={"in0": WITHOUT_SHUNT, "in1": WITHOUT_SHUNT},
    ),
    Kernel(
        "ina260",
        "ina260",
        "ina2xx",
        {"power": "power1_input"},
        tolerance=ROUNDED,
        inputs={"voltage": (0.0, 36.0), "current": (0.0, 15.0)},
        settle=0.2,
        names={"in1": WITHOUT_SHUNT},
    ),
]
