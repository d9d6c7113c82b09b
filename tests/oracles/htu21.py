"""TE HTU21D, Sensirion SHT20/21/25, Silicon Labs Si7006/13/20/21."""

from tests.oracles import Kernel, Peer, Readings, Sheet

SI70XX = ("si7006", "si7013", "si7020", "si7021")

SHEET = [
    Sheet(
        "htu21",
        {"F3, F5": "7C 82 97"},
        {"humidity": 54.8},
        document="HTU20D(F) and HTU21D(F)",
        section="No hold master communication sequence; Conversion of signal outputs",
        tolerance=0.05,
    ),
    Sheet(
        "sht21",
        {"F3, F5": "63 52 64"},
        {"humidity": 42.5},
        document="SHT21, version 4",
        section="figure 16, §6.1",
        tolerance=0.05,
    ),
]

ADAFRUIT: Readings = {"temp": "temperature", "humidity": "relative_humidity"}
STEPS = {"temp": 0.011, "humidity": 0.036}  # of 14 and 12 bits; most peers take the status bits for a value


PEERS = [
    Peer("htu21", "adafruit-circuitpython-htu21d==0.11.22", "adafruit_htu21d.HTU21D", ADAFRUIT, tolerance=STEPS),
    Peer(
        "sht21",
        "sht20==0.1.4",
        "sht20.SHT20",
        {"temp": "read_temp()", "humidity": "read_humid()"},
        tolerance=STEPS,
        bus="smbus2",
        start=lambda cls, bus, addr: cls(1, 0x00),  # the number of the bus, the resolution
    ),
    *(
        Peer(chip, "adafruit-circuitpython-si7021==4.1.19", "adafruit_si7021.SI7021", ADAFRUIT, tolerance=STEPS)
        for chip in SI70XX
    ),
    *(
        Peer(
            chip,
            "si7021==0.1.1",
            "si7021.Si7021",
            {"humidity": "0", "temp": "1"},
            measure=lambda device: device.read(),
            tolerance=STEPS,
            bus="smbus2",
            start=lambda cls, bus, addr: cls(bus),
        )
        for chip in SI70XX
    ),
]

IIO = {"temp": "in_temp", "humidity": "in_humidityrelative"}
ADDRESS = "drivers/iio/humidity/si7020.c gives the device's address as its name"
KERNEL = [
    # it takes the status bits for a value, and cuts decimals off
    Kernel("htu21", "htu21", "htu21", IIO, tolerance={"temp": 0.012, "humidity": 0.05}),
    Kernel(
        "sht21",
        "sht21",
        "sht21",
        {"temp": "temp1_input", "humidity": "humidity1_input"},
        tolerance={"temp": 0.012, "humidity": 0.036},
        is_cached=True,  # it measures twice a second at most
    ),
    # whole numbers as offsets: 0.003 °C and 0.003 % too high (si7020.c)
    *(
        Kernel(
            chip,
            "si7020",
            "si7020",
            IIO,
            tolerance={"temp": 0.015, "humidity": 0.04},
            names={"in_current_heater": "the heater is a parameter of our driver", "name": ADDRESS},
        )
        for chip in SI70XX
    ),
]
