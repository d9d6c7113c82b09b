"""One run: a device that is sampled each second, a fault at some moment, and all values published until the end."""

from __future__ import annotations

import random
import signal
from contextlib import contextmanager, suppress
from itertools import pairwise
from math import inf
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import load
from i2cdrv.errors import Error
from i2cdrv.sim import CHIPS, SimAdapter
from i2cdrv.sim.chips.bosch_trim import NEGATIVE_H

from .chips import INTERVAL, INTERVALS, SIMULATED, module_of, pace
from .rival import Rival
from .truth import Weather, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from i2cdrv.core.device import Device
    from i2cdrv.core.module import Module
    from i2cdrv.core.reading import Reading
    from i2cdrv.i2c.adapter import Message
    from i2cdrv.sim.active_fault import ActiveFault

    from .case import Case

SETTLED = 3.2  # s of the clock, before the fault; these times are multiplied by the pace of a slow chip
LONGEST = 8.0  # s that a fault may take
AFTERWARDS = 5.0  # s that are looked at, when the fault is over
UNTIL_CHECKED = 15.0  # s of them after a fault that lasts in the chip: more than there are between two checks of it
LASTS = ("meddle", "rival", "write-stuck", "write-lost", "write-ignored")
REAL_TIME = 20.0  # s that a run may take of ours, before it hangs
UNDER_WAY = 1.1  # s that a transfer may take that was under way when the fault ended (adapter timeout)
TRIED_AGAIN = 0.1  # s for the pauses before a sample is tried again, and for the bytes of all that
SLOW_TO_NOTICE = 2.5  # intervals: one and a half without a measurement, and another to confirm the first value
HEATER = "meddle=39"  # an SHT4x heats for a second
NEIGHBOUR = 0x4F


class Outcome(NamedTuple):
    """``wrong``: published values that are not true.  ``recovery``: s from the end of the fault to the next value.

    ``limit``: s that it may take.  ``values``: how many were published since the fault began.  ``lasting``: s from its
    end to the last wrong one.  ``foreign``: values of another chip that was in its place.  ``errors``: samples without
    a value.  ``neighbour``: those of the chip beside it.
    """

    case: Case
    wrong: tuple[str, ...] = ()
    hang: str = ""
    recovery: float | None = None
    limit: float = 0.0
    values: int = 0
    lasting: float = 0.0
    foreign: int = 0
    errors: int = 0
    hits: int = 0
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
            return _Run(case, module or module_of(case.chip)).outcome()
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
        self.case, self.module = case, module
        self.pace = pace(case.chip)
        self.interval = INTERVALS.get(case.chip, INTERVAL * self.pace)
        self.weather = Weather(case.seed, self.pace)
        trim: Any = {"trim": NEGATIVE_H} if case.chip in ("bme280", "bmp280") else {}  # another one will have others
        chips = {case.addr: SIMULATED[case.chip](**trim), NEIGHBOUR: CHIPS["lm75"]()}
        for chip in chips.values():
            self.weather.follow(chip)
        self.adapter = SimAdapter(chips)
        self.clock = self.adapter.clock
        self.bus = Bus(self.adapter)
        self.readings: list[tuple[float, Reading]] = []
        self.neighbours: list[tuple[float, Reading]] = []
        self.start_up = self.attempt = 0.0
        self.before: ActiveFault | None = None
        self.fault: ActiveFault | Rival | None = None
        self.began = inf  # when the fault did
        self.over: float | None = None  # when it ended

    def _bound(self, module: Module, addr: int, settings: str) -> Device[Any]:
        loaded = LoadedModule(module)
        loaded.params.load(settings.encode())
        return self.bus.bind(loaded, addr, chip=self.case.chip if addr == self.case.addr else "lm75")

    def outcome(self) -> Outcome:
        random = Random(self.case.seed)
        if self.case.at_probe:
            self._inject()
        self.device = self._started()
        neighbour = self._bound(load("lm75"), NEIGHBOUR, "")
        self.device.poll(self.interval, lambda reading: self.readings.append((self.clock.monotonic(), reading)))
        neighbour.poll(INTERVAL, lambda reading: self.neighbours.append((self.clock.monotonic(), reading)))
        if not self.case.at_probe:
            self._until(self.pace * (SETTLED + random.uniform(0, 1)))
            if self.case.before:
                self.before = self.adapter.faults.inject(self.case.before, self.case.addr)
            self._inject()
        self._until(self.began + self.pace * LONGEST)
        if self.over is None:  # fewer transfers met it than it waits for
            self._end()
        lasts = self.case.at_probe or self.case.kind in LASTS
        self._until(self.clock.monotonic() + self.pace * (UNTIL_CHECKED if lasts else AFTERWARDS))
        return self._found()

    def _inject(self) -> None:
        self.began = self.clock.monotonic()
        if self.case.kind == "rival":
            self.fault = Rival(self.case.words, self.case.chip, self.case.addr, self.adapter)
        else:
            self.fault = self.adapter.faults.inject(self.case.words, self.case.addr)
        self.adapter.transferred.add(self._look)

    def _started(self) -> Device[Any]:
        """Bind the device and sample it once; after each refusal again a second later, as the daemon does."""
        while True:
            before = self.clock.monotonic()
            with suppress(Error):
                device = self._bound(self.module, self.case.addr, self.case.settings)
                probed = self.clock.monotonic()
                self._first_sample(device)
                self.start_up, self.attempt = self.clock.monotonic() - before, self.clock.monotonic() - probed
                return device
            self._until(self.clock.monotonic() + 1.0)
            if self.clock.monotonic() > self.began + 2 * self.pace * LONGEST:
                raise _Hang(f"it was not bound within {self.pace * LONGEST:.0f} s after the fault")
            if self.clock.monotonic() > self.began + self.pace * LONGEST:
                self._end()

    def _first_sample(self, device: Device[Any]) -> None:
        if self.case.at_probe:
            reading = device.reading()
            self.readings.append((self.clock.monotonic(), reading))
        else:
            device.sample()

    def _until(self, moment: float) -> None:
        rival = self.fault if isinstance(self.fault, Rival) else None
        while rival is not None and rival.next_step < moment:
            self.bus.kthread.run(rival.next_step)
            rival.step()
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
        if self.over is None:
            self.over = self.clock.monotonic()

    def _found(self) -> Outcome:
        assert self.over is not None
        assert self.fault is not None
        kind, _, chip = self.case.words.partition(" ")[0].partition("=")
        stranger = self._stranger(kind, chip)
        readings = [(time, reading) for time, reading in self.readings if reading.error is None]
        said = [wrong(reading.sample, time, self.weather, stranger) for time, reading in readings]
        beside = [
            wrong(reading.sample, time, self.weather, {}) for time, reading in self.neighbours if reading.error is None
        ]
        good = [time for time, _ in readings if time >= self.over]
        interval = INTERVAL * self.pace if self.case.at_probe else self.interval  # it is bound again each second
        under_way = UNDER_WAY if kind in ("stuck-scl", "stretch") or self.case.words.startswith(HEATER) else 0.0
        foreign = [bool(wrong(reading.sample, time, self.weather, {})) for time, reading in readings]
        return Outcome(
            self.case,
            tuple(filter(None, said + beside)),
            self._silence(),
            good[0] - self.over if good else None,
            interval * (self._samples_to_recover() + self._to_notice())
            + 2 * self.start_up  # a probe that was under way at the end fails first
            + self.attempt
            + under_way
            + TRIED_AGAIN,
            sum(time >= self.began for time, _ in readings),
            max((time - self.over for (time, _), bad in zip(readings, said, strict=True) if bad), default=0.0),
            sum(foreign) - sum(map(bool, said)),
            len(self.readings) - len(readings),
            self.fault.hits,
            sum(reading.error is not None for _, reading in self.neighbours),
            str(self.device.state),
        )

    def _samples_to_recover(self) -> int:
        """Return after how many samples there is a value; an impossible bit calls for a probe only the second time."""
        return 2 if self.case.kind in ("meddle", "rival") else 1

    def _to_notice(self) -> float:
        """Return for how many intervals a slow chip that was reset does not differ from a chip that still measures."""
        return SLOW_TO_NOTICE if self.pace > 1 else 0.0

    def _stranger(self, kind: str, chip: str) -> dict[str, float]:
        """Return the inputs of another chip in the place of ours: its values are true of the chip that answers."""
        if kind not in ("swap", "twin"):
            return {}
        inputs = SIMULATED[chip if kind == "swap" else self.case.chip].inputs
        return {name: found.default for name, found in inputs.items()}

    def _silence(self) -> str:
        """Check that a value or an error is published each second; unless a transfer takes that long."""
        times = [time for time, _ in self.readings] + [self.clock.monotonic()]
        longest = max(later - time for time, later in pairwise(times))
        allowed = 2 * self.interval + self.device.driver.timeout
        return f"nothing was said for {longest:.1f} s" if longest > allowed else ""
