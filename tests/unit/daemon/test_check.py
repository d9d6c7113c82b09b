"""The check of a configuration looks into the names of simulated buses."""

from __future__ import annotations

from pathlib import Path

import pytest

from i2cdrv.config.config import load
from i2cdrv.core.module import load as load_module
from i2cdrv.daemon.check import check
from i2cdrv.errors import Error

CHIP = """
from i2cdrv.sim.chips.mcp9808 import Mcp9808

class Mine(Mcp9808):
    pass
"""


def message(path: Path, text: str) -> str:
    """Return the error of a configuration, without the path of its file."""
    (path / "i2cdrv.yaml").write_text(text)
    with pytest.raises(Error) as caught:
        check(load(path / "i2cdrv.yaml"))
    return caught.value.message.removeprefix(f"{path}/i2cdrv.yaml:")


@pytest.mark.parametrize(
    ("word", "fact"),
    [
        ("sim:bme281@0x76", "'bme281@0x76': no chip 'bme281' (did you mean bme280?)"),
        ("sim:bme280", "'bme280': no address; write NAME@ADDRESS"),
        ("sim:bme280@76", "'bme280@76': 76: addresses are written in hexadecimal: did you mean 0x76"),
        ("sim:bme280@0x80", "'bme280@0x80': '0x80' is not a 7-bit address"),
        ("sim:bme280@0x76:temp=warm", "'bme280@0x76:temp=warm': temp='warm' is not a number"),
        ("sim:bme280@0x76:tmp=3", "'bme280@0x76:tmp=3': no input 'tmp' (did you mean temp?)"),
        ("sim:bme280@0x76;sht4x@0x76", "'sht4x@0x76': there is a chip at 0x76 already: Bme280"),
    ],
)
def test_a_mistake_in_the_name_of_a_simulated_bus_is_found_at_its_place(tmp_path: Path, word: str, fact: str) -> None:
    device = f'devices:\n  - {{module: bme280, bus: "{word}"}}'
    assert message(tmp_path, device).startswith(f"2:27: devices[0].bus: bus {word}: {fact}")
    assert message(tmp_path, f'buses:\n  desk: "{word}"').startswith(f"2:9: buses.desk: bus {word}: {fact}")


def test_a_missing_file_of_a_simulated_chip_is_found(tmp_path: Path) -> None:
    text = 'devices: [{module: mcp9808, bus: "sim:./mine_sim.py:Mine@0x18"}]'
    assert "there is no file " in message(tmp_path, text)
    (tmp_path / "mine_sim.py").write_text(CHIP)
    check(load(tmp_path / "i2cdrv.yaml"))


def test_two_simulated_buses_are_refused(tmp_path: Path) -> None:
    text = 'devices:\n- {module: mcp9808, bus: "sim:mcp9808@0x18"}\n- {module: sht4x, bus: sim}\n'
    second = '- {module: bme280, bus: "sim:bme280@0x76"}\n'
    said = message(tmp_path, text + second)
    assert said.startswith(
        "4:25: devices[2].bus: bus sim:bme280@0x76: a daemon has one simulated bus, here sim:mcp9808@0x18: "
    )
    (tmp_path / "i2cdrv.yaml").write_text(text)
    check(load(tmp_path / "i2cdrv.yaml"))  # sim is the bus that is there


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{module: ^nix, bus: sim}", "module: no driver module or chip is called 'nix'"),
        (
            "{module: bme280, addr: ^0x77, bus: 1}\n- {module: lm75, addr: ^0x77}",
            "addr: 0x77 on bus 1 is already in line 2",
        ),
        ("{module: sht4x}\n- {module: ^sht4x, bus: 1}", "module: sht4x without address on bus 1 is already in line 2"),
        ("{module: bme280, addr: ^0x48}", "addr: 0x48 is no address of a bme280"),
        ("{module: scd4x, interval: ^4.9}", "interval: interval of 4.9 s: a scd4x measures every 5 s at most"),
        (
            "{module: scd41, interval: ^0}",
            "interval: '0' is out of range; expected seconds between samples, 0.001 … 86400",
        ),
        (
            "{module: scd4x, priority: ^hihg}",
            "priority: 'hihg' is none of low, normal, high (did you mean high?)",
        ),
        ("{module: scd4x, priority: ^[high]}", "priority: expected one value"),
        ("{module: scd4x, interval: ^010}", "interval: 010 is 8 to YAML and 10 in decimal; write 8 or 10"),
        ("{module: scd4x, interval: ^1:30}", "interval: '1:30' is no number; expected seconds between samples, "),
        ("{module: scd4x, bus: ^01}", "bus: 01 is 1 to YAML; write a number in decimal"),
        ("{module: scd4x, bus: ^0x1}", "bus: 0x1 is 1 to YAML; write a number in decimal"),
        ('{module: scd4x, bus: ^"replay:x"}', "bus: a daemon cannot replay a record"),
        ("{module: scd4x, name: ^sht40}", "name: 'sht40' cannot name a device"),
    ],
)
def test_a_mistake_in_a_device_is_reported_at_the_place_of_the_value(tmp_path: Path, entry: str, said: str) -> None:
    lines = f"devices:\n- {entry}\n".splitlines()
    line = next(number for number in reversed(range(len(lines))) if "^" in lines[number])
    place = f"{line + 1}:{lines[line].index('^') + 1}: devices[{line - 1}]."
    assert message(tmp_path, "\n".join(lines).replace("^", "")).startswith(f"{place}{said}")


@pytest.mark.parametrize(
    ("chip", "value", "said"),
    [
        ("ms5607", "osr: ^x8192", "osr=x8192: not for the ms5607; it accepts x256, x512, x1024, x2048, x4096"),
        ("lps22hb", "full-scale: ^hpa4060", "full_scale=hpa4060: the lps22hb has no full_scale; remove it"),
        ("ads1115", "rate: ^sps3300", "rate=sps3300: not for the ads1115; it accepts sps8, "),
        ("ads1113", "inputs: ^ain2", "inputs=ain2: not for the ads1113; it accepts ain0_ain1"),
        ("bmp280", "standby: ^ms10", "standby=ms10: not for the bmp280; it accepts ms0_5, "),
        ("ina260", "shunt_ohms: ^0.002", "shunt_ohms=0.002: the ina260 has no shunt_ohms; remove it"),
    ],
)
def test_value_that_only_relatives_of_the_chip_take_is_reported_at_its_place(
    tmp_path: Path, chip: str, value: str, said: str
) -> None:
    key = value.partition(":")[0]
    own = f"devices: [{{module: {chip}, params: {{{value}}}}}]"
    column = own.index("^") + 1
    assert message(tmp_path, own.replace("^", "")).startswith(f"1:{column}: devices[0].params.{key}: {said}")
    module = load_module(chip).name
    shared = f"options: {{{module}: {{{value}}}}}"
    column = shared.index("^") + 1
    text = f"{shared}\ndevices: [{{module: {chip}}}]".replace("^", "")
    assert message(tmp_path, text).startswith(f"1:{column}: options.{module}.{key}: {said}")


def test_value_that_only_relatives_of_the_chip_take_is_right_for_them(tmp_path: Path) -> None:
    own = "{module: lps22hb}, {module: lps28dfw, params: {full_scale: hpa4060}}"
    (tmp_path / "i2cdrv.yaml").write_text(f"devices: [{own}, {{module: ms5637, params: {{osr: x8192}}}}]")
    check(load(tmp_path / "i2cdrv.yaml"))


def test_a_mistake_in_the_other_names_of_modules_and_buses_is_reported_at_its_place(tmp_path: Path) -> None:
    assert message(tmp_path, "modules: [lm75, nix]").startswith("1:17: modules: no driver module or chip is called")
    assert message(tmp_path, "buses: {desk: 010}").startswith("1:15: buses.desk: 010 is 8 to YAML; write a number")
    assert message(tmp_path, "buses: {desk: {adapter: 010}}").startswith("1:25: buses.desk.adapter: 010 is 8 to YAML")
    assert message(tmp_path, "alias: {a: nix}\nmodules: [a]").startswith("1:12: no driver module or chip is called")


@pytest.mark.parametrize(
    ("buses", "said"),
    [
        ("{garden: {adapter: MCP2221, cpus: 99999}}", "1:42: buses.garden.cpus=99999: 99999 is beyond the last, "),
        ("{1: {cpus: [0]}}", "1:19: buses.1.cpus: expected one value, as in buses: {garden: {adapter: "),
        ("{1: {cups: 0}}", "1:13: buses.1: unknown key 'cups' (did you mean cpus?); known: adapter, cpus"),
        ("{1: {cpus: 0}, desk: {adapter: i2c-1, cpus: 0}}",
         "1:52: buses.desk.cpus: bus 1 has CPUs already in line 1: keep one of them"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_cpus_of_a_bus_is_reported_at_its_place(tmp_path: Path, buses: str, said: str) -> None:
    assert message(tmp_path, f"buses: {buses}").startswith(said)
