"""How quick the runtime is on a real kernel's adapter: figures for a person, beside a bare smbus2 loop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from timeit import timeit
from typing import Any

from smbus2 import SMBus

import i2cdrv
from i2cdrv import reg_field
from i2cdrv.core.reading import Reading

SECONDS = 2.0
HERTZ, LOOPS = 50, 5


def per_second(*works: Callable[[], object]) -> list[float]:
    """Rates of short rounds in turn, the highest of each: other load on the machine hits all, but not each round."""
    rounds, end = [], time.monotonic() + SECONDS
    while time.monotonic() < end:
        rounds.append([timeit(work, number=LOOPS) for work in works])
    return [LOOPS / min(seconds) for seconds in zip(*rounds, strict=True)]


def report(stub: int, addr: int, register: int) -> list[str]:
    """Lines with the rates of one MCP9808: a sample is one transfer of a word."""
    with SMBus(stub) as bare, i2cdrv.open("mcp9808", bus=stub, addr=addr) as device:
        alone = partial(bare.read_word_data, addr, register)
        read = partial(device.driver.regmap.read, reg_field(register, size=2))
        device.bus.start()
        smbus2, driver = device.bus.run(partial(per_second, alone, read), "reading", timeout=10 * SECONDS)
        (sample,) = per_second(device.sample)
    return [
        f"transfers per second: smbus2 in a loop {smbus2:.0f}, a driver's regmap {driver:.0f} ({driver / smbus2:.2f});",
        f"requests of another thread per second, each for one sample: {sample:.0f}",
        _polled(stub, addr),
    ]


def _polled(stub: int, addr: int) -> str:
    """One device polled in real time."""
    late: list[float] = []
    finished = threading.Event()

    def told(reading: Reading) -> None:
        assert reading.error is None
        if len(late) >= SECONDS * HERTZ:
            finished.set()

    with i2cdrv.open("mcp9808", bus=stub, addr=addr) as device:
        timers: Any = device.bus.timers
        count = timers.count

        def counted(seconds: float, missed: int) -> None:
            late.append(seconds)
            count(seconds, missed)

        timers.count = counted
        device.bus.start()
        device.poll(1 / HERTZ, told)
        assert finished.wait(30)
        missed = timers.jitter().missed
    late.sort()
    p50, p99, most = (1e3 * late[int(share * (len(late) - 1))] for share in (0.5, 0.99, 1.0))
    lateness = f"late by {p50:.2f} ms (median), {p99:.2f} (p99), {most:.2f} (at most)"
    return f"polled at {HERTZ} Hz: {lateness}; missed {missed}"
