"""The world in which another author's driver runs: its packages, the modules of its platform, and the bus's time."""

from __future__ import annotations

import builtins
import struct
import sys
import time
import typing
import warnings
from contextlib import ExitStack, contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import smbus2

from .buses import Busio, Foreign, Machine, Sensirion, Smbus
from .install import PLACE, folders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from i2cdrv.lib.clock import Clock
    from i2cdrv.sim import SimAdapter

KINDS: dict[str, type[Foreign]] = {"busio": Busio, "machine": Machine, "smbus2": Smbus, "sensirion": Sensirion}


class World:
    """The modules of one distribution, whose code runs only ``at_work``."""

    def __init__(self, distribution: str, bus: SimAdapter) -> None:
        self.clock = bus.clock
        self.kinds = {name: type(kind.__name__, (kind,), {"bus": bus}) for name, kind in KINDS.items()}
        self.modules = self._platform()
        self.paths = [str(folder) for folder in folders(distribution)]

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Run a block with these modules, and in the bus's time."""
        kept = {name: sys.modules[name] for name in self.modules if name in sys.modules}
        sys.modules.update(self.modules)
        sys.path[:0] = self.paths
        try:
            with ExitStack() as stack:
                stack.enter_context(patch.multiple(time, create=True, **_times(self.clock)))
                stack.enter_context(patch.object(builtins, "const", int, create=True))
                stack.enter_context(warnings.catch_warnings())
                warnings.simplefilter("ignore")
                yield
        finally:
            del sys.path[: len(self.paths)]
            self._put_away(kept)

    def open(self, cls: str, kind: str, start: Any, addr: int) -> Any:
        """Return the peer's object for the chip at the address; call it at work."""
        found, bus = _found(cls), self.kinds[kind]()
        if kind == "sensirion":
            bus = import_module("sensirion_i2c_driver").I2cConnection(bus)
        return found(bus, addr) if start is None else start(found, bus, addr)

    def _put_away(self, kept: dict[str, ModuleType]) -> None:
        """Keep the modules out of the way of others: two distributions may have a module of one name."""
        self.modules |= {name: each for name, each in sys.modules.items() if _is_installed(each)}
        for name in self.modules:
            sys.modules.pop(name, None)
        sys.modules.update(kept)

    def _platform(self) -> dict[str, ModuleType]:
        """The modules that exist on a microcontroller or a Raspberry Pi."""
        smbus = _module("smbus2", vars(smbus2), SMBus=self.kinds["smbus2"])
        return {
            "busio": _module("busio", I2C=self.kinds["busio"], SPI=None),
            "circuitpython_typing": _module("circuitpython_typing", ReadableBuffer=bytes, WriteableBuffer=bytearray),
            "circuitpython_typing.device_drivers": _module("device_drivers", I2CDeviceDriver=object),
            "digitalio": _module("digitalio", DigitalInOut=None),
            "machine": _module("machine", I2C=self.kinds["machine"], Pin=int, SPI=()),
            "micropython": _module("micropython", const=lambda value: value),
            "smbus2": smbus,
            "smbus": smbus,
            "Adafruit_PureIO": _module("Adafruit_PureIO", smbus=smbus),
            "Adafruit_PureIO.smbus": smbus,
            "typing_extensions": typing,
            "utime": time,
            "ustruct": struct,
        }


def _module(name: str, *contents: Any, **more: Any) -> ModuleType:
    module = ModuleType(name)
    for each in (*contents, more):
        vars(module).update({key: value for key, value in each.items() if not key.startswith("__")})
    return module


def _is_installed(module: ModuleType) -> bool:
    return str(getattr(module, "__file__", "")).startswith(str(PLACE))


def _times(clock: Clock) -> dict[str, Any]:
    """The functions of ``time``, and of MicroPython's, in the time of the bus."""
    now = clock.monotonic
    return {
        "sleep": clock.sleep,
        "sleep_ms": lambda ms: clock.sleep(ms / 1e3),
        "sleep_us": lambda us: clock.sleep(us / 1e6),
        **dict.fromkeys(("monotonic", "time", "perf_counter"), now),
        **dict.fromkeys(("monotonic_ns", "time_ns"), lambda: int(now() * 1e9)),
        "ticks_ms": lambda: int(now() * 1e3),
        "ticks_diff": lambda new, old: new - old,
    }


def _found(path: str) -> Any:
    """Return the module, or the class in a module, of a dotted path."""
    module, _, name = path.rpartition(".")
    found = import_module(module) if module else None
    return getattr(found, name) if hasattr(found, name) else import_module(path)
