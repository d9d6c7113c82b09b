"""The fault matrix, a part of it: ``make faults`` runs all.  And its verdict on a driver without checks."""

from __future__ import annotations

import re
from math import sin
from typing import TYPE_CHECKING

import pytest

from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import load
from i2cdrv.driver.driver import Driver
from i2cdrv.i2c.adapter import Write
from i2cdrv.sim import SimAdapter
from tests.system.faults.case import Case, cases
from tests.system.faults.chips import OURS, SIMULATED, address, chips, module_of, other_settings
from tests.system.faults.kinds import DATA_FAULTS, STAYING, kind_of, known_faults
from tests.system.faults.promises import NONE_WRONG, promise
from tests.system.faults.run import Outcome, run
from tests.system.faults.soak import soak
from tests.system.faults.table import report

if TYPE_CHECKING:
    from pathlib import Path

    from i2cdrv.core.module import Module

SEED = 20261121


KNOWN = {kind_of(word) for word in STAYING} | {"brownout", "swap"}


def test_the_matrix_has_every_chip_every_fault_and_many_moments() -> None:
    wanted = cases(30_000, SEED)
    assert {case.chip for case in wanted} == set(chips())
    assert {case.kind for case in wanted} == KNOWN | set(DATA_FAULTS)
    for chip in set(chips()) - set(OURS):
        assert len(set(known_faults(chip))) > 200
        assert {case.fault.split()[0] for case in wanted if case.chip == chip} >= {*STAYING, "brownout"}


@pytest.mark.parametrize("chip", chips())
def test_every_chip_has_writes_of_another_program_and_an_address_of_its_own(chip: str) -> None:
    assert other_settings(chip) is not None
    assert address(chip) in module_of(chip).driver.addresses


def test_a_chip_without_writes_of_another_program_is_named_with_the_place_to_add_them() -> None:
    with pytest.raises(LookupError, match=r"mychip is not in OTHER_SETTINGS of tests.system.faults.chips"):
        other_settings("mychip")


def test_a_case_can_be_run_again_as_it_was_printed() -> None:
    for case in cases(500, SEED):
        assert Case.parse(str(case)) == case
    for kind in ("bitflip", "twin", "rival", "probe misread"):
        (case,) = cases(1, SEED, chip="bme280", kind=kind)
        assert run(case) == run(case)


def promised(case: Case) -> bool:
    """Return whether the documentation names wrong values for this kind of fault and this driver."""
    return promise(case.kind, module_of(case.chip).name) is not NONE_WRONG


@pytest.mark.parametrize("part", range(4))
def test_no_fault_at_no_moment_gives_a_wrong_value_or_a_hang_and_all_recover(part: int) -> None:
    wanted = [case for case in cases(800, SEED) if case.kind in KNOWN]
    bad = [outcome for case in wanted[part::4] if not (outcome := run(case)).good and not promised(case)]
    assert not bad, "\n".join(f"{outcome.case}: {outcome}" for outcome in bad)


def without_canary(path: Path) -> Module:
    """The BMP280's driver, but it does not look at the settings and marks that come with each burst."""
    source = load("bmp280").path.read_text()
    blind = path / "bme280.py"
    blind.write_text(re.sub(", setting=True|, unmeasured=0x8[0-9]*|, saturates=True", "", source))
    blind.chmod(0o644)
    return load(f"{blind}:bmp280")


@pytest.mark.parametrize("part", range(4))
def test_faults_of_data_keep_their_promises(part: int) -> None:
    outcomes = [run(case) for case in [case for case in cases(900, SEED) if case.kind not in KNOWN][part::4]]
    assert report(outcomes) == 0


def test_the_matrix_fails_when_a_chip_is_not_checked_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asleep = [Case("mcp9808", "", "meddle=010100 count=1", "", seed) for seed in range(10)]
    assert report([run(case) for case in asleep]) == 0
    monkeypatch.setattr("i2cdrv.core.recovery.verify.CHECK_S", 1e9)
    assert report([run(case) for case in asleep]) == 1


async def unproven(driver: Driver) -> None:
    """Prove nothing."""


def test_the_matrix_fails_when_no_conversion_has_to_be_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = [Case("bme280", "", "write-lost for=7.5", "", seed) for seed in range(10)]
    assert report([run(case) for case in lost]) == 0
    monkeypatch.setattr(Driver, "prove", unproven)
    assert report([run(case) for case in lost]) == 1


def test_2000_samples_without_a_crc_on_a_line_that_flips_bits_are_right() -> None:
    """A BH1750 has neither CRC nor register numbers; two bits in a thousand flip."""
    adapter = SimAdapter({0x23: SIMULATED["bh1750"](light=500.0)})
    device = Bus(adapter).bind(LoadedModule(module_of("bh1750")), 0x23)
    adapter.faults.inject("bitflip=0.002 seed=1", 0x23)
    values = 0
    for _ in range(2000):
        adapter.clock.sleep(0.2)
        reading = device.reading()
        if reading.error is None:
            values += 1
            assert reading.sample.light == pytest.approx(500, abs=56)  # half of its accuracy, and a step
    assert values > 1900


def test_an_imu_costs_one_transfer_a_sample_and_notices_another_range() -> None:
    adapter = SimAdapter({0x68: SIMULATED["imu"](accel_x=lambda time: 30 * sin(40 * time), accel_z=9.8)})
    device = Bus(adapter).bind(LoadedModule(module_of("imu")), 0x68)
    device.sample()
    before = adapter.transactions
    for _ in range(200):
        adapter.clock.sleep(0.005)
        device.sample()
    assert adapter.transactions - before <= 202
    adapter.xfer([Write(0x68, b"\x1c\x10")])  # 8 g: each value would be twice the truth
    adapter.clock.sleep(0.005)
    assert device.sample().accel_z == pytest.approx(9.8, abs=0.01)
    assert device.recovery.steps["reprobes"] == 1


BROWNOUTS = [
    Case("bmp280", settings, f"brownout count=1 after={after}", "", seed)
    for settings in ("", "mode=normal standby=ms125")
    for after in (0, 1)
    for seed in range(10)
]


def test_the_matrix_fails_when_a_driver_has_no_canary(tmp_path: Path) -> None:
    blind = without_canary(tmp_path)
    outcomes = [run(case, blind) for case in BROWNOUTS]
    assert sum(bool(outcome.wrong) for outcome in outcomes) > len(outcomes) / 4
    assert report(outcomes) == 1
    assert report([run(case) for case in BROWNOUTS]) == 0


def test_a_wrong_value_a_hang_and_a_late_recovery_each_fail_the_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    (case,) = cases(1, SEED, chip="bme280", kind="brownout")
    good = Outcome(case, recovery=0.5, limit=1.0)
    assert report([good]) == 0
    for bad in (
        good._replace(wrong=("temp 0 at 3 s, where it was 20",)),
        good._replace(hang="no end after 20 s"),
        good._replace(recovery=1.5),
        good._replace(recovery=None),
    ):
        assert report([good, bad]) == 1
        assert f"python -m tests.system.faults --case {str(case)!r}" in capsys.readouterr().out


def test_an_hour_of_ten_chips_with_faults_leaves_nothing_behind() -> None:
    found = soak(1 / 24, 5.0, SEED)
    assert found.samples > 7000
    assert found.faults > 5
    assert not found.wrong
    assert not found.inconsistent
    assert found.lines <= 2 * found.changes + 10 * found.faults
