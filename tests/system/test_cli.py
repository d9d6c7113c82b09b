"""The command line as its users meet it: its output, its streams, and the exit status."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from i2cdrv.cli import introspect
from i2cdrv.cli import main as cli
from i2cdrv.core import module as modules
from i2cdrv.errors import Error
from i2cdrv.i2c import record
from i2cdrv.lib.cpumask import print_list

I2CDRV = [sys.executable, "-m", "i2cdrv"]
NO_BUS = re.compile(r"i2cdrv: /dev/i2c-\d+ is missing: .*\n")


class Run:
    """One command: its exit status and its output."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str, str]:
        try:
            status = cli.main(words)
        except SystemExit as end:
            status = int(end.code or 0)
        out, err = self._capsys.readouterr()
        return status, out, err


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(capsys)


pytestmark = pytest.mark.usefixtures("virtual_sim_bus")


def test_load_once_prints_one_line_with_units(run: Run) -> None:
    status, out, _ = run("load", "bme280", "--bus", "sim", "--once")
    assert status == 0
    assert re.fullmatch(r"0-0076 bme280: temp \d+\.\d\d °C, pressure \d{5,6} Pa, humidity \d+\.\d\d %\n", out)


def test_load_once_json_is_one_object_with_the_published_shape(run: Run) -> None:
    status, out, _ = run("load", "bme280", "--bus", "sim", "--once", "--json")
    reading = json.loads(out)
    assert status == 0
    assert out.count("\n") == 1
    assert list(reading) == ["device", "driver", "time", "boottime", "status", "channels"]
    assert (reading["device"], reading["driver"], reading["status"]) == ("0-0076", "bme280", "ok")
    assert {name: channel["unit"] for name, channel in reading["channels"].items()} == {
        "temp": "°C",
        "pressure": "Pa",
        "humidity": "%",
    }


def test_count_prints_that_many_samples(run: Run) -> None:
    status, out, _ = run("load", "mcp9808", "--bus", "sim", "--count", "3", "--interval", "0.5")
    assert (status, out.count("\n")) == (0, 3)


def test_each_line_begins_with_the_time_of_its_sample(run: Run) -> None:
    began = int(time.time())
    _, out, err = run("load", "mcp9808", "--bus", "sim", "--count", "3", "--time")
    possible = {time.strftime("%H:%M:%S", time.localtime(second)) for second in range(began, int(time.time()) + 1)}
    shown = re.findall(r"^(\S+) 0-0018 mcp9808: temp \S+ °C$", out, re.MULTILINE)
    assert len(shown) == 3
    assert set(shown) <= possible
    assert err == ""


def test_debug_logs_each_transfer_to_stderr(run: Run) -> None:
    _, out, err = run("load", "mcp9808", "debug=1", "--bus", "sim", "--once", "--log", "json")
    transfers = [json.loads(line) for line in err.splitlines()]
    sample = next(one for one in transfers if one.get("write") == "05")
    assert "transfer" not in out
    assert (sample["event"], sample["device"]) == ("transfer", "0-0018")
    assert re.fullmatch("[0-9a-f]{2}-[0-9a-f]{2}", sample["read"])


def test_text_log_is_key_value(run: Run) -> None:
    _, _, err = run("load", "mcp9808", "debug", "--bus", "sim", "--once", "--log", "text")
    assert re.search(r"event=transfer device=0-0018 write=05 read=[0-9a-f]{2}-[0-9a-f]{2} us=\d+", err)


def test_parameters_may_stand_after_options(run: Run) -> None:
    _, _, err = run("load", "bme280", "--bus", "sim", "--once", "osrs-p=x16", "debug=1", "--log", "text")
    assert "write=f4-35" in err  # T x1, p x16, forced


def test_a_chip_name_loads_its_family(run: Run) -> None:
    status, out, _ = run("load", "tmp102", "--bus", "sim", "--addr", "0x49", "--once", "--json")
    assert (status, json.loads(out)["driver"]) == (0, "lm75")


def test_bmp280_has_no_humidity(run: Run) -> None:
    _, out, _ = run("load", "bmp280", "--bus", "sim", "--once")
    assert out.startswith("0-0077 bmp280: temp ")
    assert "humidity" not in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["load", "bme28"], "no driver module or chip is called 'bme28' (did you mean bme280?)"),
        (["load", "bme280", "osrs=x2"], "unknown parameter 'osrs' (did you mean osrs_"),
        (["load", "bme280", "osrs_p=x3"], "'x3' is not a value of osrs_p; accepted: x1, x2, x4, x8, x16"),
        (["load", "bme280", "osrs_p"], "osrs_p needs a value: osrs_p=…; accepted: x1, x2, x4, x8, x16"),
        (["load", "bme280", "mode=sleep"], "'sleep' is not a value of mode; accepted: "),
        (["load", "ina219", "shunt_ohms=0"], "'0' is not a value of shunt_ohms; accepted: at least "),
        (["load", "bme280", "--addr", "0x77"], "0x77 on i2c-0 is not a bme280: register 0xd0 reads 0x58, not 0x60"),
        (["load", "lm75", "--addr", "0x4f"], "0x4f did not acknowledge its address"),
        (["load", "bme280", "--addr", "0x10"], "0x10 is no address of a bme280, which can be at 0x76, 0x77; to "),
        (["read", "ina219", "--addr", "0x51"], "is no address of a ina219, which can be at 0x40 … 0x4f; to use it"),
        (["load", "bme280", "--force-id"], "--force-id needs an address: name with --addr the chip to treat as a"),
        (
            ["load", "lm75"],
            "lm75 is recognised by the check of its driver, and chips at 0x48, 0x49 on i2c-0 pass it: choose with",
        ),
        (["load", "./none.py"], "there is no driver file none.py"),
        (["read", "bme280", "lux"], "0-0076 has no channel 'lux'; it has: temp, pressure, humidity"),
        (["info", "bme820"], "no driver module or chip is called 'bme820' (did you mean bme280?)"),
    ],
)
def test_a_mistake_ends_with_one_line_with_cause_and_next_step(run: Run, words: list[str], sentence: str) -> None:
    sim = [] if words[0] == "info" else ["--bus", "sim"]
    status, out, err = run(*words, *sim)
    *_, last = err.splitlines()
    assert (status, out) == (1, "")
    assert last.startswith("i2cdrv: ")
    assert sentence in last


def test_an_unknown_parameter_can_be_ignored_with_a_warning(run: Run) -> None:
    words = ("load", "bme280", "osrs=x2", "--ignore-unknown", "--bus", "sim", "--once", "--log", "text")
    status, out, err = run(*words)
    assert (status, out.count("\n"), err.count("\n")) == (0, 1, 1)
    assert "bme280: unknown parameter 'osrs' ignored" in err


def test_each_of_several_mistakes_is_logged_as_the_kernel_does_and_the_last_is_printed(run: Run) -> None:
    status, out, err = run("load", "bme280", "osrs=x2", "osrs-p=x3", "--bus", "sim", "--log", "json")
    assert (status, out) == (1, "")
    *logged, last = err.splitlines()
    assert last == "i2cdrv: 'x3' is not a value of osrs_p; accepted: x1, x2, x4, x8, x16"
    assert [(line["level"], line["event"]) for line in map(json.loads, logged)] == [
        ("error", "bme280: Unknown parameter `osrs'"),  # spec: the kernel's words for each of them
        ("error", "bme280: `x3' invalid for parameter `osrs-p'"),
    ]


def test_of_the_words_of_a_parameter_the_nearest_is_named(run: Run) -> None:
    status, _, err = run("load", "bme280", "osrs_p=x17", "--bus", "sim")
    assert status == 1
    assert "osrs_p; accepted: x1, x2, x4, x8, x16 (did you mean x16?)" in err


@pytest.mark.parametrize("name", ["222", "i2c-222", "/dev/i2c-222"])
def test_a_missing_bus_names_the_node_and_the_next_step(run: Run, name: str) -> None:
    status, out, err = run("load", "bme280", "--bus", name, "--once")
    assert (status, out) == (1, "")
    assert NO_BUS.fullmatch(err)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["load", "bme280", "--addr", "76"], "did you mean 0x76 or 0x4c (decimal 76)?"),
        (["load", "bme280", "--addr", "118"], "did you mean 0x76 (decimal 118)?"),
        (["load", "bme280", "--addr", "0x80"], "0x80 is outside 0x03 … 0x77"),
        (["load", "bme280", "--interval", "0"], "seconds between samples"),
        (["load", "bme280", "--count", "0"], "a number of samples, 1 or more"),
        (["load"], "arguments are required: MODULE\n"),
        (["lod"], "invalid choice: 'lod'"),
        (["list", "extra"], "unrecognized arguments: extra"),
        (
            ["param", "0-0076", "osrs_t=x2", "osrs_p=x4"],
            "unrecognized arguments: osrs_p=x4; set one parameter at a time: "
            "i2cdrv param 0-0076 osrs_t=x2 && i2cdrv param 0-0076 osrs_p=x4",
        ),
        (["param", "0-0076", "osrs_t", "osrs_p"], "unrecognized arguments: osrs_p\n"),
        ([], "COMMAND"),
    ],
)
def test_usage_errors_exit_2_with_a_hint(run: Run, words: list[str], hint: str) -> None:
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert hint in err


def test_read_prints_one_bare_value(run: Run) -> None:
    status, out, _ = run("read", "bme280", "temp", "--bus", "sim")
    assert status == 0
    assert 15 < float(out) < 30


def test_read_prints_every_value_with_its_unit(run: Run) -> None:
    _, out, _ = run("read", "sht4x", "--bus", "sim", "--addr", "0x44")
    assert re.fullmatch(r"temp \S+ °C\nhumidity \S+ %\n", out)


DRIVER = """
from typing import NamedTuple
from i2cdrv import Celsius, Driver, Nack
class Sample(NamedTuple):
    temp: Celsius
class Chip(Driver):
    async def probe(self) -> None:
        self.on_remove(self.sleep)
    async def sleep(self) -> None:
        raise Nack("it is gone")
    async def sample(self) -> Sample:
        return Sample({sample})
"""


@pytest.mark.parametrize("words", [["read"], ["load", "--once"]], ids=" ".join)
def test_a_good_sample_is_shown_though_the_chip_cannot_be_given_back(
    run: Run, words: list[str], tmp_path: Path
) -> None:
    (tmp_path / "stubborn.py").write_text(DRIVER.format(sample=21.0))
    status, out, err = run(*words, str(tmp_path / "stubborn.py"), "--bus", "sim", "--addr", "0x20")
    assert status == 0
    assert "temp 21.0" in out
    assert "close failed" in err
    assert "it is gone" in err


def test_a_good_sample_is_shown_though_its_record_cannot_be_ended(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def close(writer: record.Writer) -> None:
        writer._file.close()
        raise Error("it.record: No space left on device", errno.ENOSPC)

    monkeypatch.setattr(record.Writer, "close", close)
    status, out, err = run("read", "bme280", "temp", "--bus", "sim", "--record", str(tmp_path / "it.record"))
    assert (status, 15 < float(out) < 30) == (1, True)
    assert "No space left on device" in err


def test_one_read_advises_nothing_that_only_a_running_process_could_do(run: Run, tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text(DRIVER.format(sample="1 / 0"))
    status, out, err = run("read", str(tmp_path / "wrong.py"), "--bus", "sim", "--addr", "0x20")
    assert (status, out) == (1, "")
    assert "ZeroDivisionError: division by zero; fix it, then run this again" in err
    assert "i2cdrv reload" not in err


def test_detect_separates_the_sure_from_the_possible(run: Run) -> None:
    status, out, _ = run("detect", "--bus", "sim")
    lines = dict(line.split("  ", 1) for line in out.splitlines())
    assert status == 0
    assert {addr: lines[addr] for addr in ("0x18", "0x41", "0x76", "0x77")} == {
        "0x18": "mcp9808",
        "0x41": "ina226",
        "0x76": "bme280",
        "0x77": "bmp280",
    }
    assert lines["0x44"].startswith("perhaps ")
    assert "sht4x" in lines["0x44"]


def test_detect_json_is_one_object_a_line(run: Run) -> None:
    _, out, _ = run("detect", "--bus", "sim", "--json")
    found = [json.loads(line) for line in out.splitlines()]
    assert {"addr": "0x76", "chips": ["bme280"], "sure": True, "note": ""} in found


def test_info_has_modinfo_layout(run: Run) -> None:
    _, out, _ = run("info", "lm75")
    assert re.search(r"^filename:       /.*lm75\.py$", out, re.MULTILINE)
    assert "\nalias:          i2c:tmp102\n" in out
    assert "\nversion:        0.1.0\nname:           lm75\n" in out
    assert re.search(r"^parm:           debug:log each transfer .* \(bool; default N; perm 0644\)$", out, re.MULTILINE)


def test_info_shows_the_accepted_values_of_a_parameter(run: Run) -> None:
    _, out, _ = run("info", "ina219")
    assert "parm:           shunt_ohms:shunt resistor (float in Ω; at least 1e-06; default 0.1; perm 0644)\n" in out
    assert "bus_range:largest bus voltage (word; v16, v32; default v32; perm 0644)\n" in out


def test_info_json_lists_parameters(run: Run) -> None:
    _, out, _ = run("info", "sht4x", "--json")
    precision = next(p for p in json.loads(out)["parameters"] if p["name"] == "precision")
    assert (precision["type"], precision["default"], precision["accepts"]) == ("word", "high", "high, medium, low")


def test_list_shows_every_module(run: Run, tmp_path: Path) -> None:
    status, out, _ = run("list", "--available", "--run-dir", str(tmp_path))
    assert status == 0
    head, *lines = out.splitlines()
    assert head.split() == ["Module", "Size", "Used", "by"]  # none is loaded
    assert [line.split()[0] for line in lines] == modules.available()
    assert {"bme280", "sht4x"} < {line.split()[0] for line in lines}


def test_list_names_a_run_directory_that_does_not_exist(run: Run, tmp_path: Path) -> None:
    missing = str(tmp_path / "run")
    for words in (["list"], ["list", "--json"]):
        status, out, err = run(*words, "--run-dir", missing)
        assert (status, out) == (1, "")
        assert err.startswith(f"i2cdrv: {missing}: there is no such run directory; ")
        assert err.endswith(f"i2cdrv load --run-dir {missing}\n")
    assert run("list", "--run-dir", str(tmp_path))[0] == 0, "an empty one is an empty list"


def test_a_channel_without_a_value_shows_its_cause_in_the_line(run: Run) -> None:
    bus = "sim:sht4x@0x44:temp=300,humidity=40"  # 0xffff is 130 °C: the word of the chip that is nearest
    status, out, _ = run("load", "sht4x", "--bus", bus, "--once")
    cause = "temp no value: temp of 0-0044 would be 130, outside the -40 … 125 of the chip (ERANGE)"
    assert (status, out) == (0, f"0-0044 sht4x: {cause}, humidity 40.00 %\n")


def test_check_refuses_an_address_that_the_chip_cannot_have(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "i2cdrv.yaml"
    entries = ["{module: bme280, bus: sim, addr: 0x76}", "{module: bme280, bus: sim, addr: 0x18}"]
    path.write_text("devices:\n" + "".join(f"  - {entry}\n" for entry in entries))
    status, out, err = run("check", str(path))
    assert (status, out) == (1, "")
    assert err.startswith(
        f"i2cdrv: {path}:3:38: devices[1].addr: 0x18 is no address of a bme280, which can be at 0x76, 0x77; "
    )
    assert err.endswith(" nevertheless: force_addr: true\n")
    path.write_text(path.read_text().replace("0x18", "0x18, force_addr: true"))
    assert run("check", str(path)) == (0, f"{path}: 2 devices, 1 module: all right\n", "")


TOO_FAST = "interval of 2 s: a scd4x measures every 5 s at most; set 5 s or more"


def test_check_refuses_an_interval_that_the_chip_cannot_keep(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "i2cdrv.yaml"
    path.write_text("interval: 2\ndevices:\n  - {module: scd4x, addr: 0x62, interval: 2}\n")
    assert run("check", str(path)) == (1, "", f"i2cdrv: {path}:3:43: devices[0].interval: {TOO_FAST}\n")
    path.write_text("interval: 2\ndevices:\n  - {module: scd4x, addr: 0x62}\n")
    assert run("check", str(path))[0] == 0, "the interval of all devices is that of the chips that can keep it"


def test_load_refuses_an_interval_that_the_chip_cannot_keep(run: Run) -> None:
    words = ["load", "scd4x", "--bus", "sim:scd4x@0x62:co2=700", "--interval"]
    assert run(*words, "2") == (1, "", f"i2cdrv: {TOO_FAST}\n")


def test_run_dir_stands_before_or_after_the_command(tmp_path: Path) -> None:
    before = cli.parse(["--run-dir", str(tmp_path), "list"])
    after = cli.parse(["list", "--run-dir", str(tmp_path)])
    assert before.run_dir == after.run_dir == str(tmp_path)


@pytest.mark.parametrize("command", introspect.choice_of_commands(introspect.arguments(cli.parser())[0]))
def test_every_command_has_help_with_an_example(run: Run, command: str) -> None:
    status, out, _ = run(command, "--help")
    assert status == 0
    example = out.replace("\n", " ").partition("example: ")[2]
    assert f"i2cdrv {command}" in example


def test_a_run_directory_that_cannot_be_used_is_named(run: Run) -> None:
    status, _, err = run("load", "bme280", "--bus", "sim", "--once", "--run-dir", "/proc/none")
    assert status == 1
    assert "/proc/none cannot be used" in err
    assert "--run-dir" in err


def test_a_file_that_fails_unexpectedly_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_args: object) -> int:
        raise OSError(28, "No space left on device", "/run/x")

    monkeypatch.setattr("i2cdrv.cli.commands.list.run", fails)
    assert run("list") == (1, "", "i2cdrv: /run/x: No space left on device\n")


def test_ctrl_c_puts_the_chip_to_sleep_and_exits_0(tmp_path: Path) -> None:
    words = [
        "load",
        "bme280",
        "debug=1",
        "--bus",
        "sim",
        "--interval",
        "0.02",
        "--log",
        "json",
        "--run-dir",
        str(tmp_path),
    ]
    with subprocess.Popen([*I2CDRV, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "temp" in process.stdout.readline()
        listed = subprocess.run([*I2CDRV, "list", "--run-dir", tmp_path], capture_output=True, text=True, check=True)
        value = subprocess.run(
            [*I2CDRV, "read", "0-0076", "temp", "--run-dir", tmp_path], capture_output=True, text=True, check=True
        )
        again = [word for word in words if word != "debug=1"]
        second = subprocess.run([*I2CDRV, *again], capture_output=True, text=True, check=False)
        third = subprocess.run([*I2CDRV, *words], capture_output=True, text=True, check=False)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert json.loads(err.splitlines()[-1])["write"] == "f4-00"  # sleep mode
    assert "0-0076     bme280     live     temp " in listed.stdout
    assert 15 < float(value.stdout) < 30
    assert second.returncode == 1
    assert f"i2cdrv: 0-0076 is served by another i2cdrv (process {process.pid}): i2cdrv read 0-0076" in second.stderr
    assert third.returncode == 1
    assert (
        "bme280 is loaded already; its parameters are set one by one: i2cdrv param bme280 debug=1; of one"
        in third.stderr
    )
    gone = subprocess.run(
        [*I2CDRV, "read", "0-0076", "--run-dir", tmp_path], capture_output=True, text=True, check=False
    )
    assert (gone.returncode, gone.stdout) == (1, "")
    assert "0-0076 is not served by a running i2cdrv" in gone.stderr


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    words = ["load", "mcp9808", "--bus", "sim", "--interval", "0.01"]
    with subprocess.Popen([*I2CDRV, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait(timeout=60) == 0
    assert err == b""


@pytest.mark.parametrize(
    "statement", ["import i2cdrv", "import i2cdrv.cli.main; i2cdrv.cli.main.parser().format_help()"]
)
def test_start_up_imports_nothing_heavy(statement: str) -> None:
    heavy = "sorted({'yaml', 'structlog', 'smbus2', 'asyncio'} & set(sys.modules))"
    code = f"import sys; {statement}; print({heavy})"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


def test_a_first_sample_at_an_address_imports_no_search_and_nothing_for_failures() -> None:
    needless = {
        "i2cdrv.core.detect", "i2cdrv.i2c.presence", "random", "traceback", "json", "structlog", "yaml", "dataclasses",
        "socket", "hashlib", "subprocess",
    }  # fmt: skip
    code = f"import sys; before = set(sys.modules); from i2cdrv import Driver, open; import i2cdrv.i2c.i2cdev; \
from i2cdrv.core.module import load; load('bme280'); print(sorted({needless} & (set(sys.modules) - before)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


@pytest.mark.parametrize(
    "words",
    ["list", "log", "param bme280", "read 0-0076", "name 0-0076", "unbind 0-0076", "new-device lm75 0x48"],
)
def test_a_command_for_a_running_process_does_without_drivers_and_bus(words: str, tmp_path: Path) -> None:
    needless = (
        "sorted({'i2cdrv.core.bus', 'i2cdrv.driver.driver', 'smbus2', 'structlog', 'dataclasses'} & set(sys.modules))"
    )
    code = f"import sys; from i2cdrv.cli import main as cli; cli.main(sys.argv[1:]); print({needless})"
    asked = [sys.executable, "-c", code, *words.split(), "--run-dir", str(tmp_path)]
    shown = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


def test_an_unprintable_unit_does_not_stop_the_reading() -> None:
    words = ["load", "mcp9808", "--bus", "sim", "--once"]
    env = {"PYTHONIOENCODING": "ascii"}
    shown = subprocess.run([*I2CDRV, *words], capture_output=True, env=env, check=True)
    assert b"\\xb0C" in shown.stdout


def test_a_second_signal_does_not_interrupt_the_end(tmp_path: Path) -> None:
    words = [
        "load",
        "bme280",
        "debug=1",
        "--bus",
        "sim",
        "--interval",
        "0.02",
        "--run-dir",
        str(tmp_path),
        "--log",
        "json",
    ]
    with subprocess.Popen([*I2CDRV, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        for _ in range(200):
            process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert json.loads(err.splitlines()[-1])["write"] == "f4-00"  # sleep mode
    assert list(tmp_path.glob("control.*")) == []


def test_the_doctor_shows_where_bus_threads_run_and_why() -> None:
    shown = subprocess.run([*I2CDRV, "doctor"], capture_output=True, text=True, check=False)
    allowed = print_list(os.sched_getaffinity(0)).decode()
    assert f"  ok       this process may use: {allowed}\n" in shown.stdout
    assert "  ok       bus threads run on: " in shown.stdout
    assert (shown.returncode, shown.stderr) == (int("\nTo do:\n" in shown.stdout), "")


def test_the_doctors_findings_as_json() -> None:
    shown = subprocess.run([*I2CDRV, "doctor", "--json"], capture_output=True, text=True, check=False)
    found = [json.loads(line) for line in shown.stdout.splitlines()]
    assert {tuple(one) for one in found} == {("topic", "grade", "text", "fix")}
    assert shown.returncode == int("problem" in {one["grade"] for one in found})


@pytest.mark.parametrize("command", [["doctor"], ["load", "bme280", "--bus", "sim"]])
def test_cpus_that_cannot_be_are_refused_before_a_chip_is_touched(command: list[str], tmp_path: Path) -> None:
    config = tmp_path / "i2cdrv.yaml"
    config.write_text("cpus: 0-99999\n")
    for words in (["--cpus", "0-99999"], ["--config", str(config)]):
        shown = subprocess.run([*I2CDRV, *command, *words], capture_output=True, text=True, check=False)
        assert shown.returncode == 1
        where = f"{config}:1:7: " if words[0] == "--config" else ""
        said = " ".join((shown.stdout + shown.stderr).split())  # the doctor's lines are no longer than a terminal's
        assert f"{where}cpus=0-99999: 99999 is beyond the last, " in said
