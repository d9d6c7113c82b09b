"""Processor time of one transfer through SmbusAdapter, against smbus2's own."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from smbus2 import SMBus, i2c_msg

from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.i2c.client import Client
from i2cdrv.i2c.i2cdev import I2cDevAdapter
from i2cdrv.sim import SimAdapter

from .kernel import Simulated, booted, replayed
from .rounds import Amount, Loop, Pair, alternate
from .table import Table, number, times

ADDR = 0x76


class Shape(NamedTuple):
    """Bytes to write, then the number of bytes to read; either may be nothing."""

    written: bytes
    length: int

    def __str__(self) -> str:
        parts = [f"write {len(self.written)}"] if self.written else []
        return ", ".join([*parts, f"read {self.length}"] if self.length else parts)


SHAPES = Shape(b"\xf4\x25", 0), Shape(b"", 6), Shape(b"\x05", 2), Shape(b"\xf2", 13)


def run(amount: Amount) -> Table:
    measured = {str(shape): _compare(shape, amount) for shape in SHAPES}
    return Table(
        "(d) Processor time of one transfer",
        "SmbusAdapter.xfer with its messages made, and Client on top of it, against smbus2.SMBus.i2c_rdwr with its"
        " i2c_msg made and the answer taken as bytes;\nprocess time in µs, smallest of"
        f" {amount.rounds} rounds of {amount.loops} in turn, the stub of (b) on both sides.",
        ("transfer", ">smbus2", ">SmbusAdapter", ">ratio", ">Client", ">ratio"),
        [_cells(name, *pairs) for name, pairs in measured.items()],
        {name: {"adapter": adapter.raw(), "client": client.raw()} for name, (adapter, client) in measured.items()},
    )


def _cells(name: str, adapter: Pair, client: Pair) -> list[str]:
    sides = [text for pair in (adapter, client) for text in (number(1e6 * min(pair.ours)), times(pair.ratio(min)))]
    return [name, number(1e6 * min(adapter.theirs)), *sides]


def _compare(shape: Shape, amount: Amount) -> tuple[Pair, Pair]:
    """The adapter against smbus2, and the client against smbus2."""
    with tempfile.TemporaryDirectory() as folder:
        kernel = Simulated(Path(folder), SimAdapter({}))
        with booted(kernel.ioctl, kernel.ioctl):
            adapter, smbus = I2cDevAdapter(1, sys=kernel.sys, dev=kernel.dev), SMBus(str(kernel.node))
    stub = replayed([bytes(shape.length)])
    theirs = _loop(_by_smbus2(smbus, shape))
    ours = _by_adapter(adapter, shape), _by_client(Client(adapter, ADDR, "bench"), shape)
    with smbus, booted(stub, stub):
        by_adapter, by_client = (alternate(theirs, _loop(each), amount.rounds, amount.loops) for each in ours)
    adapter.close()
    return by_adapter, by_client


def _loop(once: Callable[[], object]) -> Loop:
    def loop(count: int) -> float:
        start = time.process_time()
        for _ in range(count):
            once()
        return (time.process_time() - start) / count

    return loop


def _by_smbus2(bus: SMBus, shape: Shape) -> Callable[[], object]:
    written, length = shape

    def write() -> None:
        bus.i2c_rdwr(i2c_msg.write(ADDR, written))

    def read() -> bytes:
        answer = i2c_msg.read(ADDR, length)
        bus.i2c_rdwr(answer)
        return bytes(answer)

    def write_read() -> bytes:
        answer = i2c_msg.read(ADDR, length)
        bus.i2c_rdwr(i2c_msg.write(ADDR, written), answer)
        return bytes(answer)

    return write if not length else write_read if written else read


def _by_adapter(adapter: I2cDevAdapter, shape: Shape) -> Callable[[], object]:
    written, length = shape
    if not length:
        return lambda: adapter.xfer((Write(ADDR, written),))
    if not written:
        return lambda: adapter.xfer((Read(ADDR, length),))[0]
    return lambda: adapter.xfer((Write(ADDR, written), Read(ADDR, length)))[0]


def _by_client(client: Client, shape: Shape) -> Callable[[], object]:
    written, length = shape
    if not length:
        return lambda: client.write(written)
    return (lambda: client.write_read(written, length)) if written else (lambda: client.read(length))
