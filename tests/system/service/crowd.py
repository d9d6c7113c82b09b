"""Hundreds of clients, good and bad, at once: sampling keeps its deadlines, and an honest client gets its answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from math import ceil, floor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.support.waiting import Stopwatch

from .daemon import PATIENCE, Service

CHIPS = {"bme280": 0x76, "bmp280": 0x77, "mcp9808": 0x18, "ina219": 0x40, "ina226": 0x41, "sht4x": 0x44, "lm75": 0x48,
         "tmp102": 0x49}  # fmt: skip
PERIOD = 0.1  # s
CONFIG = "devices:\n" + "".join(
    f"- {{module: {chip}, bus: sim, addr: {addr:#x}, interval: {PERIOD}}}\n" for chip, addr in CHIPS.items()
)
BAD = ("deaf=8", "slow=8", "hasty=20")
IDLE = 300  # more than a server takes of read-only clients
MEMORY = "/dev/shm"  # as /run is: each sample is written there, and a disk may take half a second
MISSED = 0.02  # of all periods, at most, beside the ones the machine takes: nearly none on an idle one
LATE = PERIOD / 2  # s, on average; a late run is not a missed one
ANSWER = 2.0  # s for three calls of an honest client
GROWTH = 30_000  # KiB


class Witness:
    """A thread with the deadlines of a bus thread and no work: the machine causes all its misses."""

    def __init__(self) -> None:
        self.missed = 0  # deadlines, at most, of each device
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Witness:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        deadline = time.monotonic()
        while not self._ended.wait(deadline - time.monotonic()):
            late = time.monotonic() - deadline
            if late > PERIOD / 4:
                self.missed += ceil(late / PERIOD)
            deadline += (floor(late / PERIOD) + 1) * PERIOD


class Figures(NamedTuple):
    """Of the bus thread, in a time."""

    runs: int
    missed: int
    late: float  # s in sum
    latest: float  # s, since the start

    @property
    def average(self) -> float:
        return self.late / self.runs if self.runs else 0.0

    def __str__(self) -> str:
        late = f"late {self.average * 1e3:.1f} ms on average, at most {self.latest * 1e3:.0f} ms"
        return f"{self.runs} runs, {late}, {self.missed} missed"


@dataclass
class Outcome:
    """Of quiet, and of both kinds of crowd."""

    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(self.lines)


def run(clients: int, seconds: float) -> Outcome:
    """Quiet for so long, then callers and bad ones, then idle ones."""
    outcome = Outcome()
    with TemporaryDirectory(prefix="i2cdrv-service-", dir=MEMORY if Path(MEMORY).is_dir() else None) as home:
        service = Service(Path(home), CONFIG)
        Path(home).chmod(0o755)
        try:
            service.start()
            memory, descriptors = service.memory(), service.descriptors()
            _phase("quiet", service, seconds, [], outcome)
            _phase(
                f"{clients} callers, and bad ones",
                service,
                seconds,
                [(f"readers={clients - clients // 4}", f"writers={clients // 4}"), BAD],
                outcome,
            )
            if os.geteuid() == 0:
                _phase(f"{IDLE} idle ones", service, seconds, [(f"idle={IDLE}",)], outcome)
            else:
                outcome.lines.append("the idle ones are left out: root alone can be another user")
            _leaks(service, memory, descriptors, outcome)
        finally:
            service.end()
        outcome.wrong += service.mistakes()
    return outcome


def _phase(name: str, service: Service, seconds: float, crowds: list[tuple[str, ...]], outcome: Outcome) -> None:
    before = _figures(service)
    guests = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.system.service.guests", str(service.client.path), str(seconds), *crowd],
            stdout=subprocess.PIPE,
        )
        for crowd in crowds
    ]  # fmt: skip
    with Witness() as witness, Stopwatch() as watch:
        slowest, asked = _ask(service, seconds)
    said = [json.loads(guest.communicate(timeout=PATIENCE)[0] or "{}") for guest in guests]
    after = _figures(service)
    found = Figures(after.runs - before.runs, after.missed - before.missed, after.late - before.late, after.latest)
    calls = f"{sum(one.get('calls', 0) for one in said)} calls of the crowd answered, " if crowds else ""
    machine = witness.missed * len(CHIPS)
    outcome.lines.append(
        f"{name}: {found}, {machine} by the machine; {calls}"
        f"an honest client waits {slowest:.2f} s at most ({asked} times)"
    )
    if found.missed > MISSED * found.runs + machine or found.average > LATE:
        outcome.wrong.append(f"{name}: sampling suffers: {found}")
    if slowest > ANSWER + watch.SHARE * watch.stolen:
        outcome.wrong.append(f"{name}: an honest client waits {slowest:.2f} s")
    if any(not one for one in said):
        outcome.wrong.append(f"{name}: a crowd failed")
    outcome.wrong += [f"{name}: {why}" for one in said for why in one.get("refused", ())]


def _ask(service: Service, seconds: float) -> tuple[float, int]:
    """The queries of ``i2cdrv list``, twice a second; s of the slowest, and their number."""
    end, slowest, asked = time.monotonic() + seconds, 0.0, 0
    while time.monotonic() < end:
        began = time.monotonic()
        for method in ("Modules.ListModules", "Devices.ListDevices", "Daemon.Status"):
            service.call(method)
        slowest, asked = max(slowest, time.monotonic() - began), asked + 1
        time.sleep(0.5)
    return slowest, asked


def _figures(service: Service) -> Figures:
    late, latest = (service.runs(name) / 1e6 for name in ("late_average", "late_max"))
    runs = service.runs()
    return Figures(runs, service.runs("missed"), late * runs, latest)


def _leaks(service: Service, memory: int, descriptors: int, outcome: Outcome) -> None:
    gone = service.until(lambda: service.descriptors() <= descriptors)
    outcome.lines.append(
        f"memory {memory} KiB before, {service.memory()} after; "
        f"descriptors {descriptors} before, {service.descriptors()} after"
    )
    if not gone:
        outcome.wrong.append("descriptors leak")
    if service.memory() > memory + GROWTH:
        outcome.wrong.append("its memory grows")
