"""``i2cdrv load`` without a daemon: this process serves the device and prints its readings until Ctrl-C."""

from __future__ import annotations

import gc
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from ...config import modprobe
from ...config.options import check_cpus, config_of, cpus_of
from ...core import session
from ...core.bus import Bus
from ...core.force import force_of
from ...core.hub import ReadingHub
from ...driver.moduleparam import Overrides, Own, join
from ...errors import EndOfRecord, Error, NoDevice, NotRecorded, Unknown
from ...kthread.affinity import restrict_helpers
from ...lib.age import local_time
from ...lib.log.logger import log
from ...lib.signals import Stop, stopped_by_signals
from ..output import NotWritten, print_json, print_lines
from ..recording import recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ...config.config import Config
    from ...core.device import Device
    from ...core.loaded import LoadedModule
    from ...core.reading import Reading
    from .loadoptions import Options


CHECK_PERIOD_S = 0.5  # between two checks, with --count, that the device is still sampled
RELOAD_MARGIN_S = 1.0  # on top of the driver's timeout: a reload unbinds the device for as long as a probe takes


def load(options: Options) -> int:
    """Bind the device and those of its soft dependencies, and print readings until the end; return the exit status."""
    config = config_of(options.config)
    cpus, where = cpus_of(options.cpus, config)
    if cpus is not None:
        check_cpus(cpus, where)  # before a chip is touched
    own = options.params if options.addr is not None else ()  # with an address, they are those of this device
    words = modprobe.recorded_words(options.bus, options.module, options.params, options.addr, config)
    words += options.params if options.addr is None else ()
    loaded = modprobe.load(options.module, words, config, ignore_unknown=options.ignore_unknown)
    loaded.module.check_interval(options.interval)
    texts = loaded.params.parse(join(own), ignore_unknown=options.ignore_unknown)
    _check_not_loaded(loaded, options)
    restrict_helpers()  # before a bus starts its watchdog
    with (
        ExitStack() as last,
        recorded(options.record, options.bus, options.own_dir),
        _bound(loaded, config, options, cpus, texts) as devices,
    ):
        if options.once:
            return _show(devices[loaded.module.name].reading(), options)
        gc.freeze()  # later collections skip the objects that live as long as the process
        for bus in {device.bus for device in devices.values()}:
            bus.start(cpus)
        hub = ReadingHub()
        with _reachable(list(devices.values()), hub, options):
            return _serve(devices[loaded.module.name], hub, options, last)


def _check_not_loaded(loaded: LoadedModule, options: Options) -> None:
    """Raise Error (EEXIST) for parameters of a module that another process has loaded: they would have no effect."""
    if options.params and options.addr is None and (run_dir := options.own_dir) is not None:
        from ...ipc import peers  # its imports take as long as all the others

        peers.check_not_loaded(run_dir, loaded, join(options.params))


@contextmanager
def _reachable(devices: list[Device[Any]], hub: ReadingHub, options: Options) -> Iterator[None]:
    """Let other programs reach the devices: through the tree, and the control socket of ``i2cdrv param``."""
    if (run_dir := options.own_dir) is None:
        yield
        return
    from ...core.model import DriverCore
    from ...ipc import socket as control_socket
    from ...ipc.services.process import interfaces
    from ...sysfs import tree as files
    from ...sysfs.kernfs import Tree
    from ...sysfs.mounted import mounted_tree

    tree, core = Tree(), DriverCore()
    files.build(tree, core)
    for device in devices:
        core.adopt(device)
    services = interfaces(core, [bus.adapter for bus in core.buses.values()], hub)
    with mounted_tree(tree, run_dir / "sys"), control_socket.serve_process(run_dir, services, tree.settle):
        yield


@contextmanager
def _bound(
    loaded: LoadedModule, config: Config | None, options: Options, cpus: str | None, own: Mapping[str, bytes]
) -> Iterator[dict[str, Device[Any]]]:
    """Yield the device and those of the modules that ``softdep`` lists before and after it, by module.

    ``own``: the parameters of the device alone.
    """
    start = partial(Bus.start_watched, cpus=cpus)
    devices: dict[str, Device[Any]] = {}
    with ExitStack() as stack:
        for name in modprobe.sequence(loaded.module.name, config):
            if name == loaded.module.name:
                device = session.bind(
                    loaded,
                    options.bus,
                    options.addr,
                    force=force_of(options._asdict()),
                    run_dir=options.own_dir,
                    acquired=start,
                    overrides=Overrides(Own(runtime=own)),
                )
            elif (soft := _bind_soft(name, config, options, start)) is not None:
                device = soft
            else:
                continue
            devices[name] = stack.enter_context(device)
        yield devices


def _bind_soft(name: str, config: Config | None, options: Options, start: Callable[[Bus], None]) -> Device[Any] | None:
    """Return the device of a soft dependency; None if it cannot be bound, which is no error."""
    try:
        loaded = modprobe.load(name, [], config, named=False)
        return session.bind(loaded, options.bus, None, run_dir=options.own_dir, acquired=start)
    except (Unknown, NoDevice) as error:
        log("info", f"soft dependency {name} is left out: {error.message}")
    except Error as error:
        log("warning", f"soft dependency {name} failed: {error.message}")
    return None


def _show(reading: Reading, options: Options) -> int:
    if options.json or reading.error is None:
        _print(reading, options)
    if reading.error is not None:
        raise reading.error
    return 0


def _print(reading: Reading, options: Options) -> None:
    if options.json:
        print_json(reading.as_dict())
    else:
        moment = local_time("%H:%M:%S ", reading.time) if options.time else ""
        print_lines(f"{moment}{reading.as_line()}")


def _serve(device: Device[Any], hub: ReadingHub, options: Options, last: ExitStack) -> int:
    """Print each reading until a signal, the count, the end of the reader, or the end of the replayed record.

    ``last``: ends after everything else, so that a second signal does not interrupt the release of the chips.
    """
    stop = Stop()
    served = _Served(device, hub, stop, options)
    last.enter_context(stopped_by_signals(stop))
    device.poll(device.interval if options.interval is None else options.interval, served.report)
    served.wait()
    if isinstance(served.ended, EndOfRecord):
        log("info", served.ended.message)
    elif served.ended is not None:
        raise served.ended
    return 0


class _Served:
    """The device whose readings the command prints.  ``ended``: why there will be no more readings."""

    def __init__(self, device: Device[Any], hub: ReadingHub, stop: Stop, options: Options) -> None:
        self.ended: Exception | None = None
        self._bus, self._addr, self._first = device.bus, device.client.addr, device
        self._hub, self._stop = hub, stop
        self._left, self._options = options.limit, options

    @property
    def _device(self) -> Device[Any] | None:
        """Return the device that is bound now; a reload binds a new one."""
        return self._bus.devices.get(self._addr)

    def report(self, reading: Reading) -> None:
        """Print a reading, on the bus thread."""
        device = self._device or self._first
        self._hub.publish(reading, device)
        if self._stop.is_set():
            return
        if isinstance(reading.error, NotRecorded):
            device.polling.stop()  # time is virtual: the next sample would follow at once
            self._end(reading.error)
            return
        try:
            _print(reading, self._options)
        except NotWritten as error:  # it ends the command: the main thread raises it
            self._end(error)
            return
        self._count(device)

    def _count(self, device: Device[Any]) -> None:
        self._left = None if self._left is None else self._left - 1
        if self._left == 0:
            self._stop.set()
        elif device.failed is not None and (self._left is not None or device.bus.kthread.outruns_real_time):
            self._end(device.failed)  # a record has no second attempt

    def _end(self, error: Exception) -> None:
        self.ended = error
        self._stop.set()

    def wait(self) -> None:
        """Wait for the end; with ``--count`` also end when the device is sampled no more."""
        patience = self._first.driver.timeout + RELOAD_MARGIN_S
        seen = time.monotonic()
        while not self._stop.wait(None if self._left is None else CHECK_PERIOD_S):
            device, now = self._device, time.monotonic()
            if device is not None and device.polling.timer is not None and not device.polling.timer.stopped:
                seen = now
            elif now - seen > patience:
                self._end(self._gone(device))

    def _gone(self, device: Device[Any] | None) -> Error:
        if device is not None and device.failed is not None:
            return device.failed
        problem = f"{self._first} is no longer sampled, and {self._left} readings are missing"
        return NoDevice(f"{problem}: it was unbound, or its module was unloaded; load it again")
