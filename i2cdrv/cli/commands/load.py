"""``i2cdrv load`` where no daemon runs: the process itself serves the devices, until Ctrl-C."""

from __future__ import annotations

import gc
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from ...config import modprobe
from ...config.options import check_cpus, config_of, cpus_of
from ...core import session
from ...core.bus import Bus, bus_of
from ...core.force import force_of
from ...core.hub import ReadingHub
from ...driver.moduleparam import join
from ...errors import EndOfRecord, Error, NoDevice, NotRecorded, Unknown
from ...lib.age import local_time
from ...lib.log.logger import log
from ...lib.signals import Stop, stopped_by_signals
from ..console import run_dir_of
from ..output import NotWritten, print_json, print_lines
from ..recording import recorded

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from ...config.config import Config
    from ...core.device import Device
    from ...core.loaded import LoadedModule
    from ...core.reading import Reading


EVERY = 1.0  # s between samples, if nothing is said
LOOK_S = 0.5  # s between two looks whether the device is still there, with --count
GRACE_S = 1.0


def load(args: argparse.Namespace) -> int:
    config = config_of(args.config)
    cpus, where = cpus_of(args.cpus, config)
    if cpus is not None:
        check_cpus(cpus, where)  # before a chip is touched
    words = [*modprobe.recorded_words(args.bus, args.module, args.params), *args.params]
    loaded = modprobe.load(args.module, words, config, ignore_unknown=args.ignore_unknown)
    _check_not_loaded(loaded, args)
    with ExitStack() as last, recorded(args, run_dir_of(args)), _bound(loaded, config, args, cpus) as devices:
        if args.once:
            return _show(devices[loaded.module.name].reading(), args)
        gc.freeze()  # what lives as long as the process is not looked through again and again
        for bus in {device.bus for device in devices.values()}:
            bus.start(cpus)
        hub = ReadingHub()
        with _reachable(list(devices.values()), hub, args):
            return _serve(devices[loaded.module.name], hub, args, last)


def _check_not_loaded(loaded: LoadedModule, args: argparse.Namespace) -> None:
    """Arguments for a module that another process has loaded would be lost on that one."""
    if args.params and (run_dir := run_dir_of(args)) is not None:
        from ...ipc import peers  # its imports take as long as all the others

        peers.check_not_loaded(run_dir, loaded, join(args.params))


@contextmanager
def _reachable(devices: list[Device[Any]], hub: ReadingHub, args: argparse.Namespace) -> Iterator[None]:
    """Let other programs reach them: the tree, and the control socket of ``i2cdrv param``."""
    if (run_dir := run_dir_of(args)) is None:
        yield
        return
    from ...core.model import DriverCore
    from ...ipc import socket as control_socket
    from ...ipc.services import devices as device_service
    from ...ipc.services import log as log_service
    from ...ipc.services import modules as module_service
    from ...ipc.services import sim as sim_service
    from ...ipc.services import trace as trace_service
    from ...ipc.services import watch as watch_service
    from ...sysfs import tree as files
    from ...sysfs.kernfs import Tree
    from ...sysfs.mounted import mounted_tree

    tree, core = Tree(), DriverCore()
    files.build(tree, core)
    for device in devices:
        core.adopt(device)
    interfaces = [
        module_service.interface([device.loaded for device in devices], core),
        device_service.interface(core),
        sim_service.interface({device.bus.adapter for device in devices}),
        trace_service.interface({bus_of(device) for device in devices}),
        log_service.interface(log.ring),
        watch_service.interface(hub, core.devices),
    ]
    with mounted_tree(tree, run_dir / "sys"), control_socket.serve_process(run_dir, interfaces):
        yield


@contextmanager
def _bound(
    loaded: LoadedModule, config: Config | None, args: argparse.Namespace, cpus: str | None
) -> Iterator[dict[str, Device[Any]]]:
    """The device, and those of the modules that ``softdep`` wants before and after it, by module."""
    start = partial(Bus.start_watched, cpus=cpus)
    devices: dict[str, Device[Any]] = {}
    with ExitStack() as stack:
        for name in modprobe.sequence(loaded.module.name, config):
            if name == loaded.module.name:
                device = session.bind(
                    loaded, args.bus, args.addr, force=force_of(vars(args)), run_dir=run_dir_of(args), acquired=start
                )
            elif (softly := _softly(name, config, args, start)) is not None:
                device = softly
            else:
                continue
            devices[name] = stack.enter_context(device)
        yield devices


def _softly(
    name: str, config: Config | None, args: argparse.Namespace, start: Callable[[Bus], None]
) -> Device[Any] | None:
    """The device of a soft dependency; that the module does not exist, or its chip, is no error."""
    try:
        loaded = modprobe.load(name, [], config, named=False)
        return session.bind(loaded, args.bus, None, run_dir=run_dir_of(args), acquired=start)
    except (Unknown, NoDevice) as error:
        log("info", f"soft dependency {name} is left out: {error.message}")
    except Error as error:
        log("warning", f"soft dependency {name} failed: {error.message}")
    return None


def _show(reading: Reading, args: argparse.Namespace) -> int:
    if args.json or reading.error is None:
        _print(reading, args)
    if reading.error is not None:
        raise reading.error
    return 0


def _print(reading: Reading, args: argparse.Namespace) -> None:
    if args.json:
        print_json(reading.as_dict())
    else:
        moment = local_time("%H:%M:%S ", reading.time) if args.time else ""
        print_lines(f"{moment}{reading.as_line()}")


def _serve(device: Device[Any], hub: ReadingHub, args: argparse.Namespace, last: ExitStack) -> int:
    """Print each reading until a signal, the count, or the end of whoever reads us, or of the record that is played.

    ``last``: ends after everything else, so that a second signal does not interrupt the giving back of the chips.
    """
    stop = Stop()
    served = _Served(device, hub, stop, args)
    last.enter_context(stopped_by_signals(stop))
    device.poll(EVERY if args.interval is None else args.interval, served.report)
    served.wait()
    if isinstance(served.ended, EndOfRecord):
        log("info", served.ended.message)
    elif served.ended is not None:
        raise served.ended
    return 0


class _Served:
    """The device of the command, whose readings are printed.  ``ended``: why there will be no more of them."""

    def __init__(self, device: Device[Any], hub: ReadingHub, stop: Stop, args: argparse.Namespace) -> None:
        self.ended: Exception | None = None
        self._bus, self._addr, self._first = device.bus, device.client.addr, device
        self._hub, self._stop = hub, stop
        self._left, self._args = args.count, args

    @property
    def _device(self) -> Device[Any] | None:
        """The one that is bound now: after a reload it is another one."""
        return self._bus.devices.get(self._addr)

    def report(self, reading: Reading) -> None:
        """Print a reading, on the bus thread."""
        device = self._device or self._first
        self._hub.publish(reading, device)
        if self._stop.is_set():
            return
        if isinstance(reading.error, NotRecorded):
            device.polling.stop()  # time is virtual: one would follow at once upon another
            self._end(reading.error)
            return
        try:
            _print(reading, self._args)
        except NotWritten as error:  # it ends the command: its other thread raises it
            self._end(error)
            return
        self._count(device)

    def _count(self, device: Device[Any]) -> None:
        self._left = None if self._left is None else self._left - 1
        if self._left == 0:
            self._stop.set()
        elif device.failed is not None and (self._left is not None or device.bus.kthread.outruns_real_time):
            self._end(device.failed)  # of a record there is no second attempt

    def _end(self, error: Exception) -> None:
        self.ended = error
        self._stop.set()

    def wait(self) -> None:
        """Wait for the end; with ``--count`` also for that of the device, after which the count cannot be reached."""
        patience = self._first.driver.timeout + GRACE_S  # a reload unbinds the device for as long as a probe takes
        seen = time.monotonic()
        while not self._stop.wait(None if self._left is None else LOOK_S):
            device, now = self._device, time.monotonic()
            if device is not None and device.polling.timer is not None and not device.polling.timer.stopped:
                seen = now
            elif now - seen > patience:
                self._end(self._gone(device))

    def _gone(self, device: Device[Any] | None) -> Error:
        if device is not None and device.failed is not None:
            return device.failed
        what = f"{self._first} is not sampled any more, and {self._left} readings are missing"
        return NoDevice(f"{what}: it was unbound, or its module was; load it again")
