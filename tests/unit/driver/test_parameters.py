"""A module's parameters: the argument line, loading, the files, and the rules for every type."""

from __future__ import annotations

import errno
import re
from enum import IntEnum
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2cdrv.driver.moduleparam import (
    INT,
    UINT,
    Array,
    Callback,
    EnumType,
    Param,
    Parameters,
    bool_enable_only,
    check_perm,
    invbool,
    join,
    param,
    parse_args,
    type_of,
)
from i2cdrv.errors import Error, Invalid, Unknown
from tests.system.vectors.oracle import ParamOracle, RustParamOracle

Power = IntEnum("Power", "OFF LOW HIGH", start=0)


def loaded(args: bytes = b"", **more: Any) -> tuple[Parameters, list[tuple[int, bytes]]]:
    log: list[tuple[int, bytes]] = []
    parameters = Parameters("thing", ParamOracle.params, lambda *line: log.append(line), **more)
    parameters.load(args)
    return parameters, log


# Every type.

SCRAPS = st.sampled_from(
    [b"0", b"0x", b"0b1", b"1", b"7", b"9" * 20, b"-", b"+", b"\n", b" ", b"e", b"N", b"y", b"on", b",", b"\0", b"\xff"]
)
ANY_BYTES = st.one_of(
    st.binary(max_size=30),
    st.lists(SCRAPS, max_size=9).map(b"".join),
    st.lists(st.integers(-(2**64), 2**65).map(lambda number: b"%d" % number), max_size=5).map(b",".join),
    st.integers(1020, 1030).map(lambda length: b"x" * length),
)
NUMBERS = {"EINVAL", "ERANGE"}
STATED = {
    "bool": {"EINVAL"},
    "invbool": {"EINVAL"},
    "bint": {"EINVAL"},
    "bool_enable_only": {"EINVAL", "EROFS"},
    "charp": {"ENOSPC"},
    "string": {"ENOSPC"},
    "array of bool": {"EINVAL"},
    "array of invbool": {"EINVAL"},
    "array of bint": {"EINVAL"},
    "array of charp": {"EINVAL", "ENOSPC"},
}
FILES = [one.name for one in ParamOracle.params.values() if one.perm & 0o600 == 0o600 and one.type.name != "callback"]


@pytest.mark.parametrize("name", FILES)
@given(first=ANY_BYTES, second=ANY_BYTES)
def test_any_bytes_are_taken_or_leave_the_old_value(name: str, first: bytes, second: bytes) -> None:
    parameters, _ = loaded()
    declared = ParamOracle.params[name]
    for text in (first, second):
        before, refused = parameters.show(name), None
        try:
            assert parameters.store(name, text) == len(text)
        except Invalid as error:
            refused = error.name
        if refused is not None:
            assert refused in STATED.get(declared.type.name, NUMBERS)
            assert parameters.show(name) == before
        value = parameters.value(declared)
        assert declared.set(declared.get(value)) == declared.check(value) == value


@pytest.mark.parametrize("name", sorted(set(RustParamOracle.params) - {"debug"}))
@given(text=ANY_BYTES)
def test_any_bytes_are_a_rust_integer_or_einval(name: str, text: bytes) -> None:
    declared = RustParamOracle.params[name]
    refused = 0
    try:
        value = declared.set(text)
        assert declared.set(declared.get(value)) == value
    except Invalid as error:
        refused = error.errno or 0
    assert refused in (0, errno.EINVAL)


@given(line=st.one_of(st.binary(max_size=40), st.text('p_int=5" -x\xa0', max_size=30).map(str.encode)))
def test_any_line_is_cut_without_an_error(line: bytes) -> None:
    arguments, _ = parse_args(line)
    assert sum(len(name) + len(value or b"") for name, value in arguments) <= len(line)


@given(value=st.text(st.characters(exclude_characters='"\0', exclude_categories=["Cs"])))
def test_a_word_of_the_shell_is_one_argument_whatever_its_blanks(value: str) -> None:
    assert parse_args(join([f"p_charp={value}", "p_int=5"])) == (
        [(b"p_charp", value.encode()), (b"p_int", b"5")],
        None,
    )


@pytest.mark.parametrize("word", ['p_charp=5"', 'p_charp="a', "a b", "a b=c", 'p_charp=a" "b'])
def test_a_word_that_no_line_can_hold_is_refused(word: str) -> None:
    with pytest.raises(Invalid, match="cannot be one argument"):
        join([word])


@pytest.mark.parametrize(
    ("line", "arguments", "rest"),
    [
        (b"a=1\0 b", [(b"a", b"1")], None),
        (b"--= a", [(b"--", b""), (b"a", None)], None),
        (b'a "--" b  c ', [(b"a", None)], b"b  c "),
        (b"\xa0a\xc3\xa0b", [(b"a\xc3", None), (b"b", None)], None),
    ],
)
def test_where_the_line_ends(line: bytes, arguments: list[Any], rest: bytes | None) -> None:
    assert parse_args(line) == (arguments, rest)


# Loading.


@pytest.mark.parametrize("word", [b"async_probe", b"async_probe=1", b"async_probe=x"])
def test_a_module_is_probed_by_its_bus_thread_with_any_parameter(word: bytes) -> None:
    assert loaded(word)[1] == []


@pytest.mark.parametrize("word", [b"dyndbg", b"dyndbg=+p", b"dyndbg=nonsense", b"thing.dyndbg=+p"])
def test_dynamic_debug_is_warned_of_as_by_a_kernel_without_it(word: bytes) -> None:
    """ddebug_dyndbg_module_param_cb() in include/linux/dynamic_debug.h: "allow and ignore"."""
    assert loaded(word)[1] == [(4, b"dyndbg param is supported only in CONFIG_DYNAMIC_DEBUG builds")]


def test_words_after_two_dashes_are_not_mentioned_after_an_error() -> None:
    """load_module() warns only if parse_args() returned the rest of the line, not an error (kernel/module/main.c)."""
    log: list[tuple[int, bytes]] = []
    parameters = Parameters("thing", ParamOracle.params, lambda *line: log.append(line))
    with pytest.raises(Invalid):
        parameters.load(b"p_int=x -- y")
    assert log == [(3, b"thing: `x' invalid for parameter `p_int'")]


@pytest.mark.parametrize("word", [b"async-probe", b"dyndbg.x", b"thing.async_probe"])
def test_words_that_resemble_the_loaders_are_unknown(word: bytes) -> None:
    with pytest.raises(Unknown):
        loaded(word)


def test_the_last_of_several_errors_counts_and_nothing_stays_set() -> None:
    log: list[tuple[int, bytes]] = []
    parameters = Parameters("thing", ParamOracle.params, lambda *line: log.append(line))
    with pytest.raises(Invalid) as caught:
        parameters.load(b"p_int=5 p_byte=256 p_uint=x p_bool")
    assert caught.value.name == "EINVAL"
    assert log == [
        (3, b"thing: `256' invalid for parameter `p_byte'"),
        (3, b"thing: `x' invalid for parameter `p_uint'"),
    ]
    assert not parameters.values
    assert not parameters.loaded


def test_an_unknown_parameter_is_refused_unless_it_is_to_be_ignored() -> None:
    with pytest.raises(Unknown, match=r"unknown parameter 'p_imt' \(did you mean p_int\?\)"):
        loaded(b"p_int=5 p_imt=1")
    parameters, log = loaded(b"p_int=5 p_imt=1", ignore_unknown=True)
    assert parameters.values == {"p_int": 5}
    assert log == [(4, b"thing: unknown parameter 'p_imt' ignored")]


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        (b"low", r"'low' \(did you mean power=low\?\); known: burst, power, powers$"),
        (b"low=1", r"'low' \(did you mean power=low\?\)"),
        (b"high", r"'high' \(did you mean power=high or burst=high\?\)"),
        (b"powr", r"'powr' \(did you mean power\?\)"),
        (b"off", r"'off'; known"),  # out of the bounds of both
    ],
)
def test_a_word_of_a_parameter_in_the_place_of_its_name_is_recognised(line: bytes, meant: str) -> None:
    power = param("the power", default=Power.LOW, minimum=1)
    params = {
        "power": power.named("power", Power),
        "burst": param("the power of a burst", default=Power.HIGH, minimum=2).named("burst", Power),
        "powers": param("a text", default="low").named("powers", str),
    }
    with pytest.raises(Unknown, match=f"^.Errno 2. unknown parameter {meant}"):
        Parameters("thing", params).load(line)


def test_arguments_for_a_loaded_module_are_refused() -> None:
    parameters, _ = loaded(b"p_int=5")
    with pytest.raises(Error, match="thing is loaded already") as caught:
        parameters.load(b"p_int=6")
    assert caught.value.name == "EEXIST"
    assert parameters.load(b"") == {"p_int": 5}


def test_an_unsafe_parameter_taints_even_with_a_bad_value_but_not_without_one() -> None:
    parameters, log = loaded()
    with pytest.raises(Invalid):
        parameters.store("u_unsafe", b"x")
    assert parameters.tainted
    assert log == [(5, b"Setting dangerous option u_unsafe - tainting kernel")]
    fresh = Parameters("thing", ParamOracle.params)
    with pytest.raises(Invalid, match="needs a value"):
        fresh.load(b"u_unsafe")
    assert not fresh.tainted


def test_a_parameter_for_once_is_refused_a_second_time() -> None:
    with pytest.raises(Invalid, match="r_i32 has been set already") as caught:
        Parameters("rust", RustParamOracle.params).load(b"r_i32=1 r_i32=1")
    assert caught.value.name == "EEXIST"


def test_a_callback_that_answers_a_positive_number_is_einval_when_loading() -> None:
    with pytest.raises(Invalid) as caught:
        loaded(b"p_reterr=-3")
    assert caught.value.name == "EINVAL"


def test_a_callback_without_a_setter_is_eperm() -> None:
    with pytest.raises(Error) as caught:
        loaded(b"p_noset_rw=1")
    assert caught.value.name == "EPERM"


# Files.


def test_one_write_takes_a_page_and_ends_at_a_nul() -> None:
    parameters, _ = loaded()
    assert parameters.store("p_int", b"0" * 4095 + b"12") == 4096
    assert parameters.show("p_int") == b"1\n"
    assert parameters.store("p_int", b"5\0junk") == 6
    assert parameters.show("p_int") == b"5\n"
    assert parameters.store("p_int", b"") == 0


@pytest.mark.parametrize(("name", "number"), [("m_0444", "EACCES"), ("m_0000", "ENOENT"), ("inner", "ENOENT")])
def test_a_file_is_written_as_its_mode_allows(name: str, number: str) -> None:
    with pytest.raises(Error) as caught:
        loaded()[0].store(name, b"1")
    assert caught.value.name == number


def test_a_parameter_may_have_another_name_than_its_variable() -> None:
    parameters, _ = loaded(b"outer-name=4")
    assert parameters.values == {"inner": 4}
    assert parameters.show("outer_name") == b"4\n"


# Declarations.


MODES = (0, 0o400, 0o440, 0o444, 0o600, 0o640, 0o644, 0o660, 0o664, 0o200, 0o220, 0o755, 0o100, 0o111)
NO_READ = (0o040, 0o004, 0o404, 0o604, 0o060, 0o020, 0o464, 0o1204)
NO_WRITE = (0o666, 0o646, 0o602, 0o002, 0o622, 0o777)
NO_MODES = (0o1644, 0o2644, 0o4644, 644, -1)


@pytest.mark.parametrize("perm", MODES)
def test_modes_the_kernel_compiles(perm: int) -> None:
    assert check_perm(perm) == perm


@pytest.mark.parametrize("perm", NO_READ + NO_WRITE + NO_MODES)
def test_modes_the_kernel_refuses_are_refused_when_declared(perm: int) -> None:
    with pytest.raises(ValueError, match="perm"):
        param("a mode", default=0, perm=perm)


@pytest.mark.parametrize(
    ("annotation", "cause"),
    [
        (tuple[int, str], "all elements must be of one type"),
        (tuple[()], "all elements must be of one type"),
        (tuple[int, ...], "an array has a length, as in tuple[int, int]"),
        (tuple[Annotated[int, UINT], ...], "an array has a length, as in tuple[int, int]"),
    ],
)
def test_an_array_needs_a_size_and_one_type(annotation: Any, cause: str) -> None:
    with pytest.raises(TypeError, match=rf"no parameter type for .*: {re.escape(cause)}$"):
        type_of(annotation)


def declared(annotation: Any, default: Any, **more: Any) -> Param:
    made: Param = param("what it is for", default=default, **more)
    return made.named("level", annotation)


def test_choices_are_all_that_is_accepted() -> None:
    rate = declared(int, 1, choices=(1, 8, 64))
    assert rate.set(b"010") == rate.coerce(8) == 8
    with pytest.raises(Invalid, match="'2' is not a value of level; accepted: 1, 8, 64") as caught:
        rate.set(b"2")
    assert caught.value.errno == errno.EINVAL


def test_bounds_hold_for_each_element_of_an_array() -> None:
    limits = declared(tuple[int, int], (0, 5), minimum=0)
    assert limits.set(b"7", (0, 5)) == (7, 5)
    assert limits.coerce([1, "0x10"]) == (1, 16)
    with pytest.raises(Invalid, match="accepted: at least 0"):
        limits.set(b"1,-1")
    for wrong in ([1, 2, 3], [None], [1.5]):
        with pytest.raises(Invalid, match="level"):
            limits.coerce(wrong)


def test_an_array_may_begin_empty_if_it_is_counted() -> None:
    assert declared(Annotated[tuple[int, ...], Array(INT, 4)], ()).show(()) == b""
    with pytest.raises(TypeError, match="the default of level"):
        declared(tuple[int, int], ())


def test_an_array_reports_the_accepted_values() -> None:
    steps = declared(Annotated[tuple[int, ...], Array(INT, 4)], (1,))
    assert steps.type.name == "array of int"
    with pytest.raises(
        Invalid, match=r"'x' is not a value of level; accepted: 1 … 4 of these, between commas: a whole"
    ):
        steps.set(b"x")


def test_flags_of_the_three_kinds() -> None:
    inverted = declared(invbool, False)
    assert (inverted.set(b"1"), inverted.get(False)) == (False, b"Y")
    sticky = declared(bool_enable_only, False)
    assert (sticky.set(None), sticky.set(b"0", False), sticky.set(b"1", True)) == (True, False, True)
    with pytest.raises(Invalid, match="cannot be switched off") as caught:
        sticky.set(b"0", True)
    assert caught.value.name == "EROFS"


def test_a_callback_gets_the_text_and_none_for_the_bare_name() -> None:
    echo = declared(Annotated[object, Callback(lambda text: text, bytes, noarg=True)], None)
    assert (echo.set(None), echo.set(b"")) == (None, b"")
    assert not isinstance(echo.type, EnumType)


def test_a_text_without_a_value_is_a_null_pointer() -> None:
    label = param("what it is called", default=None).named("label", str | None)
    params = Parameters("labelled", {"label": label})
    assert params.show("label") == b"(null)\n"  # kernel/params.c prints a NULL with %s
    assert params.load(b"label=") == {"label": ""}
    assert params.show("label") == b"\n"


@pytest.mark.parametrize("text", [b"abc", b"30", b"255", b"", b"1e99"])
def test_a_number_between_bounds_is_refused_with_the_bounds(text: bytes) -> None:
    time = declared(int, 69, minimum=31, maximum=254)
    with pytest.raises(Invalid, match=r"; accepted: at least 31, at most 254$"):
        time.set(text)
