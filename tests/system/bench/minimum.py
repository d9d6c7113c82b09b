"""The least traffic of one sample that the datasheet of a chip allows, whatever a driver checks."""

from __future__ import annotations

from collections.abc import Mapping

from i2cdrv.i2c.adapter import Message, Read, Write

MINIMUM: Mapping[str, str] = {  # chip and mode: bytes written, and the number that is read; | is a STOP and a START
    "ads1115": "01 C5 83 | 00 > 2 | 01 D5 83 | 00 > 2 | 01 E5 83 | 00 > 2 | 01 F5 83 | 00 > 2",
    "adt7410": "00 > 2",
    "aht20": "AC 33 00 | > 7",
    "bh1750": "20 | > 2",
    "bme280": "F4 25 | F7 > 8",
    "bme280 normal": "F7 > 8",
    "bmp180": "F4 2E | F6 > 2 | F4 34 | F6 > 3",
    "bmp280": "F4 25 | F7 > 6",
    "bmp388": "1B 13 | 04 > 6",
    "dps310": "08 02 | 08 01 | 00 > 6",
    "hdc1080": "00 | > 4",
    "hdc3020": "24 00 | > 6",
    "htu21": "F3 | > 3 | F5 | > 3",
    "ina219": "01 > 2 | 02 > 2",  # continuous: of two moments, perhaps
    "ina226": "01 > 2 | 02 > 2",
    "lis3dh": "A8 > 6",
    "lm75": "00 > 2",
    "lps22hb": "11 11 | 28 > 5",
    "mcp9808": "05 > 2",
    "mlx90614": "06 > 3 | 07 > 3",
    "ms5611": "48 | 00 > 3 | 58 | 00 > 3",
    "opt3001": "01 CA 10 | 00 > 2",
    "pct2075": "00 > 2",
    "scd4x": "EC 05 | > 9",
    "sht3x": "24 00 | > 6",
    "sht4x": "FD | > 6",
    "shtc3": "35 17 | 78 66 | > 6 | B0 98",
    "sts3x": "24 00 | > 3",
    "tmp102": "00 > 2",
    "tmp117": "00 > 2",
    "veml7700": "04 > 2",
}


def transfers(chip: str, addr: int) -> list[list[Message]]:
    """Return the messages of each transfer; none for a chip without a minimum."""
    return [_messages(text, addr) for text in MINIMUM.get(chip, "").split("|") if text]


def _messages(text: str, addr: int) -> list[Message]:
    written, reads, length = text.partition(">")
    before: list[Message] = [Write(addr, bytes.fromhex(written))] if written.strip() else []
    return [*before, Read(addr, int(length))] if reads else before
