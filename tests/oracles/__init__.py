"""The oracles: numbers of datasheets, and other authors' drivers, that judge our drivers and simulated chips.

One file for each family of chips, with the lists ``SHEET``, ``PEERS`` and ``KERNEL``, or some of them; a file that
exists is found.  A chip counts as verified if at least two oracles agree with it: the sheet's worked numbers, each
author's driver, and the kernel's driver.  ``docs/drivers/oracles.md`` explains how to write rows.

The rows import nothing of the peers, and nothing of i2cdrv, so that a virtual machine can read them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

COMPANIES = ("adafruit", "pimoroni", "sensirion", "sparkfun", "bluerobotics")  # the first word of a distribution
AUTHORS = {  # by the name, or by its first word: of nearly all that begin so
    **{"micropython": "J. D. Montoya", "circuitpython": "J. D. Montoya"},
    **{"ads1015": "Pimoroni", "bmp280": "Pimoroni", "scd4x": "Pimoroni"},
}
Interval = tuple[float, float]
Ranges = Mapping[str, Interval | float]
Reading = str | tuple[str, float] | Callable[[Any], float]
Readings = Mapping[str, Reading]


@dataclass(frozen=True)
class Sheet:
    """A worked number: the real driver gets these bytes, and its channels have these values.

    ``answers``: the bytes that are read, in hexadecimal, by the bytes that were written before.  Of a chip with
    registers the key is a register number, and a burst that reaches the register has the bytes, too.  Of a chip with
    commands it is the command, or several writes with commas between them: ``"48, 00"``.
    ``document`` and ``section``: where the number is printed.  ``tolerance``: half of its last digit, mostly.
    """

    chip: str
    answers: Mapping[str, str]
    channels: Mapping[str, float]
    document: str
    section: str
    tolerance: float | Mapping[str, float] = 1e-6
    params: Mapping[str, Any] = field(default_factory=dict)
    addr: int | None = None  # by default the driver's first


@dataclass(frozen=True)
class Peer:
    """Another author's unmodified driver, which the bridge runs as a library (``i2cdrv.bridge``) on a simulated chip.

    ``distribution``: its name and version on PyPI (``adafruit-circuitpython-bh1750==1.1.19``); packages on which
    several peers depend are in ``tests/system/verify/install.py``.
    ``cls``: module and class, with a dot; its object is made of a bus and the address.  ``start`` makes it in another
    way: it receives the class (or the module, if ``cls`` names one), the bus and the address.
    ``bus``: busio (CircuitPython), machine (MicroPython), smbus2, or sensirion (an I2cConnection).
    ``channels``: our channel and the peer's reading of it: an attribute, with a factor into our unit if it needs one
    (``("pressure", 100)``), or a function of the object.  ``acceleration.0`` is an element, ``measure()`` a call.
    ``measure``: in the same notation, the object's call that is made once, whose result the channels are read from.
    ``inputs``: the range of each input of the chip, or a number; by default the channel's range in our driver.
    ``tolerance``: of each channel, in our unit: the chip's step, and the rounding of the peer's arithmetic;
    ``share``: of the value, is added to it.  ``settle``: s from a change of the inputs to a right value.
    ``params``: of our driver, on a simulated chip of its own, with the same inputs.
    ``wrong``: why the peer deviates, and the document that decides.  ``says`` then computes the peer's value of a
    channel from the inputs; the test fails when the peer no longer gives it.  Such a row is no oracle.
    """

    chip: str
    distribution: str
    cls: str
    channels: Readings
    tolerance: float | Mapping[str, float]
    share: float = 0.0
    inputs: Ranges = field(default_factory=dict)
    bus: str = "busio"
    start: Callable[[Any, Any, int], Any] | None = None
    measure: Reading | None = None
    settle: float = 1.0
    params: Mapping[str, Any] = field(default_factory=dict)
    addr: int | None = None
    wrong: str = ""
    says: Mapping[str, Callable[[Mapping[str, float]], float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if "==" not in self.distribution:
            raise ValueError(f"{self.chip}: write {self.distribution}==VERSION, as it is on PyPI today")

    @property
    def author(self) -> str:
        """The author: two drivers of one author are one oracle."""
        first = self.name.partition("-")[0]
        return first.title() if first in COMPANIES else AUTHORS.get(self.name) or AUTHORS.get(first, self.name)

    @property
    def name(self) -> str:
        """The name on PyPI, as pip normalises it."""
        return re.sub(r"[-_.]+", "-", self.distribution.partition("==")[0]).lower()


@dataclass(frozen=True)
class Kernel:
    """The kernel's driver, which reads the simulated chip through a virtio adapter.

    ``device``: the name for ``new_device``; ``module``: of the driver, for modprobe.
    ``files``: our channel and its file: of hwmon (``temp1_input``), or the stem of an IIO channel (``in_temp``), of
    which ``_input``, or ``_raw``, ``_offset`` and ``_scale`` are read.  The class gives the unit (m°C, mV, kPa …); a
    factor beside the name replaces it.
    ``settings``: files that are written first.  ``settle``: s from a change of the inputs to a right value.
    ``speed``: of the chip's own time, where the chip converts rarely, or the driver does not wait for the longest time.
    ``is_cached``: the kernel's driver keeps its values for seconds, so it is bound again for each input.
    ``inputs``, ``tolerance``, ``share``, ``params`` and ``wrong``: as in ``Peer``.
    ``names``: why the kernel and our tree have other names: by our file, without ``_input``, or by the kernel's if we
    have none; ``name`` is that of the device.
    """

    chip: str
    device: str
    module: str
    files: Mapping[str, str | tuple[str, float]]
    tolerance: float | Mapping[str, float]
    share: float = 0.0
    inputs: Ranges = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    settle: float = 0.0
    speed: float = 1.0
    is_cached: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)
    addr: int | None = None
    wrong: str = ""
    names: Mapping[str, str] = field(default_factory=dict)


Row = Sheet | Peer | Kernel


def families() -> Iterator[Any]:
    """Yield the module of each family."""
    for found in sorted(iter_modules(__path__), key=lambda module: module.name):
        yield import_module(f"{__name__}.{found.name}")


def sheets() -> list[Sheet]:
    """Return all worked numbers."""
    return [row for family in families() for row in getattr(family, "SHEET", ())]


def peers() -> list[Peer]:
    """Return all drivers of other authors."""
    return [row for family in families() for row in getattr(family, "PEERS", ())]


def kernels() -> list[Kernel]:
    """Return all drivers of the kernel."""
    return [row for family in families() for row in getattr(family, "KERNEL", ())]


def library(name: str) -> Any:
    """Return a module of the peer, in a function that the peer's thread calls."""
    return import_module("i2cdrv.bridge").import_library(name)


def crc(poly: int = 0x31, init: int = 0xFF) -> Callable[[int], int]:
    """Return a function that computes the CRC-8 of a word, by long division: Sensirion's by default."""

    def of(word: int) -> int:
        return _remainder(word.to_bytes(2, "big"), poly, init)

    return of


def words(*values: int, poly: int = 0x31, init: int = 0xFF) -> str:
    """Return 16-bit words, each with its CRC, in hexadecimal: Sensirion's CRC by default."""
    check = crc(poly, init)
    return "".join(f"{value:04X}{check(value):02X}" for value in values)


def with_crc(data: str, poly: int = 0x31, init: int = 0xFF) -> str:
    """Return the bytes and one CRC over all of them, in hexadecimal."""
    return f"{data}{_remainder(bytes.fromhex(data), poly, init):02X}"


def with_pec(addr: int, command: str, data: str) -> str:
    """Return the bytes of an SMBus read and its PEC (SMBus 3.1, 6.4), in hexadecimal."""
    wire = bytes((addr << 1, *bytes.fromhex(command), addr << 1 | 1)) + bytes.fromhex(data)
    return f"{data}{_remainder(wire, 0x07, 0):02X}"


def _remainder(data: bytes, poly: int, init: int) -> int:
    bits = int.from_bytes(bytes((data[0] ^ init,)) + data[1:] + b"\0", "big")
    divisor = 0x100 | poly
    while bits.bit_length() > 8:
        bits ^= divisor << bits.bit_length() - 9
    return bits
