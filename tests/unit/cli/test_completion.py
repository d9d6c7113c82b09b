"""The answers to a shell for a command line: places, words, the state of a running i2cdrv; and their speed."""

from __future__ import annotations

import argparse
import os
import random
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config import completion as tables
from i2cdrv.cli import introspect
from i2cdrv.cli import main as cli
from i2cdrv.cli.completion import bash, drivers, running
from i2cdrv.cli.completion.grammar import Command, program
from i2cdrv.cli.completion.imported import of_module
from i2cdrv.cli.completion.kinds import WORD_SOURCES, items
from i2cdrv.cli.completion.line import Candidate, Files
from i2cdrv.cli.completion.shells import SCRIPTS, for_bash, for_fish, for_zsh
from i2cdrv.cli.completion.source import of_file
from i2cdrv.cli.help import takes
from i2cdrv.core import published, served
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import available, load
from i2cdrv.i2c import inventory
from i2cdrv.ipc import socket as control_socket
from i2cdrv.ipc.services import modules as module_service
from i2cdrv.ipc.services import sim as sim_service
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim import standard_bus
from i2cdrv.sim.fault import FAULT_KINDS as FAULTS
from tests.support import readings
from tests.support.parsers import EVERY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PARSER, PROGRAM = cli.parser(), program()
LOGS = next(list(one.choices) for one in introspect.options(PARSER) if one.dest == "log" and one.choices)
CHIPS = {"bmp280", "lm75a", "tmp75", "tmp102", "tmp105", "pct2075", "ds1775", "mcp980x", "tmp119"}
MODULES = set(available())
THERMO = '''
"""A thermometer of mine."""
from typing import NamedTuple
from i2cdrv import Celsius, Driver, param
{first}
class Sample(NamedTuple):
    inside: Celsius
class Thermo(Driver):
    addresses = range(0x10, 0x70)
    turbo: bool = param("faster", default=False)
    gain: int = param("gain", default=2, choices=(1, 2, 4))
    serial: int = param("number", default=0, perm=0o444)
    async def sample(self) -> Sample:
        return Sample(1.0)
'''


def words(*line: str) -> list[str]:
    """The words that fit."""
    return [one.word for one in items(PROGRAM, line) if isinstance(one, Candidate) and one.word.startswith(line[-1])]


def files(*line: str) -> list[Files]:
    return [one for one in items(PROGRAM, line) if isinstance(one, Files)]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may let an answer wait."""
    monkeypatch.setattr(running, "ANSWER_TIMEOUT_S", 30.0)


@pytest.fixture
def thermo(tmp_path: Path) -> str:
    path = tmp_path / "thermo.py"
    path.write_text(THERMO.format(first="print('loud')"))
    return str(path)


# Where the last word stands


def test_commands_with_their_purpose() -> None:
    found = {one.word: one.text for one in items(PROGRAM, [""]) if isinstance(one, Candidate)}
    assert list(found) == list(introspect.commands(PARSER))
    assert found["info"] == "show a module's chips, channels and parameters"


@pytest.mark.parametrize("command", introspect.commands(PARSER))
def test_every_option_of_a_command_is_offered_until_it_is_given(command: str) -> None:
    sub = introspect.commands(PARSER)[command]
    names = {name for option in sub._actions for name in option.option_strings if name.startswith("--")}
    assert set(words(command, "--")) == names
    assert set(words(command, "--log", "text", "--")) == names - {"--log"}
    assert set(words(command, "--log=text", "--")) == names - {"--log"}


def test_an_option_that_may_be_repeated_is_offered_again() -> None:
    assert words("sim", "--chip", "lm75@0x48", "--ch") == ["--chip"]


@pytest.mark.parametrize(
    "line",
    [
        ["--log", ""], ["load", "--log", ""], ["load", "bme280", "--lo", ""],
        ["--run-dir", "/tmp", "load", "--interval=3", "--log", ""],
    ],
)  # fmt: skip
def test_the_choices_of_an_option(line: list[str]) -> None:
    assert words(*line) == LOGS


def test_the_value_of_an_option_in_one_word() -> None:
    assert words("load", "--log=") == [f"--log={choice}" for choice in LOGS]
    assert words("load", "--log=te") == ["--log=text"]


def test_nothing_is_offered_where_only_the_user_knows() -> None:
    assert items(PROGRAM, ["load", "bme280", "--interval", ""]) == []
    assert items(PROGRAM, ["load", "--nonsense=", ""]) != []
    assert items(PROGRAM, ["load", "--nonsense="]) == []
    assert items(PROGRAM, ["load", "--in=x"]) == [], "an abbreviation of an option without known words"
    assert items(PROGRAM, ["nonsense", "x"]) == []
    assert items(PROGRAM, ["list", "x"]) == []


def test_options_may_stand_between_the_words() -> None:
    assert words("load", "--once", "bme280", "--addr", "0x76", "osrs_p=x2", "--json", "osrs_h=x1") == [
        "osrs_h=x1",
        "osrs_h=x16",
    ]


def test_behind_two_dashes_there_are_no_options() -> None:
    assert words("load", "--", "--") == []
    assert "debug=" in words("load", "--", "bme280", "")


def test_a_nested_command() -> None:
    assert words("sim", "f") == ["fault"]
    assert set(words("sim", "fault", "--j")) == {"--json"}


def test_every_metavar_of_the_command_line_has_its_kind_or_no_words_at_all() -> None:
    """A new argument whose words could be completed is noticed here: give it one of the metavars, or use takes."""
    unknown = {
        introspect.metavar(action)
        for parser in EVERY
        for action in parser._actions
        if action.choices is None and introspect.takes_value(action) and not tables.kinds_of(action)
    }
    assert unknown <= {"S", "N", "LIST", "NAME"}  # NAME: a new one of the user


def test_every_kind_has_its_room() -> None:
    assert set(tables.KIND_OF_METAVAR.values()) <= set(WORD_SOURCES)


def test_a_new_command_is_completed_by_its_metavars() -> None:
    parser = argparse.ArgumentParser()
    sub = parser.add_subparsers().add_parser("meet", help="somebody")
    sub.add_argument("module", metavar="MODULE")
    takes(sub.add_argument("other"), "channel")
    meeting = Command(*tables.row(parser))
    assert items(meeting, ["m"]) == [Candidate("meet", "somebody")]
    assert Candidate("temp", "°C") in items(meeting, ["meet", "bme280", ""])


# Words of driver modules


def test_modules_and_chips_and_files() -> None:
    assert set(words("load", "")) >= MODULES | CHIPS
    assert words("load", "bme") == ["bme280"]
    assert words("load", "sht4") == ["sht4x", "sht40", "sht41", "sht43", "sht45"]
    assert files("load", "") == [Files()]
    assert set(words("read", "", "--run-dir", "/nowhere")) == set()


def test_a_new_device_is_any_chip_also_one_named_as_its_module() -> None:
    assert words("new-device", "bme") == ["bme280"]
    assert set(words("new-device", "ina2")) == {"ina219", "ina226", "ina230", "ina231", "ina260"}


def test_a_bad_driver_file_among_the_modules_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.py").write_text("import nothing_of_that_name")
    (tmp_path / "thermo.py").write_text(THERMO.format(first=""))
    monkeypatch.setattr("i2cdrv.core.module.search_path", lambda: [tmp_path])
    monkeypatch.setattr(drivers, "_places", lambda: [str(tmp_path)])
    assert words("load", "") == ["thermo"]
    assert words("load", "thermo", "gain=") == ["gain=1", "gain=2", "gain=4"]


def test_parameters_that_are_not_given_yet() -> None:
    found = [one for one in items(PROGRAM, ["load", "bme280", "osrs-p=x1", ""]) if isinstance(one, Candidate)]
    assert [one.word for one in found] == ["debug=", "mode=", "osrs_t=", "osrs_h=", "filter=", "standby="]
    assert all(one.more for one in found)
    assert found[2].text == "temperature oversampling"


@pytest.mark.parametrize(
    ("word", "values"),
    [
        ("osrs_p=", ["x1", "x2", "x4", "x8", "x16"]),
        ("osrs_p=x1", ["x1", "x16"]),
        ("osrs-p=", ["x1", "x2", "x4", "x8", "x16"]),
        ("mode=", ["forced", "normal"]),
        ("debug=", ["Y", "N"]),
        ("nonsense=", []),
    ],
)
def test_the_words_of_a_parameter(word: str, values: list[str]) -> None:
    assert words("load", "bmp280", word) == [f"{word.partition('=')[0]}={value}" for value in values]


def test_the_default_is_shown() -> None:
    assert Candidate("filter=off", "default") in items(PROGRAM, ["load", "bme280", "filter="])


def test_a_driver_file_is_read_for_its_parameters(thermo: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert words("load", thermo, "") == ["debug=", "turbo=", "gain=", "serial="]
    assert words("load", thermo, "gain=") == ["gain=1", "gain=2", "gain=4"]
    assert words("load", thermo, "turbo=") == ["turbo=Y", "turbo=N"]
    assert words("read", thermo, "") == ["inside"]


@pytest.mark.parametrize(("path", "text"), [(tables.COMMANDLINE, tables.commandline), (tables.SHIPPED, tables.shipped)])
def test_a_table_is_the_generated_one(path: Path, text: Callable[[], str]) -> None:
    assert path.read_text() == text(), f"{path.name} is not up to date: python -m config.completion"


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_driver_of_the_table_is_not_imported(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drivers, "_imported", lambda _: None)
    assert drivers._load(name) == of_module(load(name))


@pytest.fixture
def bme280(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only driver that comes with i2cdrv, not imported yet."""
    path = tmp_path / "bme280.py"
    path.write_bytes(load("bme280").path.read_bytes())
    monkeypatch.setattr("i2cdrv.core.module.search_path", lambda: [tmp_path])
    monkeypatch.setattr(drivers, "_places", lambda: [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "i2cdrv.drivers.bme280", raising=False)
    return path


def test_a_driver_that_has_been_changed_is_imported(bme280: Path) -> None:
    bme280.write_text(bme280.read_text().replace("    osrs_t:", "    osrs_x:").replace("self.osrs_t", "self.osrs_x"))
    assert words("load", "bme280", "osrs_")[0] == "osrs_x="


@pytest.mark.parametrize("name", ["bme280", "bmp280"])
def test_a_file_that_every_user_can_write_to_is_not_offered(name: str, bme280: Path) -> None:
    assert words("load", name, "osrs_t") == ["osrs_t="]
    bme280.chmod(0o666)
    assert words("load", name, "osrs_t") == []
    assert words("load", "") == []


@pytest.mark.parametrize("name", sorted(MODULES))
def test_parsing_a_driver_gives_the_same_as_importing_it(name: str) -> None:
    found = load(name)
    assert of_file(str(found.path)) == of_module(found)


TRAP = f"""
from pathlib import Path
Path(__file__ + ".ran").touch()
{THERMO}
"""


@pytest.mark.parametrize(
    "line",
    [
        ["load", "FILE", ""], ["load", "FILE", "gain="], ["load", "FILE", "--addr", ""], ["load", "FILE:x", "gain="],
        ["read", "FILE", ""], ["read", "FILE", "--addr="], ["info", "FILE", ""], ["param", "FILE", ""],
        ["param", "FILE", "gain="], ["reload", "FILE", ""], ["bind", "1-0076", "FILE"], ["unload", "FILE", ""],
        ["new-device", "FILE", ""], ["sim", "--chip", "FILE@"], ["sim", "--chip=FILE@"], ["check", "FILE", ""],
        ["trace", "FILE", ""], ["--run-dir", "RUN", "param", "1-0076", ""],
        ["--run-dir", "RUN", "read", "1-0076", ""], ["--run-dir", "RUN", "read", ""],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_file_is_never_run(line: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a file in the configuration nor a file that another user's published reading names as its driver."""
    path = tmp_path / "thermo.py"
    path.write_text(TRAP.format(first=""))
    claim = published.Publication(tmp_path / "run", "1-0076")
    entry = {"device": "1-0076", "driver": str(path), "chip": str(path), "status": "error"}
    readings.write(tmp_path / "run", "1-0076", entry)
    monkeypatch.chdir(tmp_path)
    for name in (str(path), "./thermo.py", "thermo.py"):
        here = [word.replace("FILE", name).replace("RUN", str(tmp_path / "run")) for word in line]
        items(PROGRAM, here)
    claim.close()
    assert not list(tmp_path.glob("*.ran"))
    assert not list(tmp_path.glob("__pycache__"))
    load(str(path))
    assert list(tmp_path.glob("*.ran")), "the trap could not have shut"


SOURCES = {
    "nothing": "", "no Python": "def", "NUL": "\0", "no driver": "class X: pass",
    "two": "class A(Driver): pass\nclass B(Driver): pass", "nested": "(" * 5000, "deep": "-" * 100_000 + "1",
    "loop": "A = B\nB = A\nclass X(Driver):\n addresses = A\n gain: A = param('x', choices=A, default=B)",
    "odd": "class X(Driver):\n addresses = range(10**30)\n identity = {1: 2, **y}\n x: y[z] = param(*a, **b)\n"
           " w: int = param(7, perm='x', choices=7, name=8)\n async def sample(self) -> 1 + 2: pass",
    "huge number": "class X(Driver):\n addresses = (" + "9" * 5000 + ",)",
    "members": "class X(Driver):\n m: M = param('x', minimum=M.B)\n n: N = param('x', minimum=N.B)\n"
               "M = IntEnum('M', 7)\nN = IntEnum('N', 'A B', start='x')",
}  # fmt: skip


@pytest.mark.parametrize("case", SOURCES)
def test_a_file_that_is_no_driver_offers_nothing_and_raises_nothing(case: str, tmp_path: Path) -> None:
    path = tmp_path / "thermo.py"
    path.write_text(SOURCES[case])
    for line in (
        ["load", str(path), ""],
        ["load", str(path), "m="],
        ["load", str(path), "--addr", ""],
        ["read", str(path), ""],
    ):
        items(PROGRAM, line)


def test_a_path_that_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.py")
    (tmp_path / "null.py").symlink_to("/dev/zero")
    (tmp_path / "directory.py").mkdir()
    (tmp_path / "big.py").write_bytes(b"#" * (1 << 21))
    for name in ("fifo", "null", "directory", "big", "none"):
        assert of_file(str(tmp_path / f"{name}.py")) is None


def test_bounds_of_words_that_are_only_parsed(tmp_path: Path) -> None:
    path = tmp_path / "thermo.py"
    path.write_text("""
from enum import Enum, IntEnum
class Mode(Enum):
    SLEEP = 0
    FORCED = 1
    NORMAL = 3
Rate = IntEnum("Rate", ["HZ1", "HZ10"])
RATES = (Rate.HZ10,)
class Thermo(i2cdrv.Driver):
    id_table = {"a1": 0, "a2": 1}
    aliases = {"a2": ("a20", "a21")}
    addresses = range(0x48, 0x4A)
    mode: Mode = i2cdrv.param("mode", default=Mode.NORMAL, minimum=Mode.FORCED)
    rate: Rate = param("rate", default=Rate.HZ10, choices=RATES)
    flip: invbool = param("flip", default=False, name="flop")
    rates: tuple[Rate, Rate] = param("of two inputs", default=(Rate.HZ1, Rate.HZ10))
    modes: Annotated[tuple[Mode, ...], Array(KIND, 4)] = param("in turn", default=(Mode.SLEEP,))
""")
    found = of_file(str(path))
    assert found is not None
    assert (found.chips, found.addresses) == (("a1", "a2", "a20", "a21"), ("0x48", "0x49"))
    assert {name: one.words for name, one in found.parameters().items()} == {
        "debug": ("Y", "N"), "mode": ("forced", "normal"), "rate": ("hz10",), "flop": ("N", "Y"),
        "rates": ("hz1", "hz10"), "modes": ("sleep", "forced", "normal"),
    }  # fmt: skip
    assert [found.parameters()[name].default for name in ("mode", "rates")] == ["normal", "hz1,hz10"]
    assert [name for name, one in found.parameters().items() if one.is_array] == ["rates", "modes"]
    assert words("load", str(path), "rates=") == ["rates=hz1", "rates=hz10"]
    assert words("load", str(path), "rates=hz10,") == ["rates=hz10,hz1", "rates=hz10,hz10"]
    assert Candidate("modes=sleep,forced", more=True) in items(PROGRAM, ["load", str(path), "modes=sleep,f"])


HARMFUL = "\x1b[2J\x9b\u202e\u2028\r\n\t\x07"


def test_words_and_texts_cannot_steer_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    there = [inventory.BusInfo(1, f"bad{HARMFUL}", Path("/dev")), inventory.BusInfo(2, "good", Path("/dev"))]
    monkeypatch.setattr(inventory, "list_buses", lambda: there)
    assert words("detect", "--bus", "") == ["i2c-1", "i2c-2", "sim", "replay:", "good"]
    for answer in (
        for_bash(PROGRAM, ["i2cdrv detect --bus ", ""]), for_zsh(PROGRAM, ["detect", "--bus", ""]),
        for_fish(PROGRAM, ["detect", "--bus", ""]),
    ):  # fmt: skip
        assert "".join(answer).replace("\t", "").isprintable()


def test_channels() -> None:
    assert words("read", "bme280", "") == ["temp", "pressure", "humidity"]
    assert words("read", "--bus", "sim", "bme280", "t") == ["temp"]
    assert words("read", "nonsense", "t") == []


def test_addresses_where_they_are_few(thermo: str) -> None:
    assert words("load", "bme280", "--addr", "") == ["0x76", "0x77"]
    assert words("load", "bme280", "--addr=0x7") == ["--addr=0x76", "--addr=0x77"]
    assert words("load", thermo, "--addr", "") == []


# Words of the machine


def test_buses(monkeypatch: pytest.MonkeyPatch) -> None:
    there = [(1, "bcm2835"), (3, "USB bridge"), (4, "USB bridge")]
    monkeypatch.setattr(
        inventory, "list_buses", lambda: [inventory.BusInfo(nr, name, Path("/dev")) for nr, name in there]
    )
    assert words("detect", "--bus", "") == ["i2c-1", "i2c-3", "i2c-4", "sim", "replay:", "bcm2835"]
    assert files("detect", "--bus", "replay:") == [Files("replay:")]
    assert files("detect", "--bus=") == [Files("--bus=replay:")]


def test_levels() -> None:
    assert words("log", "--level", "w") == ["warning"]


def test_files_and_directories() -> None:
    assert files("load", "--config", "") == files("load", "--record", "") == [Files()]
    assert files("sim", "--vhost-user", "") == [Files()]
    assert files("list", "--run-dir", "") == [Files(directories=True)]


# Words of a running i2cdrv


@pytest.fixture
def run_dir(tmp_path: Path) -> Iterator[str]:
    """A BME280 that is loaded, and served on a simulated bus that has other chips, too."""
    place = tmp_path / "run"
    loaded = LoadedModule(load("bme280"))
    bus = standard_bus(VirtualClock())
    claim = published.Publication(place, "0-0076")
    entry = {"device": "0-0076", "driver": "bme280", "chip": "bme280", "status": "error"}
    readings.write(place, "0-0076", entry)
    loaded.devices.append("0-0076")  # type: ignore[arg-type]  # only its name is used
    with control_socket.serve_process(place, [module_service.interface([loaded]), sim_service.interface([bus])]):
        yield str(place)
    claim.close()


def test_served_devices_are_offered(run_dir: str) -> None:
    at = ("--run-dir", run_dir)
    assert words(*at, "read", "0") == ["0-0076"]
    assert words(*at, "param", "") == ["bme280", "0-0076"]
    assert words(*at, "reload", "") == ["bme280", "0-0076"]
    assert words(*at, "trace", "") == ["0-0076", "i2c-0"]
    assert words("trace", f"--run-dir={run_dir}", "") == ["0-0076", "i2c-0"]
    assert words(*at, "sim", "fault", "") == ["sim", "i2c-0", "0-0076"]


def test_files_that_another_user_could_have_put_there_are_not_offered(run_dir: str) -> None:
    Path(run_dir).chmod(0o777)
    for line in (("watch", ""), ("param", ""), ("sim", "fault", ""), ("unbind", "")):
        assert [word for word in words("--run-dir", run_dir, *line) if "0-" in word] == []


def test_a_device_is_not_offered_twice(run_dir: str) -> None:
    assert words("--run-dir", run_dir, "watch", "0") == ["0-0076"]
    assert words("--run-dir", run_dir, "watch", "0-0076", "0") == []


def test_without_access_to_the_run_directory_the_rest_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_searched: object) -> Iterator[dict[str, object]]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(served, "served", forbidden)
    assert words("load", "bme280", "filter=o") == ["filter=off"]
    assert words("read", "bme") == ["bme280"]


def test_parameters_and_channels_of_a_served_device(run_dir: str) -> None:
    at = ("--run-dir", run_dir)
    assert words(*at, "param", "0-0076", "osrs_p") == ["osrs_p", "osrs_p="]
    assert words(*at, "param", "0-0076", "filter=o") == ["filter=off"]
    assert words(*at, "read", "0-0076", "") == ["temp", "pressure", "humidity"]


def test_a_loaded_module_from_an_unknown_file_offers_its_parameters(thermo: str, tmp_path: Path) -> None:
    loaded = LoadedModule(load(thermo))
    with control_socket.serve_process(tmp_path / "run", [module_service.interface([loaded])]):
        assert words("--run-dir", str(tmp_path / "run"), "param", "thermo", "") == ["debug", "turbo", "gain", "serial"]


def test_only_writable_parameters_are_offered_with_a_value(thermo: str) -> None:
    assert words("param", thermo, "serial") == ["serial"]


def test_a_process_that_hangs_is_left_out_after_a_moment(run_dir: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that accepts connections and never answers, beside a healthy process; and a killed one."""
    with socket.socket(socket.AF_UNIX) as hung, socket.socket(socket.AF_UNIX) as dead:
        hung.bind(f"{run_dir}/control")
        hung.listen()
        dead.bind(f"{run_dir}/control.1")
        monkeypatch.setattr(running, "ANSWER_TIMEOUT_S", 1.0)
        assert words("--run-dir", run_dir, "reload", "") == ["bme280", "0-0076"]


def test_no_run_directory_is_no_error(tmp_path: Path) -> None:
    assert words("--run-dir", str(tmp_path / "none"), "unload", "") == []
    assert words("--run-dir", "/proc/self/exe", "trace", "") == []
    assert words("list", "") == words("list", "--"), "there is nothing else"


# Words of the simulation


def test_faults() -> None:
    kinds = words("sim", "fault", "0-0076", "")
    assert [kind.rstrip("=") for kind in kinds] == [*FAULTS, "clear"]
    assert {"nack", "swap=", "bitflip="} < set(kinds)
    assert words("sim", "fault", "0-0076", "nack", "") == ["for=", "count=", "after=", "at="]
    assert words("sim", "fault", "0-0076", "bitflip=0.1", "for=5", "") == ["count=", "after=", "at=", "seed="]
    assert words("sim", "fault", "0-0076", "busy", "a") == ["after="]
    assert words("sim", "fault", "0-0076", "swap=sht4") == ["swap=sht4x"]
    assert words("sim", "fault", "0-0076", "stretch=") == []
    assert words("sim", "fault", "0-0076", "clear", "c") == []


def test_simulated_chips() -> None:
    assert words("sim", "--chip", "sht4") == ["sht4x@"]
    assert words("sim", "--chip", "bme280@") == ["bme280@0x76", "bme280@0x77"]
    assert words("sim", "--chip", "sht4x@0x44:") == ["sht4x@0x44:temp=", "sht4x@0x44:humidity="]
    assert words("sim", "--chip=sht4x@0x44:temp=-3,") == ["--chip=sht4x@0x44:temp=-3,humidity="]
    assert words("sim", "--chip", "nonsense@0x44:") == []


# The answer to each shell


def test_bash_gets_the_part_that_readline_replaces() -> None:
    assert for_bash(PROGRAM, ["i2cdrv load bme280 filter=o", "o"]) == ["", "off "]
    assert for_bash(PROGRAM, ["i2cdrv load bme280 filter=o", "filter=o"]) == ["", "filter=off "]
    assert for_bash(PROGRAM, ["i2cdrv load bme280 filter=", "="]) == ["", "off ", "x2 ", "x4 ", "x8 ", "x16 "]
    assert for_bash(PROGRAM, ["i2cdrv load bme280 osrs_h", "osrs_h"]) == ["", "osrs_h="]
    assert for_bash(PROGRAM, ["i2cdrv load ./my", "./my"]) == ["files"]
    assert for_bash(PROGRAM, ["i2cdrv list --run-dir x", "x"]) == ["directories"]
    assert for_bash(PROGRAM, ["i2cdrv list x", "x"]) == [""]
    assert for_bash(PROGRAM, ["i2cdrv list >x", "x"]) == ["files"]
    assert for_bash(PROGRAM, ["i2cdrv list 2> x --js", "--js"]) == ["", "--json "]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("i2cdrv", [""]),
        ("i2cdrv ", [""]),
        ("  i2cdrv load  'a b'  c", ["load", "a b", "c"]),
        ('i2cdrv "a b', ["a b"]),
        ("i2cdrv 'a b", ["a b"]),
        ("i2cdrv a\\ b", ["a b"]),
        ("i2cdrv a\\ ", ["a "]),
        ("i2cdrv a ", ["a", ""]),
        ("i2cdrv a\\", ["a"]),
        ("""i2cdrv x'y z'"\\"w"v """, ['xy z"wv', ""]),
        ("i2cdrv <in load >/dev/null 2>&1 x", ["load", "x"]),
    ],
)
def test_the_words_of_a_line_of_bash(line: str, found: list[str]) -> None:
    assert bash.split(line).words == found


TOKEN = r"""[0-9&]*[<>]+[&|]?|(?:\\.?|'[^']*'?|"(?:\\.|[^"\\])*"?|[^\s\\'"<>])+"""
PIECE = r"""\\(?P<escaped>.?)|'(?P<single>[^']*)'?|"(?P<double>(?:\\.|[^"\\])*)"?"""


def plain(token: str) -> str:
    def shown(piece: re.Match[str]) -> str:
        double = re.sub(r'\\([$`"\\])', r"\1", piece["double"] or "")
        return double or piece["escaped"] or piece["single"] or ""

    return re.sub(PIECE, shown, token, flags=re.DOTALL)


@pytest.mark.parametrize("seed", range(20))
def test_the_words_of_any_line_are_those_of_a_regular_expression(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(50):
        line = "".join(chance.choices("ab 2&<>|\\'\"$`=\n\t\u00a0é", k=chance.randrange(12)))
        found = list(re.finditer(TOKEN, line, re.DOTALL))
        tokens = [one.group() for one in found] + ([] if found and found[-1].end() == len(line) else [""])
        is_sign = [token.lstrip("0123456789&")[:1] in ("<", ">") for token in tokens]
        after = [False, *is_sign]
        words = [plain(token) for token, *signs in zip(tokens, is_sign, after, strict=False) if not any(signs)]
        assert bash.split(line).words == (words[1:] or [""]), line


@pytest.mark.parametrize("text", ["a b", "it's", 'say "x"', "$HOME `x` \\", "(x) [y] {z} *?~#!", "plain-1_2.3/4@5=6:7"])
@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_bash_reads_a_completed_word_as_it_was_meant(text: str, quote: str) -> None:
    (part,) = bash.parts([Candidate(text)], bash.split(f"i2cdrv {quote}"), "")
    shown = subprocess.run(
        ["bash", "-c", f"printf %s {quote}{part.rstrip(' ')}{quote}"], capture_output=True, text=True, check=True
    )
    assert shown.stdout == text


def test_zsh_gets_the_part_after_the_last_separator() -> None:
    assert for_zsh(PROGRAM, ["load", "bme280", "filter=o"])[:4] == ["", "filter=", " off:default", " x2"]
    assert for_zsh(PROGRAM, ["load", "bme280", "osrs_h"])[:3] == ["", "", "+debug=:log each transfer of this device"]
    assert for_zsh(PROGRAM, ["load", "--bus", "replay:x"])[:2] == ["files", "replay:"]
    assert for_zsh(PROGRAM, ["load", "--bus", "re"])[3] == "+replay\\::a file of --record"


def test_fish_gets_words_with_texts() -> None:
    assert for_fish(PROGRAM, ["list", "--j"])[-1] == "--json\tprint a JSON object"
    assert for_fish(PROGRAM, ["load", "--bus=replay:x"])[:2] == ["files", "--bus=replay:"]


def test_it_is_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["nonsense"])
    assert "__complete" not in capsys.readouterr().err + PARSER.format_help()


def test_the_command_and_the_scripts_know_the_same_shells() -> None:
    assert words("completion", "") == list(SCRIPTS) == list(SCRIPTS)
