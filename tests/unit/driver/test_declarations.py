"""The declarations of a driver that the framework acts on: reserved bits, codes with numbers, settings, sleep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import pytest

import i2cdrv
from i2cdrv import (
    Celsius,
    CodedEnum,
    ConfigLost,
    Disagreement,
    Driver,
    NoDevice,
    OutOfRange,
    Range,
    Register,
    bits,
    reg_field,
    reserved,
    s16,
    u16,
)
from i2cdrv.driver.regmap import RegMap
from i2cdrv.i2c.client import Client
from i2cdrv.sim import Chip, SimAdapter

from ..drivers.wire import conversation

if TYPE_CHECKING:
    from collections.abc import Iterator

ADDR = 0x48


class Gain(CodedEnum):
    X1, X8 = (0, 1), (3, 8)


class Config(Register, addr=0x01, size=2):
    fixed = reserved(15, 12, 0b0100)
    gain: Gain = bits(11, 10)
    unused = reserved(9)
    rate: int = bits(8, 0)


def regmap(bus: Any) -> RegMap:
    return RegMap(Client(bus, ADDR, "chip"))


# Reserved bits


def test_reserved_bits_are_written_and_are_no_argument() -> None:
    config = Config(gain=Gain.X8, rate=5)
    assert config.encode() == bytes.fromhex("4C 05")
    assert repr(config) == "Config(gain=<Gain.X8: 3>, rate=5)"
    with pytest.raises(TypeError, match="takes exactly: gain, rate"):
        Config(gain=Gain.X8, rate=5, fixed=4)  # type: ignore[call-arg]


@pytest.mark.parametrize("word", ["0C 05", "5C 05", "4E 05"])
def test_a_read_with_other_reserved_bits_is_a_disagreement(word: str) -> None:
    with conversation(ADDR, f"01 > 4C 05\n01 > {word}") as bus:
        registers = regmap(bus)
        assert registers.read(Config).gain is Gain.X8
        with pytest.raises(Disagreement, match=r"register 0x01 of 7-0048 reads .* which is impossible"):
            registers.read(Config)


def test_reserved_bits_can_be_looked_at_until_the_chip_is_recognised() -> None:
    with conversation(ADDR, "01 > 9E 05") as bus:
        registers = regmap(bus)
        registers._client.recognised = False
        config = registers.read(Config)
    assert (config.fixed, config.unused, config.rate) == (0b1001, 1, 5)


def test_reserved_bits_take_no_annotation_and_fields_need_one() -> None:
    with pytest.raises(TypeError, match=r"Annotated_\.unused: reserved bits take no annotation"):
        type("Annotated_", (Register,), {"__annotations__": {"unused": int}, "unused": reserved(7)}, addr=0)
    with pytest.raises(TypeError, match=r"Bare\.rate: a field needs an annotation"):
        type("Bare", (Register,), {"__annotations__": {}, "rate": bits(7)}, addr=0)


def test_reserved_bits_overlap_with_nothing_and_hold_their_value() -> None:
    with pytest.raises(TypeError, match="shares bits"):
        type("Both", (Register,), {"__annotations__": {"rate": int}, "rate": bits(3, 0), "no": reserved(3)}, addr=0)
    with pytest.raises(TypeError, match=r"fixed=0x4 is not a raw code of its 2 bits, 0 … 0x3"):
        type("Wide", (Register,), {"no": reserved(1, 0, 4)}, addr=0)


# Codes with numbers


def test_a_coded_member_is_its_code_and_carries_its_number() -> None:
    assert [(gain, gain.number, gain.name) for gain in Gain] == [(0, 1, "X1"), (3, 8, "X8")]
    field = reg_field(0x00, 1, 0, type=Gain)
    assert field.encode(Gain.X8) == b"\x03"
    assert field.decode(b"\x03") is Gain.X8


# Settings that change by themselves


class Control(Register, addr=0x10):
    rate: int = bits(7, 4)
    mode: int = bits(1, 0)


class Status(Register, addr=0x0F, size=2):
    busy: bool = bits(0, at=0x0F)
    mode: int = bits(1, 0, at=0x10)


class Result(Register, addr=0x0F, size=3):
    busy: bool = bits(0, at=0x0F, setting=True)
    rate: int = bits(7, 4, at=0x10, setting=True)
    mode: int = bits(1, 0, at=0x10, setting=True)
    raw: int = bits(7, 0, at=0x11)


ONCE, FREE, IDLE = Control(rate=3, mode=1), Control(rate=3, mode=3), Status(busy=False, mode=0)


def played(talk: str) -> Iterator[RegMap]:
    with conversation(ADDR, talk) as bus:
        yield regmap(bus)


@pytest.mark.parametrize("found", ["00 31", "01 30", "00 20", "00 33"])
def test_a_chip_that_is_not_as_the_write_left_it_has_lost_its_settings(found: str) -> None:
    for registers in played(f"10 31\n0F > 00 30 55\n0F > {found} 55"):
        registers.write(ONCE, expect=IDLE)
        assert registers.read(Result).raw == 0x55
        with pytest.raises(ConfigLost, match="has other settings than were written: a power dip, another chip, or"):
            registers.read(Result)


def test_the_next_write_to_the_register_drops_the_expected_value_of_the_last() -> None:
    for registers in played("10 31\n10 33\n0F > 01 33 55\n0F > 00 33 55\n0F > 00 30 55"):
        registers.write(ONCE, expect=IDLE)
        registers.write(FREE)
        for _ in range(2):  # busy or not
            assert registers.read(Result).raw == 0x55
        with pytest.raises(ConfigLost):
            registers.read(Result)


# Converters at their ends, blank words


class Raw(Register, addr=0x20, size=4):
    wide: int = u16(0x20, saturates=True)
    high: int = bits(15, 4, at=0x22, size=2, saturates=True)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("00 00 12 30", r"wide is at the end of its converter \(0\)"),
        ("FF FF 12 30", r"wide is at the end of its converter \(65535\)"),
        ("12 34 00 0F", r"high is at the end of its converter \(0\)"),
        ("12 34 FF F0", r"high is at the end of its converter \(4095\)"),
    ],
)
def test_a_converter_at_its_end_is_out_of_range(data: str, message: str) -> None:
    for registers in played(f"20 > 00 01 FF E0\n20 > {data}"):
        assert registers.read(Raw).high == 0xFFE
        with pytest.raises(OutOfRange, match=message):
            registers.read(Raw)


class Trim(Register, addr=0x80, size=4, byteorder="little"):
    gain: int = u16(0x80, programmed=True)
    offset: int = s16(0x82, programmed=True)


@pytest.mark.parametrize("words", ["00 00 01 00", "FF FF 01 00", "01 00 00 00", "01 00 FF FF"])
def test_blank_words_are_no_device(words: str) -> None:
    for registers in played(f"80 > 01 00 FE FF\n80 > {words}"):
        assert registers.read(Trim).offset == -2
        with pytest.raises(NoDevice, match="7-0048 has blank trimming words"):
            registers.read(Trim)


# Chips that are made of bytes


WORDS = [reg_field(number, size=2) for number in range(3)]


@pytest.mark.parametrize(
    ("talk", "overlaps"),
    [
        ("00 > 12 34\n01 > 34 56\n01 > 34 56\n02 > 56 78", True),  # the bytes 12 34 56 78
        ("00 > 12 34\n01 > 12 34", False),
        ("00 > 12 34\n01 > 34 56\n01 > 34 56\n02 > 57 78", False),
    ],
)
def test_registers_that_overlap_by_a_byte_are_seen(talk: str, overlaps: bool) -> None:
    for registers in played(talk):
        assert registers.is_bytewise(*WORDS) is overlaps


# The driver


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 125, accuracy=1.0)]


class Row(NamedTuple):
    startup: float


class Thermo(Driver[Row]):
    """One byte at 0x00 in °C; asleep with 0xA5 in 0x0E and bit 0 of 0x0F."""

    addresses = (ADDR,)
    id_table = {"quick": Row(0.1), "slow": Row(2.0)}
    asleep = {reg_field(0x0E): 0xA5, reg_field(0x0F, 0): 1}

    async def configure(self) -> None:
        self.regmap.write(reg_field(0x0D), 1)

    async def sample(self) -> Sample:
        if self.regmap.read(reg_field(0x0C)):
            raise self.settings_lost()
        return Sample(float(self.regmap.read(reg_field(0x00))))


def test_a_row_has_the_time_after_power_on() -> None:
    bus: Any = SimAdapter({})
    assert [Thermo(Client(bus, ADDR, name), {}).startup for name in Thermo.id_table] == [0.1, 2.0]
    assert Driver(Client(bus, ADDR, "any"), {}).startup == 0.0


def test_the_chip_is_put_to_sleep_at_removal_the_last_declared_field_first() -> None:
    talk = "0D 01\n0F > 80\n0F > 80\n0F 81\n0F > 81\n0E A5"
    with conversation(ADDR, talk) as bus:
        i2cdrv.open(Thermo, bus=bus, addr=ADDR).close()


def test_a_configuration_that_fails_puts_the_chip_to_sleep_too() -> None:
    with (
        conversation(ADDR, "0D 01!\n0F > 80\n0F > 80\n0F 81\n0F > 81\n0E A5") as bus,
        pytest.raises(i2cdrv.Nack),
    ):
        i2cdrv.open(Thermo, bus=bus, addr=ADDR)


class Watched(Thermo):
    identity = {"quick": {reg_field(0x0B): 0x5A}}


class Memory(Chip):
    """256 bytes, and a pointer that counts up."""

    def __init__(self) -> None:
        self.content, self._pointer, self._first = bytearray(256), 0, True
        super().__init__()

    def start(self, read: bool) -> bool:
        self._first = not read
        return True

    def write(self, byte: int) -> bool:
        if self._first:
            self._pointer, self._first = byte, False
        else:
            self.content[self._pointer] = byte
            self._pointer += 1
        return True

    def read(self) -> int:
        self._pointer += 1
        return self.content[self._pointer - 1]


def test_a_driver_reports_that_the_settings_are_lost_and_is_probed_again() -> None:
    chip = Memory()
    chip.content[0x00], chip.content[0x0B] = 20, 0x5A
    with i2cdrv.open(Watched, bus=SimAdapter({ADDR: chip}), addr=ADDR) as device:
        assert device.sample().temp == 20.0
        chip.content[0x0C] = 1
        with pytest.raises(ConfigLost, match="0-0048 has lost its settings: a power dip, another chip, or another"):
            device.sample()
        assert device.recovery.steps["reprobes"] > 0
        chip.content[0x0C] = 0
        assert device.sample().temp == 20.0
