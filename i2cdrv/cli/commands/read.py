"""``i2cdrv read``: the last sample of a device that is served, or one sample of a chip that nobody serves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ...config.options import config_of
from ...core import published
from ...core.reading import faults_of
from ...errors import Busy, Error, Invalid, Unknown
from ...ipc import lastreading
from ..console import meeting_of, run_dir_of
from ..output import print_json, print_lines

if TYPE_CHECKING:
    import argparse

DEVICE = re.compile(r"[0-9]+-[0-9a-f]{4}")  # 1-0076


def run(args: argparse.Namespace) -> int:
    """Print it."""
    device = args.module if DEVICE.fullmatch(args.module) else _served_as(args)
    if device is not None:
        if args.record is not None:
            raise Invalid(f"another process reads {device}: i2cdrv trace {device} --record {args.record}")
        return _print_values(lastreading.last_reading(meeting_of(args), device), args)
    args.bus = args.bus or "1"
    return _read_chip(args)


def _served_as(args: argparse.Namespace) -> str | None:
    """The device of that name that a process serves, if nothing says which chip is meant.  Raises Busy for several."""
    if args.bus is not None or args.addr is not None:
        return None
    name = args.module.replace("-", "_")
    found = [one["device"] for one in published.served(meeting_of(args)) if name in (one["driver"], one["chip"])]
    if len(found) > 1:
        raise Busy(f"{args.module} is served as {', '.join(found)}: name one of these")
    return found[0] if found else None


def _read_chip(args: argparse.Namespace) -> int:
    """Bind it for one sample."""
    from ...config import modprobe
    from ...core import session  # which the last sample of a device does without
    from ...core.bus import Bus
    from ...core.force import force_of
    from ..recording import recorded

    loaded = modprobe.load(args.module, modprobe.recorded_words(args.bus, args.module, ()), config_of(args.config))
    run_dir = run_dir_of(args)
    with recorded(args, run_dir):
        with session.bind(
            loaded, args.bus, args.addr, force=force_of(vars(args)), run_dir=run_dir, acquired=Bus.start_watched
        ) as device:
            reading = device.reading()
        if reading.error is not None:
            raise reading.error
        return _print_values(reading.as_dict(), args)  # before the record is ended, which may fail


def _print_values(reading: dict[str, Any], args: argparse.Namespace) -> int:
    """The whole reading, or one channel's bare value."""
    channels = reading.get("channels") or {}
    if args.channel is not None and args.channel not in channels:
        raise Unknown(f"{reading['device']} has no channel {args.channel!r}; it has: {', '.join(channels)}")
    if args.channel is not None:
        channel = channels[args.channel]
        if args.json:
            print_json(channel)
        elif args.channel in faults_of(reading):
            raise Error(f"{args.channel} of {reading['device']} has no value: {faults_of(reading)[args.channel]}")
        else:
            print_lines(str(channel["value"]))
    elif args.json:
        print_json(reading)
    else:
        print_lines(*(_line(name, channel) for name, channel in channels.items()))
    return 0


def _line(name: str, channel: dict[str, Any]) -> str:
    if channel.get("value") is None:
        return f"{name} no value: {channel['message']} ({channel['error']})"
    return f"{name} {channel['value']} {channel['unit']}"
