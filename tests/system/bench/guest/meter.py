"""One sample of one driver on a simulated chip: its traffic on the wire, its duration, its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from i2cdrv.errors import Error
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim import CHIPS, SimAdapter

TRUTH = {
    "temp": -7.5,
    "pressure": 98765.0,
    "humidity": 41.5,
    "voltage": 11.968,
    "current": 0.25,
    "light": 20_000.0,
}  # SI units, and %
PAUSE = 1.0  # s between samples, as a program that polls leaves

Values = Mapping[str, float]
Open = Callable[[SimAdapter], Callable[[], Values]]


class Cost(NamedTuple):
    """``bus_time`` is the time in s the wires were busy, ``wall`` all time that passed, waits included.

    ``conversation`` holds the chip's answers from the beginning to the end of the first sample, in hexadecimal.
    """

    conversation: str
    init_transactions: int
    transactions: int
    bytes: int
    bus_time: float
    wall: float
    values: Values


def bus_with(chip: str, addr: int) -> SimAdapter:
    """A bus of 100 kHz in virtual time; the chip measures TRUTH."""
    inputs = {name: TRUTH[name] for name in CHIPS[chip].inputs if name in TRUTH}
    return SimAdapter({addr: CHIPS[chip](**inputs)}, clock=VirtualClock())


def _feel(bus: SimAdapter, share: float) -> None:
    """Let the chips measure that share more than the truth."""
    for chip in bus.chips.values():
        chip.set(**{name: TRUTH[name] * (1 + share) for name in chip.inputs if name in TRUTH})


def measure(bus: SimAdapter, open_: Open, pause: float = PAUSE, samples: int = 1) -> Cost:
    """Open the driver, let it make one sample to warm up, and measure the next: of several, the cheapest."""
    answers: list[str] = []

    def record(_: object, outcome: list[bytes] | Error) -> None:
        if isinstance(outcome, list):
            answers.extend(answer.hex() for answer in outcome)

    stop_recording = bus.transferred.add(record)
    _feel(bus, 1e-4)  # no two samples of a real chip are the same
    sample = open_(bus)
    opened = bus.transactions
    sample()
    stop_recording()
    costs = []
    for number in reversed(range(samples)):
        _feel(bus, 2e-4 * (number % 3))
        costs.append(_next(bus, sample, pause, answers, opened))
    return min(costs, key=lambda cost: cost.bytes)


def _next(bus: SimAdapter, sample: Callable[[], Values], pause: float, answers: list[str], opened: int) -> Cost:
    bus.clock.sleep(pause)
    start, before = bus.clock.monotonic(), (bus.transactions, bus.bytes, bus.bus_time)
    values = dict(sample())
    transactions, data, bus_time = bus.transactions - before[0], bus.bytes - before[1], bus.bus_time - before[2]
    return Cost(" ".join(answers), opened, transactions, data, bus_time, bus.clock.monotonic() - start, values)
