"""VEML7700 against its documents, 84286 and 84323: all that the driver does not use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from i2cdrv.sim.chips.veml7700 import Veml7700

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire


def test_shut_down_after_power_on(wired: type[Wire]) -> None:
    wire = wired(Veml7700(), fresh=True)
    wire.sleep(1.0)
    assert [wire.get(f"{register:02x}") for register in range(8)] == ["01 00", *["00 00"] * 6, "81 c4"]


def test_first_result_comes_2_5_ms_and_an_integration_after_the_chip_is_switched_on(wired: type[Wire]) -> None:
    wire = wired(Veml7700(light=67.2, white=134.4))
    wire.write("00 00 00")  # gain 1, 100 ms: 0.0672 lx
    wire.sleep(0.1024)
    assert wire.get("04") == "00 00"
    wire.sleep(0.0002)
    assert (wire.get("04"), wire.get("05")) == ("e8 03", "d0 07")


def test_last_results_are_kept_in_shutdown(wired: type[Wire]) -> None:
    chip = Veml7700(light=67.2)
    wire = wired(chip)
    wire.write("00 00 00")
    wire.sleep(0.2)
    wire.write("00 01 00")
    chip.set(light=134.4)
    wire.sleep(1.0)
    assert wire.get("04") == "e8 03"


def test_power_saving_adds_a_pause(wired: type[Wire]) -> None:
    """600 ms from one result to the next at 100 ms and PSM 00."""
    chip = Veml7700(light=67.2)
    wire = wired(chip)
    wire.write("03 01 00")
    wire.write("00 00 00")
    wire.sleep(0.11)
    chip.set(light=134.4)
    wire.sleep(0.58)
    assert wire.get("04") == "e8 03"
    wire.sleep(0.02)
    assert wire.get("04") == "d0 07"


def test_thresholds_set_the_interrupt_flags(wired: type[Wire]) -> None:
    chip = Veml7700(light=67.2)
    wire = wired(chip)
    wire.write("01 e7 03")
    wire.write("02 10 00")
    wire.write("00 02 00")
    wire.sleep(0.11)
    assert wire.get("06") == "00 40"
    chip.set(light=0.0)
    wire.sleep(0.11)
    assert wire.get("06") == "00 80"


def test_reserved_bits_stay_0(wired: type[Wire]) -> None:
    wire = wired(Veml7700())
    wire.write("00 ff ff")
    wire.write("03 ff ff")
    assert (wire.get("00"), wire.get("03")) == ("f3 1b", "07 00")
