"""Registers against the datasheets' own pictures, and against a second decoder that works on strings of 0 and 1."""

from __future__ import annotations

import errno
from enum import Enum, IntEnum
from itertools import pairwise
from types import new_class
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2cdrv.driver.regfield import reg_field
from i2cdrv.driver.register import Register
from i2cdrv.driver.role import unsaturated
from i2cdrv.driver.specifiers import bits, concat, s8, s16, u8, u16
from i2cdrv.errors import Error, Invalid, OutOfRange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from i2cdrv.driver.regfield import ByteOrder, RegField

Mode = IntEnum("Mode", {"SLEEP": 0, "FORCED": 1, "NORMAL": 3})


class Range(Enum):
    G2 = 0
    G4 = 1
    G8 = 2


class CtrlMeas(Register, addr=0xF4):  # BME280 §5.4.5
    osrs_t: int = bits(7, 5)
    osrs_p: int = bits(4, 2)
    mode: Mode = bits(1, 0)


class Status(Register, addr=0x0F):
    busy: bool = bits(7)
    range: Range = bits(5, 4)
    offset: int = bits(2, 0, signed=True)


class Adc(Register, addr=0xF7, size=8):  # BME280 §5.4.7 to §5.4.9
    press: int = bits(23, 4, at=0xF7, size=3)
    temp: int = bits(23, 4, at=0xFA, size=3)
    hum: int = u16(0xFD)


class AdcByBits(Register, addr=0xF7, size=8):  # the same, by bits of the whole
    press: int = bits(63, 44)
    temp: int = bits(39, 20)
    hum: int = bits(15, 0)


class Trim(Register, addr=0x88, size=24, byteorder="little"):  # BMP280 §3.11.2, table 17
    t1: int = u16(0x88)
    t2_3: tuple[int, ...] = s16(0x8A, count=2)
    p1: int = u16(0x8E)
    p2_9: tuple[int, ...] = s16(0x90, count=8)


class TrimHum(Register, addr=0xE1, size=7, byteorder="little"):  # BME280 §4.2.2, table 16
    h2: int = s16(0xE1)
    h3: int = u8(0xE3)
    h4: int = concat((0xE4, 7, 0), (0xE5, 3, 0), signed=True)
    h5: int = concat((0xE6, 7, 0), (0xE5, 7, 4), signed=True)
    h6: int = s8(0xE7)


class Words(Register, addr=0x10, size=4):
    big: tuple[int, ...] = u16(0x10, count=2)


class Pair(Register, addr=0xF4, size=2):  # a register that lies in a burst
    ctrl_meas: CtrlMeas = bits(7, 0, at=0xF4)
    rest: int = bits(7, 2, at=0xF5)


class Holder(Register, addr=0x0F):  # nothing but another register
    status: Status = bits(7, 0)


# Single fields: the datasheet's tables, both ways.

MCP9808_AMBIENT = reg_field(0x05, 12, 0, size=2, signed=True, scale=1 / 16)  # DS25095A §5.1.3
MCP9808_LIMIT = reg_field(0x03, 12, 2, size=2, signed=True, scale=0.25)  # DS25095A §5.1.2
LM75 = reg_field(0x00, 15, 7, size=2, signed=True, scale=0.5)  # SNIS153, table 1
TMP102 = reg_field(0x00, 15, 4, size=2, signed=True, scale=1 / 16)  # SBOS397, table 2
INA226_SHUNT = reg_field(0x01, size=2, signed=True, scale=2.5e-6)  # SBOS547 §7.6.2

DATASHEET: list[tuple[RegField[float], str, float]] = [
    (LM75, "7d00", 125.0),
    (LM75, "1900", 25.0),
    (LM75, "0080", 0.5),
    (LM75, "0000", 0.0),
    (LM75, "ff80", -0.5),
    (LM75, "e700", -25.0),
    (LM75, "c900", -55.0),
    (TMP102, "7ff0", 127.9375),
    (TMP102, "3200", 50.0),
    (TMP102, "0040", 0.25),
    (TMP102, "ffc0", -0.25),
    (TMP102, "e700", -25.0),
    (TMP102, "c900", -55.0),
    (MCP9808_AMBIENT, "0191", 25.0625),
    (MCP9808_AMBIENT, "1ff0", -1.0),
    (MCP9808_AMBIENT, "1e70", -25.0),
    (MCP9808_LIMIT, "1f60", -10.0),
    (MCP9808_LIMIT, "05a0", 90.0),
    (INA226_SHUNT, "8300", -0.08),
    (INA226_SHUNT, "7d00", 0.08),
]


@pytest.mark.parametrize(("field", "data", "value"), DATASHEET)
def test_a_field_reads_the_datasheets_value(field: RegField[float], data: str, value: float) -> None:
    assert field.decode(bytes.fromhex(data)) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(("field", "data", "value"), DATASHEET)
def test_a_field_writes_the_datasheets_bytes(field: RegField[float], data: str, value: float) -> None:
    assert field.encode(value).hex() == data


def test_a_field_ignores_the_flags_beside_it() -> None:
    assert MCP9808_AMBIENT.decode(bytes.fromhex("c194")) == 25.25
    assert MCP9808_AMBIENT.decode(bytes.fromhex("fff0")) == -1.0
    assert LM75.decode(bytes.fromhex("e77f")) == -25.0


def test_a_field_is_written_between_the_bits_that_were_there() -> None:
    assert MCP9808_LIMIT.encode(-10.0, bytes.fromhex("e003")).hex() == "ff63"
    assert MCP9808_LIMIT.encode(0.0, bytes.fromhex("ffff")).hex() == "e003"


def test_a_little_endian_field_has_its_low_byte_first() -> None:
    field = reg_field(0x20, 11, 0, size=2, byteorder="little", signed=True)
    assert field.decode(b"\xfe\x0f") == -2
    assert field.decode(b"\xfe\xff") == -2
    assert field.encode(-2).hex() == "fe0f"
    assert field.encode(0x123).hex() == "2301"
    assert field.encode(-2, b"\x00\x50").hex() == "fe5f"


def test_a_scaled_value_goes_to_the_nearest_step() -> None:
    assert LM75.encode(25.2).hex() == "1900"
    assert LM75.encode(25.3).hex() == "1980"
    assert LM75.encode(-25.2).hex() == "e700"


@pytest.mark.parametrize("value", [-129, 128, 1000])
def test_a_signed_number_that_does_not_fit_raises_erange(value: int) -> None:
    with pytest.raises(Invalid, match=r"register 0x30: -?\d+ is outside -128 … 127") as caught:
        reg_field(0x30, signed=True).encode(value)
    assert caught.value.errno == errno.ERANGE


@pytest.mark.parametrize(("value", "data"), [(-128, "80"), (-1, "ff"), (127, "7f")])
def test_a_signed_number_that_just_fits_is_written(value: int, data: str) -> None:
    assert reg_field(0x30, signed=True).encode(value).hex() == data


@pytest.mark.parametrize("value", [-1, 8, 255])
def test_an_unsigned_number_that_does_not_fit_raises_erange(value: int) -> None:
    with pytest.raises(Invalid, match="register 0x31 bits 6:4") as caught:
        reg_field(0x31, 6, 4).encode(value)
    assert caught.value.errno == errno.ERANGE


@pytest.mark.parametrize("value", [-256.25, 256.0, 300.0, -1000.0])
def test_a_scaled_value_that_does_not_fit_raises_erange_and_shows_the_limits(value: float) -> None:
    with pytest.raises(Invalid, match=r"is outside -256\.0 … 255\.75") as caught:
        MCP9808_LIMIT.encode(value)
    assert caught.value.errno == errno.ERANGE


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_cannot_be_written(value: float) -> None:
    with pytest.raises(Invalid):
        LM75.encode(value)


@pytest.mark.parametrize("value", [1.5, "7", None])
def test_a_fraction_cannot_be_written_to_a_whole_number(value: object) -> None:
    field: Any = reg_field(0x30)
    with pytest.raises(Invalid):
        field.encode(value)


def test_a_field_of_an_enum_gives_its_members() -> None:
    field = reg_field(0x74, 1, 0, type=Mode)
    assert field.decode(b"\xfd") is Mode.FORCED
    assert field.encode(Mode.NORMAL, b"\xa4").hex() == "a7"


def test_a_code_that_no_member_has_raises_eproto_and_names_the_field() -> None:
    with pytest.raises(Error, match="register 0x74 bits 1:0 reads 0x2") as caught:
        reg_field(0x74, 1, 0, type=Mode).decode(b"\x02")
    assert caught.value.errno == errno.EPROTO


def test_a_field_of_one_bit_can_be_a_bool() -> None:
    field = reg_field(0x01, 8, size=2, type=bool)
    assert field.decode(b"\x01\x00") is True
    assert field.decode(b"\xfe\xff") is False
    assert field.encode(True, b"\x00\x10").hex() == "0110"
    assert field.encode(False, b"\xff\xff").hex() == "feff"


def test_a_field_knows_whether_it_fills_its_register() -> None:
    assert reg_field(0x00).whole
    assert reg_field(0x00, size=2).whole
    assert reg_field(0x00, 7, 0).whole
    assert not reg_field(0x00, 7, 1).whole
    assert not reg_field(0x00, 7, 0, size=2).whole


@pytest.mark.parametrize(("high", "low", "size"), [(8, 0, 1), (16, 8, 2), (3, 4, 1), (7, -1, 1), (-1, None, 1)])
def test_bits_outside_the_register_are_refused(high: int, low: int | None, size: int) -> None:
    with pytest.raises(TypeError, match="do not fit a register"):
        reg_field(0x00, high, low, size=size)


@pytest.mark.parametrize(("unmeasured", "fixed"), [(-0x8000, None), (0x10000, None), (None, -1)])
def test_a_code_that_a_field_never_reads_is_refused(unmeasured: int | None, fixed: int | None) -> None:
    with pytest.raises(TypeError, match=r"T.temp: .* is not a raw code of its 16 bits, 0 … 0xffff"):

        class T(Register, addr=0x10, size=2):
            temp: int = bits(15, 0, signed=True, unmeasured=unmeasured, fixed=fixed)


@pytest.mark.parametrize("addr", [-1, 0x100])
def test_a_register_number_that_is_no_byte_is_refused(addr: int) -> None:
    with pytest.raises(TypeError):
        reg_field(addr)
    with pytest.raises(TypeError):
        new_class("Far", (Register,), {"addr": addr})


# Whole registers.


def test_fields_lie_where_the_datasheet_draws_them() -> None:
    assert CtrlMeas(osrs_t=0b001, osrs_p=0b101, mode=Mode.FORCED).encode().hex() == "35"
    assert CtrlMeas(osrs_t=0b111, osrs_p=0, mode=Mode.SLEEP).encode().hex() == "e0"
    assert CtrlMeas(osrs_t=0, osrs_p=0b111, mode=Mode.SLEEP).encode().hex() == "1c"


def test_a_register_is_read_as_the_datasheet_draws_it() -> None:
    register = CtrlMeas.decode(b"\x57")
    assert (register.osrs_t, register.osrs_p, register.mode) == (2, 5, Mode.NORMAL)
    assert register.mode is Mode.NORMAL


def test_types_of_fields_are_bool_enum_and_signed_number() -> None:
    register = Status.decode(b"\xaf")
    assert register.busy is True
    assert register.range is Range.G8
    assert register.offset == -1
    assert Status(busy=False, range=Range.G4, offset=-4).encode().hex() == "14"


def test_a_burst_is_addressed_by_the_registers_in_it() -> None:
    data = bytes.fromhex("655ac0 7eed00 8000")  # adc_P 415148 and adc_T 519888: the worked example of the BMP280
    for burst in (Adc, AdcByBits):
        register = burst.decode(data)
        assert (register.press, register.temp, register.hum) == (415148, 519888, 0x8000)


def test_a_burst_is_written_as_it_is_read() -> None:
    assert Adc(press=415148, temp=519888, hum=0x8000).encode().hex() == "655ac07eed008000"


def test_little_endian_words_and_arrays_are_the_trimming_words_of_the_worked_example() -> None:
    data = bytes.fromhex("706b 4367 18fc 7d8e 43d6 d00b 270b 8c00 f9ff 8c3c f8c6 7017")  # BMP280 §3.12
    trim = Trim.decode(data)
    assert trim.t1 == 27504
    assert trim.t2_3 == (26435, -1000)
    assert trim.p1 == 36477
    assert trim.p2_9 == (-10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
    again = Trim(t1=27504, t2_3=(26435, -1000), p1=36477, p2_9=(-10685, 3024, 2855, 140, -7, 15500, -14600, 6000))
    assert again.encode() == data
    assert again == trim


def test_unsigned_words_stay_positive() -> None:
    assert Trim.decode(b"\xff" * 24).t1 == 65535
    assert TrimHum.decode(b"\xff" * 7).h3 == 255


@pytest.mark.parametrize(
    ("data", "h4", "h5"),
    [
        ("0000 00 ff 00 00 00", -16, 0),  # the sign is in 0xE4
        ("0000 00 00 00 ff 00", 0, -16),  # and in 0xE6
        ("0000 00 00 0f 00 00", 15, 0),  # 0xE5 low is the low end of H4
        ("0000 00 00 f0 00 00", 0, 15),  # 0xE5 high is the low end of H5
        ("0000 00 80 00 7f 00", -2048, 2032),
        ("0000 00 14 2e 03 00", 0x14E, 0x032),
    ],
)
def test_a_number_scattered_over_bytes_is_put_together(data: str, h4: int, h5: int) -> None:
    register = TrimHum.decode(bytes.fromhex(data))
    assert (register.h4, register.h5) == (h4, h5)
    assert TrimHum(h2=0, h3=0, h4=h4, h5=h5, h6=0).encode() == bytes.fromhex(data)


def test_single_bytes_have_their_sign() -> None:
    register = TrimHum.decode(bytes.fromhex("6901 80 00 00 00 e2"))
    assert (register.h2, register.h3, register.h6) == (361, 128, -30)
    assert TrimHum.decode(bytes.fromhex("feff 00 00 00 00 1e")).h2 == -2


def test_words_are_big_endian_unless_declared_otherwise() -> None:
    assert Words.decode(bytes.fromhex("12345678")).big == (0x1234, 0x5678)


def test_an_array_takes_exactly_its_numbers() -> None:
    with pytest.raises(Invalid, match=r"Words\.big takes 2 numbers, not 3"):
        Words(big=(1, 2, 3))
    with pytest.raises(Invalid, match=r"Words\.big"):
        Words(big=(1, 0x10000))


def test_a_register_may_lie_inside_another() -> None:
    pair = Pair.decode(b"\x35\xa8")
    assert pair.ctrl_meas == CtrlMeas(osrs_t=1, osrs_p=5, mode=Mode.FORCED)
    assert pair.rest == 0x2A
    assert Pair(ctrl_meas=CtrlMeas(osrs_t=1, osrs_p=5, mode=Mode.FORCED), rest=0x2A).encode().hex() == "35a8"


def test_of_a_register_inside_another_only_the_bits_that_mean_something_count() -> None:
    assert Holder.decode(b"\xff") == Holder.decode(b"\xb7")
    assert Holder.decode(b"\xff").status == Status.decode(b"\xb7")
    assert Holder.decode(b"\xff").encode().hex() == "b7"
    assert Holder.decode(b"\xff") != Holder.decode(b"\xb6")


@pytest.mark.parametrize(
    ("osrs_t", "osrs_p", "named"), [(8, 0, "osrs_t"), (0, 8, "osrs_p"), (-1, 0, "osrs_t"), (0, 1000, "osrs_p")]
)
def test_a_register_refuses_a_number_that_does_not_fit_and_names_the_field(
    osrs_t: int, osrs_p: int, named: str
) -> None:
    with pytest.raises(Invalid, match=rf"CtrlMeas\.{named}: .* is outside 0 … 7") as caught:
        CtrlMeas(osrs_t=osrs_t, osrs_p=osrs_p, mode=Mode.SLEEP)
    assert caught.value.errno == errno.ERANGE


@pytest.mark.parametrize("offset", [-5, 4])
def test_a_register_refuses_a_signed_number_that_does_not_fit(offset: int) -> None:
    with pytest.raises(Invalid, match=r"Status\.offset: -?\d is outside -4 … 3"):
        Status(busy=False, range=Range.G2, offset=offset)


def test_a_code_that_means_nothing_raises_eproto_and_names_the_field() -> None:
    with pytest.raises(Error, match=r"CtrlMeas\.mode reads 0x2") as caught:
        _ = CtrlMeas.decode(b"\x02").mode
    assert caught.value.errno == errno.EPROTO


def test_a_register_wants_all_of_its_fields_and_no_other() -> None:
    make: Any = CtrlMeas
    with pytest.raises(TypeError, match="takes exactly: osrs_t, osrs_p, mode"):
        make(osrs_t=1, osrs_p=1)
    with pytest.raises(TypeError, match="takes exactly"):
        make(osrs_t=1, osrs_p=1, mode=Mode.SLEEP, filter=1)
    with pytest.raises(TypeError):
        make(1, 1, Mode.SLEEP)


def test_a_register_is_a_value() -> None:
    one, same, other = CtrlMeas.decode(b"\x35"), CtrlMeas.decode(b"\x35"), CtrlMeas.decode(b"\x55")
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert one != Status.decode(b"\x35")
    assert repr(one) == "CtrlMeas(osrs_t=1, osrs_p=5, mode=<Mode.FORCED: 1>)"


def test_a_register_cannot_be_changed() -> None:
    register: Any = CtrlMeas.decode(b"\x35")
    with pytest.raises(AttributeError, match="is a value"):
        register.mode = Mode.SLEEP
    assert register.encode().hex() == "35"


def test_bits_that_no_field_declares_are_written_as_0_and_do_not_count() -> None:
    assert Status.decode(b"\xff").encode().hex() == "b7"
    assert Status.decode(b"\xff") == Status.decode(b"\xb7")


# Declarations that a class refuses when it is made.


def test_fields_that_share_bits_are_refused() -> None:
    with pytest.raises(TypeError, match=r"Twice\.b shares bits"):

        class Twice(Register, addr=0x10):
            a: int = bits(7, 4)
            b: int = bits(4, 0)


def test_an_array_that_runs_into_the_next_field_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Twice\.last shares bits"):

        class Twice(Register, addr=0x10, size=6):
            words: tuple[int, ...] = u16(0x10, count=3)
            last: int = u8(0x15)


def test_pieces_of_one_number_that_share_bits_are_refused() -> None:
    with pytest.raises(TypeError, match=r"Twice\.a shares bits"):

        class Twice(Register, addr=0x10, size=2):
            a: int = concat((0x10, 7, 0), (0x10, 3, 0))


def test_a_bit_beyond_the_register_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Wide\.a does not fit 1 bytes at 0x10"):

        class Wide(Register, addr=0x10):
            a: int = bits(8, 0)


def test_a_word_that_begins_before_the_burst_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Early\.a does not fit 2 bytes at 0x10"):

        class Early(Register, addr=0x10, size=2):
            a: int = u16(0x0F)


def test_a_word_that_ends_after_the_burst_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Late\.a does not fit 2 bytes at 0x10"):

        class Late(Register, addr=0x10, size=2):
            a: int = u16(0x11)


def test_an_array_that_ends_after_the_burst_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Late\.a does not fit 4 bytes at 0x10"):

        class Late(Register, addr=0x10, size=4):
            a: tuple[int, ...] = s16(0x10, count=3)


def test_bits_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(TypeError, match=r"Turned\.a does not fit"):

        class Turned(Register, addr=0x10):
            a: int = bits(0, 3)


@pytest.mark.parametrize("name", ["addr", "size", "byteorder", "decode", "encode"])
def test_a_field_may_not_have_the_name_of_something_every_register_has(name: str) -> None:
    def body(namespace: dict[str, Any]) -> None:
        namespace["__annotations__"] = {name: int}
        namespace[name] = bits(3, 0)

    with pytest.raises(TypeError, match=name):
        new_class("Hidden", (Register,), {"addr": 0x10}, body)


# Any layout, against a decoder that knows only strings of 0 and 1.


class Layout(NamedTuple):
    """Fields of one register, from its highest bit down: width, and ``u``, ``s`` (signed) or ``-`` (not declared)."""

    size: int
    byteorder: ByteOrder
    fields: list[tuple[int, str]]

    def make(self) -> Any:
        def body(namespace: dict[str, Any]) -> None:
            namespace["__annotations__"] = {}
            for name, high, width, kind in self.declared():
                namespace["__annotations__"][name] = int
                namespace[name] = bits(high, high - width + 1, signed=kind == "s")

        return new_class("Random", (Register,), {"addr": 0x10, "size": self.size, "byteorder": self.byteorder}, body)

    def declared(self) -> Iterator[tuple[str, int, int, str]]:
        high = 8 * self.size - 1
        for number, (width, kind) in enumerate(self.fields):
            if kind != "-":
                yield f"f{number}", high, width, kind
            high -= width

    def drawn(self, values: dict[str, int]) -> bytes:
        """The bytes, drawn bit by bit."""
        picture = ""
        for number, (width, _) in enumerate(self.fields):
            value = values.get(f"f{number}", 0)
            picture += format(value + 2**width if value < 0 else value, f"0{width}b")
        data = [int(picture[i : i + 8], 2) for i in range(0, 8 * self.size, 8)]
        return bytes(data if self.byteorder == "big" else reversed(data))

    def seen(self, data: bytes) -> dict[str, int]:
        """The values, cut out of the picture of the bytes."""
        picture = "".join(format(byte, "08b") for byte in (data if self.byteorder == "big" else reversed(data)))
        values = {}
        for name, high, width, kind in self.declared():
            start = 8 * self.size - 1 - high
            cut = picture[start : start + width]
            values[name] = int(cut, 2) - (2**width if kind == "s" and cut[0] == "1" else 0)
        return values


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    size = draw(st.integers(1, 4))
    cuts = draw(st.sets(st.integers(1, 8 * size - 1), max_size=6))
    edges = [0, *sorted(cuts), 8 * size]
    widths = [high - low for low, high in pairwise(edges)]
    kinds = draw(st.lists(st.sampled_from("us-"), min_size=len(widths), max_size=len(widths)))
    return Layout(size, draw(st.sampled_from(["big", "little"])), list(zip(widths, kinds, strict=True)))


@st.composite
def layouts_with_bytes(draw: st.DrawFn) -> tuple[Layout, bytes]:
    layout = draw(layouts())
    return layout, draw(st.binary(min_size=layout.size, max_size=layout.size))


@st.composite
def layouts_with_values(draw: st.DrawFn) -> tuple[Layout, dict[str, int]]:
    layout = draw(layouts())
    values = {}
    for name, _, width, kind in layout.declared():
        low, high = (-(2 ** (width - 1)), 2 ** (width - 1) - 1) if kind == "s" else (0, 2**width - 1)
        values[name] = draw(st.integers(low, high))
    return layout, values


@given(layouts_with_values())
def test_any_values_in_any_layout_are_drawn_on_the_wire_and_come_back(case: tuple[Layout, dict[str, int]]) -> None:
    layout, values = case
    cls = layout.make()
    register = cls(**values)
    assert register.encode() == layout.drawn(values)
    back = cls.decode(register.encode())
    assert back == register
    assert {name: getattr(back, name) for name in values} == values


@given(layouts_with_bytes())
def test_any_bytes_in_any_layout_are_the_numbers_one_sees(case: tuple[Layout, bytes]) -> None:
    layout, data = case
    cls = layout.make()
    register = cls.decode(data)
    seen = layout.seen(data)
    assert {name: getattr(register, name) for name in seen} == seen
    assert register == cls(**seen)
    assert register.encode() == layout.drawn(seen)


@given(layouts_with_values(), st.data())
def test_one_value_out_of_range_refuses_the_register(case: tuple[Layout, dict[str, int]], data: st.DataObject) -> None:
    layout, values = case
    for name, _, width, kind in layout.declared():
        wrong = data.draw(st.sampled_from([2 ** (width - (kind == "s")), -(2 ** (width - 1)) - 1, 2**40, -(2**40)]))
        with pytest.raises(Invalid) as caught:
            layout.make()(**{**values, name: wrong})
        assert caught.value.errno == errno.ERANGE


@given(st.binary(min_size=1, max_size=1))
def test_any_byte_is_members_and_numbers_or_our_error(data: bytes) -> None:
    register = Status.decode(data)
    code = int(format(data[0], "08b")[2:4], 2)
    if code == 3:
        with pytest.raises(Error) as caught:
            _ = register.range
        assert caught.value.errno == errno.EPROTO
    else:
        assert register.range is Range(code)


@given(st.integers(0, 15), st.integers(0, 15), st.binary(min_size=2, max_size=2), st.data())
def test_a_field_changes_its_own_bits_and_no_other(one: int, two: int, before: bytes, data: st.DataObject) -> None:
    low, high = sorted((one, two))
    value = data.draw(st.integers(0, 2 ** (high - low + 1) - 1))
    after = reg_field(0x00, high, low, size=2).encode(value, before)
    was, now = (format(int.from_bytes(word, "big"), "016b") for word in (before, after))
    first, last = 15 - high, 16 - low
    assert (now[:first], now[last:]) == (was[:first], was[last:])
    assert int(now[first:last], 2) == value


class Ready(Register, addr=0x02, size=2):
    value: int = bits(15, 3)
    ready: bool = bits(1, volatile=True)


def test_a_second_read_is_equal_except_for_volatile_and_undeclared_bits() -> None:
    assert Ready.same(b"\x5d\x9a", b"\x5d\x98")
    assert Ready.same(b"\x5d\x9a", b"\x5d\x9f")
    assert not Ready.same(b"\x5d\x9a", b"\x5d\x92")
    assert not Ready.same(b"\x5d\x9a", b"\xdd\x9a")
    assert Ready.decode(b"\x5d\x9a") != Ready.decode(b"\x5d\x98")  # as a value it counts
    field = reg_field(0x02, 15, 7, size=2)
    assert field.steady(b"\x19\x00") == field.steady(b"\x19\x7f")
    assert field.steady(b"\x19\x00") != field.steady(b"\x19\x80")


def test_a_converter_at_its_end_is_out_of_range() -> None:
    assert [unsaturated("shunt", raw, -4, 4) for raw in (-3, 0, 3)] == [-3, 0, 3]
    for raw in (-5, -4, 4, 5):
        with pytest.raises(OutOfRange, match="shunt"):
            unsaturated("shunt", raw, -4, 4)
