"""Parameters: the kernel's grammar and errnos (recorded on 7.2.12), our words and floats, declarations, arguments."""

from __future__ import annotations

import errno
import math
from enum import Enum, IntEnum
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from i2cdrv.driver.moduleparam import (
    HEXINT,
    INT,
    UINT,
    Boolean,
    CharPointer,
    EnumType,
    Float,
    Integer,
    Param,
    Parameters,
    Type,
    find,
    hexint,
    join,
    param,
    parse_args,
    type_of,
    uint,
)
from i2cdrv.errors import Invalid, Unknown

Oversampling = IntEnum("Oversampling", "X1 X2 X4 X8 X16")
Speed = Enum("Speed", "slow Fast VERY_FAST")

BYTE = Integer("byte", 8)
SHORT = Integer("short", 16, signed=True)
LONG = Integer("long", 64, signed=True)
ULLONG = Integer("ullong", 64)
INTEGERS = (BYTE, SHORT, INT, UINT, HEXINT, LONG, ULLONG)
TYPES = (*INTEGERS, Boolean(), CharPointer(), Float(), EnumType(tuple(Oversampling)))


def named(type: Type) -> str:
    return type.name


def refusal(type: Type, text: bytes) -> str:
    """The errno's name."""
    with pytest.raises(Invalid) as caught:
        type.set(text)
    return caught.value.name


# Integers: kstrto*(base 0).


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((b"0", 0), (b"00", 0), (b"7", 7), (b"42", 42), (b"+1", 1)),
        *((b"010", 8), (b"+010", 8), (b"-010", -8), (b"0000000000000000000000017", 15)),
        *((b"0x1F", 31), (b"0X1f", 31), (b"-0x10", -16), (b"+0x10", 16), (b"0x00000000000000000000ff", 255)),
        *((b"-0", 0), (b"-1", -1), (b"1\n", 1), (b"-0x8\n", -8)),
        *((b"2147483647", 2**31 - 1), (b"-2147483648", -(2**31)), (b"0x7fffffff", 2**31 - 1)),
        *((b"-0x80000000", -(2**31)), (b"017777777777", 2**31 - 1)),
        (b"0" * 4000 + b"1", 1),
        (b"0x" + b"0" * 60000 + b"1", 1),
    ],
)
def test_an_int_is_parsed_as_the_kernel_does(text: bytes, value: int) -> None:
    assert INT.set(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"\n", b" ", b" 1", b"1 ", b"\t1", b"1\t", b"\n1", b"1\n\n", b"1\r\n", b"1 \n", b"\x0b1"),
        *(b"+", b"-", b"+-1", b"-+1", b"++1", b"--1", b"+ 1", b"- 1", b"1-", b"1+1"),
        *(b"0x", b"0xg", b"0x\n", b"08", b"09", b"018", b"0b1", b"0o17", b"x10", b"0x+1", b"00x10", b"0x0x1"),
        *(b"1_000", b"1,000", b"1.0", b"1e3", b"1K", b"1k", b"1u", b"1L", b"a", b"ff", b"Y", b"true", b'"1"', b"1;"),
        *("１".encode(), "−1".encode(), "\ufeff1".encode(), b"\xa01", b"1\xa0", b"\xb2", "٣".encode()),
        *(b"2147483648x", b"300 "),  # a number that does not fit the type is only tested after the text that follows
    ],
)
def test_an_int_is_refused_with_einval(text: bytes) -> None:
    assert refusal(INT, text) == "EINVAL"


@pytest.mark.parametrize(
    ("type", "text"),
    [
        *((BYTE, b"256"), (BYTE, b"0400"), (BYTE, b"0x100"), (BYTE, b"256\n")),
        *((SHORT, b"32768"), (SHORT, b"0x8000"), (SHORT, b"-32769"), (SHORT, b"-0x8001"), (SHORT, b"0xffff")),
        *((INT, b"2147483648"), (INT, b"-2147483649"), (INT, b"0xffffffff"), (INT, b"4294967295")),
        *((UINT, b"4294967296"), (HEXINT, b"0x100000000"), (UINT, b"040000000000")),
        *((LONG, b"9223372036854775808"), (LONG, b"-9223372036854775809"), (LONG, b"0x8000000000000000")),
        *((ULLONG, b"18446744073709551616"), (ULLONG, b"0x10000000000000000"), (ULLONG, b"02000000000000000000000")),
        *((BYTE, b"99999999999999999999x"), (INT, b"99999999999999999999 "), (BYTE, b"0x1ffffffffffffffff\n\n")),
        *((ULLONG, b"9" * 5000), (INT, b"-" + b"9" * 5000), (BYTE, b"0x" + b"f" * 5000), (INT, b"0" + b"7" * 5000)),
    ],
)
def test_a_number_that_does_not_fit_is_refused_with_erange(type: Type, text: bytes) -> None:
    assert refusal(type, text) == "ERANGE"


@pytest.mark.parametrize(
    ("type", "lowest", "highest"),
    [
        (BYTE, b"0", b"255"),
        (SHORT, b"-32768", b"32767"),
        (INT, b"-2147483648", b"2147483647"),
        (UINT, b"0", b"4294967295"),
        (LONG, b"-9223372036854775808", b"9223372036854775807"),
        (ULLONG, b"0", b"18446744073709551615"),
    ],
)
def test_the_limits_of_a_type_belong_to_it(type: Type, lowest: bytes, highest: bytes) -> None:
    for text in (lowest, highest):
        value = type.set(text)
        assert value == int(text)
        assert type.get(value) == text


@pytest.mark.parametrize("type", [BYTE, UINT, HEXINT, ULLONG], ids=named)
@pytest.mark.parametrize("text", [b"-0", b"-1", b"-", b"-99999999999999999999", b"-0x0"])
def test_an_unsigned_type_takes_no_minus(type: Type, text: bytes) -> None:
    assert refusal(type, text) == "EINVAL"


@pytest.mark.parametrize(
    ("value", "text"), [(0, b"0x000000"), (0xFF, b"0x0000ff"), (0x80000000, b"0x80000000"), (0xABCDEF0, b"0xabcdef0")]
)
def test_a_hexint_is_shown_as_the_kernel_shows_it(value: int, text: bytes) -> None:
    assert HEXINT.get(value) == text
    assert HEXINT.set(text) == value
    assert HEXINT.set(b"%d" % value) == value


# Booleans: kstrtobool of 6.16 and later.

TRUE = b"y Y yes t T true tomato 1 10 1,0 1.5 1\n e E enabled on On ON oN only".split(b" ")
FALSE = b"n N no null None nan f F false fish 0 01 0x1 0\n d D disabled default dog of off Off OF oF".split(b" ")


@pytest.mark.parametrize("text", TRUE)
def test_a_bool_is_true_by_its_first_byte(text: bytes) -> None:
    assert Boolean().set(text) is True


@pytest.mark.parametrize("text", FALSE)
def test_a_bool_is_false_by_its_first_byte(text: bytes) -> None:
    assert Boolean().set(text) is False


@pytest.mark.parametrize(
    "text", [b"", b"\n", b" ", b" 1", b"2", b"-1", b"+1", b"o", b"O", b"ok", b'"1"', b"auto", b"\xff", b"\x00", b"\xb9"]
)
def test_a_bool_is_refused_with_einval(text: bytes) -> None:
    assert refusal(Boolean(), text) == "EINVAL"


def test_a_bool_is_shown_as_y_or_n() -> None:
    assert Boolean().get(True) == b"Y"
    assert Boolean().get(False) == b"N"


# charp.


def test_a_charp_keeps_every_byte() -> None:
    text = b" \"'\\,%=\t" + bytes(range(0x80, 0x100)) + "°".encode() + b"\n"
    assert CharPointer().get(CharPointer().set(text)) == text
    assert CharPointer().set("21 °C".encode()) == "21 °C"


def test_a_charp_has_1024_bytes_at_most() -> None:
    assert CharPointer().set(b"x" * 1024) == "x" * 1024
    assert refusal(CharPointer(), b"x" * 1025) == "ENOSPC"
    assert refusal(CharPointer(), "°".encode() * 512 + b"\n") == "ENOSPC"


# Ours: floats and words.


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((b"0.1", 0.1), (b"5", 5.0), (b"5.", 5.0), (b".5", 0.5), (b"-1.5", -1.5), (b"+2", 2.0), (b"010", 10.0)),
        *((b"1e3", 1000.0), (b"1E-3", 0.001), (b"2.5e+1", 25.0), (b"0.1\n", 0.1)),
    ],
)
def test_a_float_is_a_decimal_number(text: bytes, value: float) -> None:
    assert Float().set(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"\n", b".", b"-", b"e3", b"1e", b"0.1 ", b" 0.1", b"0.1\n\n", b"0,1", b"1_0", b"0x1p3", b"0x10"),
        *(b"nan", b"NaN", b"inf", b"-inf", b"infinity", b"--1", b"1.2.3", "１".encode(), b"1 V", b"\xff"),
    ],
)
def test_a_float_is_refused_with_einval(text: bytes) -> None:
    assert refusal(Float(), text) == "EINVAL"


def test_a_float_beyond_the_largest_is_refused_with_erange() -> None:
    assert refusal(Float(), b"1e999") == "ERANGE"
    assert refusal(Float(), b"-" + b"9" * 400) == "ERANGE"


def test_words_are_the_members_names_in_lower_case() -> None:
    words = EnumType(tuple(Oversampling))
    assert words.set(b"x16") is Oversampling.X16
    assert words.set(b"x16\n") is Oversampling.X16
    assert words.get(Oversampling.X16) == b"x16"
    assert words.accepts == "x1, x2, x4, x8, x16"


def test_words_may_be_written_in_any_case_in_the_driver() -> None:
    words = EnumType(tuple(Speed))
    assert [words.set(text) for text in (b"slow", b"fast", b"very_fast")] == list(Speed)
    assert [words.get(member) for member in Speed] == [b"slow", b"fast", b"very_fast"]


@pytest.mark.parametrize("text", [b"", b"\n", b"X16", b"x16 ", b"x16\n\n", b"16", b"5", b"x3", b"\xff"])
def test_another_word_is_refused_with_einval(text: bytes) -> None:
    assert refusal(EnumType(tuple(Oversampling)), text) == "EINVAL"


def test_a_refused_word_names_the_nearest() -> None:
    with pytest.raises(Invalid, match="did you mean x16"):
        EnumType(tuple(Oversampling)).set(b"x166")


# Any value there and back; any bytes are a value or a refusal.


def values_of(type: Any) -> st.SearchStrategy[Any]:
    if isinstance(type, Integer):
        return st.integers(*type.limits)
    return {
        "bool": st.booleans(),
        "charp": st.binary(max_size=1024).map(lambda text: text.decode("utf-8", "surrogateescape")),
        "float": st.floats(allow_nan=False, allow_infinity=False),
        "word": st.sampled_from(Oversampling),
    }[type.name]


@given(type=st.sampled_from(TYPES), data=st.data())
def test_any_value_can_be_shown_and_set_again(type: Type, data: st.DataObject) -> None:
    value = data.draw(values_of(type))
    assert type.set(type.get(value)) == value
    if type.name not in ("charp", "bool"):
        assert type.set(type.get(value) + b"\n") == value


SCRAPS = st.sampled_from(
    [b"0", b"0x", b"1", b"7", b"8", b"9" * 20, b"-", b"+", b"\n", b" ", b"e", b".", b"f", b"x1", b"o"]
)
ANY_BYTES = st.one_of(
    st.binary(max_size=30), st.lists(SCRAPS, max_size=6).map(b"".join), st.binary(min_size=1025, max_size=1030)
)


@given(type=st.sampled_from(TYPES), text=ANY_BYTES)
@example(type=INT, text=b"9" * 5000)
def test_any_bytes_are_a_value_or_refused(type: Type, text: bytes) -> None:
    value: Any = None
    refused = None
    try:
        value = type.set(text)
    except Invalid as error:
        refused = error
    if refused is None:
        assert type.set(type.get(value)) == value
    else:
        assert refused.name in ("EINVAL", "ERANGE", "ENOSPC")
        assert type.accepts in refused.message


@given(text=ANY_BYTES)
def test_an_integer_is_parsed_from_its_first_bytes(text: bytes) -> None:
    """The rule of the kernel's source, step by step, against ours."""
    for type in (BYTE, SHORT, INT, UINT):
        expected = by_the_book(text, *type.limits)
        if isinstance(expected, str):
            assert refusal(type, text) == expected
        else:
            assert type.set(text) == expected


def by_the_book(text: bytes, lowest: int, highest: int) -> int | str:
    """The value, or the errno, of kstrtoull and kstrtoll (lib/kstrtox.c)."""
    negative = lowest < 0 and text[:1] == b"-"
    if negative or text[:1] == b"+":
        text = text[1:]
    base = 10
    if text[:1] == b"0":
        base = 8
        if text[1:2].lower() == b"x" and text[2:3].lower() in [b"%x" % i for i in range(16)]:
            base, text = 16, text[2:]
    result = used = 0
    for byte in text:
        digit = "0123456789abcdef".find(chr(byte).lower())
        if not 0 <= digit < base:
            break
        result, used = result * base + digit, used + 1
    rest = text[used:].removesuffix(b"\n") if text[used:] == b"\n" else text[used:]
    if used == 0:
        return "EINVAL"
    if result >= 2**64:
        return "ERANGE"
    if rest:
        return "EINVAL"
    value = -result if negative else result
    return value if lowest <= value <= highest else "ERANGE"


# Declarations.


def declared(annotation: Any, default: Any, **more: Any) -> Param:
    made: Param = param("what it is for", default=default, **more)
    return made.named("level", annotation)


@pytest.mark.parametrize(
    ("annotation", "name"),
    [(bool, "bool"), (int, "int"), (uint, "uint"), (hexint, "hexint"), (float, "float"), (str, "charp")],
)
def test_the_annotation_decides_the_type(annotation: Any, name: str) -> None:
    assert type_of(annotation).name == name


def test_an_enum_annotation_makes_words() -> None:
    assert type_of(Oversampling) == EnumType(tuple(Oversampling))


def test_an_array_of_any_members_of_an_enum_has_at_most_as_many_as_there_are() -> None:
    kind = type_of(tuple[Oversampling, ...])
    words = [member.name.lower() for member in Oversampling]
    assert kind.set(",".join(words).encode()) == tuple(Oversampling)
    assert kind.set(words[-1].encode()) == (list(Oversampling)[-1],)
    for text in (",".join([*words, words[0]]), f"{words[1]},{words[1]}"):
        with pytest.raises(Invalid, match=f"1 … {len(words)} of these, each once"):
            kind.set(text.encode())


@pytest.mark.parametrize("annotation", [bytes, list[int], None, "int", tuple[int, ...], tuple[int, str]])
def test_an_annotation_without_a_parameter_type_is_refused(annotation: Any) -> None:
    with pytest.raises(TypeError, match="no parameter type"):
        type_of(annotation)


@pytest.mark.parametrize(
    ("annotation", "default"),
    [
        *((int, "5"), (int, 3.7), (int, None)),
        *((bool, "no"), (bool, "yes"), (bool, 2), (bool, None)),
        *((float, "0.1"), (float, None), (str, 5), (str, None), (str, b"x"), (Oversampling, 5), (Oversampling, "x1")),
        *((Oversampling, Speed.slow), (uint, "x")),
    ],
)
def test_a_default_of_another_type_is_refused(annotation: Any, default: Any) -> None:
    with pytest.raises(TypeError, match="the default of level"):
        declared(annotation, default)


@pytest.mark.parametrize(
    ("annotation", "default"),
    [(int, -5), (uint, 5), (hexint, 0x80), (bool, True), (float, 0.1), (float, 5), (str, "°"), (Speed, Speed.slow)],
)
def test_a_default_of_the_type_is_accepted(annotation: Any, default: Any) -> None:
    assert declared(annotation, default).default == default


@pytest.mark.parametrize(("annotation", "default"), [(uint, -1), (int, 2**31), (float, float("nan"))])
def test_a_default_that_is_no_value_of_the_type_is_refused(annotation: Any, default: Any) -> None:
    with pytest.raises(TypeError, match="the default of level"):
        declared(annotation, default)


def test_a_default_outside_the_bounds_is_refused() -> None:
    with pytest.raises(Invalid, match="at least 1"):
        declared(int, 0, minimum=1)


@pytest.mark.parametrize("text", [b"1", b"101", b"-5"])
def test_bounds_are_refused_with_einval_as_by_the_kernels_minmax(text: bytes) -> None:
    with pytest.raises(Invalid, match="is not a value of level; accepted: at least 2, at most 100") as caught:
        declared(int, 5, minimum=2, maximum=100).set(text)
    assert caught.value.errno == errno.EINVAL


@pytest.mark.parametrize(("text", "value"), [(b"2", 2), (b"100", 100), (b"0x10", 16)])
def test_bounds_are_part_of_the_accepted_values(text: bytes, value: int) -> None:
    assert declared(int, 5, minimum=2, maximum=100).set(text) == value


def test_a_number_too_large_for_the_type_is_erange_even_with_bounds() -> None:
    with pytest.raises(Invalid) as caught:
        declared(uint, 5, minimum=2, maximum=100).set(b"4294967296")
    assert caught.value.errno == errno.ERANGE


def test_a_refusal_names_the_text_the_parameter_and_the_accepted_values() -> None:
    with pytest.raises(Invalid) as caught:
        declared(Oversampling, Oversampling.X1).set(b"x3")
    assert caught.value.message.startswith("'x3' is not a value of level; accepted: x1, x2, x4, x8, x16")


def test_a_refusal_can_show_any_bytes() -> None:
    with pytest.raises(Invalid, match="level"):
        declared(int, 5).set(b"\xff\x001")


# A bare name.


def test_a_bool_may_stand_without_a_value() -> None:
    assert declared(bool, False).set(None) is True


@pytest.mark.parametrize(("annotation", "default"), [(int, 0), (str, ""), (float, 0.0), (Speed, Speed.slow)])
def test_another_type_needs_a_value(annotation: Any, default: Any) -> None:
    with pytest.raises(Invalid, match="level needs a value: level=…; accepted: ") as caught:
        declared(annotation, default).set(None)
    assert caught.value.errno == errno.EINVAL


def test_an_empty_value_is_not_a_bare_name() -> None:
    with pytest.raises(Invalid):
        declared(bool, False).set(b"")
    assert declared(str, "x").set(b"") == ""


# Python values.


@pytest.mark.parametrize(
    ("annotation", "default", "given", "value"),
    [
        *((int, 0, 5, 5), (int, 0, "0x10", 16), (int, 0, -5, -5), (uint, 0, "5", 5)),
        *((bool, False, True, True), (bool, True, False, False), (bool, False, "on", True), (bool, False, 1, True)),
        *((float, 0.0, 0.1, 0.1), (float, 0.0, 2, 2.0), (float, 0.0, "1e-3", 0.001), (float, 0.0, 1e-7, 1e-7)),
        *((str, "", "text", "text"), (str, "", "°", "°"), (Oversampling, Oversampling.X1, "x4", Oversampling.X4)),
        (Oversampling, Oversampling.X1, Oversampling.X4, Oversampling.X4),
    ],
)
def test_a_program_may_give_values_or_words(annotation: Any, default: Any, given: Any, value: Any) -> None:
    coerced = declared(annotation, default).coerce(given)
    assert coerced == value
    assert type(coerced) is type(value)


@pytest.mark.parametrize(
    ("annotation", "default", "given"),
    [
        *((int, 0, 1.5), (int, 0, True), (int, 0, None), (int, 0, "x"), (int, 0, 2**31), (int, 0, [1]), (int, 0, b"1")),
        *((bool, False, None), (bool, False, 2), (bool, False, "maybe"), (bool, False, []), (bool, True, b"1")),
        *((float, 0.0, float("nan")), (float, 0.0, float("inf")), (float, 0.0, None), (float, 0.0, True)),
        *((str, "", None), (str, "", b"bytes"), (str, "", ["a"]), (str, "", "x" * 1025)),
        *((Oversampling, Oversampling.X1, 16), (Oversampling, Oversampling.X1, Speed.slow)),
        (Oversampling, Oversampling.X1, None),
    ],
)
def test_a_program_cannot_give_another_kind_of_value(annotation: Any, default: Any, given: Any) -> None:
    with pytest.raises(Invalid, match="level"):
        declared(annotation, default).coerce(given)


def test_bounds_hold_for_python_values_too() -> None:
    ohms = declared(float, 0.1, minimum=1e-6)
    assert ohms.coerce(0.05) == 0.05
    with pytest.raises(Invalid, match="at least 1e-06"):
        ohms.coerce(0)


def test_bounds_can_be_words() -> None:
    speed = declared(Oversampling, Oversampling.X2, minimum=Oversampling.X2)
    assert speed.coerce(Oversampling.X4) is Oversampling.X4
    for low in (Oversampling.X1, "x1"):
        with pytest.raises(Invalid, match="accepted: x2, x4, x8, x16"):
            speed.coerce(low)


# Arguments.

PARAMS = {
    "debug": Param("log each transfer", default=False).named("debug", bool),
    "osrs_p": Param("oversampling", default=Oversampling.X1).named("osrs_p", Oversampling),
    "level": Param("level", default=0).named("level", int),
    "label": Param("label", default="").named("label", str),
}


@pytest.mark.parametrize(
    ("argument", "halves"),
    [
        ("debug", (b"debug", None)),
        ("debug=", (b"debug", b"")),
        ("label=a=b", (b"label", b"a=b")),
        ("osrs-p=x16", (b"osrs-p", b"x16")),
        ("label=a-b", (b"label", b"a-b")),
        ("label=°", (b"label", "°".encode())),
        ("label=\udcff", (b"label", b"\xff")),
    ],
)
def test_an_argument_is_split_at_its_first_equals_sign(argument: str, halves: tuple[bytes, bytes | None]) -> None:
    assert parse_args(join([argument])) == ([halves], None)


def test_arguments_become_values_and_the_last_word_wins() -> None:
    words = ["debug", "osrs-p=x16", "level=010", "level=5", "label=a b=c"]
    assert Parameters("module", PARAMS).load(join(words)) == {
        "debug": True,
        "osrs_p": Oversampling.X16,
        "level": 5,
        "label": "a b=c",
    }
    assert Parameters("module", PARAMS).load(b"") == {}


@pytest.mark.parametrize("word", ["osrs=x16", "osrsp=x1", "osr_p"])
def test_an_unknown_parameter_is_refused_with_the_nearest_and_all_known(word: str) -> None:
    name = word.partition("=")[0]
    with pytest.raises(
        Unknown, match=rf"'{name}' \(did you mean osrs_p\?\); known: debug, label, level, osrs_p"
    ) as caught:
        Parameters("module", PARAMS).load(join(["debug", word]))
    assert caught.value.errno == errno.ENOENT


@pytest.mark.parametrize("name", ["LEVEL", "level_", "_level", "", "level "])
def test_names_are_exact_but_for_the_dash(name: str) -> None:
    with pytest.raises(Unknown):
        find(name, PARAMS)


def test_floats_shown_are_the_shortest_that_come_back() -> None:
    assert Float().get(0.1) == b"0.1"
    assert math.isclose(Float().set(Float().get(1 / 3)), 1 / 3, rel_tol=0)
