"""The chips of the matrix: their addresses, their settings, and the other chips on the bench."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from i2cdrv.core.module import available, load
from i2cdrv.sim import CHIPS

from .simchips import Imu

if TYPE_CHECKING:
    from collections.abc import Mapping

    from i2cdrv.core.module import Module
    from i2cdrv.sim import Chip

OURS = {path.stem: path for path in sorted((Path(__file__).parent / "drivers").glob("[a-z]*.py"))}
SIMULATED: Mapping[str, type[Chip]] = {**CHIPS, "imu": Imu}
INTERVAL = 1.0  # s between samples
INTERVALS = {"imu": 0.2, "lis3dh": 0.2}  # of a chip that moves

SETTINGS = {  # beyond the defaults
    "ads1115": ("inputs=ain2", "inputs=ain0_ain1,ain3 rate=sps860", "full_scale=v4_096,v4_096,v4_096,v4_096"),
    "ads1015": ("inputs=ain1,ain3 rate=sps3300",),
    "bme280": ("mode=normal standby=ms0_5", "mode=normal standby=ms1000", "osrs_t=x16 osrs_p=x16 osrs_h=x16"),
    "bmp280": ("mode=normal standby=ms125",),
    "bmp180": ("osrs_p=x8",),
    "dps310": ("osrs_p=x32 osrs_t=x4", "osrs_p=x1"),
    "bmp388": ("osrs_p=x32 osrs_t=x2", "osrs_p=x1"),
    "ina219": ("samples=x128 bus_range=v16", "shunt_range=mv80"),
    "ina226": ("average=x16 time=us8244",),
    "ina260": ("average=x4 time=us140",),
    "lis3dh": ("rate=hz1344", "scale=g16 rate=hz100"),
    "mcp9808": ("resolution=half",),
    "sht3x": ("repeatability=low", "heater=y"),
    "sts3x": ("repeatability=low",),
    "sht4x": ("precision=low",),
    "tmp117": ("cycle=ms15_5 averaging=x1", "averaging=x64"),
    "shtc3": ("power=low",),
    **dict.fromkeys(("htu21", "sht21", "si7021"), ("heater=y",)),
    "opt3001": ("time=ms100",),
    "veml7700": ("integration=ms25 power_save=ms500", "gain=x1_4 integration=ms50"),
    "bh1750": ("mode=high2", "mtreg=138", "mode=low"),
    "hdc1080": ("heater=y",),
    "hdc3020": ("mode=lpm3",),
    "ms5611": ("osr=x256",),
    "ms5837": ("osr=x8192",),
    "lps28dfw": ("full_scale=hpa4060",),
}
BAROMETERS = ("ms5611", "ms5607", "ms5637", "ms8607", "ms5837", "ms5837_02ba")
ADDRESS = {
    "mcp9808": 0x18, "lis3dh": 0x19, "bh1750": 0x23, "ina219": 0x40, "ina226": 0x41, "sht4x": 0x44, "imu": 0x68,
    "bme280": 0x76, "bmp280": 0x77, "bmp180": 0x77, "bmp085": 0x77, "bmp388": 0x76, "bmp380": 0x77, "bmp390": 0x77,
    "dps310": 0x77, "dps368": 0x76,
    "aht20": 0x38, "sht3x": 0x44, "sts3x": 0x4A, "hdc3020": 0x44, "shtc3": 0x70, "hdc1080": 0x40,
    "mlx90614": 0x5A, "mlx90614b": 0x5A, "scd4x": 0x62, "veml7700": 0x10, "veml6030": 0x48,
    "opt3001": 0x44,
    "ina230": 0x41, "ina231": 0x41, "ina260": 0x41,
}  # fmt: skip
HTU21 = ("htu21", "sht21", "si7006", "si7013", "si7020", "si7021")
ADDRESS |= dict.fromkeys(HTU21, 0x40)
ADDRESS |= dict.fromkeys(BAROMETERS, 0x76)
LPS = ("lps22hb", "lps33hw", "lps35hw", "lps22hh", "lps22df", "lps28dfw", "lps25hb")
ADDRESS |= dict.fromkeys(LPS, 0x5C)
THERMOMETER = 0x48
ADCS = ("ads1115", "ads1114", "ads1113", "ads1015", "ads1014", "ads1013")
STRANGERS = {  # chips that may be plugged in by mistake: legal at the address, or beside it on the bench
    "bme280": ("bme280", "bmp280", "sht4x"),
    "bmp280": ("bmp280", "bme280", "mcp9808"),
    "bmp180": ("bmp180", "bmp280", "sht4x"),
    "bmp388": ("bmp388", "bmp390", "sht4x"),
    "bmp380": ("bmp380", "bmp280", "lm75"),
    "bmp390": ("bmp390", "bmp388", "mcp9808"),
    "dps310": ("dps310", "bmp280", "sht4x"),
    "dps368": ("dps368", "bmp388", "lm75"),
    "bmp085": ("bmp085", "bmp280", "lm75"),
    "ina219": ("ina219", "ina226", "sht4x"),
    "ina226": ("ina226", "ina219", "lm75"),
    "ina230": ("ina230", "ina219", "lm75"),
    "ina231": ("ina231", "ina219", "lm75"),
    "ina260": ("ina260", "ina226", "lm75"),
    "mcp9808": ("mcp9808", "lm75", "bme280"),
    "sht4x": ("sht4x", "lm75", "bme280"),
    "aht20": ("aht20", "sht4x", "lm75"),
    "sht3x": ("sht3x", "sht4x", "lm75"),
    "sts3x": ("sts3x", "sht3x", "lm75"),
    "hdc3020": ("hdc3020", "sht3x", "lm75"),
    "shtc3": ("shtc3", "sht4x", "bme280"),
    "lis3dh": ("lis3dh", "mcp9808", "bme280"),
    **{adc: (adc, "lm75", "tmp117") for adc in ADCS},
    "bh1750": (),
    "scd4x": ("scd4x", "sht4x", "lm75"),
    "opt3001": ("opt3001", "sht4x", "lm75"),
    "veml7700": ("veml7700", "lm75"),
    "veml6030": ("veml6030", "lm75"),
    "hdc1080": ("hdc1080", "ina219", "sht4x"),
    "mlx90614": ("mlx90614", "mlx90614b", "lm75"),
    "mlx90614b": ("mlx90614b", "mlx90614", "lm75"),
    **{chip: (chip, "ina219", "hdc1080") for chip in HTU21},
    "imu": (),
    **{each: (each, "bme280", "ms5611") for each in BAROMETERS},
    **{each: (each, "lps22hh", "lps25hb", "mlx90614") for each in LPS},
}
STRANGE_THERMOMETERS = ("tmp102", "ina219", "bme280", "mcp9808")
CONSTANTS = {
    "bme280": ("0x88", "0xe1"),
    "bmp280": ("0x88",),
    "bmp180": ("0xaa",),
    "bmp085": ("0xaa",),
    **dict.fromkeys(("bmp388", "bmp380", "bmp390"), ("0x31",)),
    **dict.fromkeys(("dps310", "dps368"), ("0x10",)),
}  # registers that are read once, at probe
OTHER_SETTINGS = {  # writes of another program: asleep, another mode or format, a reset; by chip, or for the family
    "bme280": ("f400", "f427", "f4b5", "f510", "f5fc", "f200", "f205", "e0b6"),
    "bmp280": ("f400", "f427", "f4b5", "f510", "f5fc", "e0b6"),
    "bmp180": ("f42e", "f434", "f4f4", "e0b6"),
    "bmp085": ("f42e", "f434", "f4f4"),
    **dict.fromkeys(("bmp388", "bmp380", "bmp390"), ("1b33", "1b00", "1b13", "1c00", "1c2d", "1d05", "7eb6")),
    **dict.fromkeys(("dps310", "dps368"), ("0807", "0801", "0802", "0800", "0600", "0626", "0780", "0907", "0c09")),
    "ina219": ("003998", "008000", "00019f", "00399f", "00399c", "0039b7"),
    **dict.fromkeys(("ina226", "ina230", "ina231"), ("004120", "008000", "004527", "004125", "004007")),
    "ina260": ("006120", "008000", "006527", "006125", "006007"),
    "mcp9808": ("010100", "0800", "010000", "010600"),
    "sht4x": ("94", "89", "e0", "39"),
    "aht20": ("ba", "be0800", "ac3300"),
    **dict.fromkeys(("sht3x", "sts3x"), ("30a2", "306d", "3066", "2416")),
    "shtc3": ("805d", "b098", "609c"),
    "hdc3020": ("30a2", "306d", "2737", "3093", "24ff"),
    "scd4x": ("21b1", "3f86", "ec05", "e4b8", "3646", "2427000081"),
    **dict.fromkeys(HTU21, ("fe", "e606", "e63e", "e683", "e6bb", "f3", "f5", "fa0f")),
    "lm75": ("0101", "0119", "011f"),
    "tmp102": ("0161a0", "0160b0", "016020", "01e1a0"),
    "pct2075": ("0101", "0401", "041f"),
    "tmp75": ("0101", "0100", "0161", "0181"),
    **dict.fromkeys(("adt7410", "adt7420"), ("03e0", "0300", "03a0", "03c0", "0a0f", "042800")),
    "tmp117": ("010620", "010222", "010260", "0103a0", "048000"),
    "lis3dh": ("2007", "2057", "207f", "2108", "2398", "2380", "23c8", "2440"),
    "bh1750": ("00", "01", "23"),
    "opt3001": ("01c810", "01c610", "01ca10", "010e10"),
    **dict.fromkeys(("veml7700", "veml6030"), ("000100", "000000", "000018", "004010", "000300")),
    "hdc1080": ("020000", "023000", "028000", "021600"),
    "mlx90614": (),
    "mlx90614b": (),
    "imu": (),
    **dict.fromkeys(ADCS, ("018483", "018583", "01c583", "0185eb", "01878b", "01858f", "018580")),
}
OTHER_SETTINGS |= dict.fromkeys(("tmp105", "ds1775", "mcp980x"), OTHER_SETTINGS["tmp75"])
OTHER_SETTINGS |= dict.fromkeys(BAROMETERS, ("1e", "48", "50", "00", "a2"))
OTHER_SETTINGS |= dict.fromkeys(LPS, ("1052", "1022", "1011", "1100", "1104", "1140", "0b20", "1200"))
OTHER_SETTINGS |= {"lps25hb": ("2090", "20c4", "2000", "2102", "2104", "1000", "a08001")}
OTHER_SETTINGS |= {"lm75a": OTHER_SETTINGS["lm75"], "tmp119": OTHER_SETTINGS["tmp117"]}


@cache
def module_of(chip: str) -> Module:
    """Return the module that drives a chip of the matrix."""
    return load(f"{OURS[chip]}" if chip in OURS else chip)


def chips() -> list[str]:
    """Return every chip that a driver is for."""
    return [*(chip for name in available() for chip in load(name).chips), *OURS]


def pace(chip: str) -> float:
    """Return by which factor all of a run takes longer, because the chip measures less often than others."""
    return max(1.0, module_of(chip).driver.fastest / INTERVAL)


def address(chip: str) -> int:
    """Return where the chip is on the bus of the matrix."""
    addresses = module_of(chip).driver.addresses
    return ADDRESS.get(chip, THERMOMETER if THERMOMETER in addresses else addresses[0])


def other_settings(chip: str) -> tuple[str, ...]:
    """Return the writes of another program."""
    if chip not in OTHER_SETTINGS:
        raise LookupError(f"{chip} is not in OTHER_SETTINGS of {__name__}: add writes that shut it down or change it")
    return OTHER_SETTINGS[chip]


def strangers(chip: str) -> tuple[str, ...]:
    """Return the chips that may be in its place, or beside it at its address."""
    return STRANGERS.get(chip, (chip, *STRANGE_THERMOMETERS))
