"""The kernel's errors of a transfer, by all their names; and the cost of an import."""

from __future__ import annotations

import errno
import subprocess
import sys
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.errors import BusFault, Error, Nack

from .world import INTERVAL, MODULES, Wires, address, bus_with, every_chip, interval, is_right, opened, value_or_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from i2cdrv.i2c.adapter import Message


class Refusing(Wires):
    """Let transfers to the chip, or to any address, end with an error while there are some left."""

    error: Error | None = None
    left = 0
    only = -1

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        if self.error is not None and self.left > 0 and self.only in (-1, messages[0].addr):
            self.left -= 1
            raise self.error
        return super().xfer(messages)


def refusing(chip: str, error: Error, left: int, *, anybody: bool) -> tuple[Refusing, Any]:
    bus = Refusing({address(chip): bus_with(chip).detach(address(chip))}, frequency=None)
    device = opened(chip, bus)
    assert is_right(chip, device.sample())
    bus.error, bus.left, bus.only = error, left, -1 if anybody else address(chip)
    return bus, device


@pytest.mark.parametrize("number", [errno.ENXIO, errno.EREMOTEIO])
@every_chip
def test_a_nack_is_a_nack_by_each_of_its_names(chip: str, number: int) -> None:
    """ESPHome knows ENXIO alone; the controllers of a Raspberry Pi, 0 … 5, report EREMOTEIO."""
    bus, device = refusing(chip, Nack("no answer", number), 1_000_000, anybody=False)
    for _ in range(4):
        assert isinstance(value_or_error(device), Error)
        bus.clock.sleep(interval(chip))
    assert str(device.state) == "absent"
    assert bus.left
    bus.left = 0
    assert is_right(chip, device.sample())
    assert str(device.state) == "live"


@pytest.mark.parametrize("number", [errno.ENXIO, errno.EREMOTEIO, errno.EAGAIN, errno.EIO])
@every_chip
def test_one_error_once_in_a_while_costs_no_sample(chip: str, number: int) -> None:
    """OSError 121 after several hours ends the program: EnviroPlusWeb #10 and many more."""
    for spared in count():
        bus, device = refusing(chip, Error("once", number), 1, anybody=False)
        left, bus.left = bus.left, 0
        bus.asked = 0
        bus.spared, bus.accident = spared, partial(setattr, bus, "left", left)
        found = value_or_error(device)
        assert is_right(chip, found), (spared, found)
        if bus.asked <= spared:
            break


@pytest.mark.parametrize("number", [errno.ETIMEDOUT, errno.EIO, errno.EAGAIN])
def test_a_fault_of_the_bus_is_no_chips_fault(number: int) -> None:
    """Mycodo #1350: errors 101 and 110 of a bus that hangs, taken for a sensor that is gone."""
    bus, device = refusing("bme280", Error("hangs", number), 1_000_000, anybody=True)
    found = value_or_error(device)
    if number == errno.EIO:
        assert isinstance(found, Error)  # some controllers report that for an unused address
    else:
        assert isinstance(found, BusFault)
        assert found.errno == number
    assert str(device.state) != "failed"
    bus.left = 0
    bus.clock.sleep(INTERVAL)
    assert is_right("bme280", device.sample())


# The cost of an import


def test_importing_the_package_imports_no_driver_and_no_bus() -> None:
    """Adafruit bme280: 15 distributions and 4.8 MB to read one sensor."""
    code = "import sys, i2cdrv; print(*sorted(name for name in sys.modules if name.startswith(('i2cdrv.', 'smbus'))))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {f"i2cdrv.drivers.{name}" for name in MODULES} & set(shown)
    assert not {"smbus2", "i2cdrv.i2c.i2cdev", "i2cdrv.sim"} & set(shown)
