"""One transfer of another program through the service, beside the same transfer by smbus2 alone."""

from __future__ import annotations

import multiprocessing
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from smbus2 import SMBus
from smbus2 import smbus2 as uapi

import i2cdrv
from i2cdrv.client import smbus
from i2cdrv.core.bus import Bus
from i2cdrv.i2c.adapter import Functionality, Message, Read, Write
from i2cdrv.i2c.i2cdev import I2cDevAdapter
from i2cdrv.ipc import transferframe as frame
from i2cdrv.ipc.services import transfer
from i2cdrv.ipc.varlink import Server

from .kernel import booted
from .rounds import Amount
from .table import Table, number, times

ADDR = 0x50
HZ = 100_000
BURST = 32  # repetitions of each side in a round
SPAWN = multiprocessing.get_context("spawn")


class Shape(NamedTuple):
    """A read of some bytes from a register on."""

    length: int

    @property
    def messages(self) -> Sequence[Message]:
        return Write(ADDR, b"\0"), Read(ADDR, self.length)

    @property
    def wire_s(self) -> float:
        """The time on the wire at 100 kHz: START, address, register, START, address, the bytes, STOP."""
        return (3 + 9 * (3 + self.length)) / HZ


SHAPES = Shape(1), Shape(32)


class Kernel:
    """I2C_SMBUS and I2C_RDWR that take as long as the wire, and answer zeros."""

    def __init__(self, wire_s: float) -> None:
        self._wire_s = wire_s

    def ioctl(self, _fd: int, request: int, argument: Any = 0) -> int:
        if request == uapi.I2C_FUNCS:
            argument.value = int(Functionality.I2C | Functionality.SMBUS_EMUL)
        elif request in (uapi.I2C_RDWR, uapi.I2C_SMBUS) and self._wire_s:
            time.sleep(self._wire_s)
        return getattr(argument, "nmsgs", 0) if request == uapi.I2C_RDWR else 0


def run(amount: Amount) -> Table:
    rows, raw = [], {}
    for shape in SHAPES:
        for wire, wire_s in (("none", 0.0), ("100 kHz", shape.wire_s)):
            local, trip, service = _measured(shape, wire_s, amount.rounds)
            figures = [1e6 * local, 1e6 * trip, 1e6 * service]
            ratio = service / (local + trip)
            rows.append([f"read {shape.length}", wire, *map(number, figures), times(ratio)])
            raw[f"read {shape.length}, {wire}"] = {
                "local_s": local,
                "trip_s": trip,
                "service_s": service,
                "ratio": ratio,
            }
    return Table(
        "(j) One transfer through the service",
        "read_i2c_block_data by smbus2 on the bus itself, by i2cdrv.SMBus through the service, and a round trip of the"
        " same bytes over a Unix socket between two processes; elapsed µs, the least of many.  The ratio is that of the"
        f" service to smbus2 and the round trip together.  Wire: the kernel sleeps as long as a bus at {HZ // 1000} kHz"
        " takes, or not at all.",
        ("transfer", "wire", ">smbus2 µs", ">round trip", ">service", ">ratio"),
        rows,
        raw,
    )


def _measured(shape: Shape, wire_s: float, rounds: int) -> tuple[float, float, float]:
    """Return the least s of smbus2, of a round trip, and of the service."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        _make_machine(home)
        with _process(_serve, home, wire_s), _smbus2(home, wire_s) as theirs, _echo(shape) as trip:
            smbus.settings.run_dir = home / "run"
            with i2cdrv.SMBus(1) as ours:
                sides: list[Callable[[], object]] = [
                    lambda: theirs.read_i2c_block_data(ADDR, 0, shape.length),
                    trip,
                    lambda: ours.read_i2c_block_data(ADDR, 0, shape.length),
                ]
                least = [min(times_) for times_ in zip(*(map(_least, sides) for _ in range(rounds // 4)), strict=True)]
    return least[0], least[1], least[2]


def _least(call: Callable[[], object]) -> float:
    return min(_elapsed(call) for _ in range(BURST))


def _elapsed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _make_machine(home: Path) -> None:
    (home / "run").mkdir(mode=0o700)
    (home / "dev").mkdir()
    (home / "dev/i2c-1").touch()


@contextmanager
def _smbus2(home: Path, wire_s: float) -> Iterator[SMBus]:
    kernel = Kernel(wire_s)
    with booted(kernel.ioctl, kernel.ioctl), SMBus(str(home / "dev/i2c-1")) as bus:
        yield bus


def _serve(parent: Connection, home: Path, wire_s: float) -> None:
    """Serve the bus until the other end closes; in a process of its own."""
    kernel = Kernel(wire_s)
    with booted(kernel.ioctl, kernel.ioctl):
        bus = Bus(I2cDevAdapter(1, sys=home / "sys", dev=home / "dev"))
        bus.start()
        with Server(home / "run/control", [transfer.interface(lambda _word: bus)]):
            parent.send("ready")
            parent.poll(None)
        bus.close()


@contextmanager
def _echo(shape: Shape) -> Iterator[Callable[[], object]]:
    """A round trip of the bytes of a transfer, to another process and back."""
    request, reply = frame.pack(shape.messages, force=False), frame.reply([bytes(shape.length)])
    ours, theirs = socket.socketpair()
    with ours, theirs, _process(_answer, theirs, reply):

        def trip() -> bytes:
            ours.sendall(request)
            return ours.recv(1 << 16)

        yield trip


def _answer(parent: Connection, sock: socket.socket, reply: bytes) -> None:
    parent.send("ready")
    while sock.recv(1 << 16):
        sock.sendall(reply)


@contextmanager
def _process(target: Callable[..., None], *args: object) -> Iterator[None]:
    """Run a function in another process, from the time it is ready to the end of the block."""
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=target, args=(there, *args), daemon=True)
    process.start()
    there.close()
    here.recv()
    try:
        yield
    finally:
        here.close()
        process.terminate()
        process.join()
