"""A device in coroutines: ``async with i2cdrv.open("bme280", bus=1) as bme: await bme.sample()``.

Each wait is that of a thread of asyncio's own, so that the event loop runs other tasks meanwhile.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ..lib.clock import RealClock
from .iteration import Sampled, checked, following, sampled, wait_until

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from .reading import Reading
    from .recovery.state import State

S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)


class Blocking(Sampled, Protocol[S_co]):
    """The methods of a Device that wait."""

    name: str

    @property
    def state(self) -> State: ...

    @property
    def reason(self) -> str: ...

    @property
    def age(self) -> float | None: ...

    def sample(self) -> S_co: ...

    def recent(self, max_age: float) -> S_co: ...

    def show(self, name: str) -> Any: ...

    def store(self, name: str, value: Any) -> None: ...

    def param(self, name: str) -> Any: ...

    def set_param(self, name: str, value: Any) -> None: ...

    def close(self) -> None: ...


class AsyncDevice(Generic[S]):
    """A device in coroutines.  Its methods are those of ``Device``, which ``device`` is; all but ``param`` wait."""

    def __init__(self, device: Blocking[S]) -> None:
        self.device = device

    @property
    def name(self) -> str:
        return self.device.name

    @property
    def state(self) -> State:
        return self.device.state

    @property
    def reason(self) -> str:
        return self.device.reason

    @property
    def age(self) -> float | None:
        return self.device.age

    async def sample(self) -> S:
        """Take a new sample.  A task that is cancelled does not end the conversion."""
        return await asyncio.to_thread(self.device.sample)

    async def recent(self, max_age: float) -> S:
        """Return a sample at most ``max_age`` s old."""
        return await asyncio.to_thread(self.device.recent, max_age)

    async def reading(self) -> Reading:
        """Take a new sample and return it as a reading, or the error in its place."""
        return await asyncio.to_thread(self.device.reading)

    def every(self, interval: float) -> AsyncGenerator[Reading, None]:
        """Yield a new reading each ``interval`` s, as ``Device.every``."""
        return _every(self.device, checked(self.device, interval))

    async def show(self, name: str) -> Any:
        """Read an attribute from the chip."""
        return await asyncio.to_thread(self.device.show, name)

    async def store(self, name: str, value: Any) -> None:
        """Write an attribute to the chip."""
        await asyncio.to_thread(self.device.store, name, value)

    def param(self, name: str) -> Any:
        """Return a parameter's value."""
        return self.device.param(name)

    async def set_param(self, name: str, value: Any) -> None:
        """Set a parameter, in the chip too."""
        await asyncio.to_thread(self.device.set_param, name, value)

    async def close(self) -> None:
        """Unbind the device."""
        await asyncio.to_thread(self.device.close)

    def __repr__(self) -> str:
        return repr(self.device).replace("<Device", "<AsyncDevice", 1)


async def _every(device: Sampled, interval: float) -> AsyncGenerator[Reading, None]:
    clock = device.bus.adapter.clock
    due = clock.monotonic()
    while True:
        yield await asyncio.to_thread(sampled, device)
        due = following(device, due, interval)
        if isinstance(clock, RealClock):
            await asyncio.sleep(due - clock.monotonic())
        else:
            await asyncio.to_thread(wait_until, device.bus, due)
