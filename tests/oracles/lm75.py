"""LM75 and its relatives."""

from typing import Any

from tests.oracles import Kernel, Peer, Readings, Sheet

TEMP: Readings = {"temp": "temperature"}
NINE = {"7D00": 125.0, "1900": 25.0, "0080": 0.5, "0000": 0.0, "FF80": -0.5, "E700": -25.0, "C900": -55.0}
TWELVE = {
    **{"6400": 100.0, "5000": 80.0, "4B00": 75.0, "3200": 50.0, "1900": 25.0, "0040": 0.25, "0000": 0.0},
    **{"FFC0": -0.25, "E700": -25.0, "C900": -55.0},
}
PCT2075 = {"1900": 25.0, "0020": 0.125, "0000": 0.0, "FFE0": -0.125, "E700": -25.0, "C920": -54.875, "C900": -55.0}
DS1775 = {"7D00": 125.0, "0A20": 10.125, "0080": 0.5, "0000": 0.0, "FF80": -0.5, "C900": -55.0}  # of them 11 bits
MCP9800 = {"7D00": 125.0, "1970": 25.4375, "0000": 0.0, "E690": -25.4375, "C900": -55.0}
TABLES = (  # chip, document, section, and words of the table
    ("lm75", "SNIS153D", "Temperature Data Format", NINE),
    ("tmp75", "SBOS288M", "table 7-1", TWELVE),
    ("tmp102", "SBOS397H", "table 7-2", TWELVE),
    ("tmp105", "SBOS648", "Temperature Register", TWELVE),
    ("pct2075", "PCT2075 rev. 9", "table 10", PCT2075),
    ("ds1775", "19-4752", "table 2", DS1775),
    ("mcp980x", "DS21909D", "table 5-4", MCP9800),
)
SHEET = [
    Sheet(chip, {"00": word}, {"temp": temp}, document, section)
    for chip, document, section, table in TABLES
    for word, temp in table.items()
]

FINE = {"tmp75": 0x60, "tmp105": 0x60, "mcp980x": 0x60, "ds1775": 0x40}  # R1 R0: at power-on they have 9 bits
STEPS = {  # °C: half a step of the chip, and the bits that the peer does not read
    **{"lm75": 0.251, "lm75a": 0.45, "tmp75": 0.1, "tmp102": 0.1, "tmp105": 0.1},
    **{"pct2075": 0.063, "ds1775": 0.063, "mcp980x": 0.1},
}


def fine(chip: str) -> Any:
    """Make an object of a driver that does not set the resolution: it is set before."""

    def start(cls: Any, bus: Any, addr: int) -> Any:
        if chip in FINE:
            bus.writeto(addr, bytes((0x01, FINE[chip])))
        return cls(bus, addr)

    return start


def mqtt_io(chip: str) -> Any:
    def start(cls: Any, bus: Any, addr: int) -> Any:
        if chip in FINE:
            bus.write_byte_data(addr, 0x01, FINE[chip])
        return cls({"i2c_bus_num": 1, "chip_addr": addr})

    return start


def sparkfun(module: Any, bus: Any, addr: int) -> Any:
    return module.QwiicTmp102Sensor(addr)


def unsigned(inputs: Any) -> float:
    """The temperature of a reader that takes two's complement for a large number."""
    word: int = round(inputs["temp"] * 16) % 0x1000
    return word / 16


MQTT_IO = "mqtt_io.modules.sensor.lm75.Sensor"
PEERS = [
    *(
        Peer(chip, "adafruit-circuitpython-pct2075==1.1.28", "adafruit_pct2075.PCT2075", TEMP, step, start=fine(chip))
        for chip, step in STEPS.items()
    ),
    *(
        Peer(
            chip, "micropython-pct2075==0.1.0", "micropython_pct2075.pct2075.PCT2075", TEMP, step,
            bus="machine", start=fine(chip),
        )
        for chip, step in STEPS.items()
    ),
    *(
        Peer(
            chip, "mqtt-io==2.7.0", MQTT_IO, {"temp": lambda it: it.get_value({})}, step,
            bus="smbus2", start=mqtt_io(chip), inputs={"temp": (0.0, 124.9)},
        )
        for chip, step in STEPS.items()
    ),
    Peer(
        "tmp102", "sparkfun-qwiic-tmp102==2.0.0", "qwiic_tmp102", {"temp": "read_temp_c()"}, 0.035,
        bus="smbus2", start=sparkfun, inputs={"temp": (0.0, 124.9)},
    ),
    Peer(
        "tmp102", "sparkfun-qwiic-tmp102==2.0.0", "qwiic_tmp102", {"temp": "read_temp_c()"}, 0.035,
        bus="smbus2", start=sparkfun, inputs={"temp": (-54.9, -0.1)},
        wrong="below 0 °C it gives 0xF000 / 16 too much, as if Python's numbers had 16 bits; SBOS397H, table 7-2",
        says={"temp": lambda inputs: 0xF000 / 16 + unsigned(inputs)},
    ),
    Peer(
        "lm75", "mqtt-io==2.7.0", MQTT_IO, {"temp": lambda it: it.get_value({})}, 0.3,
        bus="smbus2", start=mqtt_io("lm75"), inputs={"temp": (-54.9, -0.3)},
        wrong="it reads two's complement as a positive number; SNIS153D, Temperature Data Format",
        says={"temp": unsigned},
    ),
]  # fmt: skip

KERNEL_STEPS = {
    "lm75": 0.25,
    "lm75a": 0.5,
    "pct2075": 0.0625,
    "ds1775": 0.0625,
}  # °C: half a step, or the bits that are cut off
KERNEL = [
    Kernel(
        chip,
        chip,
        "tmp102" if chip == "tmp102" else "lm75",
        {"temp": "temp1_input"},
        tolerance=KERNEL_STEPS.get(chip, 0.03125) + 0.001,  # 1 m°C is cut off
        speed=50,  # it converts up to once a second
        settle=0.06,
    )
    for chip in STEPS
]
