"""The cost of a sample through the framework's polling path, against bare smbus2 and plain Python."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from i2cdrv.core.device import Device
from i2cdrv.core.published import Publication
from i2cdrv.core.reading import Reading
from i2cdrv.lib.clock import RealClock, VirtualClock

from .bare import PROGRAMS
from .kernel import booted
from .rig import INTERVAL, Rig, recorded, rig
from .rounds import Amount, Loop, Pair, alternate, timed
from .section import Section, cells_of_times, table
from .table import NONE, Table

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # as /run is
PERIOD, WAITING = 0.02, 40  # s of real time, where the waiting is real; samples of a round


@contextmanager
def polled(chip: str, *, publish: bool = False) -> Iterator[tuple[Loop, Loop]]:
    """Samples back to back: no time passes but the processor's.  ``publish``: other processes see each reading."""
    with rig(chip, VirtualClock()) as it, TemporaryDirectory(dir=MEMORY) as run_dir, booted(*recorded(it)):
        if publish:
            it.device.polling.publication = Publication(Path(run_dir), str(it.device))
        readings: deque[Reading] = deque(maxlen=1)
        it.device.poll(INTERVAL, readings.append)
        yield timed(it.program.sample), _kthread_loop(it.device)
        it.device.polling.stop()  # a run that is due would be cut off by the device's removal
        if readings and readings[0].error is not None:
            raise readings[0].error


def _kthread_loop(device: Device[Any]) -> Loop:
    """Drive the kthread through that many periods."""
    kthread, clock = device.bus.kthread, device.bus.adapter.clock

    def loop(count: int) -> float:
        start = time.process_time()
        kthread.run(clock.monotonic() + count * INTERVAL)
        return (time.process_time() - start) / count

    return loop


@contextmanager
def published() -> Iterator[tuple[Loop, Loop]]:
    """The publication of a reading alone, against the least system call that could do it."""
    with rig("bme280", VirtualClock()) as it, TemporaryDirectory(dir=MEMORY) as run_dir:
        publication, reading = Publication(Path(run_dir), str(it.device)), it.device.reading()
        publication.update(reading, INTERVAL, "live")
        with Path(run_dir, "bare").open("wb") as file:
            record = bytes(80)
            theirs = partial(os.pwrite, file.fileno(), record, 0)
            yield timed(theirs), timed(partial(publication.update, reading, INTERVAL, "live"))


def waited(amount: Amount) -> Pair:
    """Samples at 50 Hz with the conversion times waited for: sleeps, wake-ups and the thread are in the figure."""
    with rig("bme280", RealClock()) as it, booted(*recorded(it)):
        it.device.bus.kthread.start()
        return alternate(_bare_waiting(it), _kthread_waiting(it.device), amount.real, WAITING)


def _bare_waiting(it: Rig) -> Loop:
    def loop(count: int) -> float:
        start, cpu = time.monotonic(), time.process_time()
        for done in range(1, count + 1):
            it.program.sample()
            time.sleep(max(start + done * PERIOD - time.monotonic(), 0.0))
        return (time.process_time() - cpu) / count

    return loop


def _kthread_waiting(device: Device[Any]) -> Loop:
    def loop(count: int) -> float:
        finished = threading.Event()
        left = iter(range(count - 1, -1, -1))
        cpu = time.process_time()
        device.poll(PERIOD, lambda _reading: None if next(left, 0) else finished.set())
        finished.wait()
        spent = (time.process_time() - cpu) / count
        device.polling.stop()
        return spent

    return loop


PUBLISHED, AND_A_FILE = "publication, against a pwrite", "bme280, and a file"
PAIRS: dict[str, Callable[[], Any]] = {
    **{chip: partial(polled, chip) for chip in PROGRAMS},
    AND_A_FILE: partial(polled, "bme280", publish=True),
    PUBLISHED: published,
}
SECTION = Section(
    "(b) One sample",
    "Driver polled by its kthread (poll, Device, regmap, SmbusAdapter, values checked, Reading reported) against the"
    " same transfers by smbus2.SMBus.i2c_rdwr and the datasheet's formula in plain Python;\nioctl is replaced on both"
    f" sides by a stub that fills the buffer.  No time is waited but in the last line.  {AND_A_FILE}: the reading is"
    " also written to the run directory, for other processes; the bare program writes none.",
    "smbus2",
    PAIRS,
    loops=20,
    cold=True,
)


def run(amount: Amount) -> Table:
    found = table("cpu", SECTION, amount)
    row = ["bme280, waiting for real", "in use", *[NONE] * 3, *cells_of_times(waited(amount)), *[NONE] * 3]
    return found._replace(rows=[*found.rows, row])
