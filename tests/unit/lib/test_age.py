"""The clock by which ages are measured."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from i2cdrv.lib import age
from i2cdrv.lib.clock import RealClock, VirtualClock

BOOT = "import i2cdrv.lib.age; print(i2cdrv.lib.age.boot())"


def test_it_is_the_kernels_boot_time() -> None:
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= age.boottime() <= RealClock.boottime() <= time.clock_gettime(time.CLOCK_BOOTTIME)


def test_on_a_virtual_bus_nothing_sleeps() -> None:
    clock = VirtualClock(100.0)
    clock.sleep(5.0)
    assert clock.boottime() == clock.monotonic() == 105.0


def test_the_boot_is_known_by_the_kernels_number_for_it() -> None:
    number = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert age.boot().split()[0] == number
    assert subprocess.check_output([sys.executable, "-c", BOOT], text=True).strip() == age.boot()


def test_without_that_number_it_is_not_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(age, "BOOT_ID", str(tmp_path / "boot_id"))
    assert age.boot() == ""


def test_a_kernel_without_time_namespaces_has_one_clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(age, "TIME_NAMESPACE", str(tmp_path / "time"))
    assert age.boot() == Path("/proc/sys/kernel/random/boot_id").read_text().strip()


@pytest.mark.skipif(os.geteuid() != 0, reason="makes a time namespace")
def test_a_time_namespace_is_another_clock() -> None:
    unshare = ["unshare", "--time", "--boottime", "36000", "--fork", sys.executable, "-c", BOOT]
    shown = subprocess.run(unshare, capture_output=True, text=True, check=False)
    if shown.returncode != 0:
        pytest.skip(f"no time namespace here: {shown.stderr.strip()}")
    there, here = shown.stdout.strip(), age.boot()
    assert there.split()[0] == here.split()[0]
    assert there != here
