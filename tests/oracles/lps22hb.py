"""ST LPS22HB, LPS33HW, LPS35HW, LPS22HH, LPS22DF, LPS28DFW and LPS25HB."""

from typing import Any

from tests.oracles import Kernel, Peer, Readings, Sheet

SHEET = [
    Sheet(
        "lps22hb",
        {"28": "8D F5 3F"},
        {"pressure": 102_330.0},
        document="DocID027083 rev. 6 (2017)",
        section="§4.4, figure 6",
        tolerance=5.0,
    ),
]

HPA: Readings = {"temp": "temperature", "pressure": ("pressure", 100.0)}
STEPS = {"temp": 0.006, "pressure": 0.02}  # half of 0.01 °C and of 1/4096 hPa
SAME, NARROW = ("lps22df", "lps28dfw"), {"pressure": (26_000.0, 126_000.0)}
LPS25 = {"temp": (-25.7, 105.0)}  # 16 bits end at -25.77 °C
LPS28 = {"temp": 0.006, "pressure": 0.03}


def at_10_hertz(cls: Any, bus: Any, addr: int) -> Any:
    lps = cls(bus, address=addr)
    lps.data_rate = 10
    return lps


PEERS = [
    Peer("lps22hb", "adafruit-circuitpython-lps2x==3.0.15", "adafruit_lps2x.LPS22", HPA, STEPS),
    Peer("lps25hb", "adafruit-circuitpython-lps2x==3.0.15", "adafruit_lps2x.LPS25", HPA, STEPS, inputs=LPS25),
    Peer("lps33hw", "adafruit-circuitpython-lps35hw==1.2.26", "adafruit_lps35hw.LPS35HW", HPA, STEPS),
    Peer("lps35hw", "adafruit-circuitpython-lps35hw==1.2.26", "adafruit_lps35hw.LPS35HW", HPA, STEPS),
    Peer(
        "lps22hh", "lps22hh==1.0.0", "lps22hh.lps22hh.LPS22HH", HPA, STEPS,
        bus="machine", start=at_10_hertz, share=4e-6,  # it multiplies by 0.00024414, for 1/4096
        inputs={"temp": (0.0, 85.0)},
    ),
    Peer(
        "lps22hh", "lps22hh==1.0.0", "lps22hh.lps22hh.LPS22HH", {"temp": "temperature"}, STEPS,
        bus="machine", start=at_10_hertz, inputs={"temp": (-40.0, -0.1)},
        wrong="it reads TEMP_OUT without its sign; DocID027083 rev. 6, §9.21",
        says={"temp": lambda inputs: 655.36 + inputs["temp"]},
    ),
    Peer(
        "lps28dfw", "adafruit-circuitpython-lps28==1.0.3", "adafruit_lps28.LPS28", HPA, LPS28,
        params={"full_scale": "hpa4060"},
    ),
    *[
        Peer(chip, "circuitpython-lps28==0.1.1", "lps28.LPS28", {"temp": "temperature"}, STEPS, inputs=NARROW)
        for chip in SAME
    ],
    *[
        Peer(
            chip, "circuitpython-lps28==0.1.1", "lps28.LPS28", {"pressure": ("pressure", 100.0)}, STEPS, inputs=NARROW,
            wrong="it divides hPa by 100 once more; by lps28dfw_reg.h a digit is 1/4096 hPa",
            says={"pressure": lambda inputs: inputs["pressure"] / 100},
        )
        for chip in SAME
    ],
]  # fmt: skip

FILES = {"temp": "in_temp", "pressure": "in_pressure"}
ROUNDED = 3e-6  # its scale of the pressure has nine decimals of kPa: 0.000024414
FAST = {"sampling_frequency": "25"}  # the driver waits for two conversions, at 1 Hz for each value
KERNEL = [
    *[
        Kernel(chip, chip, "st_pressure_i2c", FILES, STEPS, ROUNDED, settings=FAST)
        for chip in ("lps22hb", "lps33hw", "lps35hw", "lps22hh", "lps22df")
    ],
    Kernel("lps25hb", "lps25h", "st_pressure_i2c", FILES, STEPS, ROUNDED, inputs=LPS25, settings=FAST),
    Kernel(  # it has the identity and the registers of an LPS22DF
        "lps28dfw", "lps22df", "st_pressure_i2c", FILES, STEPS, ROUNDED, inputs=NARROW, settings=FAST
    ),
]  # fmt: skip
