"""The control files of the I2C buses: accepted and rejected bytes, as recorded from Linux (i2c-stub, lm75)."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.model import DriverCore
from i2cdrv.core.module import load
from i2cdrv.errors import Error, NoDevice
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim import CHIPS, SimAdapter
from i2cdrv.sysfs.tree import i2ccontrol

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def adapter() -> SimAdapter:
    return SimAdapter({addr: CHIPS["lm75"](temp=20.5) for addr in (0x48, 0x49)}, nr=1, clock=VirtualClock())


@pytest.fixture
def core(adapter: SimAdapter) -> Iterator[DriverCore]:
    """Bus 1 with chips at 0x48 and 0x49, and the lm75 driver."""
    core = DriverCore()
    core.buses[1] = Bus(adapter)
    core.add_driver(LoadedModule(load("lm75")))
    yield core
    core.buses[1].close()


def logged(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


@pytest.mark.parametrize(
    "data",
    [b"lm75 0x48", b"lm75 0x48\n", b"lm75 72\n", b"lm75 0110\n", b"lm75  0x48", b"lm75 0x48\n\n",
     b"lm75 \t0x48\n", b"lm75 0x48\nrest", b"lm75 0X48"],
)  # fmt: skip
def test_a_device_is_made_and_its_driver_bound(
    core: DriverCore, data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    i2ccontrol.new_device(core, 1, data)
    assert list(core.clients) == ["1-0048"]
    client = core.clients["1-0048"]
    assert client.device is not None
    assert client.device.sample().temp == 20.5
    assert "i2c i2c-1: new_device: Instantiated device lm75 at 0x48" in logged(capsys)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"lm75\n", "new_device: Missing parameters"),
        (b"\n", "new_device: Missing parameters"),
        (b"lm75\t0x49", "new_device: Missing parameters"),
        (b"12345678901234567890 0x49", "new_device: Invalid device name"),
        (b"lm75 \n", "new_device: Can't parse I2C address"),
        (b"lm75 g", "new_device: Can't parse I2C address"),
        (b"lm75 +0x48", "new_device: Can't parse I2C address"),
        (b" lm75 0x49", "new_device: Can't parse I2C address"),
        (b"lm75 0x49 ", "new_device: Extra parameters"),
        (b"lm75 0x49 foo", "new_device: Extra parameters"),
        (b"lm75 0x4g", "new_device: Extra parameters"),
        (b"lm75 0x00", "Invalid 7-bit I2C address 0x00"),
        (b"lm75 0x80", "Invalid 7-bit I2C address 0x80"),
        (b"lm75 0xa400", "Invalid 10-bit I2C address"),
        (b"lm75 0x1004c", "new_device: Can't parse I2C address"),  # the kernel cuts it to 0x4c
        (b"lm75 65536", "new_device: Can't parse I2C address"),
        (b"lm75 -1", "Invalid 10-bit I2C address 0x5fff"),
        (b"lm75 " + b"9" * 5000, "new_device: Can't parse I2C address"),
    ],
)
def test_new_device_refuses_bad_lines(
    core: DriverCore, data: bytes, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Error) as caught:
        i2ccontrol.new_device(core, 1, data)
    assert caught.value.errno == errno.EINVAL
    assert message in logged(capsys)
    assert not core.clients


@pytest.mark.parametrize(
    ("data", "number", "message"),
    [
        (b"0x49", errno.ENOENT, "delete_device: Can't find device in list"),
        (b"g", errno.EINVAL, "delete_device: Can't parse I2C address"),
        (b"0x48 ", errno.EINVAL, "delete_device: Extra parameters"),
    ],
)
def test_delete_device_refuses_bad_lines(
    core: DriverCore, data: bytes, number: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    i2ccontrol.new_device(core, 1, b"lm75 0x48")
    with pytest.raises(Error) as caught:
        i2ccontrol.delete_device(core, 1, data)
    assert caught.value.errno == number
    assert message in logged(capsys)
    assert list(core.clients) == ["1-0048"]


@pytest.mark.parametrize("data", [b"1-0049", b"0-48", b" 1-0048", b"1-0048 ", b"1-0048\n\n", b"", b"\xff"])
def test_a_device_is_named_exactly(core: DriverCore, data: bytes) -> None:
    i2ccontrol.new_device(core, 1, b"lm75 0x48")
    for control in (i2ccontrol.bind, i2ccontrol.unbind):
        with pytest.raises(NoDevice):
            control(core, "lm75", data)
    with pytest.raises(NoDevice):
        i2ccontrol.drivers_probe(core, data)


def test_one_newline_may_follow_the_name_of_a_device(core: DriverCore) -> None:
    client = i2ccontrol.new_device(core, 1, b"lm75 0x48")
    i2ccontrol.unbind(core, "lm75", b"1-0048\n")
    assert client.driver is None
    i2ccontrol.bind(core, "lm75", b"1-0048")
    assert client.driver is core.drivers["lm75"]
    i2ccontrol.delete_device(core, 1, b"72\n")
    assert not core.clients


def test_the_first_byte_switches_autoprobe(core: DriverCore) -> None:
    i2ccontrol.drivers_autoprobe(core, b"0\n")
    assert not core.drivers_autoprobe
    assert i2ccontrol.new_device(core, 1, b"lm75 0x48").driver is None
    i2ccontrol.drivers_probe(core, b"1-0048\n")
    assert core.clients["1-0048"].driver is not None
    for data in (b"x", b"yes\n", b"1"):
        core.drivers_autoprobe = False
        i2ccontrol.drivers_autoprobe(core, data)
        assert core.drivers_autoprobe
