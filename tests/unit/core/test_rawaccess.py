"""Programs on a bus with drivers: free addresses are theirs, driven ones need force, and a new driver comes first."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import load
from i2cdrv.core.rawaccess import RawAccess
from i2cdrv.errors import Busy, Error, Nack, NoDevice, NotSupported
from i2cdrv.i2c.adapter import Functionality, Read, Write
from i2cdrv.i2c.buslock import BusLock
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim import CHIPS, SimAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from i2cdrv.core.device import Device

FREE, DRIVEN = 0x44, 0x76
ID = (Write(DRIVEN, b"\xd0"), Read(DRIVEN, 1))  # BME280, section 5.4.1: 0x60


@pytest.fixture
def lock(tmp_path: Path) -> BusLock:
    (tmp_path / "i2c-0").touch()
    return BusLock(0, sys=tmp_path, dev=tmp_path)


@pytest.fixture
def other(tmp_path: Path, lock: BusLock) -> BusLock:
    """The lock of another process: OFD locks belong to a descriptor."""
    return BusLock(0, sys=tmp_path, dev=tmp_path)


@pytest.fixture
def bus(lock: BusLock) -> Iterator[Bus]:
    adapter = SimAdapter({FREE: CHIPS["sht4x"](), DRIVEN: CHIPS["bme280"]()}, clock=VirtualClock())
    bus = Bus(adapter, lock=lock)
    yield bus
    bus.close()


@pytest.fixture
def bme280(bus: Bus) -> Device[tuple[float, ...]]:
    return bus.bind(LoadedModule(load("bme280")), DRIVEN)


@pytest.fixture
def user(bus: Bus) -> RawAccess:
    return RawAccess(bus, may_force=False)


@pytest.fixture
def root(bus: Bus) -> RawAccess:
    return RawAccess(bus, may_force=True)


@pytest.mark.usefixtures("bme280")
class TestWithADriver:
    def test_a_free_address_is_anybodys(self, user: RawAccess) -> None:
        assert user.xfer([Write(FREE, b"\x89")]) == []  # SHT4x, table 8: read serial number

    def test_a_driven_address_is_busy_and_the_error_names_the_device(self, root: RawAccess) -> None:
        with pytest.raises(Busy, match="0-0076 is bound to bme280"):
            root.xfer(ID)

    def test_one_driven_address_makes_the_whole_transfer_busy(self, user: RawAccess) -> None:
        with pytest.raises(Busy, match="0-0076"):
            user.xfer([Write(FREE, b"\x89"), Read(DRIVEN, 1)])

    def test_root_may_force_it(self, root: RawAccess) -> None:
        assert root.xfer(ID, force=True) == [b"\x60"]

    def test_a_user_may_not_force_a_driven_address(self, user: RawAccess) -> None:
        with pytest.raises(Error, match=r"0-0076 is bound to bme280.*only root may force") as caught:
            user.xfer(ID, force=True)
        assert caught.value.errno == errno.EPERM

    def test_force_changes_nothing_at_a_free_address(self, user: RawAccess) -> None:
        assert user.xfer([Write(FREE, b"\x89")], force=True) == []

    def test_a_general_call_reaches_the_driven_chip_too(self, root: RawAccess) -> None:
        with pytest.raises(Busy, match="every chip receives a general call, that of 0-0076 too"):
            root.xfer([Write(0x00, b"\x06")])
        with pytest.raises(Nack):  # it was sent: no simulated chip takes it
            root.xfer([Write(0x00, b"\x06")], force=True)


def test_a_general_call_without_a_driver_is_sent(user: RawAccess) -> None:
    with pytest.raises(Nack):
        user.xfer([Write(0x00, b"\x06")])


def test_an_address_is_free_again_after_unbind(bus: Bus, user: RawAccess, bme280: Device[tuple[float, ...]]) -> None:
    bus.unbind(bme280)
    assert user.xfer(ID) == [b"\x60"]


def test_a_driver_that_comes_later_has_the_chip_alone(bus: Bus, user: RawAccess, other: BusLock) -> None:
    assert user.xfer(ID) == [b"\x60"]
    bus.bind(LoadedModule(load("bme280")), DRIVEN)
    with pytest.raises(Busy, match="0-0076 is bound to bme280"):
        user.xfer(ID)
    user.close()
    with pytest.raises(Busy, match="another i2cdrv"):  # closing gives back nothing that the driver has
        other.take(DRIVEN)


def test_other_processes_are_excluded_until_the_last_program_closes(bus: Bus, user: RawAccess, other: BusLock) -> None:
    second = RawAccess(bus, may_force=False)
    for program in (user, second):
        program.xfer(ID)
    user.close()
    with pytest.raises(Busy):
        other.take(DRIVEN)
    second.close()
    other.take(DRIVEN)


def test_an_address_of_another_process_is_busy(user: RawAccess, other: BusLock) -> None:
    other.take(FREE)
    with pytest.raises(Busy, match="0x44 is in use by another i2cdrv"):
        user.xfer([Read(FREE, 1)])


def test_root_may_force_an_address_of_another_process(user: RawAccess, root: RawAccess, other: BusLock) -> None:
    other.take(DRIVEN)
    assert root.xfer(ID, force=True) == [b"\x60"]
    with pytest.raises(Error, match="only root may force") as caught:
        user.xfer(ID, force=True)
    assert caught.value.errno == errno.EPERM


def test_a_removed_bus_has_to_be_opened_again(bus: Bus, user: RawAccess) -> None:
    bus.close()
    with pytest.raises(NoDevice, match=r"i2c-0 .* has been removed: open it again"):
        user.xfer(ID)


@pytest.mark.parametrize(
    ("messages", "answers"),
    [((Write(DRIVEN, b"\xd0"), Read(DRIVEN, 1)), [b"\x60"]), ((Write(DRIVEN, b"\xf5\x00"),), [])],
)
def test_an_adapter_for_smbus_alone_does_operations(
    bus: Bus, messages: tuple[Write | Read, ...], answers: list[bytes]
) -> None:
    bus.wire.functionality = Functionality.SMBUS_EMUL
    assert RawAccess(bus, may_force=False).xfer(messages) == answers


def test_it_refuses_messages_that_are_no_operation(bus: Bus, user: RawAccess) -> None:
    bus.wire.functionality = Functionality.SMBUS_EMUL
    with pytest.raises(NotSupported, match="only does SMBus"):
        user.xfer([Write(FREE, b"\x01\x02"), Read(FREE, 1)])
