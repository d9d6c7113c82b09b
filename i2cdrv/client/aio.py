"""The client for asyncio: ``i2cdrv.connect_async()``.

A function of its own, rather than ``await connect()``, so that type checkers and ``help`` know which client it gives.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from os import PathLike
from typing import TYPE_CHECKING, Any, Never, Self

from . import requests, simulation
from .asyncrunner import iterate, run
from .device import DeviceInfo
from .logbook import log
from .place import Place
from .requests import name_of
from .sync import PATIENCE_S, Params, ServiceClient
from .table import Table
from .watching import watch

if TYPE_CHECKING:
    from types import TracebackType

    from .reading import Reading
    from .records import Fault, FoundChip, LogLine, Module, Parameter, Status


def connect_async(
    path: str | PathLike[str] | None = None,
    *,
    run_dir: str | PathLike[str] | None = None,
    patience: float = PATIENCE_S,
) -> Connecting:
    """Connect to the running service from a coroutine.  Arguments and errors are those of ``i2cdrv.connect``.

    ``async with i2cdrv.connect_async() as client: print((await client.read("garden")).temp)``

    ``client = await i2cdrv.connect_async()`` is the same without a block; ``client.close()`` ends that client.  Its
    methods are those of ``ServiceClient``, as coroutines, and ``watch`` and ``log`` are asynchronous iterators.  Other
    tasks run during each wait.  A task that is cancelled in a call or in an iterator hangs up at once.
    """
    return Connecting(Place(path, run_dir, patience))


class Connecting:
    """A connection that ``await`` or ``async with`` makes."""

    def __init__(self, place: Place) -> None:
        self._place = place

    async def _connect(self) -> AsyncServiceClient:
        await run(requests.connect(self._place))
        return AsyncServiceClient(self._place)

    def __await__(self) -> Generator[Any, Any, AsyncServiceClient]:
        return self._connect().__await__()

    async def __aenter__(self) -> AsyncServiceClient:
        return await self._connect()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._place.closed = True

    if not TYPE_CHECKING:  # checkers refuse these mistakes

        def __getattr__(self, name: str) -> Never:
            raise AttributeError(f"{name}: there is no client yet: client = await i2cdrv.connect_async()")

        def __enter__(self) -> Never:
            raise TypeError("write: async with i2cdrv.connect_async(), or without asyncio: with i2cdrv.connect()")

        def __exit__(self, *_: object) -> None: ...


class AsyncServiceClient:
    """The running service, for asyncio.  ``i2cdrv.connect_async()`` makes a client.

    Its methods are those of ``ServiceClient``, as coroutines; ``watch`` and ``log`` are asynchronous iterators.
    """

    def __init__(self, place: Place) -> None:
        self._place = place

    async def devices(self) -> Table[AsyncServedDevice]:
        return Table(AsyncServedDevice(self, found) for found in await run(requests.devices(self._place)))

    async def device(self, name: str | DeviceInfo) -> AsyncServedDevice:
        return AsyncServedDevice(self, await run(requests.device(self._place, name)))

    async def read(self, device: str | DeviceInfo, *, raw: bool = False) -> Reading:
        return await run(requests.read(self._place, device, raw=raw))

    def watch(self, *devices: str | DeviceInfo) -> AsyncGenerator[Reading, None]:
        return iterate(watch(self._place, list(map(name_of, devices))))

    def params(self, name: str | DeviceInfo) -> AsyncParams:
        return AsyncParams(self._place, name_of(name))

    async def modules(self) -> Table[Module]:
        return Table(await run(requests.list_loaded(self._place)))

    async def load(
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
    ) -> AsyncServedDevice | None:
        forced = {"force": force, "force_addr": force_addr, "force_id": force_id}
        found = await run(
            requests.load(self._place, module, bus, addr, interval=interval, forced=forced, params=params)
        )
        return None if found is None else AsyncServedDevice(self, found)

    async def unload(self, module: str) -> None:
        await run(requests.unload(self._place, module))

    async def reload(self, module: str | None = None) -> None:
        await run(requests.reload(self._place, module))

    async def bind(self, device: str | DeviceInfo, module: str | None = None) -> AsyncServedDevice:
        return AsyncServedDevice(self, await run(requests.bind(self._place, device, module)))

    async def unbind(self, device: str | DeviceInfo) -> None:
        await run(requests.unbind(self._place, device))

    async def new_device(self, chip: str, bus: int, addr: int | str, *, force_addr: bool = False,
                         force_id: bool = False) -> AsyncServedDevice:  # fmt: skip
        forced = {"force_addr": force_addr, "force_id": force_id}
        return AsyncServedDevice(self, await run(requests.new_device(self._place, chip, bus, addr, forced)))

    async def delete_device(self, device: str | DeviceInfo) -> None:
        await run(requests.delete_device(self._place, device))

    async def rename(self, device: str | DeviceInfo, name: str | None) -> None:
        await run(requests.rename(self._place, device, name))

    async def detect(self, bus: int | str = 1, *, any_bus: bool = False) -> Table[FoundChip]:
        return Table(await run(requests.detect(self._place, bus, any_bus=any_bus)))

    async def status(self) -> Status:
        return await run(requests.status(self._place))

    def log(
        self,
        device: str | DeviceInfo | None = None,
        *,
        level: str = "debug",
        lines: int | None = None,
        follow: bool = False,
    ) -> AsyncGenerator[LogLine, None]:
        return iterate(log(self._place, level, lines, device, follow=follow))

    async def faults(self) -> Table[Fault]:
        return Table(await run(simulation.faults(self._place)))

    async def inject(self, target: str | DeviceInfo, fault: str) -> None:
        await run(simulation.inject(self._place, target, fault))

    async def clear(self, target: str | DeviceInfo) -> None:
        await run(simulation.clear(self._place, target))

    async def close(self) -> None:
        self._place.closed = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncServiceClient of {self._place}{' (closed)' if self._place.closed else ''}>"


class AsyncServedDevice(DeviceInfo):
    __doc__ = DeviceInfo.__doc__

    def __init__(self, client: AsyncServiceClient, found: dict[str, Any]) -> None:
        super().__init__(found)
        self._client = client

    @property
    def params(self) -> AsyncParams:
        """The parameters of the device: ``await device.params.set("oversampling", "x4")``."""
        return self._client.params(self.device)

    async def read(self, *, raw: bool = False) -> Reading:
        """Return the latest reading, or a new one if that is too old.  Errors: as ``AsyncServiceClient.read``."""
        return await self._client.read(self.device, raw=raw)

    def watch(self) -> AsyncGenerator[Reading, None]:
        """Yield readings as they arrive.  Errors: as ``AsyncServiceClient.watch``."""
        return self._client.watch(self.device)


class AsyncParams:
    """The parameters of a device or a module, with the texts of their values."""

    def __init__(self, place: Place, owner: str) -> None:
        self._place, self._owner = place, owner

    async def show(self) -> Table[Parameter]:
        return Table((await run(requests.parameters(self._place, self._owner))).values())

    async def get(self, name: str) -> str:
        """Return the value of one.  Raises Unknown (ENOENT)."""
        return (await run(requests.parameter(self._place, self._owner, name))).value

    async def origin(self, name: str) -> str:
        return (await run(requests.parameter(self._place, self._owner, name))).origin

    async def set(self, name: str, value: object) -> None:
        await run(requests.store(self._place, self._owner, name, value))

    async def unset(self, name: str) -> None:
        await run(requests.unset(self._place, self._owner, name))

    def __repr__(self) -> str:
        return f"<AsyncParams of {self._owner}>"


def _document(kind: type, twin: type) -> None:
    """Give the methods of a class the docstrings of its twin, which blocks."""
    for name, member in vars(kind).items():
        if callable(member) and not member.__doc__ and hasattr(twin, name):
            member.__doc__ = getattr(twin, name).__doc__


_document(AsyncServiceClient, ServiceClient)
_document(AsyncParams, Params)
