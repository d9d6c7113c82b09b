"""One row of ``PEERS``: the peer and our driver read simulated chips with the same inputs, drawn by chance."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Any

import i2cdrv
from i2cdrv.core.module import load as load_module
from i2cdrv.sim import CHIPS, SimAdapter

from .world import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from i2cdrv.driver.channel import Channel
    from tests.oracles import Peer

    Values = dict[str, float]

FAULTS = 5  # of a row, and no more cases
load = cache(load_module)


@dataclass
class Traffic:
    """The cost of opening a driver and of its last sample on the wire."""

    opening: int = 0
    transfers: int = 0
    bytes: int = 0


@dataclass
class Outcome:
    """The comparisons of a row, and its disagreements.  ``deviated``: the peer was as wrong as in its row."""

    comparisons: int = 0
    faults: list[str] = field(default_factory=list)
    deviated: bool = False
    ours: Traffic = field(default_factory=Traffic)
    theirs: Traffic = field(default_factory=Traffic)


class Side:
    """A driver, on a bus of its own with one chip.  A subclass opens it; the stack closes it."""

    def __init__(self, chip: str, addr: int) -> None:
        self.bus = SimAdapter({addr: CHIPS[chip]()})
        self.addr = addr
        self.traffic = Traffic()

    def read(self, inputs: Values, settle: float) -> Values:
        """Return the values of the chip after a change of its inputs."""
        self.bus.chips[self.addr].set(**inputs)
        self.bus.clock.sleep(settle)
        before = self.bus.transactions, self.bus.bytes
        values = self.sample()
        self.traffic.transfers, self.traffic.bytes = self.bus.transactions - before[0], self.bus.bytes - before[1]
        return values

    def sample(self) -> Values:
        raise NotImplementedError


class Ours(Side):
    """The driver of this project."""

    def __init__(self, row: Peer, addr: int, stack: ExitStack) -> None:
        super().__init__(row.chip, addr)
        self.channels = [channel for channel in channels(row.chip).values() if channel.name in row.channels]
        self.device = stack.enter_context(i2cdrv.open(row.chip, bus=self.bus, addr=addr, **row.params))
        self.traffic.opening = self.bus.transactions

    def sample(self) -> Values:
        sample = self.device.sample()
        return {channel.name: channel.of(sample) for channel in self.channels}


class Theirs(Side):
    """The driver of another author."""

    def __init__(self, row: Peer, addr: int, stack: ExitStack) -> None:
        super().__init__(row.chip, addr)
        reader = Reader(row, self.bus, addr)
        stack.enter_context(reader.device)
        self.sample = reader.sample  # type: ignore[method-assign]
        self.traffic.opening = self.bus.transactions


def compare(row: Peer, cases: int, seed: int = 0) -> Outcome:
    """Let both read the same inputs, ``cases`` times, and compare each channel."""
    addr = load(row.chip).driver.addresses[0] if row.addr is None else row.addr
    outcome = Outcome()
    if lost := row.channels.keys() - channels(row.chip):
        outcome.faults.append(f"our driver has no channel {', '.join(sorted(lost))}")
        return outcome
    with ExitStack() as stack:
        try:
            theirs, ours = (side(row, addr, stack) for side in (Theirs, Ours))
        except Exception as error:  # either may refuse the simulated chip in its own way
            outcome.faults.append(f"a driver refuses the chip: {type(error).__name__}: {error}")
            return outcome
        for inputs in islice(drawn(row, Random(f"{seed} {row.chip} {row.distribution}")), cases):
            _compare_one(row, inputs, _read(theirs, inputs, row), _read(ours, inputs, row), outcome)
            if len(outcome.faults) >= FAULTS:
                break
    outcome.ours, outcome.theirs = ours.traffic, theirs.traffic
    if row.wrong and not outcome.deviated:
        outcome.faults.append("the peer is no longer wrong: remove the reason from its row")
    return outcome


def _read(side: Side, inputs: Values, row: Peer) -> Values | str:
    try:
        return side.read(inputs, row.settle)
    except Exception as error:
        return f"{type(side).__name__.lower()} fails: {type(error).__name__}: {error}"


def _compare_one(row: Peer, inputs: Values, theirs: Values | str, ours: Values | str, outcome: Outcome) -> None:
    for failed in (theirs, ours):
        if isinstance(failed, str):
            outcome.faults.append(f"{shown(inputs)}: {failed}")
    if isinstance(theirs, str) or isinstance(ours, str):
        return
    for name in row.channels:
        outcome.comparisons += 1
        if fault := _fault(row, name, inputs, (theirs[name], ours[name]), outcome):
            outcome.faults.append(f"{shown(inputs)}: {name}: {fault}")


def _fault(row: Peer, name: str, inputs: Values, values: tuple[float, Any], outcome: Outcome) -> str:
    theirs, ours = values
    if not isinstance(ours, float | int):
        return f"ours has no value: {ours}"
    limit = tolerance(row, name, ours)
    if name in inputs and abs(ours - inputs[name]) > limit:
        return f"ours is {ours:.6g}, not the input, within {limit:.3g}"
    if row.wrong:
        outcome.deviated |= abs(theirs - ours) > limit
        says = row.says[name](inputs) if name in row.says else theirs
        return "" if abs(theirs - says) <= limit else f"theirs is {theirs:.6g}, and its row gives {says:.6g}"
    if abs(theirs - ours) > limit:
        return f"theirs is {theirs:.6g}, ours {ours:.6g}; they differ by more than {limit:.3g}"
    return ""


def tolerance(row: Peer, name: str, value: float) -> float:
    limit = row.tolerance[name] if not isinstance(row.tolerance, float | int) else row.tolerance
    return limit + row.share * abs(value)


def drawn(row: Peer, random: Random) -> Iterator[Values]:
    """Yield inputs: the lowest, the highest and, if it is between them, 0; then by chance."""
    spans = intervals(row)
    yield {name: low for name, (low, _) in spans.items()}
    yield {name: high for name, (_, high) in spans.items()}
    yield {name: min(max(low, 0.0), high) for name, (low, high) in spans.items()}
    while True:
        yield {name: random.uniform(low, high) for name, (low, high) in spans.items()}


def intervals(row: Peer) -> dict[str, tuple[float, float]]:
    """Return the range of each input: the row's, or the range of the channel, less the tolerance at its ends."""
    found = {}
    for name in CHIPS[row.chip].inputs:
        channel = channels(row.chip).get(name)
        if name in row.inputs:
            given = row.inputs[name]
            found[name] = given if isinstance(given, tuple) else (given, given)
        elif channel is not None and channel.range is not None:
            low, high = channel.range.lowest, channel.range.highest
            found[name] = low + tolerance(row, name, low), high - tolerance(row, name, high)
    return found


def channels(chip: str) -> Mapping[str, Channel]:
    return {channel.name: channel for channel in load(chip).driver.channels_of(chip)}


def shown(inputs: Values) -> str:
    return ", ".join(f"{name}={value:.6g}" for name, value in inputs.items())
