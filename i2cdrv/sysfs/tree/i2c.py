"""``bus/i2c`` and ``devices/i2c-N``: adapters, clients and drivers, and the files that bind them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ...core.notifier import BusNotifier
from ..kernfs import Attribute
from . import i2ccontrol
from .nodes import constant, control, directory, link

if TYPE_CHECKING:
    from ...core.bus import Bus
    from ...core.i2cclient import I2cClient
    from ...core.loaded import LoadedModule
    from ...core.model import DriverCore
    from ..kernfs import Directory, Tree


def home_of(client: I2cClient) -> str:
    """Return the path of a client's directory."""
    return f"devices/i2c-{client.bus.adapter.nr}/{client}"


class I2cFiles(BusNotifier):
    """The I2C bus type, its adapters, its clients and its drivers."""

    def __init__(self, tree: Tree, core: DriverCore) -> None:
        self._tree, self._core = tree, core
        self._bus = directory(tree, "bus/i2c")
        self._links = self._bus.directory("devices")
        self._drivers = self._bus.directory("drivers")
        self._devices = directory(tree, "devices")
        control(self._bus, "drivers_probe", partial(i2ccontrol.drivers_probe, core))
        autoprobe = Attribute(
            0o644, lambda: b"%d\n" % core.drivers_autoprobe, partial(i2ccontrol.drivers_autoprobe, core)
        )
        self._bus.add("drivers_autoprobe", autoprobe)

    # Adapters.

    def bus_added(self, bus: Bus) -> None:
        number = bus.adapter.nr
        home = self._devices.directory(f"i2c-{number}")
        constant(home, "name", bus.adapter.name)
        constant(home, "uevent", "OF_NAME=i2c")
        control(home, "new_device", partial(i2ccontrol.new_device, self._core, number))
        control(home, "delete_device", partial(i2ccontrol.delete_device, self._core, number))
        link(home, "subsystem", 2, "bus/i2c")
        link(self._links, f"i2c-{number}", 3, f"devices/i2c-{number}")

    def bus_removed(self, bus: Bus) -> None:
        self._links.remove(f"i2c-{bus.adapter.nr}")
        self._devices.remove(f"i2c-{bus.adapter.nr}")

    # Drivers.

    def driver_added(self, loaded: LoadedModule) -> None:
        name = loaded.module.name
        home = self._drivers.directory(name)
        control(home, "bind", partial(i2ccontrol.bind, self._core, name))
        control(home, "unbind", partial(i2ccontrol.unbind, self._core, name))
        link(home, "module", 4, f"module/{name}")

    def driver_removed(self, loaded: LoadedModule) -> None:
        self._drivers.remove(loaded.module.name)

    # Clients.

    def client_added(self, client: I2cClient) -> None:
        home = self._home(client)
        constant(home, "name", client.name)
        constant(home, "modalias", f"i2c:{client.name}")
        home.add("uevent", Attribute(0o444, partial(_uevent, client)))
        link(home, "subsystem", 3, "bus/i2c")
        link(self._links, str(client), 3, home_of(client))

    def described(self, client: I2cClient) -> None:
        home = self._home(client)
        home.remove("label")
        if client.label:
            constant(home, "label", client.label)

    def client_removed(self, client: I2cClient) -> None:
        self._links.remove(str(client))
        self._devices.directory(f"i2c-{client.bus.adapter.nr}").remove(str(client))

    def _home(self, client: I2cClient) -> Directory:
        return self._devices.directory(f"i2c-{client.bus.adapter.nr}").directory(str(client))

    def bound(self, client: I2cClient) -> None:
        assert client.driver is not None
        name = client.driver.module.name
        link(self._home(client), "driver", 3, f"bus/i2c/drivers/{name}")
        link(self._drivers.directory(name), str(client), 4, home_of(client))

    def released(self, client: I2cClient, loaded: LoadedModule) -> None:
        self._home(client).remove("driver")
        self._drivers.directory(loaded.module.name).remove(str(client))


def _uevent(client: I2cClient) -> bytes:
    driver = f"DRIVER={client.driver.module.name}\n" if client.driver is not None else ""
    return f"{driver}MODALIAS=i2c:{client.name}\n".encode()
