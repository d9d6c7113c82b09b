"""MCP9808 against DS25095A."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.sim.chips.mcp9808 import Mcp9808

if TYPE_CHECKING:
    from tests.unit.sim.conftest import Wire


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("01", "00 00"), ("02", "00 00"), ("03", "00 00"), ("04", "00 00"), ("06", "00 54"), ("07", "04 00")],
)
def test_power_on_values(pointer: str, value: str, wired: type[Wire]) -> None:
    assert wired(Mcp9808(), fresh=True).get(pointer) == value


def test_before_the_first_conversion_the_temperature_is_0(wired: type[Wire]) -> None:
    wire = wired(Mcp9808(temp=25.25), fresh=True)
    wire.sleep(0.249999)
    assert wire.get("05") == "00 00"
    wire.sleep(0.000001)
    assert wire.get("05") == "c1 94"  # the example of figure 5-5


@pytest.mark.parametrize(
    ("celsius", "code"),
    [
        (125.0, 0x07D0),
        (25.0625, 0x0191),
        (0.0, 0x0000),
        (-0.0625, 0x1FFF),
        (-0.25, 0x1FFC),
        (-10.0, 0x1F60),
        (-25.0, 0x1E70),
        (-40.0, 0x1D80),
        (300.0, 0x0FFF),
        (-300.0, 0x1000),
    ],
)
def test_temperature_is_13_bits_of_two_s_complement(celsius: float, code: int, wired: type[Wire]) -> None:
    assert int(wired(Mcp9808(temp=celsius)).get("05").replace(" ", ""), 16) & 0x1FFF == code


@pytest.mark.parametrize(
    ("resolution", "seconds", "value"),
    [("00", 0.030, "c1 98"), ("01", 0.065, "c1 94"), ("02", 0.130, "c1 96"), ("03", 0.250, "c1 95")],
)
def test_resolution_and_conversion_time(resolution: str, seconds: float, value: str, wired: type[Wire]) -> None:
    """25.3125 °C to the next 0.5, 0.25, 0.125, 0.0625 °C (§5.2.4)."""
    chip = Mcp9808(temp=20.0)
    wire = wired(chip)
    wire.write("08" + resolution)
    chip.set(temp=25.3125)
    wire.sleep(seconds - 1e-6)
    assert wire.get("05") == "c1 40"
    wire.sleep(1e-6)
    assert wire.get("05") == value


def test_the_resolution_register_has_one_byte(wired: type[Wire]) -> None:
    wire = wired(Mcp9808())
    assert wire.get("08", 1) == "03"
    wire.write("08 01 ff")
    assert wire.get("08", 2) == "01 01"
    wire.write("08 ff")
    assert wire.get("08", 1) == "03"


@pytest.mark.parametrize("pointer", ["02", "03", "04"])
def test_limits_hold_11_bits_with_sign(pointer: str, wired: type[Wire]) -> None:
    wire = wired(Mcp9808())
    wire.write(pointer + "1f60")  # -10 °C
    assert wire.get(pointer) == "1f 60"
    wire.write(pointer + "ffff")
    assert wire.get(pointer) == "1f fc"


def test_a_limit_of_which_only_one_byte_came_is_not_changed(wired: type[Wire]) -> None:
    wire = wired(Mcp9808())
    wire.write("02 05a0")
    wire.write("02 07")
    assert wire.get("02") == "05 a0"


@pytest.mark.parametrize("pointer", ["00", "05", "06", "07"])
def test_read_only_registers(pointer: str, wired: type[Wire]) -> None:
    wire = wired(Mcp9808())
    before = wire.get(pointer)
    wire.write(pointer + "1234")
    assert wire.get(pointer) == before


def test_the_pointer_stays(wired: type[Wire]) -> None:
    wire = wired(Mcp9808())
    wire.write("06")
    assert wire.read(2) == "00 54"
    assert wire.read(4) == "00 54 00 54"
    wire.get("17")  # the upper half of the pointer is not looked at
    assert wire.read(2) == "04 00"


LIMITS = ("02 0140", "03 00a0", "04 01e0")  # 20, 10, 30 °C


@pytest.mark.parametrize(
    ("celsius", "value"),
    [
        (15.0, "00 f0"),
        (10.0, "00 a0"),
        (9.9375, "20 9f"),  # below T_LOWER
        (20.0, "01 40"),
        (20.0625, "41 41"),  # above T_UPPER
        (29.9375, "41 df"),
        (30.0, "c1 e0"),  # at T_CRIT
    ],
)
def test_boundary_flags(celsius: float, value: str, wired: type[Wire]) -> None:
    wire = wired(Mcp9808(temp=celsius))
    for limit in LIMITS:
        wire.write(limit)
    wire.sleep(0.25)
    assert wire.get("05") == value


def test_negative_limits_compare_as_negative(wired: type[Wire]) -> None:
    wire = wired(Mcp9808(temp=-5.0))
    for limit in ("02 1fb0", "03 1f60", "04 0000"):  # -5, -10, 0 °C
        wire.write(limit)
    wire.sleep(0.25)
    assert wire.get("05") == "1f b0"


def test_hysteresis_holds_flags_on_the_way_down(wired: type[Wire]) -> None:
    """T_HYST 1.5 °C (figure 5-10)."""
    chip = Mcp9808(temp=15.0)
    wire = wired(chip)
    wire.write("01 0200")
    for limit in LIMITS:
        wire.write(limit)
    seen = []
    for celsius in (15.0, 19.0, 29.0, 31.0, 29.0, 28.4375, 18.5625, 18.5, 8.5, 8.4375, 9.9375, 10.0):
        chip.set(temp=celsius)
        wire.sleep(0.5)
        seen.append(wire.get("05")[0])
    assert seen == ["0", "0", "4", "c", "c", "4", "4", "0", "0", "2", "2", "0"]


def test_shutdown_keeps_the_temperature(wired: type[Wire]) -> None:
    chip = Mcp9808(temp=25.25)
    wire = wired(chip)
    wire.write("01 0100")
    chip.set(temp=50.0)
    wire.sleep(10.0)
    assert wire.get("05") == "c1 94"
    wire.write("01 0000")
    wire.sleep(0.249999)
    assert wire.get("05") == "c1 94"
    wire.sleep(0.000001)
    assert wire.get("05") == "c3 20"


def test_configuration_bits(wired: type[Wire]) -> None:
    wire = wired(Mcp9808())
    wire.write("01 ff37")  # unimplemented, Int. Clear and Alert Stat. cannot be set
    assert wire.get("01") == "07 07"


def test_locks_hold_until_power_off(wired: type[Wire]) -> None:
    chip = Mcp9808()
    wire = wired(chip)
    wire.write("04 0500")
    wire.write("01 0080")  # Crit. Lock
    wire.write("04 0600")
    wire.write("02 0600")
    assert (wire.get("04"), wire.get("02")) == ("05 00", "06 00")
    wire.write("01 0700")  # neither unlocking, nor hysteresis, nor shutdown
    assert wire.get("01") == "00 80"
    wire.write("01 0040")  # Win. Lock still can be set
    wire.write("02 0700")
    assert (wire.get("01"), wire.get("02")) == ("00 c0", "06 00")
    chip.power_on()
    assert (wire.get("01"), wire.get("04")) == ("00 00", "00 00")


def test_shutdown_can_end_while_locked(wired: type[Wire]) -> None:
    wire = wired(Mcp9808())
    wire.write("01 0180")
    wire.write("01 0080")
    assert wire.get("01") == "00 80"


@pytest.mark.parametrize(("config", "value"), [("0000", "00 00"), ("0008", "00 18"), ("000c", "00 0c")])
def test_alert_status(config: str, value: str, wired: type[Wire]) -> None:
    """25 °C is above T_UPPER, not at T_CRIT; asserted when enabled, and not for T_CRIT only."""
    wire = wired(Mcp9808(temp=25.0))
    for word in (*LIMITS, "01" + config):
        wire.write(word)
    wire.sleep(0.25)
    assert wire.get("01") == value


@pytest.mark.parametrize(("config", "degrees"), [("0200", 1.5), ("0400", 3.0), ("0600", 6.0)])
def test_hysteresis_by_t_hyst(config: str, degrees: float, wired: type[Wire]) -> None:
    """A flag stays to the last sixteenth above T_UPPER - T_HYST."""
    chip = Mcp9808(temp=20.0625)
    wire = wired(chip)
    for word in ("01" + config, *LIMITS):
        wire.write(word)
    wire.sleep(0.25)
    for celsius, flag in ((20.0625 - degrees, "4"), (20.0 - degrees, "0")):
        chip.set(temp=celsius)
        wire.sleep(0.25)
        assert wire.get("05")[0] == flag


def test_the_other_configuration_bits_neither_lock_nor_stop_nor_restart(wired: type[Wire]) -> None:
    wire = wired(Mcp9808(temp=25.25), fresh=True)
    wire.sleep(0.2)
    wire.write("01 060f")
    for pointer in ("02", "03", "04"):
        wire.write(pointer + "0140")
        assert wire.get(pointer) == "01 40"
    wire.sleep(0.05)
    assert wire.get("05") == "c1 94"
