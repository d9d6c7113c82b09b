"""The control files of the I2C buses: what they take and refuse, as recorded from Linux (i2c-stub, lm75)."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.model import DriverCore
from i2cdrv.core.module import load
from i2cdrv.errors import Busy, Error, Nack, NoDevice, Unknown
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim import CHIPS, SimAdapter

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


# new_device


@pytest.mark.parametrize(
    "data",
    [b"lm75 0x48", b"lm75 0x48\n", b"lm75 72\n", b"lm75 0110\n", b"lm75  0x48", b"lm75 0x48\n\n",
     b"lm75 \t0x48\n", b"lm75 0x48\nrest", b"lm75 0X48"],
)  # fmt: skip
def test_a_device_is_made_and_its_driver_bound(
    core: DriverCore, data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    core.new_device(1, data)
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
def test_what_new_device_refuses(
    core: DriverCore, data: bytes, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Error) as caught:
        core.new_device(1, data)
    assert caught.value.errno == errno.EINVAL
    assert message in logged(capsys)
    assert not core.clients


def test_an_address_is_given_once(core: DriverCore, capsys: pytest.CaptureFixture[str]) -> None:
    core.new_device(1, b"lm75 0x48")
    for data in (b"lm75 0x48", b"other 72", b"lm75 0x1048"):
        with pytest.raises(Busy):
            core.new_device(1, data)
    assert "i2c i2c-1: Failed to register i2c client lm75 at 0x48 (-16)" in logged(capsys)


@pytest.mark.parametrize("data", [b"lm75 0x01", b"lm75 0x07", b"lm75 0x78", b"lm75 0x7f", b"nobody 0x49", b"LM75 0x49",
                                  b" 0x49", b"1234567890123456789 0x49"])  # fmt: skip
def test_a_device_without_a_driver_or_a_chip_stays_without(core: DriverCore, data: bytes) -> None:
    client = core.new_device(1, data)
    assert client.driver is None


def test_other_kinds_of_address_have_names_of_their_own(core: DriverCore) -> None:
    core.new_device(1, b"lm75 0xa04a")
    core.new_device(1, b"lm75 0x104b")
    assert list(core.clients) == ["1-a04a", "1-104b"]
    with pytest.raises(Unknown):
        core.delete_device(1, b"0x4a")
    core.delete_device(1, b"0xa04a\n")
    assert list(core.clients) == ["1-104b"]


def test_the_name_of_a_chip_chooses_within_the_family(core: DriverCore, adapter: SimAdapter) -> None:
    adapter.attach(0x4A, CHIPS["tmp102"](temp=-10.0625))
    client = core.new_device(1, b"tmp102 0x4a")
    assert client.device is not None
    assert client.device.sample().temp == -10.0625  # an lm75 would show half degrees


# delete_device


def test_a_device_is_unbound_and_gone(core: DriverCore, capsys: pytest.CaptureFixture[str]) -> None:
    core.new_device(1, b"lm75 0x48")
    core.delete_device(1, b"72\n")
    assert not core.clients
    assert not core.buses[1].devices
    assert "i2c i2c-1: delete_device: Deleting device lm75 at 0x48" in logged(capsys)
    core.new_device(1, b"lm75 0x48")


@pytest.mark.parametrize(
    ("data", "number", "message"),
    [
        (b"0x49", errno.ENOENT, "delete_device: Can't find device in list"),
        (b"g", errno.EINVAL, "delete_device: Can't parse I2C address"),
        (b"0x48 ", errno.EINVAL, "delete_device: Extra parameters"),
    ],
)
def test_what_delete_device_refuses(
    core: DriverCore, data: bytes, number: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    core.new_device(1, b"lm75 0x48")
    with pytest.raises(Error) as caught:
        core.delete_device(1, data)
    assert caught.value.errno == number
    assert message in logged(capsys)
    assert list(core.clients) == ["1-0048"]


# bind, unbind, drivers_probe, drivers_autoprobe


def test_unbind_and_bind(core: DriverCore) -> None:
    client = core.new_device(1, b"lm75 0x48")
    core.unbind("lm75", b"1-0048\n")
    assert client.driver is None
    core.bind("lm75", b"1-0048")
    assert client.driver is core.drivers["lm75"]


@pytest.mark.parametrize("data", [b"1-0049", b"0-48", b" 1-0048", b"1-0048 ", b"1-0048\n\n", b"", b"\xff"])
def test_a_device_is_named_exactly(core: DriverCore, data: bytes) -> None:
    core.new_device(1, b"lm75 0x48")
    for control in (core.bind, core.unbind):
        with pytest.raises(NoDevice):
            control("lm75", data)
    with pytest.raises(NoDevice):
        core.drivers_probe(data)


def test_what_bind_and_unbind_refuse(core: DriverCore, adapter: SimAdapter) -> None:
    core.new_device(1, b"lm75 0x48")
    core.new_device(1, b"bme280 0x49")
    core.add_driver(LoadedModule(load("mcp9808")))
    with pytest.raises(Busy):
        core.bind("lm75", b"1-0048")
    with pytest.raises(Busy):
        core.bind("mcp9808", b"1-0048")
    with pytest.raises(NoDevice):
        core.bind("lm75", b"1-0049")  # it is not for a bme280
    with pytest.raises(NoDevice):
        core.unbind("mcp9808", b"1-0048")
    core.unbind("lm75", b"1-0048")
    with pytest.raises(NoDevice):
        core.unbind("lm75", b"1-0048")
    adapter.detach(0x48)
    with pytest.raises(Nack):
        core.bind("lm75", b"1-0048")


def test_without_autoprobe_nothing_binds_by_itself(core: DriverCore) -> None:
    core.store_autoprobe(b"0\n")
    one = core.new_device(1, b"lm75 0x48")
    core.add_driver(LoadedModule(load("mcp9808")))
    assert one.driver is None
    core.drivers_probe(b"1-0048\n")
    assert one.driver is not None
    for data in (b"x", b"yes\n", b"1"):
        core.drivers_autoprobe = False
        core.store_autoprobe(data)
        assert core.drivers_autoprobe
    assert core.new_device(1, b"lm75 0x49").driver is not None


def test_a_driver_takes_and_leaves_its_devices(core: DriverCore) -> None:
    one = core.new_device(1, b"lm75 0x48")
    core.remove_driver("lm75")
    assert one.driver is None
    assert not core.buses[1].devices
    core.add_driver(LoadedModule(load("lm75")))
    assert one.driver is not None
    with pytest.raises(Busy):
        core.add_driver(LoadedModule(load("lm75")))
    with pytest.raises(Unknown):
        core.remove_driver("nix")


def test_a_probe_that_fails_is_logged_and_the_device_stays(
    core: DriverCore, adapter: SimAdapter, capsys: pytest.CaptureFixture[str]
) -> None:
    adapter.detach(0x48)
    client = core.new_device(1, b"lm75 0x48")
    assert client.driver is None
    assert "probe with driver lm75 failed with error -6" in logged(capsys)  # ENXIO: not even the level of an error
