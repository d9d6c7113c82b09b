"""Facts about I2C buses in /sys and /dev: their names, the holders of addresses, why a node does not open.

It only reads files and never uses a bus.  Layout: Documentation/i2c/i2c-sysfs.rst, drivers/i2c/i2c-dev.c.
``sys`` and ``dev`` are where these trees are mounted.
"""

from __future__ import annotations

import errno
import grp
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import Busy, Error, Invalid, Unknown
from ..lib.hints import LOAD_I2C_DEV, enable_on_pi, join_group_command, udev_rule
from .topology import (
    ADAPTER,
    SYS,
    AdapterName,
    adapter_name,
    adapters,
    controller,
    devices,
    is_header_bus,
    location,
    mux_tree,
    number,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "DEV", "NUMBER", "SYS", "BusInfo", "Holder", "adapter_name", "adapters", "address_in_use_error", "controller",
    "holder", "holders", "is_header_bus", "list_buses", "location", "open_error", "parse_bus", "text",
]  # fmt: skip

DEV = Path("/dev")

WORDS = "1, i2c-1, /dev/i2c-1, a location such as usb-1-1.3, or a unique part of an adapter's name"
NUMBER = r"(?:/dev/)?(?:i2c-)?([0-9]{1,7})"  # 1, i2c-1, /dev/i2c-1, which need no look-up


class BusInfo(NamedTuple):
    """A bus that can be opened, according to the kernel."""

    nr: int
    name: str
    path: Path

    def __str__(self) -> str:
        return f"i2c-{self.nr} ({self.name})"


class Holder(NamedTuple):
    """The kernel driver bound to a chip."""

    device: str
    """For example ``1-0068``."""
    driver: str
    module: str | None
    """None when the driver is built in."""
    path: Path
    """For example ``/sys/bus/i2c/devices/1-0068``."""
    files: Path | None
    """The directory of the kernel's own values: ``/sys/class/hwmon/hwmon1`` or an IIO device."""

    def unbinding(self, sys: Path = SYS) -> str:
        """Return the command that takes the chip from the driver, until the next start."""
        return f"echo {self.device} | sudo tee {sys}/bus/i2c/drivers/{self.driver}/unbind"


def list_buses(*, sys: Path = SYS, dev: Path = DEV) -> list[BusInfo]:
    """Return every bus of i2c-dev, by number; none when i2c-dev is not loaded."""
    found = ((number(entry), entry) for entry in (sys / "class/i2c-dev").glob("i2c-*"))
    return sorted(BusInfo(nr, _name(nr, entry, sys), dev / f"i2c-{nr}") for nr, entry in found if nr is not None)


def _name(nr: int, entry: Path, sys: Path) -> AdapterName:
    return AdapterName(text(entry / "name"), controller(nr, sys=sys))


def parse_bus(word: str, *, sys: Path = SYS, dev: Path = DEV) -> int:
    """Return the number of the bus meant by ``1``, ``i2c-1``, ``/dev/i2c-1``, a location or an adapter's name.

    A unique part of the name is enough.  A number is not looked up.
    Errors: Unknown; Invalid when several adapters fit.
    """
    if found := re.fullmatch(ADAPTER, _node(word) if word.startswith("/") else f"i2c-{word.removeprefix('i2c-')}"):
        return int(found[1])
    buses = list_buses(sys=sys, dev=dev)
    fitting = [bus for bus in buses if word and location(bus.nr, sys=sys) == word] or _by_name(word, buses)
    if not fitting:
        raise Unknown(f"no bus {word!r}: give {WORDS}; {_known(sys)}")
    if len(fitting) > 1:
        raise Invalid(f"bus {word!r} is ambiguous, give the number or the location of one: {_located(fitting, sys)}")
    return fitting[0].nr


def _node(path: str) -> str:
    """Return the name of the file behind links; empty for a text that cannot be a path."""
    try:
        return os.path.basename(os.path.realpath(path))  # noqa: PTH119 pathlib raises for a loop of links
    except ValueError:  # a NUL in it
        return ""


def holder(nr: int, addr: int, *, sys: Path = SYS) -> Holder | None:
    """Return the kernel driver bound at ``addr`` on this bus, a mux parent or a channel of it (i2cdev_check_addr).

    None also when firmware named the device: then its address is in no file.
    """
    for bus in mux_tree(nr, sys):
        device = devices(sys) / f"{bus}-{addr:04x}"
        if (device / "driver").exists():
            return _holder(device, sys)
    return None


def holders(nr: int, *, sys: Path = SYS) -> list[Holder]:
    """Return the holders of all devices of this bus, without its mux channels; also of devices from firmware."""
    here = [device for device in sorted(devices(sys).glob("*")) if device.resolve().parent.name == f"i2c-{nr}"]
    return [_holder(device, sys) for device in here if (device / "driver").exists()]


def address_in_use_error(nr: int, addr: int, *, sys: Path = SYS) -> Busy:
    """Return the error for an address that a kernel driver uses: its holder and the next commands."""
    who = holder(nr, addr, sys=sys)
    share = f"i2cdrv load MODULE --bus {nr} --addr 0x{addr:02x} --force"
    if who is None:
        return Busy(f"i2c-{nr} 0x{addr:02x} is used by a kernel driver (see {devices(sys)}); share it: {share}")
    module = f" (module {who.module})" if who.module else ""
    files = f"read the kernel's own files in {who.files}, or " if who.files else ""
    return Busy(
        f"i2c-{nr} 0x{addr:02x} is used by the kernel driver {who.driver}{module}: {who.path}; {files}take the chip "
        f"from it: {who.unbinding(sys)}, or share it: {share}"
    )


def open_error(nr: int, fault: OSError, *, sys: Path = SYS, dev: Path = DEV) -> Error:
    """Return the error for a node that did not open (or does not know I2C_FUNCS), with the kernel's errno.

    Unknown: no such bus.  Invalid: not an I2C device.  Error: no permission (EACCES, EPERM) and all else.
    """
    code = fault.errno or errno.EIO
    node = dev / f"i2c-{nr}"
    if code not in _OPEN_FAULTS:
        return Error(f"{node}: {os.strerror(code)}", code)
    kind, sentence = _OPEN_FAULTS[code]
    return kind(sentence(node, sys), code)


def _missing(node: Path, sys: Path) -> str:
    return f"{node} is missing: {_how_to_get(node, sys)}{_known(sys)}"


def _how_to_get(node: Path, sys: Path) -> str:
    buses = list_buses(sys=sys)
    model = text(sys / "firmware/devicetree/base/model")
    if number(node) in [bus.nr for bus in buses]:
        return f"the kernel has this bus, so hand its node to the container: --device {node}; "
    if model.startswith("Raspberry Pi") and not any(is_header_bus(bus.name) for bus in buses):
        return f"on this {model} run: {enable_on_pi(sys.parent)}; "
    if not (sys / "class/i2c-dev").is_dir():
        return f"load the kernel's i2c-dev: {LOAD_I2C_DEV}; "
    return ""


def _no_adapter(node: Path, sys: Path) -> str:
    return f"{node} has no adapter behind it (unplugged, or its driver was unloaded); {_known(sys)}"


def _no_permission(node: Path, sys: Path) -> str:
    facts = node.stat()
    group = _group(facts.st_gid)
    refused = f"no permission for {node} (group {group}, mode {stat.S_IMODE(facts.st_mode):04o})"
    if group != "root" and facts.st_mode & stat.S_IWGRP:
        return f"{refused}: {join_group_command(group, sys.parent)}, then log in again"
    rule, member = udev_rule(sys.parent), join_group_command("i2c", sys.parent)
    return f"{refused}: the udev rule that gives it to group i2c is missing: {rule}, then {member} and log in again"


def _forbidden(node: Path, _sys: Path) -> str:
    return f"{node} is forbidden to this service or container: DeviceAllow=char-i2c rw, or --device {node}"


def _not_i2c(node: Path, sys: Path) -> str:
    return f"{node} is not an I2C device; {_known(sys)}"


_OPEN_FAULTS: dict[int, tuple[type[Error], Callable[[Path, Path], str]]] = {
    errno.ENOENT: (Unknown, _missing),
    errno.ENXIO: (Unknown, _no_adapter),
    errno.ENODEV: (Unknown, _no_adapter),
    errno.EACCES: (Error, _no_permission),
    errno.EPERM: (Error, _forbidden),
    errno.ENOTTY: (Invalid, _not_i2c),
}


def _known(sys: Path) -> str:
    buses = list_buses(sys=sys)
    return f"buses here: {_listed(buses)}" if buses else "no I2C bus is here"


def _listed(buses: list[BusInfo]) -> str:
    return ", ".join(map(str, buses))


def _located(buses: list[BusInfo], sys: Path) -> str:
    places = ((bus, location(bus.nr, sys=sys)) for bus in buses)
    return ", ".join(f"{bus} at {place}" if place else str(bus) for bus, place in places)


def _by_name(word: str, buses: list[BusInfo]) -> list[BusInfo]:
    exact = [bus for bus in buses if bus.name == word]
    letters = any(letter.isalpha() for letter in word)  # "-1" is a slip, not part of a name
    return exact or [bus for bus in buses if letters and word.casefold() in bus.name.casefold()]


def _holder(device: Path, sys: Path) -> Holder:
    driver = (device / "driver").resolve()
    module = driver / "module"
    name = module.resolve().name if module.exists() else None
    return Holder(device.name, driver.name, name, device, _measurements(device, sys))


def _measurements(device: Path, sys: Path) -> Path | None:
    for pattern, shelf in (("hwmon/hwmon*", "class/hwmon"), ("iio:device*", "bus/iio/devices")):
        for found in sorted(device.glob(pattern)):
            return sys / shelf / found.name
    return None


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
