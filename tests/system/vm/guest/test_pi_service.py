"""On the emulated Raspberry Pi: the service of the Debian package, and `i2cdrv load`, which calls it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from tests.system.vm.guest import service
from tests.system.vm.guest.host import set_temperature
from tests.system.vm.guest.kernel import modprobe
from tests.system.vm.guest.service import TREE, main_pid, mounts, systemctl, until, value

DEVICE = "1-0048"


@pytest.fixture(scope="module", autouse=True)
def _started() -> None:
    modprobe("i2c-bcm2835")
    systemctl("start", "i2cdrv")


def test_load_has_the_service_drive_the_chip() -> None:
    set_temperature(-12500)
    done = subprocess.run(["i2cdrv", "load", "lm75", "debug=1"], capture_output=True, text=True, check=False)
    assert done.stdout == f"{DEVICE}     lm75       live     temp -12.50 °C\n", done.stderr
    set_temperature(85500)
    until(lambda: value(DEVICE) == 85.5)
    assert mounts() == ["fuse.i2cdrv"]
    (file,) = TREE.glob("class/hwmon/hwmon*/temp1_input")
    set_temperature(-40000)
    until(lambda: file.read_text() == "-40000\n")
    log = subprocess.run(["i2cdrv", "log"], capture_output=True, text=True, check=True).stdout
    assert [line for line in log.splitlines() if "transfer" in line and DEVICE in line], log  # debug=1


def test_loaded_devices_are_driven_by_the_next_daemon(say: Callable[[str], None]) -> None:
    """A second of processor time is here a billion instructions, about the work of a Pi 4 in one."""
    set_temperature(31500)
    cost, line = service.start_up()
    say(f"emulated, an instruction a nanosecond: {line}")
    until(lambda: value(DEVICE) == 31.5)
    assert cost.most <= service.MEMORY
    assert cost.cpu <= 1.0
    assert service.status(main_pid())["CapEff"] == "0" * 16
