"""The configuration file: the meaning of its values, and a good message for every mistake."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from i2cdrv.config import modprobe
from i2cdrv.config.config import Config, load
from i2cdrv.core.module import available
from i2cdrv.driver.moduleparam import UINT, Array, Param, Parameters, hexint, invbool, param, uint
from i2cdrv.driver.moduleparam.cmdline import Argument
from i2cdrv.errors import Error, Invalid, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

MODULES = ", ".join(sorted(available()))


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "i2cdrv.yaml"
        path.write_text(text)
        return path

    return write


def named(annotation: Any, default: Any) -> Param:
    declared: Param = param("anything", default=default)
    return declared.named("x", annotation)


KINDS = {
    "int": named(int, 0),
    "uint": named(uint, 0),
    "hexint": named(hexint, 0),
    "bool": named(bool, False),
    "invbool": named(invbool, False),
    "float": named(float, 0.5),
    "charp": named(str, ""),
    "array": named(Annotated[tuple[int, ...], Array(UINT, 4)], (1,)),
    "charps": named(Annotated[tuple[str, ...], Array(named(str, "").type, 4)], ("",)),
}


def value_of(write: Callable[[str], Path], kind: str, text: str) -> Any:
    """Return the value of the parameter x of that type after ``options: {m: {x: TEXT}}``."""
    (option,) = load(write(f"options:\n  m:\n    x: {text}\n")).options("m", {"x": KINDS[kind]})
    params = Parameters("m", {"x": KINDS[kind]})
    return params.load(b"", [Argument(b"x", option.text)])["x"]


# The meaning of a value: the second column is the kernel's result for that text on its argument line
# (Linux, lib/kstrtox.c), typed from the recorded answers.


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("int", "5", 5),
        ("int", "'5'", 5),
        ("int", "-5", -5),
        ("int", "+5", 5),
        ("int", "0x10", 16),
        ("int", "010", 8),
        ("int", "-0x80000000", -(2**31)),
        ("uint", "4294967295", 2**32 - 1),
        ("hexint", "0xFF", 255),
        ("bool", "true", True),
        ("bool", "True", True),
        ("bool", "no", False),
        ("bool", "off", False),
        ("bool", "Y", True),
        ("bool", "1", True),
        ("bool", "0", False),
        ("invbool", "no", True),
        ("float", "1", 1.0),
        ("float", "0.1", 0.1),
        ("float", "1e3", 1000.0),
        ("float", "1.0e+3", 1000.0),
        ("charp", "true", "true"),
        ("charp", "010", "010"),
        ("charp", "1e3", "1e3"),
        ("charp", "2026-11-21", "2026-11-21"),
        ("charp", "12:30", "12:30"),
        ("charp", "'null'", "null"),
        ("charp", "''", ""),
        ("charp", "two words", "two words"),
        ("charp", '"a\\tb"', "a\tb"),
        ("charp", "Größe", "Größe"),
        ("array", "[1, 2, 0x10]", (1, 2, 16)),
        ("array", "1,2", (1, 2)),
        ("array", "7", (7,)),
        ("charps", "[a, 'b c', off]", ("a", "b c", "off")),
    ],
)
def test_a_value_means_the_same_as_its_text_means_on_the_command_line(
    write: Callable[[str], Path], kind: str, text: str, value: Any
) -> None:
    assert value_of(write, kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("uint", "1e3", "'1e3' is not a value of x; accepted: a whole number 0 … 4294967295; write 1000"),
        ("uint", "1.0e+3", "'1.0e+3' is not a value of x; accepted: a whole number 0 … 4294967295; write 1000"),
        ("uint", "0o17", "'0o17' is not a value of x; accepted: a whole number 0 … 4294967295; write 15"),
        ("uint", "08", "'08' is not a value of x; accepted: a whole number 0 … 4294967295; write 8"),
        ("uint", "1.5", "'1.5' is not a value of x; accepted: a whole number 0 … 4294967295"),
        ("uint", "1e99", "'1e99' is not a value of x; accepted: a whole number 0 … 4294967295"),
        ("uint", "'5 '", "'5 ' is not a value of x; accepted: a whole number 0 … 4294967295; write 5"),
        ("uint", "1_000", "'1_000' is not a value of x; accepted: a whole number 0 … 4294967295; write 1000"),
        ("uint", "0b11", "'0b11' is not a value of x; accepted: a whole number 0 … 4294967295; write 3"),
        ("uint", "12:30", "'12:30' is not a value of x; accepted: a whole number 0 … 4294967295; write 750"),
        ("uint", "true", "'true' is not a value of x; accepted: a whole number 0 … 4294967295; write 1"),
        ("uint", "-1", "'-1' is not a value of x; accepted: a whole number 0 … 4294967295"),
        ("uint", "2026-11-21", "'2026-11-21' is not a value of x; accepted: a whole number 0 … 4294967295"),
        ("uint", "null", "x has no value; write x: 0"),
        ("uint", "~", "x has no value; write x: 0"),
        ("uint", "", "x has no value; write x: 0"),
        ("charp", "", 'x has no value; write x: ""'),
        ("bool", "", "x has no value; write x: 1"),
        ("bool", "2", "'2' is not a value of x; accepted: Y or N (also 1/0, true/false, on/off); write Y"),
        ("bool", "0x1", "0x1 is 1 to YAML and N to x; write Y or N"),
        ("float", "010", "010 is 8 to YAML and 10.0 to x; write 8 or 10.0"),
        ("float", ".inf", "'.inf' is not a value of x; accepted: a number, for example 0.1"),
        ("float", ".nan", "'.nan' is not a value of x; accepted: a number, for example 0.1"),
        ("int", "[1]", "x has one value, not a list; accepted: a whole number -2147483648 … 2147483647"),
        ("int", "{a: 1}", "x cannot be a table; accepted: a whole number -2147483648 … 2147483647"),
        ("array", "[1, [2]]", "an element of x is one value, not a list or a table"),
        ("array", "[1, true]", "'true' is not a value of x; accepted: a whole number 0 … 4294967295; write 1"),
        ("array", "[1, 2, 3, 4, 5]", "'1,2,3,4,5' is not a value of x; accepted: 1 … 4 of these, between commas: "
                                     "a whole number 0 … 4294967295"),
        ("charps", "['a,b']", "an element of x cannot contain a comma: 'a,b'"),
        ("charp", '"a\\0b"', "a value cannot contain a NUL"),
    ],
)  # fmt: skip
def test_a_value_that_yaml_would_reinterpret_is_refused_with_the_text_to_write(
    write: Callable[[str], Path], kind: str, text: str, message: str
) -> None:
    with pytest.raises(Invalid) as caught:
        value_of(write, kind, text)
    place, _, said = caught.value.message.partition(": options.m.x: ")
    assert said == message
    assert place.rpartition("/")[2].startswith("i2cdrv.yaml:3:")


# Mistakes: the whole message, with the column of the word that is wrong.

MISTAKES = [
    ("options:\n  bme280:\n    osrs_p: x17\n",
     "3:13: options.bme280.osrs_p: 'x17' is not a value of osrs_p; accepted: x1, x2, x4, x8, x16 (did you mean x16?)"),
    ("options:\n  bme280:\n    osr_p: x16\n",
     "3:5: options.bme280.osr_p: unknown parameter (did you mean osrs_p?); "
     "known: debug, filter, mode, osrs_h, osrs_p, osrs_t, standby"),
    ("options:\n  bme28: {debug: 1}\n",
     f"2:3: options: there is no module 'bme28' (did you mean bme280?); there are: {MODULES}"),
    ("options:\n  sht40: {debug: 1}\n",
     "2:3: options: 'sht40' is a chip: write its module, sht4x"),
    ("optoins: {}\n",
     "1:1: unknown key 'optoins' (did you mean options?); known: options, blacklist, alias, softdep, cpus, "
     "libraries, devices, modules, buses, interval, log"),
    ("options:\n  bme280: [debug]\n",
     "2:11: options.bme280: expected a table, as in options: {bme280: {debug: 1}}"),
    ("options: bme280\n",
     "1:10: options: expected a table, as in options: {bme280: {debug: 1}}"),
    ("options:\n  bme280:\n    debug:\n",
     "3:11: options.bme280.debug: debug has no value; write debug: 1"),
    ("options:\n  bme280: {osrs_p: x1}\n  bme280: {osrs_p: x2}\n",
     "3:3: options: bme280 is already in line 2: keep one of them"),
    ("options:\n  bme280: {osrs_p: x1,\n           osrs_p: x2}\n",
     "3:12: options.bme280: osrs_p is already in line 2: keep one of them"),
    ("options:\n  bme280: {osrs-p: x1,\n           osrs_p: x2}\n",
     "3:12: options.bme280.osrs_p is already in line 2: keep one of them"),
    ("options:\n\tbme280: {}\n",
     "2:1: not YAML: while scanning for the next token, found character '\\t' that cannot start any token; "
     "indent with spaces, not with tabs"),
    ("options: {bme280: {debug: 1}\n",
     "2:1: not YAML: while parsing a flow mapping, expected ',' or '}', but got '<stream end>'"),
    ("options: {}\n---\noptions: {}\n",
     "2:1: not YAML: expected a single document in the stream, but found another document"),
    ("options: {bme280: {osrs_p: !word x1}}\n",
     "1:28: options.bme280.osrs_p: the tag !word is not supported: write the value alone"),
    ("options: {bme280: !!python/object:os.system {}}\n",
     "1:19: options.bme280: the tag !!python/object:os.system is not supported: write the value alone"),
    ("options: {bme280: {<<: {debug: 1}}}\n",
     "1:20: options.bme280: << is not supported: write the keys"),
    ("options: {? [bme280] : {}}\n",
     "1:13: options: a key is one word, as in debug: 1"),
    ("options: &all {bme280: *all}\n",
     "1:10: options.bme280: this list or table contains itself"),
    ("blacklist: lm75\n",
     "1:12: blacklist: expected a list of modules, as in blacklist: [lm75]"),
    ("blacklist: {lm75: 1}\n",
     "1:12: blacklist: expected a list of modules, as in blacklist: [lm75]"),
    ("blacklist: [lm75, [lm75]]\n",
     "1:19: blacklist: expected the name of a module, as in blacklist: [lm75]"),
    ("blacklist:\n- lm76\n",
     f"2:3: blacklist: there is no module 'lm76' (did you mean lm75?); there are: {MODULES}"),
    ("alias: [bme280]\n",
     "1:8: alias: expected a table, as in alias: {weather: bme280}"),
    ("alias: {weather: [bme280]}\n",
     "1:18: alias.weather: expected the name of a module, as in alias: {weather: bme280}"),
    ("softdep: {bme280: [mcp9808]}\n",
     "1:19: softdep: expected a table, as in softdep: {bme280: {pre: [mcp9808]}}"),
    ("softdep: {bme280: {before: [mcp9808]}}\n",
     "1:20: softdep.bme280: unknown key 'before'; known: pre, post"),
    ("softdep: {bme280: {pre: mcp9808}}\n",
     "1:25: softdep: expected a list of modules, as in softdep: {bme280: {pre: [mcp9808]}}"),
    ("softdep: {bme282: {pre: [mcp9808]}}\n",
     f"1:11: softdep: there is no module 'bme282' (did you mean bme280?); there are: {MODULES}"),
    ("just text\n",
     "1:1: a configuration is a table of options, blacklist, alias, softdep, cpus, "
     "libraries, devices, modules, buses, interval, log: options: {bme280: {debug: 1}}"),
    ("options: {bme280: {debug: 1}} \x01\n",
     "1:31: the character U+0001 is not allowed in a YAML file"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_mistake_is_reported_with_its_place_the_expected_value_and_the_nearest_word(
    write: Callable[[str], Path], text: str, message: str
) -> None:
    path = write(text)
    with pytest.raises(Error) as caught:
        modprobe.load("bme280", [], load(path))
    assert caught.value.message == f"{path}:{message}"
    assert caught.value.errno in (errno.EINVAL, errno.ENOENT)


def test_a_byte_that_is_not_utf_8_is_named_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "latin1.yaml"
    path.write_bytes(b"# ok\n# Gr\xf6\xdfe\n")
    with pytest.raises(Invalid) as caught:
        load(path)
    assert caught.value.message == f"{path}:2:5: the byte 0xf6 is not UTF-8: save the file as UTF-8"


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unknown, match=r"there is no configuration file .*/none\.yaml"):
        load(tmp_path / "none.yaml")
    with pytest.raises(Error, match="cannot be read: Is a directory") as caught:
        load(tmp_path)
    assert caught.value.errno == errno.EISDIR


def test_brackets_without_end_are_no_crash(write: Callable[[str], Path]) -> None:
    with pytest.raises(Invalid, match="nested too deeply"):
        load(write("[" * 1000))


def test_aliases_of_aliases_cost_nothing(write: Callable[[str], Path]) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    with pytest.raises(Unknown, match="unknown key 'a0'"):
        load(write("\n".join(lines)))


@pytest.mark.parametrize(
    "text",
    ["{}\n", "# nothing\n", "---\n", "options:\n", "options:\nblacklist:\nalias:\nsoftdep:\n", "options: {bme280: }\n",
     "\ufeffoptions: {}\n", "softdep: {bme280: {pre: }}"],
)  # fmt: skip
def test_an_empty_file_is_valid(write: Callable[[str], Path], text: str) -> None:
    assert modprobe.load("bme280", [], load(write(text))).params.values == {}


def test_a_run_without_any_configuration_can_be_requested() -> None:
    assert modprobe.load("bme280", [], load(Path("/dev/null"))).params.values == {}


@pytest.mark.parametrize("content", [b"", b"\n", b" \t\r\n", b"\0" * 4096, b"\xef\xbb\xbf\n"])
def test_a_file_that_a_power_failure_has_emptied_is_no_configuration(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "i2cdrv.yaml"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=rf"{path}: the configuration file is empty, as after a power failure: restore"):
        load(path)


def test_a_path_that_is_no_file_is_named_without_waiting(tmp_path: Path) -> None:
    path = tmp_path / "i2cdrv.yaml"
    os.mkfifo(path)
    with pytest.raises(Error, match=rf"{path} cannot be read: it is a FIFO, not a regular file"):
        load(path)
    with pytest.raises(Error, match="cannot be read: Is a directory"):
        load(tmp_path)
    with pytest.raises(Error, match="cannot be read: it is a device"):
        load(Path("/dev/zero"))


def test_links_of_root_or_the_caller_lead_to_a_configuration(write: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "static").symlink_to(write("blacklist: [lm75]\n").parent)
    (tmp_path / "link.yaml").symlink_to("static/i2cdrv.yaml")
    assert "lm75" in load(tmp_path / "link.yaml").blacklist


def test_a_file_that_others_can_write_is_not_trusted(write: Callable[[str], Path]) -> None:
    path = write("blacklist: [lm75]\n")
    path.chmod(0o666)
    what = f"the configuration file {path} is not trusted: {path} can be written by every user: chmod o-w {path}"
    with pytest.raises(Error, match=what) as caught:
        load(path)
    assert caught.value.errno == errno.EPERM


@pytest.mark.skipif(os.geteuid() != 0, reason="makes what belongs to another user")
def test_a_file_that_another_user_has_written_is_not_trusted(write: Callable[[str], Path]) -> None:
    path = write("devices: [{module: ./evil.py, bus: sim, addr: 0x49}]\n")
    os.chown(path, 65533, 65533)
    with pytest.raises(Error, match=rf"{path} is not trusted: {path} belongs to .*, not to root"):
        load(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("options: {}[]bme280,debug:1-\n&*!|>'\"#?~\t\0x"), max_size=60) | st.text(max_size=60))
def test_any_text_is_a_configuration_or_an_error_of_ours(tmp_path: Path, text: str) -> None:
    path = tmp_path / "any.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with suppress(Error):
        assert isinstance(load(path), Config)


@pytest.mark.parametrize(("text", "cpus"), [("cpus: 0-1", "0-1"), ("cpus: 010", "010"), ("cpus: 1,3", "1,3")])
def test_cpus_are_the_text_that_was_written(text: str, cpus: str, write: Callable[[str], Path]) -> None:
    found = load(write(text)).cpus
    assert found is not None
    assert found.text == cpus


def test_no_cpus_leave_it_to_the_kernel(write: Callable[[str], Path]) -> None:
    assert load(write("cpus:")).cpus is None
    assert load(write("blacklist: [lm75]")).cpus is None


def test_cpus_are_written_as_the_kernel_writes_them(write: Callable[[str], Path]) -> None:
    with pytest.raises(Invalid, match=r":1:7: cpus: expected a list of CPUs, as in cpus: 0-1"):
        load(write("cpus: [0, 1]"))
