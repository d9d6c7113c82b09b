"""The verdicts of a type checker for the author of a driver; never run.

``assert_type`` states the inferred type.  A ``type: ignore`` marks a required error: mypy refuses the ones
it does not need.  They have no code, because versions of mypy do not agree on the codes.
"""

# mypy: disable-error-code="ignore-without-code"

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from enum import Enum, IntEnum
from typing import Any, NamedTuple, assert_type

import i2cdrv
from i2cdrv import (
    Attribute,
    Celsius,
    CodedEnum,
    Command,
    Driver,
    RegField,
    Register,
    attribute,
    bits,
    concat,
    param,
    reg_field,
    reserved,
    s8,
    s16,
    u8,
)
from i2cdrv.core.reading import Reading

Mode = IntEnum("Mode", "SLEEP NORMAL", start=0)

BYTE = reg_field(0x00)
SCALED = reg_field(0x01, 15, 4, size=2, signed=True, scale=0.0625)
FLAG = reg_field(0x02, 3, type=bool)
CHOICE = reg_field(0x03, 1, 0, type=Mode)

assert_type(BYTE, RegField[int])
assert_type(SCALED, RegField[float])
assert_type(FLAG, RegField[bool])
reg_field("0x00")  # type: ignore
reg_field(0x00, 7, 0, 2)  # type: ignore  # size is a keyword
reg_field(0x00, type=bool, scale=0.5)  # type: ignore


class Ctrl(Register, addr=0xF4):
    mode: Mode = bits(1, 0)
    rate: int = bits(7, 5)


class Gain(CodedEnum):
    X1, X8 = (0, 1.0), (3, 8.0)


class Reserved(Register, addr=0x01):
    fixed = reserved(7, 4, 0b0100)
    gain: Gain = bits(1, 0)


assert_type(Reserved.decode(b"\x40").gain, Gain)
assert_type(Gain.X8.number, float)
Reserved(gain=Gain.X1)
Reserved(gain=Gain.X1, fixed=4)  # type: ignore


class Burst(Register, addr=0xE1, size=8, byteorder="little"):
    ctrl: Ctrl = bits(7, 0, at=0xE1)
    one: int = u8(0xE2)
    two: int = s8(0xE3)
    words: tuple[int, ...] = s16(0xE4, count=2)
    scattered: int = concat((0xE8, 7, 4), (0xE8, 3, 0), signed=True)


assert_type(Ctrl(mode=Mode.SLEEP, rate=1), Ctrl)
assert_type(Ctrl.decode(b"\x00"), Ctrl)
assert_type(Burst.decode(bytes(8)).words, tuple[int, ...])
assert_type(Burst.decode(bytes(8)).ctrl.rate, int)
Ctrl(mode=Mode.SLEEP)  # type: ignore
Ctrl(mode=Mode.SLEEP, rate=1, filter=2)  # type: ignore
Ctrl(mode="sleep", rate=1)  # type: ignore
Ctrl(Mode.SLEEP, 1)  # type: ignore
Ctrl.decode(b"\x00").rate = 2  # type: ignore


class Misspelt(Register, adr=0x00):  # type: ignore
    byte: int = u8(0x00)


class Sample(NamedTuple):
    temp: Celsius


class Precision(Enum):
    HIGH = Command(0xFD, words=2, delay=0.0083)


class Thermo(Driver):
    mode: Mode = param("how", default=Mode.NORMAL)

    limit = attribute(SCALED)

    async def probe(self) -> None:
        self.regmap.write(BYTE, 0xB6)
        self.regmap.write(Ctrl(mode=self.mode, rate=1))
        self.regmap.update(FLAG, True)
        self.on_remove(self.regmap.write, BYTE, 0)
        self.on_remove(self.rest, 0.1)
        await self.client.sleep(0.002)
        await self.regmap.poll(FLAG, False, every=0.002, timeout=0.02)

    async def rest(self, seconds: float) -> None:
        await self.client.sleep(seconds)

    async def mistakes(self) -> None:
        self.regmap.write(BYTE, "reset")  # type: ignore
        self.regmap.write(BYTE, 1.5)  # type: ignore
        self.regmap.update(CHOICE, "sleep")  # type: ignore
        self.regmap.update(CHOICE, 2)  # type: ignore
        self.regmap.update(Ctrl, 1)  # type: ignore
        await self.regmap.poll(FLAG, "no", every=0.002, timeout=0.02)  # type: ignore
        await self.regmap.poll(FLAG, False, every=0.002)  # type: ignore
        self.on_remove(self.rest)  # type: ignore
        self.on_remove(self.rest, "a second")  # type: ignore
        await self.client.sleep("2 ms")  # type: ignore

    async def sample(self) -> Sample:
        assert_type(self.mode, Mode)
        assert_type(self.regmap.read(SCALED), float)
        assert_type(self.regmap.read(Burst), Burst)
        assert_type(await Precision.HIGH.value.execute(self.client), tuple[int, ...])
        return Sample(self.regmap.read(SCALED))


assert_type(Thermo.limit, Attribute[float])


class Row(NamedTuple):
    field: RegField[float]
    startup: float = 0.1


class Family(Driver[Row]):
    id_table = {"one": Row(SCALED)}

    async def sample(self) -> Sample:
        assert_type(self.id, Row)
        self.id.feild  # type: ignore  # noqa: B018
        if self.regmap.read(FLAG):
            raise self.settings_lost()
        self.regmap.write(Ctrl(mode=Mode.NORMAL, rate=1), expect=Ctrl(mode=Mode.SLEEP, rate=1))
        self.regmap.write(Ctrl(mode=Mode.NORMAL, rate=1), expect=Mode.SLEEP)  # type: ignore
        return Sample(self.regmap.read(self.id.field))


async def coroutine() -> None:
    async with i2cdrv.open("bme280", bus=1) as bme:
        assert_type((await bme.sample()).humidity, float)
        assert_type(bme.every(1.0), AsyncGenerator[Reading, None])
        (await bme.sample()).tempp  # type: ignore  # noqa: B018
        bme.sample().temp  # type: ignore  # noqa: B018
    async with await asyncio.to_thread(i2cdrv.open, Thermo, bus=1) as thermo:
        assert_type((await thermo.sample()).temp, float)


def program() -> None:
    with i2cdrv.open(Thermo, bus=1, addr=0x48, mode="normal") as device:
        assert_type(device.sample(), Sample)
        assert_type(device.sample().temp, float)
        device.sample().pressure  # type: ignore  # noqa: B018
    with i2cdrv.open("thermo") as unknown:
        assert_type(unknown.sample(), Any)
    with i2cdrv.open("bme280") as bme:
        assert_type(bme.sample().humidity, float)
        bme.sample().tempp  # type: ignore  # noqa: B018
    with i2cdrv.open("bmp280", bus="sim", osrs_t="x16") as bmp:
        assert_type(bmp.sample().pressure, float)
        bmp.sample().humidity  # type: ignore  # noqa: B018
    assert_type(i2cdrv.open("pct2075").recent(1.0).temp, float)
    for reading in i2cdrv.open("bme280").every(1.0):
        assert_type(reading, Reading)
    i2cdrv.open("bme280", addr="0x76")  # type: ignore
    i2cdrv.open(Sample)  # type: ignore
    i2cdrv.open(Thermo, addr="0x48")  # type: ignore
