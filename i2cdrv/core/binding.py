"""A chip with its driver bound, and the bus that it is on, as the parts of a device share them.

Both name each other, as struct i2c_client and struct i2c_adapter do.  ``Bus`` and ``Device`` complete them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import DriverFault, Error, NoDevice, mistake
from ..i2c.busadapter import BusAdapter
from ..i2c.transferlog import transfer_log
from ..kthread.kthread import Kthread
from ..kthread.periodic import PeriodicTimers
from ..lib.clock import RealClock
from ..lib.log.logger import log
from ..lib.stack import dump
from .force import Force
from .reading import Reading
from .recovery.bus_health import BusHealth
from .recovery.recovery import Recovery
from .recovery.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ..driver.driver import Driver
    from ..i2c.adapter import Adapter
    from ..kthread.housekeeping import Placement
    from ..kthread.task import Owner
    from .loaded import LoadedModule
    from .sampler import Sampler, Taken

PLACING = 10.0  # s for a thread to end what it does and move to other CPUs

D = TypeVar("D")
T = TypeVar("T")


class Segment(ABC, Generic[D]):
    """One adapter with its thread; ``devices``: those that are bound, by address."""

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter
        self.wire = BusAdapter(adapter)  # every transfer goes through it
        self.kthread = Kthread(adapter.clock, f"i2c-{adapter.nr}")
        self.timers = PeriodicTimers(self.kthread)
        self.health = BusHealth(self.wire)
        self.devices: dict[int, D] = {}
        self.left = ""  # in a process that was forked: why its devices cannot be used there
        self.placement: Placement | None = None  # where the thread runs, once there is one

    def start(self, cpus: str | None = None) -> None:
        """Give the kthread a thread of its own, on the housekeeping CPUs or those of the list.

        Errors: Invalid for a list that cannot be, Error if the kernel refuses.
        """
        from ..kthread.affinity import apply_placement
        from ..kthread.housekeeping import place  # a script needs no thread

        placement = place(cpus, bus=self.adapter.nr)
        self.kthread.start(partial(apply_placement, self.kthread.name, placement))
        self.placement = placement

    def start_watched(self, cpus: str | None = None) -> None:
        """Start the thread, and with it the watchdog, unless time is virtual; call it before a driver runs.

        Errors: as ``start``.
        """
        if isinstance(self.adapter.clock, RealClock):
            self.start(cpus)

    def ensure_thread(self) -> None:
        """Start the kthread's thread if there is none; where time is virtual, the program itself drives the loop."""
        if self.kthread.threaded:
            return
        if isinstance(self.adapter.clock, RealClock):
            self.start()
        else:
            log("notice", "virtual time: samples are due only while the program waits on the bus",
                bus=f"i2c-{self.adapter.nr}", real="SimAdapter(..., clock=RealClock())")  # fmt: skip

    def place(self, cpus: str | None) -> None:
        """Move the thread to other CPUs.  Errors: as ``start``."""
        from ..kthread.affinity import apply_placement
        from ..kthread.housekeeping import place

        placement = place(cpus, bus=self.adapter.nr)
        self.run(partial(apply_placement, self.kthread.name, placement), "move to other CPUs", timeout=PLACING)
        self.placement = placement

    def run(self, work: Callable[[], T], name: str, *, timeout: float, owner: Owner | None = None) -> T:
        """Call a plain function on the kthread, which alone uses the adapter.

        ``owner``: whose code the function runs, if the watchdog is to end it (``Kthread.spawn``).
        """

        async def on_kthread() -> T:
            return work()

        return self.kthread.call(on_kthread(), name, timeout=timeout, owner=owner)

    @abstractmethod
    def unbind(self, device: D) -> None:
        """Stop sampling and run what the driver left to ``on_remove``.  Raises its first error."""

    @abstractmethod
    def let_go(self, device: D) -> None:
        """Unbind, and close the bus if nothing else uses it."""


class Binding:
    """A chip with its driver bound.  ``owner``: of the tasks of the driver's present instance."""

    owner: Owner
    samples: Sampler

    def __init__(self, bus: Segment[Any], loaded: LoadedModule, driver: Driver) -> None:
        self.bus = bus
        self.loaded = loaded
        self.module = loaded.module
        self.driver = driver
        self.client = driver.client
        self.name = str(driver.client)
        self.force = Force.NONE
        self.recovery = Recovery(driver, bus.health)

    def __str__(self) -> str:
        return self.name

    @property
    def bound(self) -> bool:
        """Whether this device has the address."""
        return self.bus.devices.get(self.client.addr) is self

    def check_bound(self) -> None:
        """Raise NoDevice if the address is not this device's any more."""
        if not self.bound:
            raise NoDevice(self.bus.left or f"{self} is not bound any more")

    @property
    def failed(self) -> Error | None:
        """Why the driver was ejected: it has the chip no more, and its code never runs."""
        return self.recovery.failure

    @property
    def interval(self) -> float:
        """Seconds between samples, and the age at which one is too old for ``update_interval``."""
        return self.recovery.interval

    @property
    def state(self) -> State:
        """``absent``, ``probing``, ``loaded``, ``suspect`` or ``failed``; a live one whose bus is stuck is suspect."""
        now, latest = self.recovery.state.now, self.samples.latest
        stuck = now is State.LIVE and latest is not None and latest.error is not None
        return State.SUSPECT if stuck else now

    def last_reading(self) -> Reading | None:
        """What came of the latest sample; None before the first."""
        latest = self.samples.latest
        return None if latest is None else self.reading_of(latest)

    def reading_of(self, taken: Taken) -> Reading:
        """Return the outcome of a conversion as a reading."""
        module, chip = self.module.name, self.client.name
        times = taken.time, taken.boottime
        return Reading(self.name, module, chip, *times, self.driver.channels, taken.sample, taken.error)

    def trace(self, on: bool) -> None:
        """Log each transfer, or no longer (the parameter ``debug``)."""
        self.client.trace = transfer_log(str(self)) if on else None

    async def guarded(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """A mistake in a driver becomes an error that names it."""
        try:
            return await work()
        except Exception as error:
            explained = self.explained(error)
            if explained is error:
                raise
            raise explained from error

    def explained(self, error: Exception) -> Error:
        """Return an error as it is; for a mistake in the driver, eject it, log a dump and return one that names it."""
        if self.failed is not None:
            return self.failed
        if isinstance(error, Error) and not isinstance(error, DriverFault):
            return error
        name, path = self.module.name, self.module.path
        if isinstance(error, DriverFault):
            what, kind, number = error.message, type(error), error.errno
        else:
            what, kind, number = f"driver {name} failed on {self}: {mistake(error, path)}", DriverFault, None
        why = kind(f"{what}; {self.owner.remedy}", number)
        why.__cause__ = error
        self.owner.eject(why)
        dumped = dump(error, path)
        log("error", why.message, device=str(self), driver=str(path), stack=dumped, **self.owner.retry_facts())
        return why
