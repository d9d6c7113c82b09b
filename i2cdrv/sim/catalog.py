"""The simulated chips by name, and from words on a command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

from ..errors import Invalid
from ..lib.limits import suggested_address
from . import userchip
from .chip import Chip, unknown

CLASSES = {  # name: module and class
    "ads1013": "ads1115.Ads1013",
    "ads1014": "ads1115.Ads1014",
    "ads1015": "ads1115.Ads1015",
    "ads1113": "ads1115.Ads1113",
    "ads1114": "ads1115.Ads1114",
    "ads1115": "ads1115.Ads1115",
    "adt7410": "adt7410.Adt7410",
    "adt7420": "adt7410.Adt7420",
    "aht20": "aht20.Aht20",
    "bh1750": "bh1750.Bh1750",
    "bme280": "bme280.Bme280",
    "bmp085": "bmp180.Bmp085",
    "bmp180": "bmp180.Bmp180",
    "bmp280": "bme280.Bmp280",
    "bmp380": "bmp388.Bmp380",
    "bmp388": "bmp388.Bmp388",
    "bmp390": "bmp388.Bmp390",
    "dps310": "dps310.Dps310",
    "dps368": "dps310.Dps368",
    "ds1775": "lm75.Ds1775",
    "hdc1080": "hdc1080.Hdc1080",
    "hdc3020": "hdc3020.Hdc3020",
    "htu21": "htu21.Htu21",
    "ina219": "ina2xx.Ina219",
    "ina226": "ina2xx.Ina226",
    "ina230": "ina2xx.Ina230",
    "ina231": "ina2xx.Ina231",
    "ina260": "ina2xx.Ina260",
    "lis3dh": "lis3dh.Lis3dh",
    "lm75": "lm75.Lm75",
    "lm75a": "lm75.Lm75a",
    "lps22df": "lps22hb.Lps22df",
    "lps22hb": "lps22hb.Lps22hb",
    "lps22hh": "lps22hb.Lps22hh",
    "lps25hb": "lps22hb.Lps25hb",
    "lps28dfw": "lps22hb.Lps28dfw",
    "lps33hw": "lps22hb.Lps33hw",
    "lps35hw": "lps22hb.Lps35hw",
    "mcp9808": "mcp9808.Mcp9808",
    "mcp980x": "lm75.Mcp980x",
    "mlx90614": "mlx90614.Mlx90614",
    "mlx90614b": "mlx90614.Mlx90614b",
    "ms5607": "ms5611.Ms5607",
    "ms5611": "ms5611.Ms5611",
    "ms5637": "ms5611.Ms5637",
    "ms5837": "ms5611.Ms5837",
    "ms5837_02ba": "ms5611.Ms583702ba",
    "ms8607": "ms5611.Ms8607",
    "opt3001": "opt3001.Opt3001",
    "pct2075": "lm75.Pct2075",
    "scd4x": "scd4x.Scd4x",
    "sht21": "htu21.Sht21",
    "sht3x": "sht3x.Sht3x",
    "sht4x": "sht4x.Sht4x",
    "shtc3": "shtc3.Shtc3",
    "si7006": "htu21.Si7006",
    "si7013": "htu21.Si7013",
    "si7020": "htu21.Si7020",
    "si7021": "htu21.Si7021",
    "sts3x": "sht3x.Sts3x",
    "tmp75": "lm75.Tmp75",
    "tmp102": "tmp102.Tmp102",
    "tmp105": "lm75.Tmp105",
    "tmp117": "tmp117.Tmp117",
    "tmp119": "tmp117.Tmp119",
    "veml6030": "veml7700.Veml6030",
    "veml7700": "veml7700.Veml7700",
}
ALIASES = {  # printed name: chip; as the drivers declare them
    **dict.fromkeys(("am2301b", "aht21", "dht20"), "aht20"),
    **dict.fromkeys(("hdc3021", "hdc3022", "hdc302x"), "hdc3020"),
    **dict.fromkeys(("htu20d", "htu21d"), "htu21"),
    **dict.fromkeys(("sht20", "sht25"), "sht21"),
    **dict.fromkeys(("mcp9800", "mcp9801", "mcp9802", "mcp9803"), "mcp980x"),
    "lps25h": "lps25hb",
    "ms5837_30ba": "ms5837",
    **dict.fromkeys(("scd40", "scd41"), "scd4x"),
    **dict.fromkeys(("sht30", "sht31", "sht35"), "sht3x"),
    **dict.fromkeys(("sht40", "sht41", "sht43", "sht45"), "sht4x"),
    **dict.fromkeys(("sts30", "sts31", "sts35"), "sts3x"),
}


class Chips(Mapping[str, type[Chip]]):
    """The chip classes by name or printed name; each is imported at its first use.  Iteration omits printed names."""

    def __getitem__(self, name: str) -> type[Chip]:
        module, _, cls = CLASSES[ALIASES.get(name, name)].partition(".")
        chip: type[Chip] = getattr(import_module(f"{__package__}.chips.{module}"), cls)
        return chip

    def __iter__(self) -> Iterator[str]:
        return iter(CLASSES)

    def __len__(self) -> int:
        return len(CLASSES)

    def __contains__(self, name: object) -> bool:
        return name in CLASSES or name in ALIASES


CHIPS: Mapping[str, type[Chip]] = Chips()
CHIP_SYNTAX = "NAME@ADDRESS or NAME@ADDRESS:INPUT=NUMBER,… , for example sht4x@0x44:temp=-12.5,humidity=40"


def chip_class(name: str) -> type[Chip]:
    """Return the class of a chip by its name, or of a user's own file (``./mychip_sim.py:MyChip``).

    Errors: Unknown, and those of ``userchip.load_class``.
    """
    if userchip.is_file(name):
        return userchip.load_class(name)
    if name not in CHIPS:
        raise unknown("no simulated chip", name, (*CHIPS, *ALIASES))
    return CHIPS[name]


def parse_chip(text: str) -> tuple[int, Chip]:
    """Return address and chip of a word such as ``sht4x@0x44:temp=-12.5,humidity=40``.

    Errors: Invalid, and those of ``userchip.load_class``.
    """
    name, at, place = text.rpartition("@")
    addr, colon, tail = place.partition(":")
    if not at:
        raise Invalid(f"{text!r}: no address; write {CHIP_SYNTAX}")
    if name not in CHIPS and not userchip.is_file(name):
        raise unknown(f"{text!r}: no chip", name, (*CHIPS, *ALIASES))
    chip = chip_class(name)
    values = dict(_setting(text, chip, word) for word in tail.split(",")) if colon else {}
    return _address(text, addr), chip(**values)


def located(text: str, directory: Path) -> str:
    """Return a word of ``parse_chip`` that means the same in every directory: its file is taken from this one."""
    name, at, place = text.rpartition("@")
    return f"{(directory / name).resolve()}{at}{place}" if userchip.is_file(name) else text


def _setting(text: str, chip: type[Chip], word: str) -> tuple[str, float]:
    name, equals, number = word.partition("=")
    if not equals:
        raise Invalid(f"{text!r}: {word!r} is not INPUT=NUMBER; write {CHIP_SYNTAX}")
    if name not in chip.inputs and name not in chip.options:
        raise unknown(f"{text!r}: no input", name, (*chip.inputs, *chip.options))
    try:
        return name, float(number)
    except ValueError:
        raise Invalid(f"{text!r}: {name}={number!r} is not a number") from None


def _address(text: str, word: str) -> int:
    if hint := suggested_address(word):
        raise Invalid(f"{text!r}: {word}: addresses are written in hexadecimal: {hint}")
    try:
        addr = int(word, 16) if word.lower().startswith("0x") else -1
    except ValueError:
        addr = -1
    if not 0 <= addr <= 0x7F:
        raise Invalid(f"{text!r}: {word!r} is not a 7-bit address, 0x00 to 0x7f")
    return addr
