"""The names that users give clients: in the model, in log lines, and for every look-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.core.bus import Bus
from i2cdrv.core.i2cclient import I2cClient
from i2cdrv.core.model import DriverCore
from i2cdrv.core.notifier import BusNotifier
from i2cdrv.errors import NoDevice
from i2cdrv.lib.log.logger import log
from i2cdrv.sim import SimAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator


class Described(BusNotifier):
    """The clients whose name or corrections have changed."""

    def __init__(self) -> None:
        self.clients: list[str] = []

    def described(self, client: I2cClient) -> None:
        self.clients.append(str(client))


@pytest.fixture
def core() -> Iterator[DriverCore]:
    """A model with two clients on bus 7."""
    core = DriverCore()
    core.add_bus(Bus(SimAdapter({}, nr=7)))
    for addr in (0x18, 0x76):
        core.new_device(7, "chip", addr)
    yield core
    for client in list(core.clients.values()):
        core.unregister(client)


def values(event: str) -> dict[str, object]:
    """Return the values of a line for one of the clients."""
    log("info", event, device="7-0018")
    return dict(log.ring.since(log.ring.next - 1)[0].values)


def test_a_client_is_found_by_the_kernel_s_name_and_the_user_s(core: DriverCore) -> None:
    client = core.clients["7-0018"]
    core.describe(client, "garden")
    assert core.clients.find("7-0018") is core.clients.find("garden") is client
    assert core.clients.find("hut") is core.clients.find("") is None


def test_the_control_files_accept_a_name(core: DriverCore) -> None:
    core.describe(core.clients["7-0018"], "garden")
    core.attach("garden")  # no driver supports it, which is no error
    with pytest.raises(NoDevice, match="there is no I2C device 'hut'"):
        core.attach("hut")


def test_notifiers_learn_a_new_name(core: DriverCore) -> None:
    core.add_notifiers(described := Described())
    core.describe(core.clients["7-0076"], "garden")
    core.describe(core.clients["7-0076"], "")
    assert described.clients == ["7-0076", "7-0076"]


def test_a_log_line_of_a_named_device_has_the_name(core: DriverCore) -> None:
    assert values("absent") == {"device": "7-0018"}
    core.describe(core.clients["7-0018"], "garden")
    assert values("absent") == {"device": "7-0018", "name": "garden"}
    core.unregister(core.clients["7-0018"])
    assert values("absent") == {"device": "7-0018"}


def test_other_lines_are_unchanged(core: DriverCore) -> None:
    core.describe(core.clients["7-0018"], "garden")
    log("info", "absent", device="7-0076")
    assert dict(log.ring.since(log.ring.next - 1)[0].values) == {"device": "7-0076"}


def test_the_log_gives_a_new_client_no_name_of_an_earlier_one(core: DriverCore) -> None:
    core.describe(core.clients["7-0018"], "garden")
    other = DriverCore()  # the model of another daemon in this process, whose bus has the same number
    other.add_bus(Bus(SimAdapter({}, nr=7)))
    other.new_device(7, "chip", 0x18)
    assert values("absent") == {"device": "7-0018"}
