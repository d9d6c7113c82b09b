"""One adapter with its thread and the drivers bound to addresses on it."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Busy, Invalid
from ..i2c.client import Client
from ..i2c.event import Bound
from ..lib.limits import places
from ..lib.log.logger import log
from .binding import Segment
from .device import Device
from .force import Force
from .published import Publication, busy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..atomic import Refcount
    from ..i2c.adapter import Adapter
    from ..i2c.busadapter import Tracer
    from ..i2c.buslock import BusLock
    from .loaded import LoadedModule

TRACING_S = 10.0  # for a thread to end what it does and take a tracer


class Bus(Segment["Device[Any]"]):
    """One adapter, its kthread, and the devices bound there."""

    def __init__(self, adapter: Adapter, run_dir: Path | None = None, lock: BusLock | None = None) -> None:
        """``run_dir``: where this process publishes the devices that it serves; None if it does not.

        ``lock``: excludes other processes; None for a bus that no other process can reach.
        """
        super().__init__(adapter)
        self.run_dir = run_dir
        self.lock = lock
        self.users: Refcount | None = None  # of a bus that is shared (``registry``)
        self.closed = False

    def attach_tracer(self, tracer: Tracer) -> Sequence[Bound]:
        """Let the tracer hear of every event from now on; return the devices that are bound already.

        From any thread but the kthread.  Raises TimedOut if that hangs.
        """
        return self.run(partial(self._attach_tracer, tracer), f"trace of i2c-{self.adapter.nr}", timeout=TRACING_S)

    def _attach_tracer(self, tracer: Tracer) -> Sequence[Bound]:
        self.wire.tracers += (tracer,)
        return [_description(self, device) for device in self.devices.values()]

    def detach_tracer(self, tracer: Tracer) -> None:
        """Let the tracer hear of nothing more.  As ``attach_tracer``."""
        self.run(partial(self._detach_tracer, tracer), f"end of a trace of i2c-{self.adapter.nr}", timeout=TRACING_S)

    def _detach_tracer(self, tracer: Tracer) -> None:
        self.wire.tracers = tuple(one for one in self.wire.tracers if one != tracer)

    def bind(self, loaded: LoadedModule, addr: int, *, chip: str = "", force: int = False) -> Device[Any]:
        """Probe the chip with the module's driver.  ``chip``: its name, if it is not the one the module was loaded for.

        ``force``: of ``Force``; True shares the address with a kernel driver.
        Errors: Busy, NoDevice, NotSupported, Nack, TimedOut; Invalid for an address that the driver does not allow.
        """
        with loaded.params.param_lock:  # a write meanwhile would reach a driver that has taken its values already
            return self.bind_locked(loaded, addr, chip=chip or loaded.module.chip, force=force)

    def bind_locked(self, loaded: LoadedModule, addr: int, *, chip: str, force: int) -> Device[Any]:
        """Do what ``bind`` does, for a caller that holds the lock of the module's parameters."""
        _check_address(loaded, addr, force)
        loaded.get()
        try:
            device = self._bind(loaded, addr, chip, force)
            loaded.devices.append(device)
        except BaseException:
            loaded.put()
            raise
        return device

    def _bind(self, loaded: LoadedModule, addr: int, chip: str, force: int) -> Device[Any]:
        module = loaded.module
        client = Client(self.wire, addr, chip)
        device: Device[Any] = Device(self, loaded, module.instance(client, loaded.params.values))
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
            loaded.params.tainted = True
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
        device.polling.unpublish()
        if self.lock is not None:
            self.lock.release(device.client.addr)

    async def _claim(self, device: Device[Any], force: int) -> None:
        """Take the address, on the kthread."""
        addr = device.client.addr
        if addr in self.devices:
            raise self.devices[addr].busy()
        self.adapter.claim(addr, force=bool(force & Force.SHARE))
        self.wire.bound(_description(self, device))
        self.devices[addr] = device
        self.health.add_device(str(device))

    def unbind(self, device: Device[Any]) -> None:
        """Stop sampling and run what the driver left to ``on_remove``.  Raises its first error."""
        if self.devices.get(device.client.addr) is not device:
            return
        with device.loaded.params.param_lock:  # a write that is under way is waited for, and a probe
            if device not in device.loaded.devices:
                return  # the probe has failed, and let the chip go
            device.loaded.devices.remove(device)
        self._release(device)
        try:
            # longer than the driver's own part of it may take
            self.kthread.call(self._stop(device), f"unbinding of {device}", timeout=2 * device.driver.timeout)
        finally:
            self._give_back(device)
            device.loaded.put()

    def _release(self, device: Device[Any]) -> None:
        del self.devices[device.client.addr]
        self.health.remove_device(str(device))

    async def _stop(self, device: Device[Any]) -> None:
        self.wire.unbound(device.client.addr)
        await device.stop()

    def let_go(self, device: Device[Any]) -> None:
        """Unbind, and close the bus if nobody else uses it."""
        if self.left:
            return  # the parent process has the chips, and their bus
        try:
            self.unbind(device)
        finally:
            self.put()

    def get(self) -> bool:
        """Take another reference to a shared bus; False if it is closed."""
        return self.users is not None and self.users.inc_not_zero()

    def put(self) -> None:
        """Give a reference to a shared bus back; the last one closes the adapter."""
        if self.users is not None and not self.left and self.users.dec_and_test():
            self.close()

    def close(self) -> None:
        """Unbind everything and give the adapter back, whatever fails on the way; raises one of the errors."""
        self.closed = True
        with ExitStack() as steps:
            steps.callback(self.adapter.close)
            if self.lock is not None:
                steps.callback(self.lock.close)
            steps.callback(self.kthread.drop)
            steps.callback(self.kthread.stop)
            for device in self.devices.values():
                steps.callback(self.unbind, device)


def _description(bus: Bus, device: Device[Any]) -> Bound:
    params = device.loaded.params
    shown = {name: param.show(params.value(param)).rstrip(b"\n") for name, param in params.params.items()}
    texts = {name: value.decode("utf-8", "backslashreplace") for name, value in shown.items()}
    return Bound(bus.adapter.clock.monotonic(), device.client.addr, device.module.name, device.client.name, texts)


def _check_address(loaded: LoadedModule, addr: int, force: int) -> None:
    """Raise Invalid for an address that no such chip can have: another chip is there, and would be written to."""
    allowed = loaded.module.driver.addresses
    if allowed and addr not in allowed and not force & Force.ADDR:
        raise Invalid(f"{addr:#04x} is no address of a {loaded.module.chip}, which can be at {places(allowed)}; to use "
                      "it nevertheless: --force-addr, in a script force_addr=True")  # fmt: skip


def bus_of(device: Device[Any]) -> Bus:
    """Return the bus of a device, with all that only ``Bus`` can do."""
    assert isinstance(device.bus, Bus)
    return device.bus
