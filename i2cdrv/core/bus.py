"""One adapter with its thread and the drivers bound to addresses on it."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..driver.moduleparam import DeviceParameters, Overrides
from ..errors import Busy, Invalid
from ..i2c.client import Client
from ..i2c.event import Bound
from ..lib.limits import format_addresses
from ..lib.log.logger import log
from .binding import Segment
from .device import Device
from .force import Force
from .published import Publication, served_elsewhere

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..atomic import Refcount
    from ..i2c.adapter import Adapter
    from ..i2c.busadapter import Tracer
    from ..i2c.buslock import BusLock
    from .loaded import LoadedModule

OVERRIDE = "--force-addr, in a script force_addr=True, in a configuration force_addr: true"
ATTACH_TIMEOUT_S = 10.0  # for a thread to end its current step and attach a tracer


class Bus(Segment["Device[Any]"]):
    """One adapter, its kthread, and the devices bound there."""

    def __init__(self, adapter: Adapter, run_dir: Path | None = None, lock: BusLock | None = None) -> None:
        """Make a bus.  ``run_dir``: the directory in which the process publishes its devices; None if it does not.

        ``lock``: excludes other processes; None for a bus that no other process can reach.
        """
        super().__init__(adapter)
        self.run_dir = run_dir
        self.lock = lock
        self.users: Refcount | None = None  # of a shared bus (``registry``)
        self.closed = False

    def attach_tracer(self, tracer: Tracer) -> Sequence[Bound]:
        """Pass every event to the tracer from now on; return the devices that are bound already.

        From any thread but the kthread.  Raises TimedOut if that hangs.
        """
        return self.run(
            partial(self._attach_tracer, tracer), f"trace of i2c-{self.adapter.nr}", timeout=ATTACH_TIMEOUT_S
        )

    def _attach_tracer(self, tracer: Tracer) -> Sequence[Bound]:
        self.wire.tracers += (tracer,)
        return [_as_bound_event(self, device) for device in self.devices.values()]

    def detach_tracer(self, tracer: Tracer) -> None:
        """Pass no more events to the tracer; otherwise as ``attach_tracer``."""
        self.run(
            partial(self._detach_tracer, tracer), f"end of a trace of i2c-{self.adapter.nr}", timeout=ATTACH_TIMEOUT_S
        )

    def _detach_tracer(self, tracer: Tracer) -> None:
        self.wire.tracers = tuple(other for other in self.wire.tracers if other != tracer)

    def bind(
        self,
        loaded: LoadedModule,
        addr: int,
        *,
        chip: str = "",
        force: int = False,
        overrides: Overrides | None = None,
    ) -> Device[Any]:
        """Probe the chip with the module's driver.  ``chip``: its name, if the module was loaded for another one.

        ``force``: of ``Force``; True shares the address with a kernel driver.  ``overrides``: parameters of its own.
        Errors: Busy, NoDevice, NotSupported, Nack, TimedOut; Invalid for an address that the driver does not allow.
        """
        with loaded.params.param_lock:  # a write meanwhile would miss a driver that has read its values already
            own = overrides or Overrides()
            return self.bind_locked(loaded, addr, chip=chip or loaded.module.chip, force=force, overrides=own)

    def bind_locked(
        self, loaded: LoadedModule, addr: int, *, chip: str, force: int, overrides: Overrides
    ) -> Device[Any]:
        """Do ``bind`` for a caller that holds the lock of the module's parameters."""
        check_allowed(loaded, addr, force)
        loaded.get()
        try:
            device = self._bind(loaded, Client(self.wire, addr, loaded.module.chip_of(chip) or chip), force, overrides)
            loaded.devices.append(device)
        except BaseException:
            loaded.put()
            raise
        return device

    def _bind(self, loaded: LoadedModule, client: Client, force: int, overrides: Overrides) -> Device[Any]:
        module = loaded.module
        params = DeviceParameters(str(client), loaded.params, overrides, loaded.change_own)
        device: Device[Any] = Device(self, loaded, module.instance(client, params.values), params)
        device.force = Force(force)
        device.driver.keeps_identity = not force & Force.ID
        self.kthread.call(self._claim(device, force), f"claim of {device}", timeout=module.driver.timeout)
        with ExitStack() as undo:
            undo.callback(self._remove, device)
            self._lock_chip(device)
            undo.callback(self._unlock_chip, device)
            self._probe(device)
            undo.pop_all()
        for name, error in params.rejected.items():
            log("error", "parameter of device discarded", device=str(device), parameter=name, error=error.message)
        if taint := device.force.taint:
            loaded.params.tainted = True
            log("warning", "device tainted", device=str(device), by=taint)
        return device

    def _probe(self, device: Device[Any]) -> None:
        if self.run_dir is not None:
            device.polling.publication = Publication(self.run_dir, str(device))
        name = f"probe of {device}"
        self.kthread.call(device.start(), name, timeout=device.module.driver.timeout, owner=device.owner)

    def _lock_chip(self, device: Device[Any]) -> None:
        """Lock the chip against other processes.  Raises Busy, naming the process that has it if that is known."""
        if self.lock is None:
            return
        try:
            self.lock.take(device.client.addr)
        except Busy as error:
            raise served_elsewhere(self.run_dir, str(device)) or error from None

    def _unlock_chip(self, device: Device[Any]) -> None:
        """Let other processes use the chip."""
        device.polling.unpublish()
        if self.lock is not None:
            self.lock.release(device.client.addr)

    async def _claim(self, device: Device[Any], force: int) -> None:
        """Claim the address, on the kthread."""
        addr = device.client.addr
        if addr in self.devices:
            raise self.devices[addr].busy()
        self.adapter.claim(addr, force=bool(force & Force.SHARE))
        self.wire.bound(partial(_as_bound_event, self, device))
        self.devices[addr] = device
        self.health.add_device(str(device))

    def unbind(self, device: Device[Any]) -> None:
        """Stop sampling and run the calls that the driver registered with ``on_remove``.  Raises their first error."""
        if self.devices.get(device.client.addr) is not device:
            return
        with device.loaded.params.param_lock:  # a write or a probe under way is awaited
            if device not in device.loaded.devices:
                return  # the probe has failed and has released the chip
            device.loaded.devices.remove(device)
        self._remove(device)
        try:
            # longer than the driver's own part may take
            self.kthread.call(self._stop(device), f"unbinding of {device}", timeout=2 * device.driver.timeout)
        finally:
            self._unlock_chip(device)
            device.loaded.put()

    def _remove(self, device: Device[Any]) -> None:
        del self.devices[device.client.addr]
        self.health.remove_device(str(device))

    async def _stop(self, device: Device[Any]) -> None:
        self.wire.unbound(device.client.addr)
        await device.stop()

    def release(self, device: Device[Any]) -> None:
        """Unbind the device, and close the bus if no other device uses it."""
        if self.forked_note:
            return  # the parent process has the chips, and their bus
        try:
            self.unbind(device)
        finally:
            self.put()

    def get(self) -> bool:
        """Take another reference to a shared bus; return False if it is closed."""
        return self.users is not None and self.users.inc_not_zero()

    def put(self) -> None:
        """Return a reference to a shared bus; the last one closes the adapter."""
        if self.users is not None and not self.forked_note and self.users.dec_and_test():
            self.close()

    def close(self) -> None:
        """Unbind all devices and close the adapter, even after errors; raise one of them."""
        self.closed = True
        with ExitStack() as steps:
            steps.callback(self.adapter.close)
            if self.lock is not None:
                steps.callback(self.lock.close)
            steps.callback(self.kthread.drop)
            steps.callback(self.kthread.stop)
            for device in self.devices.values():
                steps.callback(self.unbind, device)


def _as_bound_event(bus: Bus, device: Device[Any]) -> Bound:
    params = device.params
    shown = {name: param.show(params.value(param)).rstrip(b"\n") for name, param in params.params.items()}
    texts = {name: value.decode("utf-8", "backslashreplace") for name, value in shown.items()}
    return Bound(bus.adapter.clock.monotonic(), device.client.addr, device.module.name, device.client.name, texts)


def check_allowed(loaded: LoadedModule, addr: int, force: int, override: str = OVERRIDE) -> None:
    """Raise Invalid for an address that the chip cannot have: another chip is there, and would be written to."""
    allowed = () if loaded.module.driver.foreign else loaded.module.driver.addresses  # a library only has a default
    if allowed and addr not in allowed and not force & Force.ADDR:
        chip, where = loaded.module.chip, format_addresses(allowed)
        raise Invalid(f"{addr:#04x} is no address of a {chip}, which can be at {where}; to use it nevertheless: "
                      f"{override}")  # fmt: skip


def bus_of(device: Device[Any]) -> Bus:
    """Return the bus of a device, typed as Bus."""
    assert isinstance(device.bus, Bus)
    return device.bus
