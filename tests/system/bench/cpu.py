"""Processor time of a sample through the framework's polling path, against bare smbus2 and plain Python."""

from __future__ import annotations

import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from math import inf, isclose
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from unittest.mock import patch

from smbus2 import SMBus, i2c_msg
from smbus2.smbus2 import I2C_RDWR, i2c_rdwr_ioctl_data

import i2cdrv
from i2cdrv.core.device import Device
from i2cdrv.core.published import Publication
from i2cdrv.core.reading import Reading
from i2cdrv.core.recovery import verify
from i2cdrv.i2c.adapter import Message
from i2cdrv.i2c.i2cdev import I2cDevAdapter
from i2cdrv.lib.clock import Clock, RealClock, VirtualClock
from i2cdrv.sim import CHIPS, Chip, SimAdapter

from .bare import PROGRAMS, Program
from .guest.meter import TRUTH
from .kernel import Ioctl, Simulated, booted, replayed
from .rounds import Amount, Loop, Pair, alternate
from .table import Table, number, times, verdict

GOAL = 3.0
AND_A_FILE = "bme280, and a file"
INTERVAL = 1.0  # s of virtual time between two samples
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # as /run is
PERIOD = 0.02  # s of real time, where the waiting is real


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


def compare(chip: str, amount: Amount, *, publish: bool = False) -> Pair:
    """Samples back to back: no time passes but the processor's.  ``publish``: other processes see each reading."""
    with rig(chip, VirtualClock()) as it, tempfile.TemporaryDirectory(dir=MEMORY) as run_dir:
        if publish:
            it.device.polling.publication = Publication(Path(run_dir), str(it.device))
        readings: deque[Reading] = deque(maxlen=1)
        with booted(*recorded(it)):
            it.device.poll(INTERVAL, readings.append)
            pair = alternate(_bare_loop(it.program), _kthread_loop(it.device), amount.rounds, amount.loops)
            _end(it.device)
        if readings[0].error is not None:
            raise readings[0].error
        return pair


def _bare_loop(program: Program) -> Loop:
    def loop(count: int) -> float:
        start = time.process_time()
        for _ in range(count):
            program.sample()
        return (time.process_time() - start) / count

    return loop


def _kthread_loop(device: Device[Any]) -> Loop:
    """Drive the kthread through that many periods."""
    kthread, clock = device.bus.kthread, device.bus.adapter.clock

    def loop(count: int) -> float:
        start = time.process_time()
        kthread.run(clock.monotonic() + count * INTERVAL)
        return (time.process_time() - start) / count

    return loop


def compare_waiting(chip: str, amount: Amount) -> Pair:
    """Samples at 50 Hz with the conversion times waited for: sleeps, wake-ups and the thread are in the figure."""
    with rig(chip, RealClock()) as it, booted(*recorded(it)):
        it.device.bus.kthread.start()
        loops = _bare_waiting(it.program), _kthread_waiting(it.device)
        return alternate(*loops, amount.real_rounds, amount.real_loops)


def _bare_waiting(program: Program) -> Loop:
    def loop(count: int) -> float:
        start, cpu = time.monotonic(), time.process_time()
        for done in range(1, count + 1):
            program.sample()
            time.sleep(max(start + done * PERIOD - time.monotonic(), 0.0))
        return (time.process_time() - cpu) / count

    return loop


def _kthread_waiting(device: Device[Any]) -> Loop:
    def loop(count: int) -> float:
        finished = threading.Event()
        left = iter(range(count - 1, -1, -1))
        cpu = time.process_time()
        device.poll(PERIOD, lambda _reading: None if next(left, 0) else finished.set())
        finished.wait()
        spent = (time.process_time() - cpu) / count
        _end(device)
        return spent

    return loop


def _end(device: Device[Any]) -> None:
    """Stop the timers: a run that is due would be cut off by the device's removal."""
    device.polling.stop()


def run(amount: Amount) -> Table:
    measured: dict[str, Pair | str] = {chip: _tried(compare, chip, amount) for chip in PROGRAMS}
    measured[AND_A_FILE] = _tried(partial(compare, publish=True), "bme280", amount)
    measured["bme280, waiting for real"] = _tried(compare_waiting, "bme280", amount)
    stub = 1e6 * _stub_time()
    return Table(
        "(b) Processor time of one sample",
        "Driver polled by its kthread (poll, Device, regmap, SmbusAdapter, values checked, Reading reported) against"
        " the same transfers by smbus2.SMBus.i2c_rdwr and the datasheet's formula in plain Python;\n"
        f"process time in µs, {amount.rounds} rounds of {amount.loops} in turn, ioctl replaced on both sides by a stub"
        f" that fills the buffer ({stub:.1f} µs of every transfer below).  No time is waited but in the last line;"
        f"  {AND_A_FILE}: the reading is also written to the run directory, for other processes, as i2cdrv load does;"
        " the bare program writes none.",
        ("chip", ">smbus2 min", ">median", ">i2cdrv min", ">median", ">ratio of min", ">of median", "goal"),
        [_cells(name, pair) for name, pair in measured.items()],
        {"stub_s": stub * 1e-6, "goal": GOAL, **{name: _raw(pair) for name, pair in measured.items()}},
    )


def _tried(how: Callable[[str, Amount], Pair], chip: str, amount: Amount) -> Pair | str:
    try:
        return how(chip, amount)
    except (Unequal, i2cdrv.Error) as error:
        return str(error)


def _raw(pair: Pair | str) -> dict[str, Any]:
    return {"error": pair} if isinstance(pair, str) else pair.raw()


def _cells(name: str, pair: Pair | str) -> list[str]:
    if isinstance(pair, str):
        return [name, *["–"] * 6, pair]
    figures = [number(1e6 * of(side), 1) for side in pair for of in (min, median)]
    judged = "–" if name == AND_A_FILE else verdict(pair.ratio(min), GOAL)
    return [name, *figures, times(pair.ratio(min)), times(pair.ratio(median)), judged]


def _stub_time(loops: int = 20_000) -> float:
    create: Callable[..., object] = i2c_rdwr_ioctl_data.create  # smbus2's annotation of it is wrong
    ioctl = replayed([bytes(13)])
    transfer = create(i2c_msg.write(0x76, [0xF2]), i2c_msg.read(0x76, 13))
    start = time.process_time()
    for _ in range(loops):
        ioctl(-1, I2C_RDWR, transfer)
    return (time.process_time() - start) / loops
