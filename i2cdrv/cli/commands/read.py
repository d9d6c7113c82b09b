"""``i2cdrv read``: the last sample of a served device, or one sample of any other chip."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ...config.options import config_of
from ...core import published
from ...core.readingtext import as_lines, bare, channel_of, faults_of
from ...errors import Busy, Error, Invalid, Unknown, nearest
from ...ipc import lastreading
from ..console import own_dir, search_dir
from ..output import print_json, print_lines

DEVICE = re.compile(r"[0-9]+-[0-9a-f]{4}")  # 1-0076


class Options(NamedTuple):
    """The arguments and options of ``i2cdrv read``; ``bus``: None for any served device, or else the default bus."""

    module: str
    channel: str | None = None
    bus: str | None = None
    addr: int | None = None
    config: str | None = None
    force: bool = False
    force_addr: bool = False
    force_id: bool = False
    raw: bool = False
    json: bool = False
    record: str | None = None
    run_dir: str | None = None


def run(options: Options) -> int:
    """Print a reading, or one value of it."""
    device = options.module if DEVICE.fullmatch(options.module) else _served_as(options)
    if device is not None:
        if options.record is not None:
            raise Invalid(f"another process reads {device}: i2cdrv trace {device} --record {options.record}")
        reading = lastreading.last_reading(search_dir(options.run_dir), device, raw=options.raw)
        return _print_values(reading, options)
    try:
        return _read_chip(options, options.bus or "1")
    except Unknown as error:
        raise _with_names(error, options) from None


def _with_names(error: Unknown, options: Options) -> Unknown:
    """Return an error that suggests the name of a served device, if one resembles the word; else the same error."""
    served = published.served(search_dir(options.run_dir))
    if near := nearest(options.module, [one["name"] for one in served if one.get("name")]):
        return Unknown(f"no served device, module or chip is called {options.module!r}{near}")
    return error


def _served_as(options: Options) -> str | None:
    """Return the served device of that name, module or chip; None without one, or if --bus or --addr is given.

    Raises Busy for several.
    """
    if options.bus is not None or options.addr is not None:
        return None
    name, served = options.module.replace("-", "_"), list(published.served(search_dir(options.run_dir)))
    found = [one["device"] for one in served if one.get("name") == options.module]
    found = found or [one["device"] for one in served if name in (one["driver"], one["chip"])]
    found = found or (_of_alias(name, served) if served else [])
    if len(found) > 1:
        raise Busy(f"{options.module} is served as {', '.join(found)}: name one of these")
    return found[0] if found else None


def _of_alias(name: str, served: list[dict[str, Any]]) -> list[str]:
    """Return the served devices of the chip that has a further name."""
    from ...core import module  # imported only for a word that no device has

    found = module.of_chip(name)
    return [] if found is None else [one["device"] for one in served if one["chip"] == found.chip]


def _read_chip(options: Options, bus: str) -> int:
    """Bind the chip for one sample."""
    from ...config import modprobe
    from ...core import session  # not needed for the last sample of a device
    from ...core.bus import Bus
    from ...core.force import force_of
    from ..recording import recorded

    config = config_of(options.config)
    words = modprobe.recorded_words(bus, options.module, (), options.addr, config)
    loaded = modprobe.load(options.module, words, config)
    run_dir = own_dir(options.run_dir, bus)
    with recorded(options.record, bus, run_dir):
        with session.bind(
            loaded, bus, options.addr, force=force_of(options._asdict()), run_dir=run_dir, acquired=Bus.start_watched
        ) as device:
            reading = device.reading()
        if reading.error is not None:
            raise reading.error
        return _print_values(reading.as_dict(), options)  # before the record ends, which may fail


def _print_values(reading: dict[str, Any], options: Options) -> int:
    """Print the whole reading, or one channel's bare value with all digits."""
    if options.channel is not None:
        _print_channel(reading, options.channel, json=options.json)
    elif options.json:
        print_json(reading)
    else:
        print_lines(*as_lines(reading))
    return 0


def _print_channel(reading: dict[str, Any], word: str, *, json: bool) -> None:
    """Print the channel with a name or, if there is none, with a label."""
    name, channels = channel_of(reading, word), reading.get("channels") or {}
    if name is None:
        raise Unknown(f"{reading['device']} has no channel {word!r}; it has: {', '.join(channels)}")
    if json:
        print_json(channels[name])
    elif name in faults_of(reading):
        raise Error(f"{word} of {reading['device']} has no value: {faults_of(reading)[name]}")
    else:
        print_lines(bare(channels[name]))
