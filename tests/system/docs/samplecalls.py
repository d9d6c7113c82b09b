"""Print the calls of a sample and of a request, as JSON; a simulated BME280 is below ``ioctl``.

In a process of its own: Python 3.11 hangs in a profiled function while a thread that never runs again, as the watchdog
leaves one behind, has an exception pending.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import i2cdrv
from i2cdrv.core.module import load
from i2cdrv.lib.clock import VirtualClock
from tests.system.bench.rig import INTERVAL, Rig, rig

Calls = dict[str, "Calls"]  # the functions that a function calls, in the order of their first calls, with their own

CODE = str(Path(i2cdrv.__file__).parent), str(load("bme280").path)


class Profiler:
    """The calls of i2cdrv and of the driver.  A coroutine that continues stays where it was first called."""

    def __init__(self) -> None:
        self.calls: Calls = {}
        self._known: dict[FrameType, Calls] = {}

    def __enter__(self) -> Calls:
        sys.setprofile(self._note)
        return self.calls

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame not in self._known and frame.f_code.co_filename.startswith(CODE):
            self._known[frame] = self._calls_of_caller(frame).setdefault(frame.f_code.co_qualname, {})

    def _calls_of_caller(self, frame: FrameType) -> Calls:
        caller = frame.f_back
        while caller is not None and caller not in self._known:
            caller = caller.f_back
        return self.calls if caller is None else self._known[caller]


def pass_time(it: Rig, seconds: float) -> None:
    it.device.bus.kthread.run(it.device.bus.adapter.clock.monotonic() + seconds)


def main() -> None:
    """Poll a device in virtual time, sampled before; each of its samples differs from the last one."""
    with rig("bme280", VirtualClock()) as it:
        it.device.poll(INTERVAL, lambda _reading: None)
        pass_time(it, 2.5 * INTERVAL)
        it.feel(1e-4)
        with Profiler() as sample:
            pass_time(it, INTERVAL)
        it.feel(0.0)
        with Profiler() as request:
            it.device.sample()
    print(json.dumps({"sample": sample, "request": request}))


if __name__ == "__main__":
    main()
