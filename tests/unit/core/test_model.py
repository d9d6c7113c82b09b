"""The driver model of the I2C buses: accepted and rejected calls, as recorded from Linux (i2c-stub, lm75)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.core.bus import Bus
from i2cdrv.core.i2cclient import I2cClient
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.model import DriverCore
from i2cdrv.core.module import load
from i2cdrv.core.notifier import BusNotifier
from i2cdrv.errors import Busy, Invalid, Nack, NoDevice, Unknown
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


def test_an_address_is_given_once(core: DriverCore, capsys: pytest.CaptureFixture[str]) -> None:
    core.new_device(1, "lm75", 0x48)
    taken = r"on i2c-1 is taken by 1-0048 \(lm75, bound to lm75\); first: i2cdrv delete-device 1-0048$"
    for name, addr, where in (("lm75", 0x48, "0x48"), ("other", 72, "0x48"), ("lm75", 0x1048, "0x48")):
        with pytest.raises(Busy, match=f"{where} {taken}"):
            core.new_device(1, name, addr)
    assert "i2c i2c-1: Failed to register i2c client lm75 at 0x48 (-16)" in logged(capsys)


def test_an_address_of_the_configuration_is_taken_without_a_command_that_ends_it(core: DriverCore) -> None:
    core.register(I2cClient(core.buses[1], 0x4B, "lm75", userspace=False), probe=False)
    with pytest.raises(Busy, match=r"\(lm75, without a driver\); first: remove its entry from the configuration$"):
        core.new_device(1, "lm75", 0x4B)


@pytest.mark.parametrize(
    ("name", "addr"),
    [("lm75", 0x01), ("lm75", 0x07), ("lm75", 0x78), ("lm75", 0x7F), ("nobody", 0x49), ("LM75", 0x49), ("", 0x49),
     ("1234567890123456789", 0x49)],
)  # fmt: skip
def test_a_device_without_a_driver_or_a_chip_stays_without(core: DriverCore, name: str, addr: int) -> None:
    client = core.new_device(1, name, addr)
    assert client.driver is None


def test_other_kinds_of_address_have_names_of_their_own(core: DriverCore) -> None:
    core.new_device(1, "lm75", 0xA04A)
    core.new_device(1, "lm75", 0x104B)
    assert list(core.clients) == ["1-a04a", "1-104b"]
    with pytest.raises(Unknown):
        core.delete_device(1, 0x4A)
    core.delete_device(1, 0xA04A)
    assert list(core.clients) == ["1-104b"]


def test_the_name_of_a_chip_chooses_within_the_family(core: DriverCore, adapter: SimAdapter) -> None:
    adapter.attach(0x4A, CHIPS["tmp102"](temp=-10.0625))
    client = core.new_device(1, "tmp102", 0x4A)
    assert client.device is not None
    assert client.device.sample().temp == -10.0625  # an lm75 would show half degrees


@pytest.mark.parametrize("addr", [-1, -(2**70), 0x00, 0x80, 0xA400, 0xFFFF, 0x10048, 2**70])
def test_an_address_that_no_client_can_have_is_invalid(core: DriverCore, addr: int) -> None:
    with pytest.raises(Invalid):
        core.new_device(1, "lm75", addr)
    assert not core.clients


def test_only_a_declared_device_can_be_deleted(core: DriverCore) -> None:
    with pytest.raises(Unknown):
        core.delete_device(1, 0x49)


def test_sampling_starts_before_the_notifiers_are_called(adapter: SimAdapter) -> None:
    calls: list[str] = []

    class Notifier(BusNotifier):
        def bound(self, client: I2cClient) -> None:
            calls.append(f"bound {client}")

    core = DriverCore(lambda client, device: calls.append(f"sample {client}: {device.client.name}"))
    core.add_notifiers(Notifier())
    core.add_bus(bus := Bus(adapter))
    core.add_driver(LoadedModule(load("lm75")))
    core.new_device(1, "lm75", 0x48)
    core.adopt(bus.bind(core.drivers["lm75"], 0x49))
    assert calls == ["sample 1-0048: lm75", "bound 1-0048", "bound 1-0049"]
    bus.close()


# delete_device


def test_a_device_is_unbound_and_gone(core: DriverCore, capsys: pytest.CaptureFixture[str]) -> None:
    core.new_device(1, "lm75", 0x48)
    core.delete_device(1, 72)
    assert not core.clients
    assert not core.buses[1].devices
    assert "i2c i2c-1: delete_device: Deleting device lm75 at 0x48" in logged(capsys)
    core.new_device(1, "lm75", 0x48)


# bind, unbind, attach, drivers_autoprobe


def test_unbind_and_bind(core: DriverCore) -> None:
    client = core.new_device(1, "lm75", 0x48)
    core.unbind("lm75", "1-0048")
    assert client.driver is None
    core.bind("lm75", "1-0048")
    assert client.driver is core.drivers["lm75"]


def test_the_requests_that_bind_and_unbind_refuse(core: DriverCore, adapter: SimAdapter) -> None:
    core.new_device(1, "lm75", 0x48)
    core.new_device(1, "bme280", 0x49)
    core.add_driver(LoadedModule(load("mcp9808")))
    with pytest.raises(Busy):
        core.bind("lm75", "1-0048")
    with pytest.raises(Busy):
        core.bind("mcp9808", "1-0048")
    with pytest.raises(NoDevice):
        core.bind("lm75", "1-0049")  # it is not for a bme280
    with pytest.raises(NoDevice):
        core.unbind("mcp9808", "1-0048")
    core.unbind("lm75", "1-0048")
    with pytest.raises(NoDevice):
        core.unbind("lm75", "1-0048")
    adapter.detach(0x48)
    with pytest.raises(Nack):
        core.bind("lm75", "1-0048")


def test_without_autoprobe_nothing_binds_by_itself(core: DriverCore) -> None:
    core.drivers_autoprobe = False
    one = core.new_device(1, "lm75", 0x48)
    core.add_driver(LoadedModule(load("mcp9808")))
    assert one.driver is None
    core.attach("1-0048")
    assert one.driver is not None
    core.drivers_autoprobe = True
    assert core.new_device(1, "lm75", 0x49).driver is not None


def test_a_driver_takes_and_leaves_its_devices(core: DriverCore) -> None:
    one = core.new_device(1, "lm75", 0x48)
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
    client = core.new_device(1, "lm75", 0x48)
    assert client.driver is None
    assert "probe with driver lm75 failed with error -6" in logged(capsys)  # ENXIO: not even the level of an error


def test_a_device_that_its_driver_has_again_by_now_is_left_alone(core: DriverCore) -> None:
    client = core.new_device(1, "lm75", 0x48)
    device, loaded = client.device, client.driver
    assert loaded is not None
    core.rebind(loaded, client, force=0)
    assert client.device is device
