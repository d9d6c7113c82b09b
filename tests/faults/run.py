"""One run: a device that is sampled each second, a fault at some moment, and what was published until it was over."""

from __future__ import annotations

import random
import signal
from contextlib import contextmanager
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from i2cdrv.bus import Bus
from i2cdrv.live import LiveModule
from i2cdrv.module import load
from i2cdrv.sim import CHIPS, SimAdapter
from i2cdrv.sim.chips.bosch_trim import NEGATIVE_H

from .truth import Weather, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from i2cdrv.adapter import Message
    from i2cdrv.device import Device
    from i2cdrv.errors import Error
    from i2cdrv.module import Module
    from i2cdrv.reading import Reading
    from i2cdrv.sim.active import ActiveFault

    from .case import Case

INTERVAL = 1.0  # s between samples
SETTLED = 3.2  # s of the clock, before the fault
AFTERWARDS = 5  # intervals that are looked at, when the fault is over
REAL_TIME = 20.0  # s that a run may take of ours, before it hangs
UNDER_WAY = 1.1  # s that a transfer may take that was under way when the fault ended (adapter timeout)
TRIED_AGAIN = 0.1  # s for the pauses before a sample is tried again, and for the bytes of all that
NEIGHBOUR = 0x4F


class Outcome(NamedTuple):
    """``wrong``: what was published and is not true.  ``recovery``: s from the end of the fault to the next value.

    ``limit``: s that it may take.  ``errors``: samples without a value.  ``neighbour``: those of the chip beside it.
    """

    case: Case
    wrong: tuple[str, ...] = ()
    hang: str = ""
    recovery: float | None = None
    limit: float = 0.0
    errors: int = 0
    struck: int = 0
    neighbour: int = 0
    state: str = ""

    @property
    def late(self) -> bool:
        """It did not recover in time."""
        return not self.hang and (self.recovery is None or self.recovery > self.limit)

    @property
    def good(self) -> bool:
        return not (self.wrong or self.hang or self.late)


class _Hang(BaseException):
    """Our own time is over."""


def run(case: Case, module: Module | None = None) -> Outcome:
    """Do it; ``module``: another driver than the chip's own."""
    random.seed(case.seed)
    with _limited():
        try:
            return _Run(case, module or load(case.chip)).outcome()
        except _Hang as hang:
            return Outcome(case, hang=str(hang))


@contextmanager
def _limited() -> Iterator[None]:
    def ring(_number: int, frame: FrameType | None) -> None:
        where = "" if frame is None else f" in {frame.f_code.co_qualname}"
        raise _Hang(f"no end after {REAL_TIME:.0f} s{where}")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, REAL_TIME)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class _Run:
    def __init__(self, case: Case, module: Module) -> None:
        self.case = case
        self.weather = Weather(case.seed)
        trim: Any = {"trim": NEGATIVE_H} if case.chip in ("bme280", "bmp280") else {}  # another one will have others
        chips = {case.addr: CHIPS[case.chip](**trim), NEIGHBOUR: CHIPS["lm75"]()}
        for chip in chips.values():
            self.weather.follow(chip)
        self.adapter = SimAdapter(chips)
        self.clock = self.adapter.clock
        self.bus = Bus(self.adapter)
        self.readings: list[tuple[float, Reading]] = []
        self.neighbours: list[tuple[float, Reading]] = []
        before = self.clock.monotonic()
        self.device = self._bound(module, case.addr, case.settings)
        probed = self.clock.monotonic()
        self.device.sample()
        self.start_up = self.clock.monotonic() - before
        self.attempt = self.clock.monotonic() - probed
        self.before: ActiveFault | None = None
        self.fault: ActiveFault | None = None
        self.over: float | None = None  # when the fault ended

    def _bound(self, module: Module, addr: int, settings: str) -> Device[Any]:
        live = LiveModule(module)
        live.params.load(settings.encode())
        return self.bus.bind(live, addr, chip=self.case.chip if addr == self.case.addr else "lm75")

    def outcome(self) -> Outcome:
        random = Random(self.case.seed)
        neighbour = self._bound(load("lm75"), NEIGHBOUR, "")
        self.device.poll(INTERVAL, lambda reading: self.readings.append((self.clock.monotonic(), reading)))
        neighbour.poll(INTERVAL, lambda reading: self.neighbours.append((self.clock.monotonic(), reading)))
        self._until(SETTLED + random.uniform(0, 1))
        if self.case.before:
            self.before = self.adapter.faults.inject(self.case.before, self.case.addr)
        self.fault = self.adapter.faults.inject(self.case.fault, self.case.addr)
        self.adapter.recorder = self._look
        self._until(self.clock.monotonic() + 8 * INTERVAL)
        if self.over is None:  # fewer transfers met it than it waits for
            self._end()
        self._until(self.clock.monotonic() + AFTERWARDS * INTERVAL)
        return self._found()

    def _until(self, moment: float) -> None:
        self.bus.kthread.run(moment)

    def _look(self, _messages: Sequence[Message], _outcome: list[bytes] | Error) -> None:
        if self.over is None and self.fault is not None and not self.fault.active:
            over = min(self.clock.monotonic(), self.fault.until)
            if self.before is not None and not self.before.active:
                over = max(over, self.before.until)
            elif self.before is not None:
                return
            self.over = over

    def _end(self) -> None:
        assert self.fault is not None
        self.fault.clear()
        self.over = self.clock.monotonic()

    def _found(self) -> Outcome:
        assert self.over is not None
        assert self.fault is not None
        kind, _, chip = self.case.fault.partition(" ")[0].partition("=")
        stranger = {name: found.default for name, found in CHIPS[chip].inputs.items()} if kind == "swap" else {}
        readings = [(time, reading) for time, reading in self.readings if reading.error is None]
        said = [wrong(reading.sample, time, self.weather, stranger) for time, reading in readings]
        beside = [
            wrong(reading.sample, time, self.weather, {}) for time, reading in self.neighbours if reading.error is None
        ]
        good = [time for time, _ in readings if time >= self.over]
        under_way = UNDER_WAY if kind in ("stuck-scl", "stretch") else 0.0
        return Outcome(
            self.case,
            tuple(filter(None, said + beside)),
            self._silence(),
            good[0] - self.over if good else None,
            INTERVAL + self.start_up + self.attempt + under_way + TRIED_AGAIN,
            len(self.readings) - len(readings),
            self.fault.struck,
            sum(reading.error is not None for _, reading in self.neighbours),
            str(self.device.state),
        )

    def _silence(self) -> str:
        """Each second something is said, a value or why there is none; unless a transfer takes that long."""
        times = [time for time, _ in self.readings] + [self.clock.monotonic()]
        longest = max(later - time for time, later in pairwise(times))
        allowed = 2 * INTERVAL + self.device.driver.timeout
        return f"nothing was said for {longest:.1f} s" if longest > allowed else ""
