"""The check of a configuration looks into the names of simulated buses."""

from __future__ import annotations

from pathlib import Path

import pytest

from i2cdrv.config.config import load
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
        ("sim:bme281@0x76", "'bme281@0x76': no chip 'bme281' (did you mean bme280?); known: "),
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
    assert message(tmp_path, device).startswith(f"2:5: bus {word}: {fact}")
    assert message(tmp_path, f'buses:\n  desk: "{word}"').startswith(f"2:9: bus {word}: {fact}")


def test_a_missing_file_of_a_simulated_chip_is_found(tmp_path: Path) -> None:
    text = 'devices: [{module: mcp9808, bus: "sim:./mine_sim.py:Mine@0x18"}]'
    assert "there is no file " in message(tmp_path, text)
    (tmp_path / "mine_sim.py").write_text(CHIP)
    check(load(tmp_path / "i2cdrv.yaml"))


def test_two_simulated_buses_are_refused(tmp_path: Path) -> None:
    text = 'devices:\n- {module: mcp9808, bus: "sim:mcp9808@0x18"}\n- {module: sht4x, bus: sim}\n'
    second = '- {module: bme280, bus: "sim:bme280@0x76"}\n'
    said = message(tmp_path, text + second)
    assert said.startswith("4:3: devices: bus sim:bme280@0x76: a daemon has one simulated bus, here sim:mcp9808@0x18: ")
    (tmp_path / "i2cdrv.yaml").write_text(text)
    check(load(tmp_path / "i2cdrv.yaml"))  # sim is the bus that is there
