"""On the emulated Raspberry Pi: QEMU's tmp105 on the BCM2835's bus 1, read by the kernel's lm75 driver and by ours."""

from __future__ import annotations

import errno
import subprocess

import pytest

from tests.system.vm.guest.host import set_temperature
from tests.system.vm.guest.kernel import bound, bus, floor, hwmon, modprobe
from tests.system.vm.guest.product import both, failure, load, refused, sample

THERMOMETER, NOBODY = 0x48, 0x4A
TEMPERATURES = (31250, -12500, 85250, -62, 0)  # m°C, set from outside
STEP = {"lm75": 500, "tmp105": 63}  # m°C


@pytest.fixture(scope="module")
def pi_bus() -> int:
    subprocess.run(["systemctl", "stop", "i2cdrv"], check=True)
    for module in ("i2c-bcm2835", "i2c-dev", "lm75"):
        modprobe(module)
    return bus("bcm2835 (i2c@7e804000)")


def kernel_says(number: int, name: str) -> int:
    with bound(number, name, THERMOMETER) as client:
        return hwmon(client, "temp1_input")


@pytest.mark.parametrize("millidegrees", TEMPERATURES)
@pytest.mark.parametrize("name", ["lm75", "tmp105"])
def test_temperature_set_from_outside_is_the_kernels(pi_bus: int, name: str, millidegrees: int) -> None:
    set_temperature(millidegrees)
    said = kernel_says(pi_bus, name)
    assert abs(said - millidegrees) <= STEP[name]  # the kernel saw the change
    assert floor(sample(name, pi_bus, THERMOMETER)["temp"]) == said


def test_command_line_prints_the_kernels_value(pi_bus: int) -> None:
    set_temperature(-12500)
    assert kernel_says(pi_bus, "lm75") == floor(both("lm75", pi_bus, THERMOMETER)["temp"]) == -12500


def test_both_drivers_agree_at_the_same_moment(pi_bus: int) -> None:
    set_temperature(-7750)
    with bound(pi_bus, "tmp105", THERMOMETER) as client:
        before = hwmon(client, "temp1_input")
        ours = floor(load("tmp105", pi_bus, THERMOMETER, "--force")["temp"])
        after = hwmon(client, "temp1_input")
    assert before == ours == after == -7750


def test_chip_of_a_kernel_driver_is_busy(pi_bus: int) -> None:
    with bound(pi_bus, "lm75", THERMOMETER) as client:
        error = failure("lm75", pi_bus, THERMOMETER)
        line = refused("lm75", pi_bus, THERMOMETER)
    assert error.errno == errno.EBUSY
    for text in (str(error), line):
        assert "lm75" in text
        assert str(client) in text


def test_absent_chip_gives_the_controllers_errno(pi_bus: int) -> None:
    assert failure("lm75", pi_bus, NOBODY).errno == errno.EREMOTEIO  # the BCM2835's word for no acknowledge
    assert f"{NOBODY:#x}"[2:] in refused("lm75", pi_bus, NOBODY)


def test_it_is_the_bus_of_the_boards_header(pi_bus: int) -> None:
    assert pi_bus == 1
