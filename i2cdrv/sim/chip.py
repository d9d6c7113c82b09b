"""A simulated chip: bytes on one side, physical inputs on the other, time in between.

A chip does nothing by itself.  Before every transfer and every change of an input, ``catch_up`` performs all that
was due since the last one.  So an idle chip costs nothing, and a virtual hour takes no time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from math import inf, isfinite
from typing import ClassVar, NamedTuple, Self

from ..errors import Invalid, choice
from ..lib.validate import number, shown

Value = float | Callable[[float], float]  # a constant, or a function of the clock's time in s

SLACK_S = 1e-9  # sums of floats may miss a deadline by less than this


class Input(NamedTuple):
    """One physical quantity at the chip's pins or package."""

    default: float
    unit: str


class Pace(NamedTuple):
    """From ``since`` of the bus's time, a chip's own time runs from ``own``, slower by the factor; all in s."""

    since: float = 0.0
    own: float = 0.0
    factor: float = 1.0

    def own_time(self, moment: float) -> float:
        """Convert a moment of the bus's time to the chip's own time."""
        return self.own + (moment - self.since) / self.factor

    def bus_time(self, moment: float) -> float:
        """Convert a moment of the chip's own time to the bus's time."""
        return self.since + (moment - self.own) * self.factor


class Chip:
    """The base of every chip: power, inputs, and the byte-level interface that the bus drives.

    A subclass sets its own attributes first and calls ``super().__init__`` last, which calls ``power_on``.
    """

    inputs: ClassVar[Mapping[str, Input]] = {}
    options: ClassVar[tuple[str, ...]] = ()  # numeric keyword arguments of the constructor
    t_startup: ClassVar[float] = 0.0  # s from power-on, in which it acknowledges nothing
    observed = 1  # conversions that are simulated after a pause: the latest, and some before it

    def __init__(self, **inputs: Value) -> None:
        self.now: Callable[[], float] = float  # its own time; 0.0 s until the chip is on a bus
        self._bus_now: Callable[[], float] = float
        self._since = -inf
        self._pace = Pace()
        self._values: dict[str, Value] = {name: declared.default for name, declared in self.inputs.items()}
        self._conversions = Conversions()
        self._acknowledges_at = -inf
        self._change(inputs)
        self.power_on()

    def connect(self, now: Callable[[], float], powered: float = 0.0) -> None:
        """Put the chip on a bus whose time is ``now``; it has had power for ``powered`` s."""
        self._since = now()
        self._pace = Pace()
        self._bus_now = self.now = now
        self.power_cycle(self._since - powered)

    def power_cycle(self, moment: float) -> None:
        """Restore power after a dip or an outage, at the moment of the bus's time, which may be past."""
        now, began = self.now, self._pace.own_time(moment)
        self.now = lambda: began
        self.power_on()
        self.now = now

    def slow_down(self, factor: float, moment: float) -> None:
        """Let the chip's own time run slower by the factor, from the moment of the bus's time; 1 ends it.

        Time never jumps: the chip does not make up for the delay.
        """
        own = self._pace.own_time(moment)
        self.catch_up(own)
        pace, bus_now = Pace(moment, own, factor), self._bus_now
        self._pace = pace
        self.now = lambda: pace.own_time(bus_now())

    def copy_inputs_of(self, other: Chip) -> None:
        """Copy the inputs that both chips have."""
        self._values |= {name: value for name, value in other._values.items() if name in self._values}

    def twin(self) -> Self:
        """Return a second chip of this kind in the same state, with default inputs and its own constants."""
        other = copy(self)
        vars(other).update({name: copy(value) for name, value in vars(self).items()})
        other._values = {name: declared.default for name, declared in self.inputs.items()}
        return other

    def power_on(self) -> None:
        """Set the reset values.  A second call is a brown-out: all settings are lost."""
        self._conversions.stop()
        self.refuse(self.t_startup)

    def refuse(self, duration: float) -> None:
        """Acknowledge nothing for ``duration`` s."""
        self._acknowledges_at = self.now() + duration

    def catch_up(self, now: float) -> None:
        """Perform all that was due until ``now``: by default the conversions."""
        while ends := self._conversions.finished(now, self.observed):
            for end in ends:
                self.convert(end)

    def convert(self, end: float) -> None:
        """Set the results of a conversion that ended at the moment ``end``; it may start others from then on."""

    def set(self, **inputs: Value) -> None:
        """Change physical inputs; finished conversions keep their values."""
        self.catch_up(self.now())
        self._change(inputs)

    def value(self, name: str, at: float | None = None) -> float:
        """Return the input ``name`` at the chip's time ``at``, by default now; never before it was connected."""
        value = self._values[self._known(name)]
        if not callable(value):
            return value
        return value(max(self._pace.bus_time(self.now() if at is None else at), self._since))

    def start(self, read: bool) -> bool:
        """Receive START or repeated START with this chip's address; return whether it acknowledges."""
        self.catch_up(self.now())
        return self.now() + SLACK_S >= self._acknowledges_at

    def stretch(self) -> float:
        """Return the s for which the chip holds the clock low, once it has acknowledged a read; mostly none."""
        return 0.0

    def write(self, byte: int) -> bool:
        """Receive one byte; return whether the chip acknowledges it."""
        raise NotImplementedError

    def read(self) -> int:
        """Return the next byte that the chip sends."""
        raise NotImplementedError

    def stop(self) -> None:
        """Receive STOP after a transfer in which the chip was addressed."""

    def _change(self, inputs: Mapping[str, Value]) -> None:
        self._values |= {self._known(name): _checked(name, value) for name, value in inputs.items()}

    def _known(self, name: str) -> str:
        if name not in self.inputs:
            raise unknown(f"{type(self).__name__} has no input", name, self.inputs)
        return name


def _checked(name: str, value: Value) -> Value:
    """Return a finite number, or a function of the time.  Raises Invalid."""
    if callable(value) and not isinstance(value, type):
        return value
    try:
        finite = number(name, value)
    except Invalid:
        finite = inf
    if not isfinite(finite):
        raise Invalid(f"{name}={shown(value)}: not a finite number")
    return finite


def unknown(subject: str, name: str, known: Iterable[str]) -> Invalid:
    """Return the error for a name that is not known: the subject, the nearest name and the accepted names."""
    return Invalid(f"{subject} {name!r}{choice(name, list(known), 'known')}")


class Conversions:
    """Conversions of one duration, single or periodic, computed when their results are needed."""

    def __init__(self) -> None:
        self.stop()

    def start(self, now: float, duration: float, period: float = inf) -> None:
        """Begin a conversion of ``duration`` s now, and another every ``period`` s."""
        self._duration = duration
        self._period = period
        self._end = now + duration

    def stop(self) -> None:
        """Abort: no conversion will finish."""
        self._duration = 0.0
        self._period = self._end = inf

    def finish(self, now: float) -> None:
        """Let the current conversion be the last; between two conversions, stop immediately."""
        self._period = inf
        if not self.busy(now):
            self.stop()

    def busy(self, now: float) -> bool:
        """Return whether a conversion is in progress; call it after ``finished``."""
        return self._end - self._duration <= now + SLACK_S

    def remaining(self, now: float) -> float:
        """Return the s to the end of the conversion in progress; call it after ``finished``."""
        return self._end - now if self.busy(now) else 0.0

    def finished(self, now: float, most: int = 1) -> list[float]:
        """Return the end times of the conversions that ended since the last call, at most ``most``; oldest first."""
        late = now + SLACK_S - self._end
        if late < 0:
            return []
        last, period = self._end, self._period
        self._end = inf
        if period == inf:
            return [last]
        more = late // period
        last += more * period
        self._end = last + period
        return [last - i * period for i in range(min(int(more) + 1, most) - 1, -1, -1)]
