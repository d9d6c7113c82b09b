"""The kernel's own drivers judge our simulated chips: the rows ``KERNEL`` of ``tests/oracles``, in User Mode Linux.

Each bus is a virtio I2C adapter of the guest whose device is a simulated bus of this process.  The guest sets the
inputs of the chips by requests, reads the kernel's files, and compares: ``guest/test_oracles.py``.

Debian's package user-mode-linux has no use here: its kernel is configured without I/O memory, so without hwmon and
the virtio I2C adapter, and without the device tree, by whose names alone some of the drivers are found.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from i2cdrv.lib.clock import RealClock
from i2cdrv.sim import CHIPS, SimAdapter
from i2cdrv.sim.vhost import serve

from . import tools, uml
from .boot import boot
from .guest.placed import ONLY, buses, placed
from .progress import Failed, say
from .virtio import VIRTIO_ID_I2C

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from i2cdrv.i2c.adapter import Message

LIMIT = 900.0  # seconds: a minute on an idle machine


class Bus(SimAdapter):
    """A simulated bus in real time whose inputs another thread may change between two transfers."""

    def __init__(self) -> None:
        super().__init__({}, clock=RealClock(), frequency=None)
        self._lock = threading.Lock()

    def _transfer(self, messages: Sequence[Message]) -> list[bytes]:
        with self._lock:
            return super()._transfer(messages)

    def set(self, addr: int, inputs: dict[str, float]) -> None:
        with self._lock:
            self.chips[addr].set(**inputs)


class Chips:
    """The simulated buses, and the numbers of inputs at which the guest has compared all values."""

    def __init__(self) -> None:
        self.buses = [Bus() for _ in range(buses(placed()))]
        self.compared: dict[int, int] = {}  # by the number of the row
        for place in placed():
            bus = self.buses[place.bus]
            chip = bus.attach(place.addr, CHIPS[place.row.chip]())
            chip.slow_down(1 / place.row.speed, bus.clock.monotonic())

    def set(self, words: str) -> None:
        """Change the inputs of the chip of a row: its number, and the inputs in JSON."""
        number, _, inputs = words.partition(" ")
        place = placed()[int(number)]
        self.buses[place.bus].set(place.addr, json.loads(inputs))

    def count(self, words: str) -> None:
        """Note that the values of a row agree: its number, and that of the inputs."""
        number, count = map(int, words.split())
        self.compared[number] = count

    @contextmanager
    def served(self, run_dir: Path) -> Iterator[list[str]]:
        """Serve each bus on a socket; yield the arguments of the kernel that connect it."""
        stop, sockets = threading.Event(), [run_dir / f"bus{number}" for number in range(len(self.buses))]
        with ExitStack() as threads:
            threads.callback(stop.set)
            for bus, socket in zip(self.buses, sockets, strict=True):
                thread = threading.Thread(target=serve, args=(bus, socket, stop), daemon=True)
                thread.start()
            for socket in sockets:
                wait_for(socket)
            yield [f"virtio_uml.device={socket}:{VIRTIO_ID_I2C}" for socket in sockets]


def wait_for(socket: Path) -> None:
    for _ in range(200):
        if socket.is_socket():
            return
        threading.Event().wait(0.05)
    raise Failed(f"the simulated bus does not listen on {socket}")


def test(run_dir: Path) -> int | None:
    """All rows in one boot."""
    return run(run_dir, Chips())


def run(run_dir: Path, chips: Chips) -> int | None:
    with chips.served(run_dir) as arguments:
        machine = uml.machine("oracles", run_dir, *arguments, environment={ONLY: os.environ.get(ONLY, "")})
        machine.limit = LIMIT
        machine.answers = {"set": chips.set, "count": chips.count}
        return boot(machine)


def comparisons(run_dir: Path, only: Sequence[str] = ()) -> dict[str, int]:
    """Return how many inputs of each chip, or of these chips, the kernel's driver and ours have read alike.

    A chip of which a row disagrees is missing.  Raises Failed: a program is missing, or the machine did not start.
    """
    tools.check(["oracles"])
    os.environ[ONLY] = " ".join(only)
    if not placed():
        return {}
    chips = Chips()
    if (status := run(run_dir, chips)) is None:
        raise Failed("the kernel's drivers could not be tested: see above")
    if status:
        say(f"the kernel's drivers: pytest's exit status {status}, see above")
    found: dict[str, int] = {}
    for place in placed():
        if not place.row.wrong:
            count = chips.compared.get(place.number, 0)
            found[place.row.chip] = min(count, found.get(place.row.chip, count))
    return {chip: count for chip, count in found.items() if count}
