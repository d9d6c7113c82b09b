"""A virtual week of ten chips with faults at random: memory, counters and the log must not grow with the samples."""

from __future__ import annotations

import gc
import io
import random as jitter
import sys
import time
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from i2cdrv.atomic import Relaxed
from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import load
from i2cdrv.lib.log.logger import log
from i2cdrv.lib.log.ring import Ring
from i2cdrv.sim import CHIPS, SimAdapter

from .truth import Weather, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from i2cdrv.core.device import Device
    from i2cdrv.core.reading import Reading

CHIPS_THERE = {
    0x18: "mcp9808", 0x19: "mcp9808", 0x40: "ina219", 0x41: "ina226", 0x44: "sht4x",
    0x48: "lm75", 0x49: "tmp102", 0x4A: "tmp75", 0x76: "bme280", 0x77: "bmp280",
}  # fmt: skip
DAY = 86_400.0
PACE = 300.0  # s between two faults, on average
FAULTS = ("nack", "nack-data", "stuck-sda", "stuck-scl", "unplug", "bitflip=0.0002", "stretch=5", "stretch=50",
          "arbitration", "busy", "slow=1.5", "brownout")  # fmt: skip
OF_THE_BUS = ("stuck-sda", "stuck-scl", "arbitration", "busy", "brownout", "nack")
GROWTH = 2_000  # blocks that may be allocated more at the end than after the first day


class Found(NamedTuple):
    """The result; ``grown``: blocks of memory between the first day and the last; ``lines``: of the log."""

    samples: int
    errors: int
    wrong: tuple[str, ...]
    faults: int
    changes: int
    lines: int
    log_bytes: int
    grown: int
    inconsistent: tuple[str, ...]


class _Seen:
    """The reports of one device."""

    def __init__(self) -> None:
        self.samples = self.errors = 0
        self.latest = 0.0


def soak(days: float, interval: float, seed: int) -> Found:
    """Run it: each chip is sampled every ``interval`` s for that many days of the virtual clock."""
    random, weather = Random(seed), Weather(seed)
    jitter.seed(seed)
    chips = {addr: CHIPS[name]() for addr, name in CHIPS_THERE.items()}
    for chip in chips.values():
        weather.follow(chip)
    adapter = SimAdapter(chips)
    bus = Bus(adapter)
    devices = [bus.bind(LoadedModule(load(name)), addr, chip=name) for addr, name in CHIPS_THERE.items()]
    seen = {device: _Seen() for device in devices}
    said: list[str] = []

    def report(device: Device[object], reading: Reading) -> None:
        now, one = adapter.clock.monotonic(), seen[device]
        one.samples += 1
        one.latest = now
        one.errors += reading.error is not None
        if reading.error is None and (fault := wrong(reading.sample, now, weather, {})):
            said.append(f"{device} {fault}")

    with _counted_log() as lines:
        for device in devices:
            device.poll(interval, lambda reading, device=device: report(device, reading))  # type: ignore[misc]
        end, faults, first = adapter.clock.monotonic() + days * DAY, 0, 0
        while (now := adapter.clock.monotonic()) < end:
            faults += _disturb(adapter, random)
            bus.kthread.run(min(now + random.expovariate(1 / PACE), end))
            if not first and now > min(DAY, days * DAY / 4):
                first = _allocated()
        grown = _allocated() - first
        adapter.faults.clear()
        bus.kthread.run(end + 3 * interval + 60)
    changes = sum(device.recovery.state.changes.load(Relaxed) for device in devices)
    return Found(
        sum(one.samples for one in seen.values()), sum(one.errors for one in seen.values()), tuple(said), faults,
        changes, lines.count, lines.bytes, grown, tuple(_inconsistent(bus, seen, interval, days)),
    )  # fmt: skip


def _disturb(adapter: SimAdapter, random: Random) -> int:
    """One more fault, of a chip or of the bus, for a moment or for long."""
    lasting = f"for={random.choice((0.05, 1, 30, 400, 4000)):g}"
    of_bus = random.random() < 0.1
    kind = random.choice(OF_THE_BUS if of_bus else FAULTS)
    words = f"{kind} count=1" if kind == "brownout" else f"{kind} {lasting if not of_bus else 'for=20'}"
    addr = None if of_bus else random.choice(list(CHIPS_THERE))
    try:
        adapter.faults.inject(words, addr)
    except OSError:
        return 0  # the chip has one already that rules it out
    return 1


def _allocated() -> int:
    """Blocks of memory that are in use."""
    gc.collect()
    return sys.getallocatedblocks()


class _Lines(io.TextIOBase):
    """Counts the bytes written."""

    count = bytes = 0

    def write(self, text: str) -> int:
        self.count += text.count("\n")
        self.bytes += len(text)
        return len(text)


@contextmanager
def _counted_log() -> Iterator[_Lines]:
    """Count the output; the first day fills the ring of ``i2cdrv log``."""
    before, lines = sys.stderr, _Lines()
    sys.stderr = lines
    log.configure("json")
    ring, log.ring = log.ring, Ring(lines=100)
    try:
        yield lines
    finally:
        sys.stderr = before
        log.configure(None)
        log.ring = ring


def _inconsistent(bus: Bus, seen: dict[Device[object], _Seen], interval: float, days: float) -> Iterator[str]:
    """Return the contradictions at the end, when all faults are over."""
    jitter = bus.timers.jitter()
    samples = sum(one.samples for one in seen.values())
    if jitter.runs not in (samples, samples + 1):
        yield f"{jitter.runs} runs began, {samples} samples were reported"
    due = len(seen) * (days * DAY + 60) / interval
    if abs(samples + jitter.missed - due) > 5 * len(seen):
        yield f"{samples} samples and {jitter.missed} missed runs, where {due:.0f} were due"
    for device, one in seen.items():
        counted = sum(device.samples.errors[kind] for kind in device.samples.errors)
        if counted != one.errors:
            yield f"{device} counted {counted} errors, and reported {one.errors}"
        if device.state != "live":
            yield f"{device} is {device.state} at the end: {device.reason}"
        recoveries, changes = device.recovery.steps["recoveries"], device.recovery.state.changes.load(Relaxed)
        if not changes / 3 <= recoveries + 1:
            yield f"{device} changed {changes} times and recovered {recoveries} times"


def main(days: float, interval: float, seed: int) -> int:
    """Print the result; return 0 if all is good."""
    began = time.monotonic()
    found = soak(days, interval, seed)
    print(f"{days:g} virtual days in {time.monotonic() - began:.0f} s, seed {seed}: {found.samples} samples, "
          f"{found.errors} without a value, {len(found.wrong)} wrong, {found.faults} faults")  # fmt: skip
    print(f"state changes {found.changes}, log lines {found.lines} ({found.log_bytes // 1024} KiB), "
          f"memory grown by {found.grown} blocks since the first day")  # fmt: skip
    bad = [*found.wrong[:10], *found.inconsistent]
    if found.grown > GROWTH:
        bad.append(f"memory has grown by {found.grown} blocks")
    if found.lines > 2 * found.changes + 10 * found.faults:
        bad.append(f"{found.lines} log lines for {found.changes} state changes")
    print(*bad, sep="\n")
    return 1 if bad else 0
