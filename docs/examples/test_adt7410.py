"""The tests of the example: the datasheet's bytes, the simulated chip, and faults."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import i2cdrv

if TYPE_CHECKING:
    from i2cdrv.pytest_plugin import Converse, Open
    from i2cdrv.sim import SimAdapter

HERE = Path(__file__).parent
DRIVER, CHIP = str(HERE / "adt7410.py"), str(HERE / "adt7410_sim.py:Adt7410")

LIMITS = "04 > 20 00\n08 > 49 80\n"
PROBE = """
    0B > CB             # "ID register": 11001, revision 3
    03 > 00
    03 > 00             # an update reads twice,
    03 80               # writes 16 bits,
    03 > 80             # and reads it back
    03 > 80
    03 > 80
    03 80               # continuous
    03 > 80
    wait 260 ms
    04 > 20 00          # the limits that users may set
    08 > 49 80
"""
CHECK = "0B > CB\n03 > 80\n03 > 80\n" + LIMITS
SLEEP = "03 > 80\n03 > 80\n03 E0\n03 > E0"


@pytest.mark.parametrize(
    ("word", "temp"),
    [
        ("4B 00", 150.0), ("0C 80", 25.0), ("00 01", 1 / 128), ("FF FE", -1 / 64), ("E4 80", -55.0),
    ],
)  # fmt: skip
def test_the_datasheets_table(i2cdrv_conversation: Converse, word: str, temp: float) -> None:
    read = f"00 > {word}\n"
    with i2cdrv_conversation(DRIVER, PROBE + 2 * read + CHECK + read + SLEEP) as device:
        assert device.sample().temp == temp


def test_another_chip_is_refused(i2cdrv_conversation: Converse) -> None:
    with pytest.raises(i2cdrv.NoDevice), i2cdrv_conversation(DRIVER, "0B > 54"):
        pass


@pytest.fixture
def chip(sim_bus: SimAdapter) -> Any:
    return sim_bus.attach(0x48, CHIP, temp=-12.5)


@pytest.mark.parametrize(("resolution", "step"), [("bits13", 1 / 16), ("bits16", 1 / 128)])
def test_measures_what_the_chip_feels(chip: Any, i2cdrv_open: Open, resolution: str, step: float) -> None:
    device = i2cdrv_open(DRIVER, resolution=resolution)
    for temp in (-12.5, 0.3, -0.3, 40.01):
        chip.set(temp=temp)
        device.bus.adapter.clock.sleep(0.25)
        assert device.sample().temp == pytest.approx(temp, abs=step / 2)


def test_a_power_dip_is_repaired(chip: Any, i2cdrv_open: Open) -> None:
    device = i2cdrv_open(DRIVER)
    device.store("temp_max", 30.0)
    chip.power_on()
    chip.set(temp=50.0)
    device.bus.adapter.clock.sleep(11)
    assert device.sample().temp == 50.0
    assert device.show("temp_max") == 30.0


@pytest.mark.usefixtures("chip")
@pytest.mark.parametrize("after", range(3))
def test_one_failed_transfer_is_no_failed_sample(sim_bus: SimAdapter, i2cdrv_open: Open, after: int) -> None:
    device = i2cdrv_open(DRIVER)
    sim_bus.faults.inject(f"nack after={after} count=1", 0x48)
    assert device.sample().temp == -12.5


def test_the_chip_sleeps_after_removal(chip: Any, sim_bus: SimAdapter, i2cdrv_open: Open) -> None:
    i2cdrv_open(DRIVER).close()
    chip.set(temp=80.0)
    sim_bus.clock.sleep(5)
    with i2cdrv_open(DRIVER) as device:
        assert device.sample().temp == 80.0  # a new conversion, not the one before
