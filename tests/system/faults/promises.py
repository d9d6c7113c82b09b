"""The promise for each kind of fault: no wrong value, or a share of them and the sentence of the documentation."""

from __future__ import annotations

from math import inf
from typing import NamedTuple


class Promise(NamedTuple):
    """``share``: the most of the values published from the fault's begin on that may be wrong.

    ``within``: s after the fault's end in which the last of them may be published.
    """

    share: float
    within: float
    sentence: str


NONE_WRONG = Promise(0.0, 0.0, "No value is wrong.")

CHECK = 10.5  # s between two checks of a chip, and one sample
SAMPLE = 1.1  # s; the sample under way when the fault ended

ASLEEP = Promise(
    0.25, CHECK,
    "Another program that shuts the chip down, or changes its resolution or rate, is detected by the check every 10 s; "
    "until then old values are published.",
)  # fmt: skip
WIRED_AND = Promise(
    0.35, SAMPLE,
    "Two chips of one kind at one address have the same identity and settings.  What they send together is wrong, and "
    "nothing in it shows that.",
)  # fmt: skip
WIRED_AND_OF_TRIMMING = Promise(
    0.25, SAMPLE,
    "Two BME280 or BMP388 at one address are refused: their trimming words do not fit their CRC.  A BMP280 or a BMP180 "
    "has none, so two of them are not detected.",
)  # fmt: skip
STALE = Promise(
    0.30, SAMPLE,
    "If a chip or an adapter answers each read as it did before, the first seconds of that look like a quantity that "
    "does not change.",
)  # fmt: skip
STUCK_BIT = Promise(
    0.20, SAMPLE,
    "A stuck bit is detected if the identity, the settings or the limits have the other level there; if not, values "
    "are wrong by the weight of that bit.",
)  # fmt: skip
STUCK_WRITE = Promise(
    0.15, SAMPLE,
    "A stuck bit in register numbers can turn the number of the temperature into that of a limit or an identity, all "
    "the time; the content of that register is then published.",
)  # fmt: skip
TORN_WORDS = Promise(
    0.15, SAMPLE,
    "The temperature and the humidity have a CRC each.  If an adapter puts together words of two measurements, this is "
    "not detected.",
)  # fmt: skip
TWIN = Promise(
    0.20, SAMPLE,
    "While a multiplexer switches by itself between two chips of a kind that are set up alike, one sample can hold "
    "values of both.  Trimming words and serial numbers show the other chip when a sample jumps, or after 10 s.",
)  # fmt: skip
FLIPPED_MOVING = Promise(
    0.05, inf,
    "A bit that flips in the data of a moving quantity without CRC looks like motion.  In its settings it is detected.",
)  # fmt: skip
OLD_MOTION = Promise(
    0.40, SAMPLE,
    "A moving quantity has no checksum.  If an adapter repeats an answer, joins the halves of two, or is held up by a "
    "chip, the acceleration of another moment is published.",
)  # fmt: skip
CUT_MOTION = Promise(
    0.05, SAMPLE,
    "If a line is held, or power is lost, in the middle of the bytes of a moving quantity, the rest looks like motion.",
)  # fmt: skip

STATUS_WORD = Promise(
    0.10, SAMPLE,
    "The status of an sht3x is a word with a right CRC.  If an adapter repeats it in place of a measurement, the "
    "status of a heated chip is published as a temperature of -23.12 °C.",
)  # fmt: skip
RAW = Promise(
    0.20, SAMPLE,
    "Nothing confirms the two bytes of a BH1750.  A line that is low reads as darkness, and bits that are stuck or "
    "shifted in the same way each time change its values.",
)  # fmt: skip
OTHER_REGISTER = Promise(
    0.15, SAMPLE,
    "Another program that uses an HDC1080 between the begin and the end of a measurement changes its register number.  "
    "The content of that register is then published.",
)  # fmt: skip
OWN_CONVERSION = Promise(
    0.05, SAMPLE,
    "Another program that starts a conversion of its own in the middle of a sample changes one value of that sample.",
)  # fmt: skip
TORN_RESULT = Promise(
    0.30, SAMPLE,
    "The results of an ms5611 have no checksum.  If an adapter puts together bytes of two of them, the same way each "
    "time, this is not detected.",
)  # fmt: skip
TWO_PROMS = Promise(
    0.02, CHECK,
    "While a multiplexer switches by itself between two ms5611, their words can be mixed.  One mixture in sixteen fits "
    "the CRC of four bits; the next check finds it.",
)  # fmt: skip
COMMANDS = ("sht3x", "sts3x", "hdc3020", "sht4x", "shtc3", "aht20")
THERMOMETERS, POWER = ("adt7410", "lm75", "mcp9808", "tmp117"), ("ina219", "ina226")
BOSCH = ("bme280", "bmp180", "bmp388", "dps310")
PROMISES: dict[tuple[str, str], Promise] = {
    **{(kind, driver): ASLEEP for kind in ("meddle", "rival") for driver in THERMOMETERS},
    **{
        (kind, driver): WIRED_AND
        for kind in ("both", "probe both")
        for driver in (*THERMOMETERS, *POWER, "hdc1080", "opt3001", "veml7700")
    },
    **{(kind, driver): WIRED_AND_OF_TRIMMING for kind in ("both", "probe both") for driver in BOSCH},
    **{
        ("stale", driver): STALE
        for driver in (*BOSCH, "hdc1080", "mlx90614", "scd4x", *COMMANDS, *THERMOMETERS, *POWER)
    },
    **{("read-stuck", driver): STUCK_BIT for driver in (*BOSCH, "hdc1080", *THERMOMETERS, *POWER)},
    **{("write-stuck", driver): STUCK_WRITE for driver in ("bme280", "hdc1080", *THERMOMETERS, *POWER)},
    **{(kind, "bh1750"): RAW for kind in ("read-stuck", "shift", "slow", "stale", "stuck-sda", "torn", "write-stuck")},
    ("meddle", "hdc1080"): OTHER_REGISTER,
    **{(kind, "ms5611"): WIRED_AND for kind in ("both", "probe both")},
    ("stale", "veml7700"): STALE,
    ("read-stuck", "veml7700"): STUCK_BIT,
    **{("stale", "ms5611"): STALE, ("torn", "ms5611"): TORN_RESULT},
    **{("read-stuck", "ms5611"): STUCK_BIT, ("twin", "ms5611"): TWIN},
    ("probe twin", "ms5611"): TWO_PROMS,
    **{(kind, "lps22hb"): WIRED_AND for kind in ("both", "probe both")},
    **{("stale", "lps22hb"): STALE, ("read-stuck", "lps22hb"): STUCK_BIT},
    **{("torn", driver): TORN_WORDS for driver in ("sht3x", "sht4x", "shtc3", "hdc3020")},
    **{("twin", driver): TWIN for driver in ("bme280", "bmp388", "dps310", "htu21", *COMMANDS, *POWER)},
    **{(kind, driver): FLIPPED_MOVING for kind in ("bitflip", "probe bitflip") for driver in ("imu", "lis3dh")},
    **{(kind, "lis3dh"): OLD_MOTION for kind in ("stale", "repeat", "torn", "stretch")},
    **{(kind, "lis3dh"): CUT_MOTION for kind in ("stuck-sda", "unplug", "brownout")},
    **{("read-stuck", driver): STUCK_BIT for driver in ("lis3dh", "ads1115")},
    **{("meddle", "ads1115"): OWN_CONVERSION, ("rival", "ads1115"): OWN_CONVERSION, ("twin", "ads1115"): TWIN},
    **{("stale", "ads1115"): STALE},
    **{("repeat", "sht3x"): STATUS_WORD},
    **{(kind, driver): WIRED_AND for kind in ("both", "probe both") for driver in ("lis3dh", "ads1115")},
}  # by kind and driver


def promise(kind: str, driver: str) -> Promise:
    """Return the promise for a driver under a kind of fault."""
    return PROMISES.get((kind, driver), NONE_WRONG)
