"""What each command does, with the words already parsed."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any

from . import bus as buses
from . import detect, modinfo, modprobe, module, rundir, session
from .console import config_of, let_stdout_go, meeting_of, run_dir_of, stand_in_for_closed_files
from .errors import Busy, Error, Invalid, Unknown, nearest
from .foreground import load
from .log import log
from .recording import recorded

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence


DEVICE = re.compile(r"[0-9]+-[0-9a-f]{4}")  # 1-0076


def run(args: argparse.Namespace) -> int:
    """Do the command; an error becomes one line on stderr and status 1."""
    stand_in_for_closed_files()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # ° on a terminal that has no °
    log.configure(getattr(args, "log", None))
    try:
        return COMMANDS[args.command](args)
    except Error as error:
        print(f"i2cdrv: {error.message}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        let_stdout_go()
        return 0
    except KeyboardInterrupt:
        return 130


def read(args: argparse.Namespace) -> int:
    device = args.module if DEVICE.fullmatch(args.module) else _served_as(args)
    if device is not None:
        if args.record is not None:
            raise Invalid(f"another process reads {device}: i2cdrv trace {device} --record {args.record}")
        return _print_values(rundir.last_reading(meeting_of(args), device), args)
    args.bus = args.bus or "1"
    return _read_chip(args)


def _served_as(args: argparse.Namespace) -> str | None:
    """The device of that name that a process serves, if nothing says which chip is meant.  Raises Busy for several."""
    if args.bus is not None or args.addr is not None:
        return None
    name = args.module.replace("-", "_")
    found = [one["device"] for one in rundir.served(meeting_of(args)) if name in (one["driver"], one["chip"])]
    if len(found) > 1:
        raise Busy(f"{args.module} is served as {', '.join(found)}: name one of these")
    return found[0] if found else None


def _read_chip(args: argparse.Namespace) -> int:
    """Bind it for one sample."""
    live = modprobe.load(args.module, modprobe.recorded_words(args.bus, args.module, ()), config_of(args))
    run_dir = run_dir_of(args)
    with recorded(args, run_dir), session.bind(live, args.bus, args.addr, force=args.force, run_dir=run_dir) as device:
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

    remote = control.find(meeting_of(args), args.module)
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


def reload(args: argparse.Namespace) -> int:
    from . import reloading

    return reloading.reload(args)


def list_(args: argparse.Namespace) -> int:
    from . import listing

    return listing.run(args)


def info(args: argparse.Namespace) -> int:
    found = module.load(args.module)
    if args.json:
        print(json.dumps(modinfo.as_dict(found), ensure_ascii=False))
    else:
        print(*modinfo.lines(found), sep="\n")
    return 0


def detect_(args: argparse.Namespace) -> int:
    from . import remote

    if not args.record and (client := remote.daemon(run_dir_of(args))) is not None:
        there = remote.detect(client, args)
        found = [detect.Found(one["address"], tuple(one["chips"]), one["sure"], one["note"]) for one in there["found"]]
        return _print_found(found, there["bus"], there["adapter"], args)
    with recorded(args, None):
        bus = buses.acquire(args.bus)
        try:
            found = detect.survey(bus, any_bus=args.any_bus)
        finally:
            buses.release(bus)
    return _print_found(found, bus.adapter.nr, bus.adapter.name, args)


def _print_found(found: Sequence[detect.Found], nr: int, adapter: str, args: argparse.Namespace) -> int:
    for one in found:
        print(_found_json(one) if args.json else _found_line(one))
    if not found and not args.json:
        print(f"nothing answers on i2c-{nr} ({adapter})", file=sys.stderr)
    return 0


def _found_json(found: detect.Found) -> str:
    shown = {"addr": f"{found.addr:#04x}", "chips": found.chips, "sure": found.sure, "note": found.note}
    return json.dumps(shown, ensure_ascii=False)


def _found_line(found: detect.Found) -> str:
    names = ", ".join(found.chips) or "unknown"
    note = f" ({found.note})" if found.note else ""
    return f"{found.addr:#04x}  {names if found.sure or not found.chips else f'perhaps {names}'}{note}"


def doctor_(args: argparse.Namespace) -> int:
    from . import doctor

    return doctor.run(args)


def trace_(args: argparse.Namespace) -> int:
    from . import trace  # its imports take as long as all the others

    return trace.run(args)


def watch_(args: argparse.Namespace) -> int:
    from . import watch

    return watch.run(args)


def log_(args: argparse.Namespace) -> int:
    from . import dmesg

    return dmesg.run(args)


def sim(args: argparse.Namespace) -> int:
    from . import simcommand

    return simcommand.run(args)


def load_(args: argparse.Namespace) -> int:
    """By the daemon, if one runs; a bus that is private to a process only by one whose run directory was named."""
    run_dir = run_dir_of(args)
    if run_dir is not None and rundir.has_daemon(run_dir):
        from . import remote  # its imports take as long as all the others

        if (client := remote.daemon(run_dir)) is not None:
            return remote.load(client, args)
    return load(args)


def check(args: argparse.Namespace) -> int:
    from .daemon import check as room

    return room.run(args)


def daemon(args: argparse.Namespace) -> int:
    from .daemon import run as room

    return room.run(args)


def asked(name: str) -> Callable[[argparse.Namespace], int]:
    """What a running process does."""

    def ask(args: argparse.Namespace) -> int:
        from . import remote

        return int(getattr(remote, name)(args))

    return ask


def completion(args: argparse.Namespace) -> int:
    from .completion.script import script

    sys.stdout.write(script(args.shell))
    return 0


COMMANDS = {
    "load": load_,
    "unload": asked("unload"),
    "bind": asked("bind"),
    "unbind": asked("unbind"),
    "new-device": asked("new_device"),
    "delete-device": asked("delete_device"),
    "check": check,
    "daemon": daemon,
    "read": read,
    "param": param,
    "reload": reload,
    "list": list_,
    "info": info,
    "detect": detect_,
    "doctor": doctor_,
    "trace": trace_,
    "watch": watch_,
    "log": log_,
    "sim": sim,
    "completion": completion,
}
