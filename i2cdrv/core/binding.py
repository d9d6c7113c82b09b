"""A bound chip and its bus, as far as the parts of a device need them.

They refer to each other, as struct i2c_client and struct i2c_adapter do.  ``Bus`` and ``Device`` complete them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import DriverFault, Error, NoDevice, mistake
from ..i2c.busadapter import BusAdapter
from ..i2c.transferlog import transfer_log
from ..kthread.functioncall import FunctionCall
from ..kthread.kthread import Kthread
from ..kthread.periodic import PeriodicTimers
from ..lib.clock import RealClock
from ..lib.log.logger import log
from ..lib.stack import dump
from .force import Force
from .reading import Reading
from .recovery.bus_health import BusHealth
from .recovery.recovery import LIVE, Recovery
from .recovery.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ..driver.channel import Channel
    from ..driver.driver import Driver
    from ..driver.moduleparam import DeviceParameters
    from ..i2c.adapter import Adapter
    from ..kthread.housekeeping import Placement
    from ..kthread.task import Owner
    from .corrections import Corrections
    from .loaded import LoadedModule
    from .sampler import Outcome, Sampler

_new = tuple.__new__  # a NamedTuple's own is a function of Python, which takes twice as long
MOVE_TIMEOUT_S = 10.0  # for a thread to end its current step and move to other CPUs

D = TypeVar("D")
T = TypeVar("T")


class Segment(ABC, Generic[D]):
    """One adapter with its thread; ``devices``: the bound ones, by address."""

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter
        self.wire = BusAdapter(adapter)  # every transfer goes through it
        self.kthread = Kthread(adapter.clock, f"i2c-{adapter.nr}")
        self.timers = PeriodicTimers(self.kthread)
        self.health = BusHealth(self.wire)
        self.devices: dict[int, D] = {}
        self.forked_note = ""  # in a forked process: why its devices cannot be used there
        self.placement: Placement | None = None  # of the thread, once there is one

    def start(self, cpus: str | None = None) -> None:
        """Give the kthread a thread of its own, on the housekeeping CPUs or those of the list.

        Errors: Invalid for a list that cannot be used, Error if the kernel refuses it.
        """
        from ..kthread.affinity import apply_placement
        from ..kthread.housekeeping import place  # a script needs no thread

        placement = place(cpus, bus=self.adapter.nr)
        self.kthread.start(partial(apply_placement, self.kthread.name, placement))
        self.placement = placement

    def start_watched(self, cpus: str | None = None) -> None:
        """Start the thread and its watchdog, unless time is virtual; to be called before a driver runs.

        Errors: as ``start``.
        """
        if isinstance(self.adapter.clock, RealClock):
            self.start(cpus)

    def ensure_thread(self) -> None:
        """Start the kthread's thread if there is none; in virtual time, the program itself drives the loop."""
        if self.kthread.threaded:
            return
        if isinstance(self.adapter.clock, RealClock):
            self.start()
        else:
            log("notice", "virtual time: samples are taken only while the program waits on the bus",
                bus=f"i2c-{self.adapter.nr}", real="SimAdapter(..., clock=RealClock())")  # fmt: skip

    def place(self, cpus: str | None) -> None:
        """Move the thread to other CPUs.  Errors: as ``start``."""
        from ..kthread.affinity import apply_placement
        from ..kthread.housekeeping import place

        placement = place(cpus, bus=self.adapter.nr)
        self.run(partial(apply_placement, self.kthread.name, placement), "move to other CPUs", timeout=MOVE_TIMEOUT_S)
        self.placement = placement

    def run(self, work: Callable[[], T], name: str, *, timeout: float, owner: Owner | None = None) -> T:
        """Call a plain function on the kthread, the only thread that uses the adapter.

        ``owner``: of the code that the function runs, if the watchdog is to end it (``Kthread.spawn``).
        """
        if owner is None and self.kthread.threaded:
            return FunctionCall(work, name).on(self.kthread, timeout)

        async def on_kthread() -> T:
            return work()

        return self.kthread.call(on_kthread(), name, timeout=timeout, owner=owner)

    @abstractmethod
    def unbind(self, device: D) -> None:
        """Stop sampling and run the calls that the driver registered with ``on_remove``.  Raises their first error."""

    @abstractmethod
    def release(self, device: D) -> None:
        """Unbind the device, and close the bus if no other device uses it."""


class Binding:
    """A chip with a driver bound.  ``owner``: of the tasks of the present driver instance."""

    owner: Owner
    samples: Sampler

    def __init__(self, bus: Segment[Any], loaded: LoadedModule, driver: Driver, params: DeviceParameters) -> None:
        self.label = ""  # the user's name of the device
        self.corrections: Corrections | None = None
        self.bus = bus
        self.loaded = loaded
        self.params = params
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
        """Raise NoDevice if this device no longer has the address."""
        if not self.bound:
            raise NoDevice(self.bus.forked_note or f"{self} is not bound any more")

    @property
    def failed(self) -> Error | None:
        """The reason for which the driver was ejected, after which its code never runs; else None."""
        return self.recovery.failure

    @property
    def interval(self) -> float:
        """Seconds between samples, and the age at which one is too old for ``update_interval``."""
        return self.recovery.interval

    @property
    def state(self) -> State:
        """``absent``, ``probing``, ``live``, ``suspect`` or ``failed``; a live device on a stuck bus is suspect."""
        now, latest = self.recovery.state.now, self.samples.latest
        stuck = now is LIVE and latest is not None and latest.error is not None
        return State.SUSPECT if stuck else now

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels of the last good sample; before the first, all that the chip can have."""
        sample, corrections = self.samples.last_sample, self.corrections
        measured = self.driver.channels_of(self.client.name) if sample is None else self._channels_of(sample)
        return measured if corrections is None else corrections.channels(measured)

    def _channels_of(self, sample: Any) -> tuple[Channel, ...]:
        shape = self.driver.shapes.get(type(sample))
        return self.driver.channels if shape is None else shape.layout(sample).channels  # before a reload

    def last_reading(self) -> Reading | None:
        """Return the outcome of the latest sample; None before the first."""
        latest = self.samples.latest
        return None if latest is None else self.reading_of(latest)

    def reading_of(self, outcome: Outcome, *, raw: bool = False) -> Reading:
        """Return the outcome of a conversion as a reading.  ``raw``: without corrections and derived channels."""
        channels = () if outcome.sample is None else self._channels_of(outcome.sample)
        corrections = None if raw else self.corrections
        if corrections is not None:
            channels = corrections.channels(channels)
        _, time, boottime, sample, error = outcome
        return _new(Reading, (self.name, self.module.name, self.client.name, time, boottime, channels, sample, error,
                              self.label, corrections))  # fmt: skip

    def trace(self, on: bool) -> None:
        """Start or stop to log each transfer (the parameter ``debug``)."""
        self.client.trace = transfer_log(str(self)) if on else None

    async def guarded(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a driver's code; a mistake in it becomes an error that names the driver."""
        try:
            return await work()
        except Exception as error:
            explained = self.explain(error)
            if explained is error:
                raise
            raise explained from error

    def explain(self, error: Exception) -> Error:
        """Return an error as it is; for a mistake in the driver, eject the driver and return an error that names it."""
        if self.failed is not None:
            return self.failed
        if isinstance(error, Error) and not isinstance(error, DriverFault):
            return error
        name, path = self.module.name, self.module.path
        if isinstance(error, DriverFault):
            text, kind, number = error.message, type(error), error.errno
        else:
            text, kind, number = f"driver {name} failed on {self}: {mistake(error, path)}", DriverFault, None
        why = kind(f"{text}; {self.owner.remedy}", number)
        why.__cause__ = error
        self.owner.eject(why)
        dumped = dump(error, path)
        log("error", why.message, driver=str(path), stack=dumped, **self.owner.facts())
        return why
