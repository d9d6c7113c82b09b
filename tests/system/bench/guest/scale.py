"""Many simulated BME280 in real time: ``python -m tests.system.bench.guest.scale HOW DEVICES BUSES HZ SECONDS``.

``kthread`` is i2cdrv: one thread for each bus, which polls.  ``threads`` does the same work with the same driver and a
thread for each sensor, which requests a reading and sleeps.  ``bare`` has a thread for each sensor too, around the
datasheet's formula, with a lock for each bus: no error is noticed or explained.  Prints one JSON object.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from i2cdrv.core.bus import Bus
from i2cdrv.core.device import Device
from i2cdrv.core.force import Force
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import load
from i2cdrv.core.reading import Reading
from i2cdrv.i2c.adapter import Message, Read, Write
from i2cdrv.lib.clock import RealClock
from i2cdrv.lib.log.logger import log as lines
from i2cdrv.sim import CHIPS, SimAdapter

from ..bare import Bme280

SEGMENT = 0x60  # chips on one segment: a bus has 112 addresses
FIRST = 0x08
SETTLING = 2.0  # s between the start and the first figure


MADE: list[Muxed] = []


def breath(time: float) -> float:
    """%RH, another one each 0.1 s, of few: a simulated chip computes each raw value once."""
    return 40 + round(abs(time % 20 - 10) * 10) / 20


class Muxed(SimAdapter):
    """A simulated bus with a multiplexer, as 250 chips on one bus need: the address includes the segment."""

    def __init__(self, chips: int, nr: int, clock: RealClock) -> None:
        super().__init__({}, nr=nr, clock=clock, frequency=None)
        MADE.append(self)
        self.spent = 0.0  # s of processor time
        self.segments = [
            SimAdapter(
                {FIRST + number: CHIPS["bme280"](humidity=breath) for number in range(min(SEGMENT, chips - start))},
                clock=clock,
                frequency=None,
            )
            for start in range(0, chips, SEGMENT)
        ]

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        """The chips' own processor time is noted: a thousand of them are as cold as they are."""
        began = time.thread_time()
        segment, addr = divmod(messages[0].addr, SEGMENT)
        answers = self.segments[segment].xfer([message._replace(addr=FIRST + addr) for message in messages])
        self.spent += time.thread_time() - began
        return answers


class Sensor(Bme280):
    """The bare program on a bus that threads share."""

    def __init__(self, adapter: Muxed, lock: threading.Lock, addr: int) -> None:
        self.adapter, self.lock, self.addr = adapter, lock, addr  # type: ignore[misc]
        self.sleep = time.sleep
        self.start()

    def write(self, *data: int) -> None:
        with self.lock:
            self.adapter.xfer((Write(self.addr, bytes(data)),))

    def read(self, register: int, length: int) -> bytes:
        with self.lock:
            return self.adapter.xfer((Write(self.addr, bytes((register,))), Read(self.addr, length)))[0]


class Log:
    """How late each sample began, in s, and how many were left out, from some moment on.

    ``binding``: the processor time in s to bind a device, without that of its chip; 0 where nothing is bound.
    """

    def __init__(self) -> None:
        self.late: list[float] = []
        self.missed = 0
        self.binding = 0.0

    def note(self, late: float, missed: int) -> None:
        self.late.append(late)
        self.missed += missed


def share(devices: int, buses: int) -> list[int]:
    return [devices // buses + (number < devices % buses) for number in range(buses)]


def bound(devices: int, buses: int, log: Log) -> list[tuple[Bus, list[Device[Any]]]]:
    loaded = LoadedModule(load("bme280"))
    made = [(Bus(Muxed(chips, nr, RealClock())), chips) for nr, chips in enumerate(share(devices, buses))]
    began = time.process_time()
    there = [(bus, [bus.bind(loaded, addr, force=Force.ADDR) for addr in range(chips)]) for bus, chips in made]
    log.binding = (time.process_time() - began - sum(bus.spent for bus in MADE)) / devices
    return there


def kthread(devices: int, buses: int, hertz: float, log: Log) -> None:
    latest: dict[str, Reading] = {}

    def report(reading: Reading) -> None:
        assert reading.error is None
        latest[reading.device] = reading

    made = bound(devices, buses, log)
    gc.freeze()  # as i2cdrv load does
    for bus, there in made:
        bus.timers.count = partial(both, bus.timers.count, log.note)  # type: ignore[method-assign]
        bus.start()
        for device in there:
            device.poll(1 / hertz, report)


def both(count: Callable[[float, int], None], note: Callable[[float, int], None], late: float, missed: int) -> None:
    count(late, missed)
    note(late, missed)


def threads(devices: int, buses: int, hertz: float, log: Log) -> None:
    latest: dict[str, Reading] = {}

    def measure(device: Device[Any]) -> None:
        reading = device.reading()
        assert reading.error is None
        latest[reading.device] = reading

    for bus, there in bound(devices, buses, log):
        bus.start()
        for device in there:
            periodically(partial(measure, device), 1 / hertz, log)


def bare(devices: int, buses: int, hertz: float, log: Log) -> None:
    latest: dict[tuple[int, int], tuple[float, tuple[float, ...]]] = {}

    def measure(nr: int, sensor: Sensor) -> None:
        latest[nr, sensor.addr] = time.time(), sensor.sample()

    for nr, chips in enumerate(share(devices, buses)):
        adapter, lock = Muxed(chips, nr, RealClock()), threading.Lock()
        for addr in range(chips):
            periodically(partial(measure, nr, Sensor(adapter, lock, addr)), 1 / hertz, log)


def periodically(work: Callable[[], None], period: float, log: Log) -> None:
    """The usual hand-written code: a thread that works, and sleeps until the next time."""

    def body() -> None:
        deadline = time.monotonic()
        while True:
            now = time.monotonic()
            missed = int((now - deadline) / period)
            deadline += missed * period
            log.note(now - deadline, missed)
            work()
            deadline += period
            time.sleep(max(deadline - time.monotonic(), 0.0))

    threading.Thread(target=body, daemon=True).start()


def main() -> None:
    how, devices, buses = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    hertz, seconds = float(sys.argv[4]), float(sys.argv[5])
    lines.configure("text", "error")  # an address beyond those of a BME280 is a warning of each device
    log = Log()
    {"kthread": kthread, "threads": threads, "bare": bare}[how](devices, buses, hertz, log)
    time.sleep(SETTLING)
    log.late, log.missed = [], 0
    chips = sum(bus.spent for bus in MADE)
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    time.sleep(seconds)
    after, took = resource.getrusage(resource.RUSAGE_SELF), time.monotonic() - began
    chips = sum(bus.spent for bus in MADE) - chips
    late, missed = sorted(log.late), log.missed
    spent = sum(getattr(after, name) - getattr(before, name) for name in ("ru_utime", "ru_stime"))
    figures = {
        "samples": len(late),
        "missed": missed,
        "wakeups": (after.ru_nvcsw - before.ru_nvcsw) / took,
        "cpu": (spent - chips) / len(late),
        "chip": chips / len(late),
        "binding": log.binding,
        "p50": late[len(late) // 2],
        "p99": late[int(len(late) * 0.99)],
        "max": late[-1],
    }
    print(json.dumps(figures), flush=True)
    os._exit(0)  # a thousand threads, none of which would come to its end


if __name__ == "__main__":
    main()
