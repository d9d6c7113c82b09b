"""How quick the runtime is on a real kernel's adapter: figures for a person, beside a bare smbus2 loop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from smbus2 import SMBus

import i2cdrv
from i2cdrv import reg_field
from i2cdrv.core.reading import Reading

SECONDS = 2.0
HERTZ = 50


def per_second(work: Callable[[], object]) -> float:
    began, count = time.monotonic(), 0
    while time.monotonic() < began + SECONDS:
        for _ in range(50):
            work()
        count += 50
    return count / (time.monotonic() - began)


def report(stub: int, addr: int, register: int) -> list[str]:
    """Lines with the rates of one MCP9808: a sample is one transfer of a word."""
    with SMBus(stub) as bare:
        smbus2 = per_second(lambda: bare.read_word_data(addr, register))
    with i2cdrv.open("mcp9808", bus=stub, addr=addr) as device:
        read = partial(device.driver.regmap.read, reg_field(register, size=2))
        device.bus.start()
        driver = device.bus.run(partial(per_second, read), "reading", timeout=10 * SECONDS)
        sample = per_second(device.sample)
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
