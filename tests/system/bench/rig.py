"""A driver and a bare program on the same chip, whose answers a stub repeats."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from math import inf, isclose
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from smbus2 import SMBus

import i2cdrv
from i2cdrv.core.device import Device
from i2cdrv.core.recovery import verify
from i2cdrv.i2c.adapter import Message
from i2cdrv.i2c.i2cdev import I2cDevAdapter
from i2cdrv.lib.clock import Clock
from i2cdrv.sim import CHIPS, Chip, SimAdapter

from .bare import PROGRAMS, Program
from .guest.meter import TRUTH
from .kernel import Ioctl, Simulated, booted, replayed

INTERVAL = 1.0  # s between two samples


class Rig(NamedTuple):
    """A driver polled by its kthread and a bare program, both on smbus2 and the same kernel."""

    device: Device[Any]
    program: Program
    kernel: Simulated
    chip: Chip

    def feel(self, share: float) -> None:
        """Let the chip measure that share more than the truth."""
        self.chip.set(**{name: TRUTH[name] * (1 + share) for name in self.chip.inputs})


@contextmanager
def rig(chip: str, clock: Clock) -> Iterator[Rig]:
    program = PROGRAMS[chip]
    simulated = CHIPS[chip](**{name: TRUTH[name] for name in CHIPS[chip].inputs})
    bus = SimAdapter({program.addr: simulated}, clock=clock, frequency=None)
    with tempfile.TemporaryDirectory() as folder:
        kernel = Simulated(Path(folder), bus)
        with booted(kernel.ioctl, kernel.ioctl), checked_once():
            adapter = I2cDevAdapter(1, sys=kernel.sys, dev=kernel.dev)
            adapter.clock = clock
            device = i2cdrv.open(chip, adapter, program.addr)
            with device, SMBus(str(kernel.node)) as smbus:
                yield Rig(device, program(smbus, clock.sleep), kernel, simulated)


class Unequal(Exception):
    """The two sides do not do the same; then there is nothing to compare."""


def recorded(rig: Rig) -> tuple[Ioctl, Ioctl]:
    """Stubs that repeat the answers of two samples of each side, which differ a little.  Raises Unequal."""
    rig.device.sample()  # the first one is read again
    theirs: list[bytes] = []
    ours: list[bytes] = []
    for share in (1e-4, 0.0):
        rig.feel(share)
        rig.device.bus.adapter.clock.sleep(INTERVAL)
        theirs += (bare := _sampled(rig, rig.program.sample)).answers
        ours += (driver := _sampled(rig, rig.device.sample)).answers
        if sorted(bare.asked) != sorted(driver.asked):
            raise Unequal(f"other transfers than bare.py: {driver.asked} instead of {bare.asked}")
        if not all(isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) for a, b in zip(bare.values, driver.values, strict=True)):
            raise Unequal(f"other values than bare.py: {driver.values} instead of {bare.values}")
    return replayed(theirs), replayed(ours)


def checked_once() -> AbstractContextManager[object]:
    """Leave out all checks of the chip but the first: the stubs do not know the answers."""
    return patch.multiple(verify, CHECK_SAMPLES=inf, FIRST_CHECK_S=inf, CHECK_S=inf)


class _Sampled(NamedTuple):
    """The result of one sample, and its transfers."""

    values: Sequence[float]
    asked: Sequence[str]
    answers: Sequence[bytes]


def _sampled(rig: Rig, sample: Callable[[], Sequence[float]]) -> _Sampled:
    rig.kernel.forget()
    values = sample()
    return _Sampled(values, list(map(_words, rig.kernel.asked)), list(rig.kernel.answers))


def _words(messages: Sequence[Message]) -> str:
    return ", ".join(map(str, messages))
