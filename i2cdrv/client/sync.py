"""The client that blocks: ``i2cdrv.connect()``."""

from __future__ import annotations

from collections.abc import Generator, Iterator, MutableMapping
from os import PathLike
from typing import TYPE_CHECKING, Any, Never, Self

from . import requests, simulation
from .device import DeviceInfo
from .logbook import log
from .place import Place
from .requests import name_of
from .runner import iterate, run
from .table import Table
from .watching import watch

if TYPE_CHECKING:
    from types import TracebackType

    from .reading import Reading
    from .records import Fault, FoundChip, LogLine, Module, Parameter, Status

PATIENCE_S = 10.0


def connect(
    path: str | PathLike[str] | None = None,
    *,
    run_dir: str | PathLike[str] | None = None,
    patience: float = PATIENCE_S,
) -> ServiceClient:
    """Connect to the running service, and to the other i2cdrv processes that the commands find.

    ``with i2cdrv.connect() as client: print(client["garden"].read().temp)``

    ``path``: the socket of one process, such as ``/run/i2cdrv/control``; None finds the processes as the commands do.
    ``run_dir``: the run directory to search, as ``--run-dir``.  ``patience``: seconds to wait for a service that
    restarts; ``math.inf`` waits without limit.

    A client needs no thread, no event loop and no privileges: members of group i2c may read.  Each call has a
    connection of its own, so several threads may share a client.

    Errors: Unknown (ENOENT) if no i2cdrv runs; Error (EACCES) if this user may not use it; Invalid.
    """
    place = Place(path, run_dir, patience)
    run(requests.connect(place))
    return ServiceClient(place)


class ServiceClient:
    """The running service.  ``i2cdrv.connect()`` makes a client; a ``with`` block, or ``close()``, ends it.

    A device is named by its name or by the kernel's name, ``garden`` or ``1-0076``, or given as a ServedDevice.

    A call that reads is repeated for ``patience`` seconds while the service restarts.  A call that changes something is
    never repeated; it needs root or the user of the service.  Errors: i2cdrv.Error with the errno of the cause.
    """

    def __init__(self, place: Place) -> None:
        self._place = place

    # Devices and readings.

    def devices(self) -> Table[ServedDevice]:
        """List the devices, with the state and the latest reading of each; a prompt or a notebook shows a table."""
        return Table(ServedDevice(self, found) for found in run(requests.devices(self._place)))

    def device(self, name: str | DeviceInfo) -> ServedDevice:
        """Return one device.  Raises Unknown (ENOENT), naming the devices."""
        return ServedDevice(self, run(requests.device(self._place, name)))

    def __getitem__(self, name: str) -> ServedDevice:
        """Return one device: ``client["garden"]``.  Raises Unknown (ENOENT)."""
        return self.device(name)

    def __iter__(self) -> Iterator[ServedDevice]:
        """Iterate over the devices."""
        return iter(self.devices())

    def read(self, device: str | DeviceInfo, *, raw: bool = False) -> Reading:
        """Return the latest reading of a device, or a new one if that is too old.

        ``raw``: without corrections, labels and derived channels.
        Errors: the error of the device if it has no value, such as Nack (ENXIO) or ConfigLost (ENODATA); Unknown.
        """
        return run(requests.read(self._place, device, raw=raw))

    def watch(self, *devices: str | DeviceInfo) -> Generator[Reading, None, None]:
        """Yield readings as they arrive: of these devices, or of all; first the latest of each.

        A reading may have an ``error`` in place of its values.  After a restart of the service, the iterator continues
        with the new process; then the next reading of each device has the reason in ``gap``, because readings may be
        missing.  Where the program is too slow, ``lost`` counts the readings that were dropped.
        Errors: Unknown (ENOENT) for a device that is not served, or if the service does not return in time.
        """
        return iterate(watch(self._place, list(map(name_of, devices))))

    # Parameters.

    def params(self, name: str | DeviceInfo) -> Params:
        """Return the parameters of a device, or of a module."""
        return Params(self._place, name_of(name))

    # Modules and devices.

    def modules(self) -> Table[Module]:
        """List the modules that are in use."""
        return Table(run(requests.list_loaded(self._place)))

    def load(
        self,
        module: str | PathLike[str],
        bus: int | str | None = None,
        addr: int | str | None = None,
        *,
        interval: float | None = None,
        force: bool = False,
        force_addr: bool = False,
        force_id: bool = False,
        **params: object,
    ) -> ServedDevice | None:
        """Load a module in the service and bind it to a chip, now and after each restart of the service.

        ``addr``: None searches the bus; without a bus no chip is bound, and None is returned.  ``interval``: seconds
        between samples.  ``params``: as of ``i2cdrv.open``.
        """
        forced = {"force": force, "force_addr": force_addr, "force_id": force_id}
        found = run(requests.load(self._place, module, bus, addr, interval=interval, forced=forced, params=params))
        return None if found is None else ServedDevice(self, found)

    def unload(self, module: str) -> None:
        """Release the devices of a module and unload it."""
        run(requests.unload(self._place, module))

    def reload(self, module: str | None = None) -> None:
        """Read the configuration of the service again, or the file of a module.

        Errors: Busy (EBUSY) if the new driver could not be bound to each device.
        """
        run(requests.reload(self._place, module))

    def bind(self, device: str | DeviceInfo, module: str | None = None) -> ServedDevice:
        """Bind a driver to a device: the module's, or the loaded driver for its chip."""
        return ServedDevice(self, run(requests.bind(self._place, device, module)))

    def unbind(self, device: str | DeviceInfo) -> None:
        """Take the driver away from a device."""
        run(requests.unbind(self._place, device))

    def new_device(self, chip: str, bus: int, addr: int | str, *, force_addr: bool = False,
                   force_id: bool = False) -> ServedDevice:  # fmt: skip
        """Declare a device, such as ``"lm75"``; a loaded driver for it is bound at once."""
        forced = {"force_addr": force_addr, "force_id": force_id}
        return ServedDevice(self, run(requests.new_device(self._place, chip, bus, addr, forced)))

    def delete_device(self, device: str | DeviceInfo) -> None:
        """Remove a device that new_device or load has created."""
        run(requests.delete_device(self._place, device))

    def rename(self, device: str | DeviceInfo, name: str | None) -> None:
        """Name a device; None gives it the name of the configuration again, or none."""
        run(requests.rename(self._place, device, name))

    def detect(self, bus: int | str = 1, *, any_bus: bool = False) -> Table[FoundChip]:
        """Find the chips on a bus, without any write that could change one.

        ``any_bus``: also a bus of the display or of the board itself, for root only.
        """
        return Table(run(requests.detect(self._place, bus, any_bus=any_bus)))

    # The service itself.

    def status(self) -> Status:
        """Return version, configuration, start and problems of the daemon.  Raises Unknown (ENOENT) without one."""
        return run(requests.status(self._place))

    def log(
        self,
        device: str | DeviceInfo | None = None,
        *,
        level: str = "debug",
        lines: int | None = None,
        follow: bool = False,
    ) -> Generator[LogLine, None, None]:
        """Yield the lines that the service keeps of its log, the oldest first; ``str(line)`` is as ``i2cdrv log``.

        ``device``: only lines about it and its bus.  ``level``: only lines of this level and worse.  ``lines``: only
        that many, the latest.  ``follow``: further lines as they arrive, also after a restart of the service.
        """
        return iterate(log(self._place, level, lines, device, follow=follow))

    def faults(self) -> Table[Fault]:
        """List the faults on simulated buses."""
        return Table(run(simulation.faults(self._place)))

    def inject(self, target: str | DeviceInfo, fault: str) -> None:
        """Inject a fault on a simulated bus (``i2c-0`` or ``sim``) or on a chip there, as ``i2cdrv sim fault``.

        ``client.inject("0-0076", "nack count=3")``
        """
        run(simulation.inject(self._place, target, fault))

    def clear(self, target: str | DeviceInfo) -> None:
        """End the faults of a chip, or all of a simulated bus."""
        run(simulation.clear(self._place, target))

    def close(self) -> None:
        """End the client, and its watches within a second."""
        self._place.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    if not TYPE_CHECKING:  # checkers refuse this mistake

        async def __aenter__(self) -> Never:
            raise TypeError("write: async with i2cdrv.connect_async(), or without asyncio: with i2cdrv.connect()")

        async def __aexit__(self, *_: object) -> None: ...

    def __repr__(self) -> str:
        return f"<ServiceClient of {self._place}{' (closed)' if self._place.closed else ''}>"


class ServedDevice(DeviceInfo):
    __doc__ = DeviceInfo.__doc__

    def __init__(self, client: ServiceClient, found: dict[str, Any]) -> None:
        super().__init__(found)
        self._client = client

    @property
    def params(self) -> Params:
        """The parameters of the device: ``device.params["oversampling"] = "x4"``."""
        return self._client.params(self.device)

    def read(self, *, raw: bool = False) -> Reading:
        """Return the latest reading, or a new one if that is too old.  Errors: as ``ServiceClient.read``."""
        return self._client.read(self.device, raw=raw)

    def watch(self) -> Generator[Reading, None, None]:
        """Yield readings as they arrive.  Errors: as ``ServiceClient.watch``."""
        return self._client.watch(self.device)


class Params(MutableMapping[str, str]):
    """The parameters of a device or a module: a mapping of the texts of their values.

    Setting one writes it to the chip, or fails and leaves the old value: ``params["osrs_p"] = "x4"``.  ``del`` removes
    the value that a device has of its own.
    """

    def __init__(self, place: Place, owner: str) -> None:
        self._place, self._owner = place, owner

    def show(self) -> Table[Parameter]:
        """Return all, with the origin of each value."""
        return Table(run(requests.parameters(self._place, self._owner)).values())

    def origin(self, name: str) -> str:
        """Return where a value came from: default, options, load, module, params or device."""
        return run(requests.parameter(self._place, self._owner, name)).origin

    def set(self, name: str, value: object) -> None:
        """Set one: returns when the chip has the new value.  Errors: Unknown, Invalid, those of a transfer."""
        run(requests.store(self._place, self._owner, name, value))

    def unset(self, name: str) -> None:
        """Remove the value that was set for the device at run time.  Raises Unknown if there is none."""
        run(requests.unset(self._place, self._owner, name))

    def __getitem__(self, name: str) -> str:
        return run(requests.parameter(self._place, self._owner, name)).value

    def __setitem__(self, name: str, value: object) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        self.unset(name)

    def __iter__(self) -> Iterator[str]:
        return iter(run(requests.parameters(self._place, self._owner)))

    def __len__(self) -> int:
        return len(run(requests.parameters(self._place, self._owner)))

    def __repr__(self) -> str:
        return f"<Params of {self._owner}>"

    def _repr_html_(self) -> str:
        return self.show()._repr_html_()
