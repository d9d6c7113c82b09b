"""Texas Instruments ADS1115, ADS1015, and their relatives."""

from functools import partial
from typing import Any

from tests.oracles import Kernel, Peer, Ranges, Readings, Sheet, library

FS = 2.048  # V, the full scale after power-on
SHEET = [
    *(
        Sheet(chip, {"00": word}, {channel: FS * steps / 2**15}, "SBAS444E", "table 7-3: ±FS/2¹⁵", 1e-9)
        for chip, channel in (("ads1115", "ain0"), ("ads1114", "diff0"), ("ads1113", "diff0"))
        for word, steps in (("0001", 1), ("FFFF", -1), ("0000", 0))
    ),
    *(
        Sheet(chip, {"00": word}, {channel: FS * steps / 2**11}, "SBAS473E", "table 3: ±FS/2¹¹", 1e-9)
        for chip, channel in (("ads1015", "ain0"), ("ads1014", "diff0"), ("ads1013", "diff0"))
        for word, steps in (("0010", 1), ("FFF0", -1), ("0000", 0))
    ),
]

STEP_16, STEP_12 = FS / 2**16 * 1.1, FS / 2**12 * 1.1  # half of one
FOUR: Ranges = {f"ain{n}": (0.0, 2.04) for n in range(4)}
PAIR: Ranges = {"ain0": (0.1, 2.0), "ain1": (0.1, 2.0), "ain2": 0.0, "ain3": 0.0}


class Inputs:
    """Adafruit's AnalogIn of each input, or of a pair."""

    def __init__(self, ads: Any, analog_in: Any, *pins: tuple[int, ...]) -> None:
        self.inputs = [analog_in(ads, *each) for each in pins]


def four(cls: Any, bus: Any, addr: int) -> Any:
    ads = cls(bus, address=addr, gain=2)
    return Inputs(ads, library("adafruit_ads1x15.analog_in").AnalogIn, (0,), (1,), (2,), (3,))


def pair(cls: Any, bus: Any, addr: int) -> Any:
    return Inputs(cls(bus, address=addr, gain=2), library("adafruit_ads1x15.analog_in").AnalogIn, (0, 1))


def pimoroni(cls: Any, bus: Any, addr: int) -> Any:
    ads = cls(i2c_addr=addr, i2c_dev=bus)
    ads.detect_chip_type()
    ads.set_mode("single")
    ads.set_programmable_gain(FS)
    ads.set_sample_rate(1600)
    return ads


def voltage(number: int, ads: Any) -> float:
    return float(ads.get_voltage(f"in{number}/gnd"))


AINS: Readings = {f"ain{n}": f"inputs.{n}.voltage" for n in range(4)}
VOLTS: Readings = {f"ain{n}": partial(voltage, n) for n in range(4)}
ADAFRUIT = "adafruit-circuitpython-ads1x15==3.0.5"
ADS1115, ADS1015 = "adafruit_ads1x15.ads1115.ADS1115", "adafruit_ads1x15.ads1015.ADS1015"

PEERS = [
    Peer("ads1115", ADAFRUIT, ADS1115, AINS, STEP_16, start=four, inputs=FOUR),
    Peer("ads1015", ADAFRUIT, ADS1015, AINS, STEP_12, start=four, inputs=FOUR),
    *(
        Peer(chip, ADAFRUIT, ADS1115, {"diff0": "inputs.0.voltage"}, STEP_16, start=pair, inputs=PAIR)
        for chip in ("ads1113", "ads1114")
    ),
    *(
        Peer(chip, ADAFRUIT, ADS1015, {"diff0": "inputs.0.voltage"}, STEP_12, start=pair, inputs=PAIR)
        for chip in ("ads1013", "ads1014")
    ),
    Peer("ads1015", "ads1015==1.0.0", "ads1015.ADS1015", VOLTS, STEP_12, bus="smbus2", start=pimoroni, inputs=FOUR),
]  # fmt: skip

# It waits for two conversions at the nominal rate, and a tenth longer; the chip's rate may be a tenth lower (§5.5).
NAME = {"name": "drivers/iio/adc/ti-ads1015.c names all of them ads1015"}
PAIRS = {f"in_voltage{a}-voltage{b}": "an input that is not measured" for a, b in ((0, 1), (0, 3), (1, 3), (2, 3))}
INPUTS = {f"in_voltage{n}": "an input that the chip does not have" for n in range(4)}
OTHERS = dict.fromkeys((*INPUTS, *list(PAIRS)[1:]), INPUTS["in_voltage0"])


def names(device: str, others: dict[str, str]) -> dict[str, str]:
    """Return the reasons for other names: of the inputs, and of a device that the kernel's driver knows as another."""
    return others if device == "ads1015" else others | NAME


KERNEL = [
    *(
        Kernel(
            chip,
            chip,
            "ti-ads1015",
            {f"ain{n}": f"in_voltage{n}" for n in range(4)},
            step,
            inputs=FOUR,
            speed=1.25,
            names=names(chip, PAIRS),
        )
        for chip, step in (("ads1115", STEP_16), ("ads1015", STEP_12))
    ),
    *(
        Kernel(
            chip,
            device,
            "ti-ads1015",
            {"diff0": "in_voltage0-voltage1"},
            step,
            inputs=PAIR,
            settle=0.03,  # two conversions
            speed=1.25,
            names=names(device, OTHERS),
        )
        for chip, device, step in (
            *(("ads1113", "ads1115", STEP_16), ("ads1114", "ads1115", STEP_16)),
            *(("ads1013", "ads1015", STEP_12), ("ads1014", "ads1015", STEP_12)),
        )
    ),
]
