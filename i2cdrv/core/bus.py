"""One adapter with its thread and the drivers bound to addresses on it, and the buses that this process has open."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import Busy, Invalid
from ..i2c import traced
from ..i2c.busy import Noted
from ..i2c.client import Client
from ..i2c.quirks import QuirkyAdapter
from ..kthread.kthread import Kthread
from ..kthread.periodic import Beats
from ..lib.clock import RealClock
from ..lib.limits import places
from ..lib.log.logger import log
from ..lib.rundir import Publication, busy, is_private
from .device import Device
from .force import Force
from .openadapter import open_adapter, record_file
from .recovery.bus_health import BusHealth

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..i2c.adapter import Adapter
    from ..i2c.buslock import BusLock
    from ..kthread.housekeeping import Placement
    from ..kthread.task import Owner
    from .loaded import LiveModule

T = TypeVar("T")

PLACING = 10.0  # s for a thread to end what it does and move to other CPUs


class Bus:
    """One adapter, its kthread, and the devices bound there."""

    def __init__(self, adapter: Adapter, run_dir: Path | None = None, lock: BusLock | None = None) -> None:
        """``run_dir``: where this process publishes the devices that it serves; None if it does not.

        ``lock``: excludes other processes; None for a bus that no other process can reach.
        """
        self.adapter = adapter
        self.run_dir = run_dir
        self.lock = lock
        self.quirky = QuirkyAdapter(adapter)
        self.noted = Noted(self.quirky)
        self.wire: Adapter = self.noted  # what transfers go through: it, with tracers in front if there are any
        self.kthread = Kthread(adapter.clock, f"i2c-{adapter.nr}")
        self.beats = Beats(self.kthread)
        self.health = BusHealth(self.wire)
        self.devices: dict[int, Device[Any]] = {}
        self.users = 0
        self.left = ""  # in a process that was forked: why its devices cannot be used there
        self.placement: Placement | None = None  # where the thread runs, once there is one

    def start(self, cpus: str | None = None) -> None:
        """Give the kthread a thread of its own, on the housekeeping CPUs or those of the list.

        Errors: Invalid for a list that cannot be, Error if the kernel refuses.
        """
        from ..kthread.affinity import settle
        from ..kthread.housekeeping import place  # a script needs no thread

        placement = place(cpus, bus=self.adapter.nr)
        self.kthread.start(partial(settle, self.kthread.name, placement))
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
        from ..kthread.affinity import settle
        from ..kthread.housekeeping import place

        placement = place(cpus, bus=self.adapter.nr)
        self.run(partial(settle, self.kthread.name, placement), "move to other CPUs", timeout=PLACING)
        self.placement = placement

    def run(self, work: Callable[[], T], name: str, *, timeout: float, owner: Owner | None = None) -> T:
        """Call a plain function on the kthread, which alone uses the adapter.

        ``owner``: whose code the function runs, if the watchdog is to end it (``Kthread.spawn``).
        """

        async def on_kthread() -> T:
            return work()

        return self.kthread.call(on_kthread(), name, timeout=timeout, owner=owner)

    def bind(self, live: LiveModule, addr: int, *, chip: str = "", force: int = False) -> Device[Any]:
        """Probe the chip with the module's driver.  ``chip``: its name, if it is not the one the module was loaded for.

        ``force``: of ``Force``; True shares the address with a kernel driver.
        Errors: Busy, NoDevice, NotSupported, Nack, TimedOut; Invalid for an address that the driver does not allow.
        """
        with live.params.param_lock:  # a write meanwhile would reach a driver that has taken its values already
            return self.bind_locked(live, addr, chip=chip or live.module.chip, force=force)

    def bind_locked(self, live: LiveModule, addr: int, *, chip: str, force: int) -> Device[Any]:
        """Do what ``bind`` does, for a caller that holds the lock of the module's parameters."""
        _check_address(live, addr, force)
        live.get()
        try:
            device = self._bind(live, addr, chip, force)
            live.devices.append(device)
        except BaseException:
            live.put()
            raise
        return device

    def _bind(self, live: LiveModule, addr: int, chip: str, force: int) -> Device[Any]:
        module = live.module
        client = Client(self.wire, addr, chip)
        device: Device[Any] = Device(self, live, module.instance(client, live.params.values))
        device.force = Force(force)
        device.driver.keeps_identity = not force & Force.ID
        self.kthread.call(self._claim(device, force), f"claim of {device}", timeout=module.driver.timeout)
        with ExitStack() as undo:
            undo.callback(self._release, device)
            self._take(device)
            undo.callback(self._give_back, device)
            self._probe(device)
            undo.pop_all()
        if taint := device.force.taint:
            live.params.tainted = True
            log("warning", "device tainted", device=str(device), by=taint)
        return device

    def _probe(self, device: Device[Any]) -> None:
        if self.run_dir is not None:
            device.polling.publication = Publication(self.run_dir, str(device))
        what = f"probe of {device}"
        self.kthread.call(device.start(), what, timeout=device.module.driver.timeout, owner=device.owner)

    def _take(self, device: Device[Any]) -> None:
        """Keep other processes away from the chip.  Raises Busy, naming the one that has it if that is known."""
        if self.lock is None:
            return
        try:
            self.lock.take(device.client.addr)
        except Busy as error:
            raise busy(self.run_dir, str(device)) or error from None

    def _give_back(self, device: Device[Any]) -> None:
        """Let other processes have the chip."""
        device.polling.withdraw()
        if self.lock is not None:
            self.lock.release(device.client.addr)

    async def _claim(self, device: Device[Any], force: int) -> None:
        """Take the address, on the kthread."""
        addr = device.client.addr
        if addr in self.devices:
            raise self.devices[addr].busy()
        self.adapter.claim(addr, force=bool(force & Force.SHARE))
        traced.bound(self, device)
        self.devices[addr] = device
        self.health.join(str(device))

    def unbind(self, device: Device[Any]) -> None:
        """Stop sampling and run what the driver left to ``on_remove``.  Raises its first error."""
        if self.devices.get(device.client.addr) is not device:
            return
        with device.live.params.param_lock:  # a write that is under way is waited for, and a probe
            if device not in device.live.devices:
                return  # the probe has failed, and let the chip go
            device.live.devices.remove(device)
        self._release(device)
        try:
            # longer than the driver's own part of it may take
            self.kthread.call(self._stop(device), f"unbinding of {device}", timeout=2 * device.driver.timeout)
        finally:
            self._give_back(device)
            device.live.put()

    def _release(self, device: Device[Any]) -> None:
        del self.devices[device.client.addr]
        self.health.leave(str(device))

    async def _stop(self, device: Device[Any]) -> None:
        traced.unbound(self, device)
        await device.stop()

    def let_go(self, device: Device[Any]) -> None:
        """Unbind, and close the bus if nobody else uses it."""
        if self.left:
            return  # the parent process has the chips, and their bus
        try:
            self.unbind(device)
        finally:
            release(self)

    def close(self) -> None:
        """Unbind everything and give the adapter back, whatever fails on the way; raises one of the errors."""
        with ExitStack() as steps:
            steps.callback(self.adapter.close)
            if self.lock is not None:
                steps.callback(self.lock.close)
            steps.callback(self.kthread.drop)
            steps.callback(self.kthread.stop)
            for device in self.devices.values():
                steps.callback(self.unbind, device)


def _check_address(live: LiveModule, addr: int, force: int) -> None:
    """Raise Invalid for an address that no such chip can have: another chip is there, and would be written to."""
    allowed = live.module.driver.addresses
    if allowed and addr not in allowed and not force & Force.ADDR:
        raise Invalid(f"{addr:#04x} is no address of a {live.module.chip}, which can be at {places(allowed)}; to use "
                      "it nevertheless: --force-addr, in a script force_addr=True")  # fmt: skip


_buses: dict[object, Bus] = {}
_buses_lock = threading.Lock()


def acquire(bus: str | int | Adapter, run_dir: Path | None = None) -> Bus:
    """The process's one Bus for that adapter: whoever opens it again shares its kthread.  ``release`` it after use.

    ``run_dir`` counts for the first who opens it.
    """
    with _buses_lock:
        key = _key(bus)
        found = _buses.get(key)
        if found is None:
            found = _buses[key] = _opened(bus, run_dir)
        found.users += 1
        return found


def _opened(bus: str | int | Adapter, run_dir: Path | None) -> Bus:
    if not isinstance(bus, str | int):
        return Bus(bus, run_dir)
    adapter = open_adapter(bus)
    if is_private(bus):
        return Bus(adapter, run_dir)
    from ..i2c.buslock import BusLock

    return Bus(adapter, run_dir, BusLock(adapter.nr))


def _key(bus: str | int | Adapter) -> object:
    if not isinstance(bus, str | int):
        return id(bus)
    if bus == "sim":
        return bus
    if is_private(bus):
        return "replay", record_file(str(bus)).resolve()
    from ..i2c import inventory

    return inventory.parse_bus(str(bus))


def release(bus: Bus) -> None:
    """Give back what ``acquire`` gave; the last one closes the adapter."""
    if bus.left:
        return
    with _buses_lock:
        bus.users -= 1
        if bus.users:
            return
        for key in [key for key, known in _buses.items() if known is bus]:
            del _buses[key]
    bus.close()


def _leave_to_parent() -> None:
    """Let go of all buses in a process that was forked: their threads and claims stay with the parent."""
    global _buses_lock  # noqa: PLW0603  # another thread may have held it
    _buses_lock = threading.Lock()
    for bus in _buses.values():
        owner = f"i2c-{bus.adapter.nr} belongs to process {os.getppid()}"
        bus.left = f"{owner}, which opened it before this one was forked: close it there, then open it here"
        bus.devices.clear()
    _buses.clear()


os.register_at_fork(after_in_child=_leave_to_parent)
