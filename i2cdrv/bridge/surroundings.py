"""The modules that a library finds in place of those of its platform: the bus, the time, and no pins.

They replace Adafruit-Blinka and smbus2, so neither the board nor a bus node is looked for.  Nothing is put into
``sys.modules``: only the import statements of libraries find them (``imports``).  Called from any other code, the
functions of ``time`` are those of Python.  The prints of libraries go to the log.
"""

from __future__ import annotations

import io
import sys
import time
import typing
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..errors import NotSupported
from ..i2c import i2cdev
from ..i2c.busioapi import BusioApi
from ..i2c.smbusapi import SMBusApi
from ..lib.clock import RealClock
from ..lib.log.logger import log
from .foreignthread import Pause, Transfer, current

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..i2c.adapter import Message


def _transfer(messages: Sequence[Message]) -> list[bytes]:
    thread = current()
    if thread is None:
        raise NotSupported(
            "a library uses this bus outside of the thread of its device, as in a thread of its own; "
            "i2cdrv serves no other thread: read the chip in the call itself"
        )
    return thread.ask(Transfer(messages))  # type: ignore[no-any-return]  # the answers


class I2C(BusioApi):
    """busio.I2C of any pins."""

    def __init__(self, *_pins: object, **_options: object) -> None:
        pass

    def transfer(self, messages: Sequence[Message]) -> list[bytes]:
        """Do a transfer."""
        return _transfer(messages)

    def scan(self) -> list[int]:
        """Return the address of the device."""
        thread = current()
        return [] if thread is None else [thread.client.addr]


class SMBus(SMBusApi):
    """smbus2.SMBus of any bus number."""

    def __init__(self, bus: object = None, force: bool = False) -> None:
        super().__init__()
        self.fd: int | None = None
        self.force = force

    def __enter__(self) -> SMBus:
        return self

    def __exit__(self, *_: object) -> None: ...

    def open(self, bus: object) -> None:
        """Do nothing: the bus is open."""

    def close(self) -> None:
        """Do nothing: i2cdrv closes the bus."""

    def transfer(self, messages: Sequence[Message], force: bool | None) -> list[bytes]:
        """Do a transfer."""
        return _transfer(messages)


class _Stdout(io.TextIOBase):
    """The stdout of libraries: the log, because the output of a command is for its reader alone."""

    def write(self, text: str) -> int:
        """Log the lines of a text."""
        thread = current()
        to_log = log if thread is None else thread.printed.log
        for line in filter(str.strip, text.splitlines()):
            to_log("info", "text printed", text=line, by="a library")
        return len(text)


STDOUT = _Stdout()


def library_print(
    *values: object, sep: str | None = None, end: str | None = None, file: Any = None, flush: bool = False
) -> None:
    """Print, but to the log instead of stdout."""
    if file is None or file is sys.stdout:
        STDOUT.write((" " if sep is None else sep).join(map(str, values)))
    else:
        print(*values, sep=sep, end=end, file=file, flush=flush)


def _sleep(seconds: float) -> None:
    thread = current()
    if thread is None:
        time.sleep(seconds)
    else:
        thread.ask(Pause(seconds))


def _now(real: Callable[[], float]) -> Callable[[], float]:
    """Return a function with the time of the bus, if that is virtual; otherwise it is that of Python."""

    def now() -> float:
        thread = current()
        clock = None if thread is None else thread.client.adapter.clock
        return real() if clock is None or isinstance(clock, RealClock) else clock.monotonic()

    return now


def _in_ns(seconds: Callable[[], float]) -> Callable[[], int]:
    return lambda: int(seconds() * 1e9)


def _module(name: str, /, **contents: Any) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(contents)
    return module


def _without_pins(name: str, **contents: Any) -> ModuleType:
    """Return a module whose other names are classes that refuse to be used."""

    def missing(attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)

        def refuse(*_: object, **__: object) -> None:
            raise NotSupported(
                f"the library uses {name}.{attribute}, a pin or a bus of a board; i2cdrv gives it I2C alone"
            )

        return type(attribute, (), {"__init__": refuse, "__init_subclass__": lambda: None})

    return _module(name, __getattr__=missing, **contents)


def _times() -> dict[str, Any]:
    changed: dict[str, Any] = {name: _now(getattr(time, name)) for name in ("monotonic", "time", "perf_counter")}
    in_ns = {f"{name}_ns": _in_ns(function) for name, function in changed.items()}
    return {**vars(time), **changed, **in_ns, "sleep": _sleep}


_smbus = _module("smbus2", **{**vars(i2cdev.SMBUS2), "SMBus": SMBus})
_busio = _without_pins("busio", I2C=I2C)

MODULES = {
    "time": _module("time", **_times()),
    "sys": _module("sys", __getattr__=partial(getattr, sys), stdout=STDOUT, __stdout__=STDOUT),
    "busio": _busio,
    "board": _without_pins("board", I2C=I2C, STEMMA_I2C=I2C, SCL=None, SDA=None),
    "digitalio": _without_pins("digitalio"),
    "microcontroller": _without_pins("microcontroller"),
    "micropython": _module("micropython", const=lambda value: value),
    "smbus2": _smbus,
    "smbus": _smbus,
    "Adafruit_PureIO": _module("Adafruit_PureIO", smbus=_smbus),
    "Adafruit_PureIO.smbus": _smbus,
}
"""In place of any module of the name."""

MISSING = {
    "circuitpython_typing": _module("circuitpython_typing", __getattr__=lambda _name: object),
    "circuitpython_typing.device_drivers": _module("circuitpython_typing.device_drivers", I2CDeviceDriver=object),
    "typing_extensions": typing,
}
"""In place of a module that is not installed: only annotations use it."""
