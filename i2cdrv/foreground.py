"""``i2cdrv load`` where no daemon runs: the process itself serves the devices, until Ctrl-C."""

from __future__ import annotations

import gc
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from . import modprobe, session
from .console import Stop, check_cpus, config_of, cpus_of, run_dir_of, stopped_by_signals
from .errors import EndOfRecord, Error, NoDevice, NotRecorded, Unknown
from .force import force_of
from .log import log
from .moduleparam import join
from .output import NotWritten, print_json, print_lines
from .readings import Readings
from .recording import recorded

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from .config import Config
    from .device import Device
    from .live import LiveModule
    from .reading import Reading


EVERY = 1.0  # s between samples, if nothing is said


def load(args: argparse.Namespace) -> int:
    config = config_of(args)
    cpus, where = cpus_of(args, config)
    if cpus is not None:
        check_cpus(cpus, where)  # before a chip is touched
    words = [*modprobe.recorded_words(args.bus, args.module, args.params), *args.params]
    live = modprobe.load(args.module, words, config, ignore_unknown=args.ignore_unknown)
    _check_not_loaded(live, args)
    with ExitStack() as last, recorded(args, run_dir_of(args)), _bound(live, config, args) as devices:
        if args.once:
            return _show(devices[live.module.name].reading(), args.json)
        gc.freeze()  # what lives as long as the process is not looked through again and again
        for bus in {device.bus for device in devices.values()}:
            bus.start(cpus)
        hub = Readings()
        with _reachable(list(devices.values()), hub, args):
            return _serve(devices[live.module.name], hub, args, last)


def _check_not_loaded(live: LiveModule, args: argparse.Namespace) -> None:
    """Arguments for a module that another process has loaded would be lost on that one."""
    if args.params and (run_dir := run_dir_of(args)) is not None:
        from . import asking  # its imports take as long as all the others

        asking.check_not_loaded(run_dir, live, join(args.params))


@contextmanager
def _reachable(devices: list[Device[Any]], hub: Readings, args: argparse.Namespace) -> Iterator[None]:
    """Let other programs reach them: the tree, and the control socket of ``i2cdrv param``."""
    if (run_dir := run_dir_of(args)) is None:
        yield
        return
    from . import control, devicecontrol, logbook, serving, simcontrol, tracing, watching
    from . import tree as files
    from .core import Core
    from .present import presented
    from .sysfs import Tree

    tree, core = Tree(), Core()
    files.build(tree, core)
    for device in devices:
        core.adopt(device)
    interfaces = [
        control.interface([device.live for device in devices], core),
        devicecontrol.interface(core),
        simcontrol.interface({device.bus.adapter for device in devices}),
        tracing.interface({device.bus for device in devices}),
        logbook.interface(log.ring),
        watching.interface(hub, core.devices),
    ]
    with presented(tree, run_dir / "sys"), serving.serving(run_dir, interfaces):
        yield


@contextmanager
def _bound(live: LiveModule, config: Config | None, args: argparse.Namespace) -> Iterator[dict[str, Device[Any]]]:
    """The device, and those of the modules that ``softdep`` wants before and after it, by module."""
    devices: dict[str, Device[Any]] = {}
    with ExitStack() as stack:
        for name in modprobe.sequence(live.module.name, config):
            if name == live.module.name:
                device = session.bind(live, args.bus, args.addr, force=force_of(vars(args)), run_dir=run_dir_of(args))
            elif (softly := _softly(name, config, args)) is not None:
                device = softly
            else:
                continue
            devices[name] = stack.enter_context(device)
        yield devices


def _softly(name: str, config: Config | None, args: argparse.Namespace) -> Device[Any] | None:
    """The device of a soft dependency; that the module does not exist, or its chip, is no error."""
    try:
        return session.bind(modprobe.load(name, [], config, named=False), args.bus, None, run_dir=run_dir_of(args))
    except (Unknown, NoDevice) as error:
        log("info", f"soft dependency {name} is left out: {error.message}")
    except Error as error:
        log("warning", f"soft dependency {name} failed: {error.message}")
    return None


def _show(reading: Reading, as_json: bool) -> int:
    if as_json or reading.error is None:
        _print(reading, as_json)
    if reading.error is not None:
        raise reading.error
    return 0


def _print(reading: Reading, as_json: bool) -> None:
    if as_json:
        print_json(reading.as_dict())
    else:
        print_lines(reading.as_line())


def _serve(device: Device[Any], hub: Readings, args: argparse.Namespace, last: ExitStack) -> int:
    """Print each reading until a signal, the count, or the end of whoever reads us, or of the record that is played.

    ``last``: ends after everything else, so that a second signal does not interrupt the giving back of the chips.
    """
    stop = Stop()
    left = args.count
    ended: NotRecorded | NotWritten | None = None

    def report(reading: Reading) -> None:
        nonlocal left, ended
        hub.publish(reading, device)
        if stop.is_set():
            return
        if isinstance(reading.error, NotRecorded):
            ended = reading.error
            if device.beat is not None:
                device.beat.stop()  # time is virtual: one would follow at once upon another
            stop.set()
            return
        try:
            _print(reading, args.json)
        except NotWritten as error:  # it ends the command: its other thread raises it
            ended = error
            stop.set()
            return
        left = None if left is None else left - 1
        if left == 0:
            stop.set()

    last.enter_context(stopped_by_signals(stop))
    device.poll(EVERY if args.interval is None else args.interval, report)
    stop.wait()
    if isinstance(ended, EndOfRecord):
        log("info", ended.message)
    elif ended is not None:
        raise ended
    return 0
