"""Samples a second of buses that never wait: ``python -m tests.system.bench.guest.parallel``.

Each bus has one simulated MCP9808 in virtual time, so its thread samples without a pause.  One bus and two buses run in
turn; `make freethreaded` prints the best of each.  With a GIL two buses are as fast as one.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from typing import Any

from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import load
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim import CHIPS, SimAdapter

ADDR = 0x18
ROUND_S = 0.5
ROUNDS = 10


class Count:
    """The samples of one bus; its thread alone counts."""

    def __init__(self) -> None:
        self.samples = 0

    def report(self, _reading: Any) -> None:
        self.samples += 1


def rate(buses: int) -> float:
    counts = [Count() for _ in range(buses)]
    loaded = LoadedModule(load("mcp9808"))
    with ExitStack() as stack:
        for nr, count in enumerate(counts):
            adapter = SimAdapter({ADDR: CHIPS["mcp9808"](temp=20.0)}, nr=nr, clock=VirtualClock(), frequency=None)
            bus = stack.enter_context(closing(Bus(adapter)))
            bus.start()
            bus.bind(loaded, ADDR).poll(1.0, count.report)
        began, before = time.perf_counter(), sum(count.samples for count in counts)
        time.sleep(ROUND_S)
        return (sum(count.samples for count in counts) - before) / (time.perf_counter() - began)


def main() -> None:
    rates = [(rate(1), rate(2)) for _ in range(ROUNDS)]
    one, two = (max(found) for found in zip(*rates, strict=True))
    print(f"samples a second: {one:,.0f} of one bus, {two:,.0f} of two, {two / one:.2f} times as many")


if __name__ == "__main__":
    main()
