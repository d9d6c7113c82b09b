"""On the virtio adapter behind which `i2cdrv sim` runs: the kernel's drivers, Adafruit's and ours read the same chips.

Expected are the values set on the simulated chip, to half a step of that chip and one unit of the driver.
"""

from __future__ import annotations

import errno
import json
import math
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from smbus2 import SMBus

from tests.system.vm.guest import chips
from tests.system.vm.guest.chips import Simulated
from tests.system.vm.guest.kernel import bound, bus, hwmon, iio, modprobe
from tests.system.vm.guest.product import HALF_OF_LAST_DIGIT, failure, load, refused, sample

NOBODY = 0x4F
CONVERSION = 0.05  # s; the kernel sets an INA226 to 16 averages of 2.2 ms and does not wait for the first
KERNEL = ("i2c-dev", "bmp280-i2c", "sht4x", "ina2xx", "jc42", "lm75", "tmp102")
KERNEL_NAMES = {"mcp9808": "jc42"}
HALF_A_STEP = {  # of a register in the data sheet, with 0.1 Ω; the values of the other chips are whole steps
    "bme280": {"temp": 0.0025, "pressure": 1.31, "humidity": 0.004},  # at oversampling 1
    "sht4x": {"temp": 175 / 65535 / 2, "humidity": 125 / 65535 / 2},
    "ina219": {"voltage": 2e-3, "shunt": 5e-6, "current": 5e-5, "power": 2e-3},
    "ina226": {"voltage": 6.25e-4, "shunt": 1.25e-6, "current": 1.25e-5, "power": 6.25e-4},
}
KERNEL_UNIT = {  # the unit to which it cuts off or rounds
    "bme280": {"temp": 0.015, "pressure": 0.1, "humidity": 0.008},
    "sht4x": {"temp": 0.004, "humidity": 0.003},  # m°C, m% and its divisor 65536 where the sheet has 65535
}
EVERY_CHIP = pytest.mark.parametrize("chip", chips.SIMULATED, ids=lambda chip: chip.name)


@pytest.fixture(scope="module")
def virtio() -> int:
    for module in KERNEL:
        modprobe(module)
    modprobe("i2c-virtio")
    return bus("virtio")


def expected(chip: Simulated) -> dict[str, float]:
    """Return the readings of a chip with these values: for the power monitors also the derived ones, with 0.1 Ω."""
    values = dict(chip.values)
    if "voltage" in values:
        values |= {"shunt": values["current"] * 0.1, "power": values["voltage"] * values["current"]}
    return values


def agree(said: dict[str, float], chip: Simulated, unit: Mapping[str, float] = MappingProxyType({})) -> None:
    """Each value is the one set, to half a step of the chip and one unit of the driver."""
    wanted, step = expected(chip), HALF_A_STEP.get(chip.name, {})
    for name, value in said.items():
        assert value == pytest.approx(wanted[name], abs=step.get(name, 0) + unit.get(name, 0) + 1e-9), name


def kernel_says(client: Path, chip: Simulated) -> dict[str, float]:
    if chip.name == "bme280":
        return {
            "temp": iio(client, "in_temp_input") / 1000,
            "pressure": iio(client, "in_pressure_input") * 1000,
            "humidity": iio(client, "in_humidityrelative_input") / 1000,
        }
    if chip.name == "sht4x":
        return {"temp": hwmon(client, "temp1_input") / 1000, "humidity": hwmon(client, "humidity1_input") / 1000}
    if chip.name.startswith("ina"):
        (resistor,) = client.glob("hwmon/hwmon*/shunt_resistor")
        resistor.write_text("100000")
        time.sleep(CONVERSION)
        current = hwmon(client, "curr1_input") / 1000
        return {
            "shunt": hwmon(client, "in0_input") / 1000,
            "voltage": hwmon(client, "in1_input") / 1000,
            "current": current,
            "power": math.copysign(hwmon(client, "power1_input") / 1e6, current),  # the register has no sign
        }
    return {"temp": hwmon(client, "temp1_input") / 1000}


@EVERY_CHIP
def test_kernels_driver_reads_the_values_set(virtio: int, chip: Simulated) -> None:
    with bound(virtio, KERNEL_NAMES.get(chip.name, chip.name), chip.addr) as client:
        said = kernel_says(client, chip)
    agree(said, chip, KERNEL_UNIT.get(chip.name, dict.fromkeys(said, 0.001)))


@EVERY_CHIP
def test_our_driver_reads_the_values_set(virtio: int, chip: Simulated) -> None:
    ours = sample(chip.name, virtio, chip.addr)
    assert ours.keys() == expected(chip).keys()
    agree(ours, chip)


@EVERY_CHIP
def test_command_line_reads_the_values_set(virtio: int, chip: Simulated) -> None:
    agree(load(chip.name, virtio, chip.addr), chip, {**dict.fromkeys(expected(chip), 1e-6), **HALF_OF_LAST_DIGIT})


@pytest.mark.parametrize("name", ["bme280", "sht4x", "ina219", "mcp9808", "lm75"])
def test_adafruits_driver_reads_the_values_set(virtio: int, name: str) -> None:
    (chip,) = (chip for chip in chips.SIMULATED if chip.name == name)
    script = Path(__file__).with_name("adafruit.py")
    command = [os.environ["ADAFRUIT_PYTHON"], str(script), name, str(virtio), hex(chip.addr)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    agree(json.loads(done.stdout), chip)


def test_chip_of_a_kernel_driver_is_busy(virtio: int) -> None:
    with bound(virtio, "lm75", chips.LM75.addr) as client:
        error = failure("lm75", virtio, chips.LM75.addr)
    assert error.errno == errno.EBUSY
    assert str(client) in str(error)


def test_absent_chip_is_never_read_as_zeros(virtio: int) -> None:
    """i2c-virtio reports a NACK by a short count alone; a driver that ignores it takes zeros for data."""
    assert failure("lm75", virtio, NOBODY).errno == errno.ENXIO
    assert f"{NOBODY:#x}" in refused("lm75", virtio, NOBODY)


def test_adapter_does_plain_i2c_and_smbus(virtio: int) -> None:
    with SMBus(virtio) as plain:
        word = plain.read_word_data(chips.TMP102.addr, 0)
    assert int.from_bytes(word.to_bytes(2, "little"), "big", signed=True) >> 4 == chips.TMP102.values["temp"] * 16
