"""The kernel inside the machine: its modules, buses, and its own drivers' values of a chip."""

from __future__ import annotations

import errno
import math
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 5.0  # seconds for a driver to give its first value
# tmp102 before its first conversion; sht4x, which waits 8.2 ms for up to 8.3 ms (its sheet, version 6)
NOT_YET = (errno.EAGAIN, errno.ENODATA)


def modprobe(module: str, *parameters: str) -> None:
    subprocess.run(["modprobe", module, *parameters], check=True)


def rmmod(module: str) -> None:
    subprocess.run(["rmmod", module], check=True)


def bus(name: str) -> int:
    """The number of the adapter whose name contains this; numbers are not stable, names are."""
    (number,) = adapters(name)
    return number


def adapters(name: str) -> list[int]:
    """Return the numbers of all adapters whose names contain this, in the order of the names."""
    found = {}
    for place in Path("/sys/class/i2c-dev").glob("i2c-*/name"):
        if name in (text := place.read_text()):
            found[len(text), text] = int(place.parent.name.removeprefix("i2c-"))  # "bus 9" before "bus 10"
    return [found[key] for key in sorted(found)]


def device(number: int, addr: int) -> Path:
    return Path(f"/sys/bus/i2c/devices/{number}-{addr:04x}")


@contextmanager
def bound(number: int, name: str, addr: int) -> Iterator[Path]:
    """A kernel driver on a chip for the length of a block, through new_device and delete_device."""
    adapter, client = Path(f"/sys/bus/i2c/devices/i2c-{number}"), device(number, addr)
    (adapter / "new_device").write_text(f"{name} {addr:#x}\n")
    try:
        assert (client / "driver").exists(), f"the kernel's driver for {name} did not bind: see its log"
        yield client
    finally:
        (adapter / "delete_device").write_text(f"{addr:#x}\n")


def hwmon(client: Path, attribute: str) -> int:
    """An attribute of the chip's hwmon device (m°C, m%, mV, mA, µW)."""
    (folder,) = client.glob("hwmon/hwmon*")
    return int(read(folder / attribute))


def iio(client: Path, attribute: str) -> float:
    """An attribute of the chip's IIO device (m°C, kPa, m%)."""
    (folder,) = client.glob("iio:device*")
    return float(read(folder / attribute))


def read(attribute: Path) -> str:
    """An attribute's text, as soon as the driver has one.

    By os.read: Python's file objects turn EAGAIN into None and stumble over it.
    """
    until = time.monotonic() + PATIENCE
    while True:
        descriptor = os.open(attribute, os.O_RDONLY)
        try:
            return os.read(descriptor, 4096).decode()
        except OSError as error:
            if error.errno not in NOT_YET or time.monotonic() > until:
                raise
            time.sleep(0.02)
        finally:
            os.close(descriptor)


def milli(value: float) -> float:
    """Thousandths, free of the noise of binary fractions, so that the roundings below see 0.5 where there is 0.5."""
    return round(value * 1000, 6)


def floor(value: float) -> int:
    """To thousandths as lm75 and sht4x do it: an arithmetic shift."""
    return math.floor(milli(value))


def truncate(value: float) -> int:
    """To thousandths as tmp102 and jc42 do it: C's division, towards zero."""
    return math.trunc(milli(value))


def closest(value: float) -> int:
    """To thousandths as ina2xx does it: DIV_ROUND_CLOSEST, halves away from zero."""
    return int(math.copysign(math.floor(abs(milli(value)) + 0.5), value))
