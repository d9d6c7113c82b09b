"""The cost of one transfer through SmbusAdapter, against smbus2's own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from smbus2 import SMBus, i2c_msg

from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.i2c.client import Client
from i2cdrv.i2c.i2cdev import I2cDevAdapter
from i2cdrv.sim import SimAdapter

from .kernel import Simulated, booted, replayed
from .rounds import Loop, timed
from .section import Section

ADDR = 0x76


class Shape(NamedTuple):
    """Bytes to write, then the number of bytes to read; either may be nothing."""

    written: bytes
    length: int

    def __str__(self) -> str:
        parts = [f"write {len(self.written)}"] if self.written else []
        return ", ".join([*parts, f"read {self.length}"] if self.length else parts)


SHAPES = Shape(b"\xf4\x25", 0), Shape(b"", 6), Shape(b"\x05", 2), Shape(b"\xf2", 13)


@contextmanager
def compared(shape: Shape, of: Callable[[I2cDevAdapter], Callable[[], object]]) -> Iterator[tuple[Loop, Loop]]:
    with tempfile.TemporaryDirectory() as folder:
        kernel = Simulated(Path(folder), SimAdapter({}))
        with booted(kernel.ioctl, kernel.ioctl):
            adapter, smbus = I2cDevAdapter(1, sys=kernel.sys, dev=kernel.dev), SMBus(str(kernel.node))
    stub = replayed([bytes(shape.length)])
    with closing(adapter), smbus, booted(stub, stub):
        yield timed(_by_smbus2(smbus, shape)), timed(of(adapter))


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


def _pairs(shape: Shape) -> Iterator[tuple[str, Callable[[], AbstractContextManager[tuple[Loop, Loop]]]]]:
    yield f"{shape}: adapter", partial(compared, shape, partial(_by_adapter, shape=shape))
    yield (
        f"{shape}: client",
        partial(compared, shape, lambda adapter: _by_client(Client(adapter, ADDR, "bench"), shape)),
    )


SECTION = Section(
    "(d) One transfer",
    "SmbusAdapter.xfer with its messages made, and Client on top of it, against smbus2.SMBus.i2c_rdwr with its i2c_msg"
    " made and the answer taken as bytes; the stub of (b) on both sides.",
    "smbus2",
    dict(pair for shape in SHAPES for pair in _pairs(shape)),
    loops=100,
)
