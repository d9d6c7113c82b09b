"""Names, words and the standard bus."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest

from i2cdrv.core.module import load_all
from i2cdrv.errors import Invalid
from i2cdrv.i2c.adapter import Read
from i2cdrv.lib.clock import RealClock, VirtualClock
from i2cdrv.sim import CHIPS, Chip, inputs, parse_chip, standard_bus
from i2cdrv.sim.catalog import ALIASES

ROOM = {"temp": 22.0, "humidity": 45.0, "pressure": 100_700.0, "voltage": 5.0, "current": 0.3, "co2": 600.0}
ROOM |= {"accel_x": 0.0, "accel_y": 0.0, "accel_z": 9.80665}
ROOM |= {"light": 300.0, "white": 500.0, "ambient": 22.0, "object": 30.0, "object2": 30.0}
ROOM |= {"ain0": 0.25, "ain1": 0.75, "ain2": 1.25, "ain3": 1.75}


def test_the_chips() -> None:
    driven = {chip for module in load_all() for chip in module.chips}
    assert {"bme280", "sht4x", "tmp102"} < driven
    assert set(CHIPS) == driven
    assert len(CHIPS) == len(driven)
    assert "lm76" not in CHIPS
    with pytest.raises(KeyError):
        CHIPS["lm76"]


@pytest.mark.parametrize("name", list(CHIPS))
def test_every_chip_can_be_made_by_its_name(name: str) -> None:
    chip = CHIPS[name]()
    assert isinstance(chip, Chip)
    assert type(chip).__name__.lower() == name.replace("_", "")
    assert set(chip.inputs) <= set(inputs.INPUT_CURVES)
    for quantity in chip.inputs:
        assert chip.value(quantity) == ROOM[quantity]


def test_printed_names_are_those_of_the_drivers() -> None:
    declared = {name: chip for module in load_all() for name, chip in module.aliases.items()}
    assert declared == ALIASES
    assert all(CHIPS[name] is CHIPS[chip] and name in CHIPS for name, chip in declared.items())


def test_a_chip_by_its_printed_name() -> None:
    addr, chip = parse_chip("sht31@0x44:temp=-12.5")
    assert (addr, type(chip), chip.value("temp")) == (0x44, CHIPS["sht3x"], -12.5)


def test_importing_the_package_imports_no_chip() -> None:
    code = "import sys, i2cdrv.sim; print([m for m in sys.modules if m.startswith('i2cdrv.sim.chips.')])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_a_chip_from_a_word() -> None:
    addr, chip = parse_chip("sht4x@0x44:temp=-12.5,humidity=40")
    assert (addr, type(chip)) == (0x44, CHIPS["sht4x"])
    assert (chip.value("temp"), chip.value("humidity")) == (-12.5, 40.0)


def test_a_chip_without_inputs() -> None:
    addr, chip = parse_chip("lm75@0x48")
    assert (addr, chip.value("temp")) == (0x48, 22.0)


def test_a_construction_parameter_in_the_word() -> None:
    _, chip = parse_chip("ina226@0x41:shunt_ohms=0.002,current=10")
    assert getattr(chip, "shunt_ohms", None) == 0.002


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("sht4x", "no address; write NAME@ADDRESS"),
        ("sht5x@0x44", r"no chip 'sht5x' \(did you mean sht4x\?\)$"),
        ("SHT31@0x44", r"no chip 'SHT31' \(did you mean sht31\?\)$"),
        ("xyz@0x44", r"no chip 'xyz'; known: ads1013, .*tmp105"),
        ("@0x44", "no chip ''"),
        ("sht4x@", "'' is not a 7-bit address, 0x00 to 0x7f"),
        ("sht4x@0x80", "'0x80' is not a 7-bit address"),
        ("sht4x@-1", "'-1' is not a 7-bit address"),
        ("sht4x@x44", "'x44' is not a 7-bit address"),
        pytest.param("sht4x@" + 5000 * "9", "is not a 7-bit address", id="5000 digits"),
        ("sht4x@0b1000100", "'0b1000100' is not a 7-bit address"),
        ("sht4x@70", r"70: addresses are written in hexadecimal: did you mean 0x70 or 0x46 \(decimal 70\)\?"),
        ("sht4x@4a:temp=1", r"4a: addresses are written in hexadecimal: did you mean 0x4a\?"),
        ("sht4x@0x44:", "'' is not INPUT=NUMBER"),
        ("sht4x@0x44:temp", "'temp' is not INPUT=NUMBER"),
        ("sht4x@0x44:humid=3", r"no input 'humid' \(did you mean humidity\?\); known: temp, humidity"),
        ("ina219@0x40:temp=3", "known: voltage, current, shunt_ohms"),
        ("sht4x@0x44:temp=warm", "temp='warm' is not a number"),
        ("sht4x@0x44:temp=nan", "not a finite number"),
        ("ina219@0x40:shunt_ohms=0", "shunt_ohms=0.0"),
        ("bme280@0x76:trim=1", "no input 'trim'"),
    ],
)
def test_a_wrong_word_names_the_mistake(word: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        parse_chip(word)


def test_the_standard_bus() -> None:
    bus = standard_bus(VirtualClock(), nr=3)
    assert bus.nr == 3
    assert {addr: type(chip).__name__ for addr, chip in bus.chips.items()} == {
        0x18: "Mcp9808",
        0x40: "Ina219",
        0x41: "Ina226",
        0x44: "Sht4x",
        0x48: "Lm75",
        0x49: "Tmp102",
        0x76: "Bme280",
        0x77: "Bmp280",
    }


def test_the_standard_bus_takes_wire_time_only_on_a_virtual_clock() -> None:
    for clock, seconds in ((VirtualClock(), 0.29e-3), (RealClock(), 0.0)):
        bus = standard_bus(clock)
        bus.xfer([Read(0x48, 2)])
        assert bus.bus_time == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("name", "middle", "reach", "visible"),
    [
        ("temp", 22.0, 2.0, 0.0625 / 4),
        ("humidity", 45.0, 8.0, 0.02),
        ("pressure", 100_700, 100, 0.5),
        ("voltage", 5.0, 0.2, 0.0005),
        ("current", 0.3, 0.15, 0.001),
    ],
)
def test_the_weather_is_plausible_and_moves(name: str, middle: float, reach: float, visible: float) -> None:
    curve = inputs.INPUT_CURVES[name]
    values = [curve(float(second)) for second in range(3600)]
    steps = [abs(b - a) for a, b in pairwise(values)]
    assert all(abs(value - middle) < reach for value in values)
    assert max(steps) < reach / 8
    assert sum(step > visible for step in steps) > 0.5 * len(steps)


def test_the_room_is_one_room() -> None:
    bus = standard_bus(VirtualClock(1234.0))
    assert len({chip.value("temp") for chip in bus.chips.values() if "temp" in chip.inputs}) == 1
