"""Another author's driver as a module of the bridge: its packages, its bus, and its values in our units."""

from __future__ import annotations

import builtins
import re
import struct
import sys
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import i2cdrv
from i2cdrv.bridge import adafruit, import_library, smbus
from i2cdrv.bridge.finding import found
from i2cdrv.bridge.library import Library
from i2cdrv.bridge.surroundings import MODULES

from .buses import Machine, Sensirion
from .install import folders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from i2cdrv.driver.driver import Driver
    from i2cdrv.sim import SimAdapter
    from tests.oracles import Peer, Reading

    Values = dict[str, float]

LIMIT_S = 60.0  # that a measurement may take, in the time of the bus


class Hidden(Exception):
    """The bridge has recovered from a failure, which must not count as agreement."""


class Reader:
    """A peer's object on a bus."""

    def __init__(self, row: Peer, bus: SimAdapter, addr: int) -> None:
        self._row = row
        with _packages(row):
            self.device = i2cdrv.open(driver(row), bus=bus, addr=addr)

    def sample(self) -> Values:
        """Return the peer's value of each channel, in our unit.  Raises Hidden if a second attempt was necessary."""
        with _packages(self._row):
            values: Values = self.device.sample()._asdict()
        steps = self.device.recovery.steps
        if taken := [step for step in steps if steps[step]]:
            raise Hidden(f"the bridge has recovered from a failure by {', '.join(taken)}")
        return values


def driver(row: Peer) -> type[Driver]:
    """Return the driver of a peer, whose channels are those of its row, in our units."""

    def opened(bus: Any, address: int) -> Any:
        peer = _opened(row, _bus(row.bus, bus), address)
        return SimpleNamespace(sample=lambda: _sample(row, peer))

    opened.__name__ = row.name
    declared = adafruit if row.bus == "busio" else smbus
    channels = {name: (name, "index") for name in row.channels}
    return declared(opened, channels=channels, measure="sample", limit=LIMIT_S, settle=0.0, first=0.0)


def _opened(row: Peer, bus: Any, addr: int) -> Any:
    _, cls = found(Library("smbus", row.cls), lambda name, _: import_library(name))
    return cls(bus, addr) if row.start is None else row.start(cls, bus, addr)


def _bus(kind: str, bus: Any) -> Any:
    """Return the bus of a row; ``bus``: of the bridge."""
    if kind == "sensirion":
        return import_library("sensirion_i2c_driver").I2cConnection(Sensirion())
    return Machine() if kind == "machine" else bus


def _sample(row: Peer, peer: Any) -> SimpleNamespace:
    measured = peer if row.measure is None else _reading(peer, row.measure)
    return SimpleNamespace(**{name: float(_reading(measured, how)) for name, how in row.channels.items()})


def _reading(peer: Any, how: Reading) -> Any:
    """Return the peer's value of a channel, in our unit."""
    if callable(how):
        return how(peer)
    path, factor = (how, None) if isinstance(how, str) else how
    for name, call in re.findall(r"(\w+)(\(\))?", path):
        peer = peer[int(name)] if name.isdigit() else getattr(peer, name)
        peer = peer() if call else peer
    return peer if factor is None else peer * factor


@contextmanager
def _packages(row: Peer) -> Iterator[None]:
    """Let the imports of a block find the packages of a peer, and the modules of its platform."""
    paths = [str(folder) for folder in folders(row.distribution)]
    sys.path[:0] = paths
    try:
        with _micropython() if row.bus == "machine" else nullcontext():
            yield
    finally:
        del sys.path[: len(paths)]


@contextmanager
def _micropython() -> Iterator[None]:
    """Add to the bridge's modules those of MicroPython."""
    with patch.dict(MODULES, MICROPYTHON), patch.object(builtins, "const", int, create=True):
        yield


_TIME = SimpleNamespace(
    **vars(MODULES["time"]),
    sleep_ms=lambda ms: MODULES["time"].sleep(ms / 1e3),
    sleep_us=lambda us: MODULES["time"].sleep(us / 1e6),
    ticks_ms=lambda: int(MODULES["time"].monotonic() * 1e3),
    ticks_diff=lambda new, old: new - old,
)
MICROPYTHON = {
    "machine": SimpleNamespace(I2C=Machine, Pin=int, SPI=()),
    "time": _TIME,
    "utime": _TIME,
    "ustruct": struct,
}
