"""What each command does, with the words already parsed."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import bus as buses
from . import detect, modinfo, modprobe, module, rundir, session
from .errors import Error, NoDevice, Unknown, nearest
from .log import log
from .moduleparam import join

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from .config import Config
    from .device import Device
    from .live import LiveModule
    from .reading import Reading

CONFIG = "/etc/i2cdrv/i2cdrv.yaml"
DETECTION = 60.0  # s for all addresses of a bus
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # each ends the work in order: the chip is put to sleep
DEVICE = re.compile(r"[0-9]+-[0-9a-f]{4}")  # 1-0076


def run(args: argparse.Namespace) -> int:
    """Do the command; an error becomes one line on stderr and status 1."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # ° on a terminal that has no °
    log.configure(getattr(args, "log", None))
    try:
        return COMMANDS[args.command](args)
    except Error as error:
        print(f"i2cdrv: {error.message}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        _let_stdout_go()
        return 0
    except KeyboardInterrupt:
        return 130


def load(args: argparse.Namespace) -> int:
    config = _config(args)
    live = modprobe.load(args.module, args.params, config, ignore_unknown=args.ignore_unknown)
    _check_not_loaded(live, args)
    with _bound(live, config, args) as devices:
        if args.once:
            return _show(devices[live.module.name].reading(), args.json)
        with _reachable([device.live for device in devices.values()], args):
            return _serve(devices[live.module.name], args)


def _check_not_loaded(live: LiveModule, args: argparse.Namespace) -> None:
    """Arguments for a module that another process has loaded would be lost on that one."""
    if args.params and (run_dir := _run_dir(args)) is not None:
        from . import control  # its imports take as long as all the others

        control.check_not_loaded(run_dir, live, join(args.params))


@contextmanager
def _reachable(modules: list[LiveModule], args: argparse.Namespace) -> Iterator[None]:
    """Let ``i2cdrv param`` reach the modules."""
    if (run_dir := _run_dir(args)) is None:
        yield
        return
    from . import control

    with control.serving(run_dir, modules):
        yield


def _config(args: argparse.Namespace) -> Config | None:
    """The file that was asked for, or the usual one; None if there is none."""
    path = Path(args.config or CONFIG)
    if args.config is None and not path.exists():
        return None
    from .config import load as load_config

    return load_config(path)


@contextmanager
def _bound(live: LiveModule, config: Config | None, args: argparse.Namespace) -> Iterator[dict[str, Device[Any]]]:
    """The device, and those of the modules that ``softdep`` wants before and after it, by module."""
    devices: dict[str, Device[Any]] = {}
    with ExitStack() as stack:
        for name in modprobe.sequence(live.module.name, config):
            if name == live.module.name:
                device = session.bind(live, args.bus, args.addr, force=args.force, run_dir=_run_dir(args))
            elif (softly := _softly(name, config, args)) is not None:
                device = softly
            else:
                continue
            devices[name] = stack.enter_context(device)
        yield devices


def _softly(name: str, config: Config | None, args: argparse.Namespace) -> Device[Any] | None:
    """The device of a soft dependency; that the module does not exist, or its chip, is no error."""
    try:
        return session.bind(modprobe.load(name, [], config), args.bus, None, run_dir=_run_dir(args))
    except (Unknown, NoDevice) as error:
        log("info", f"soft dependency {name} is left out: {error.message}")
    except Error as error:
        log("warning", f"soft dependency {name} failed: {error.message}")
    return None


def _show(reading: Reading, as_json: bool) -> int:
    if as_json:
        print(reading.as_json(), flush=True)
    elif reading.error is None:
        print(reading.as_line(), flush=True)
    if reading.error is not None:
        raise reading.error
    return 0


def _serve(device: Device[Any], args: argparse.Namespace) -> int:
    """Print each reading until a signal, the count, or the end of whoever reads us."""
    stop = threading.Event()
    left = args.count

    def report(reading: Reading) -> None:
        nonlocal left
        if stop.is_set():
            return
        try:
            print(reading.as_json() if args.json else reading.as_line(), flush=True)
        except BrokenPipeError:
            _let_stdout_go()
            stop.set()
        left = None if left is None else left - 1
        if left == 0:
            stop.set()

    with _stopped_by_signals(stop):
        device.bus.kthread.start()
        device.poll(args.interval, report)
        stop.wait()
    return 0


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    kept = {number: signal.signal(number, lambda *_: stop.set()) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _let_stdout_go() -> None:
    """Nobody reads us any more (| head): what is still buffered must not fail at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run_dir(args: argparse.Namespace) -> Path | None:
    """Where to meet other processes: as asked, or the usual place; a simulated bus belongs to its process alone."""
    if "run_dir" in args:
        return Path(args.run_dir)
    return None if getattr(args, "bus", None) == "sim" else rundir.default()


def read(args: argparse.Namespace) -> int:
    if DEVICE.fullmatch(args.module):
        return _print_values(rundir.last_reading(_run_dir(args), args.module), args)
    live = modprobe.load(args.module, [], _config(args))
    with session.bind(live, args.bus, args.addr, force=args.force, run_dir=_run_dir(args)) as device:
        reading = device.reading()
    if reading.error is not None:
        raise reading.error
    return _print_values(reading.as_dict(), args)


def _print_values(reading: dict[str, Any], args: argparse.Namespace) -> int:
    """The whole reading, or one channel's bare value."""
    channels = reading["channels"]
    if args.channel is not None and args.channel not in channels:
        raise Unknown(f"{reading['device']} has no channel {args.channel!r}; it has: {', '.join(channels)}")
    if args.channel is not None:
        channel = channels[args.channel]
        print(json.dumps(channel, ensure_ascii=False) if args.json else channel["value"])
    elif args.json:
        print(json.dumps(reading, ensure_ascii=False))
    else:
        for name, channel in channels.items():
            print(f"{name} {channel['value']} {channel['unit']}")
    return 0


def param(args: argparse.Namespace) -> int:
    from . import control

    remote = control.find(_run_dir(args), args.module)
    name, equals, value = (args.assignment or "").partition("=")
    name = name.replace("-", "_")
    if equals:
        remote.store(name, os.fsencode(value))
        return 0
    shown = {key: text.decode("utf-8", "backslashreplace") for key, text in remote.show().items()}
    if args.assignment and name not in shown:
        raise Unknown(f"{remote.module} has no parameter {name!r} to read{nearest(name, shown)}; "
                      f"it has: {', '.join(shown)}")  # fmt: skip
    if args.json:
        print(json.dumps(shown[name] if name else shown, ensure_ascii=False))
    else:
        print(*([shown[name]] if name else [f"{key}={value}" for key, value in shown.items()]), sep="\n")
    return 0


def list_(args: argparse.Namespace) -> int:
    modules = [module.load(name) for name in module.available()]
    devices = list(rundir.served(_run_dir(args)))
    if args.json:
        print(
            json.dumps(
                {"modules": [modinfo.summary(found) for found in modules], "devices": devices}, ensure_ascii=False
            )
        )
        return 0
    for found in modules:
        print(f"{found.name:<10} {found.description}")
    for entry in devices:
        print(f"{entry['device']:<10} {entry['chip']} served by process {entry['pid']}: {_last_values(entry)}")
    return 0


def _last_values(entry: dict[str, Any]) -> str:
    if entry["status"] != "ok":
        return f"no value: {entry['message']}"
    return ", ".join(f"{name} {channel['value']} {channel['unit']}" for name, channel in entry["channels"].items())


def info(args: argparse.Namespace) -> int:
    found = module.load(args.module)
    if args.json:
        print(json.dumps(modinfo.as_dict(found), ensure_ascii=False))
    else:
        print(*modinfo.lines(found), sep="\n")
    return 0


def detect_(args: argparse.Namespace) -> int:
    modules = [module.load(name) for name in module.available()]
    bus = buses.acquire(args.bus)
    try:
        found = bus.run(lambda: detect.scan(bus, modules, any_bus=args.any_bus), "detection", timeout=DETECTION)
    finally:
        buses.release(bus)
    for one in found:
        print(_found_json(one) if args.json else _found_line(one))
    if not found and not args.json:
        print(f"nothing answers on i2c-{bus.adapter.nr} ({bus.adapter.name})", file=sys.stderr)
    return 0


def _found_json(found: detect.Found) -> str:
    shown = {"addr": f"{found.addr:#04x}", "chips": found.chips, "sure": found.sure, "note": found.note}
    return json.dumps(shown, ensure_ascii=False)


def _found_line(found: detect.Found) -> str:
    names = ", ".join(found.chips) or "unknown"
    note = f" ({found.note})" if found.note else ""
    return f"{found.addr:#04x}  {names if found.sure or not found.chips else f'perhaps {names}'}{note}"


def sim(args: argparse.Namespace) -> int:
    from .clock import RealClock
    from .sim import SimAdapter, parse_chip, standard_bus
    from .vhost import serve

    clock = RealClock()
    if args.chip:
        adapter = SimAdapter(dict(map(parse_chip, args.chip)), clock=clock, frequency=None)
    else:
        adapter = standard_bus(clock)
    stop = threading.Event()
    log("info", "waiting for a virtual machine", socket=args.vhost_user)
    with _stopped_by_signals(stop):
        serve(adapter, Path(args.vhost_user), stop)
    return 0


COMMANDS = {"load": load, "read": read, "param": param, "list": list_, "info": info, "detect": detect_, "sim": sim}
