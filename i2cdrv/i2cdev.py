"""What /sys and /dev say about I2C buses: their names, who holds an address, why a node does not open.

Only reads files; nothing here reaches a bus.  Layout: Documentation/i2c/i2c-sysfs.rst, drivers/i2c/i2c-dev.c.
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

from .errors import Busy, Error, Invalid, Unknown
from .remedy import ENABLE_ON_PI, LOAD_I2C_DEV, UDEV_RULE, join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SYS = Path("/sys")
DEV = Path("/dev")

NUMBER = re.compile(r"(?:/dev/)?(?:i2c-)?([0-9]{1,7})")  # 1, i2c-1, /dev/i2c-1: what needs not be looked up
_ADAPTER = re.compile(r"i2c-([0-9]{1,7})")  # not "i2c-dev", nor a client that firmware named "i2c-INT33C3:00"

# Adapters that have no place to plug a sensor in, by the names the kernel's drivers give them.
_NOT_HEADER = re.compile(
    r"ddc|hdmi|aux|dpmst|sdvo|gmbus|\bcard[0-9]+-"  # display connectors
    r"|i915|amdgpu|radeon|nvidia|nvkm|nouveau|gma500|viafb|lsdc"  # other buses of graphics cards
    r"|pmic|bpmp|cros-ec"  # the machine's own power supply
    r"|^smbus2? (?!stub)|sis96x smbus"  # mainboard: memory modules, clock generators (i2c-stub is no mainboard)
    r"|eeprom|i2c@7e205000|^i2c-22-mux"  # Raspberry Pi 0-4: HAT EEPROM, camera, display
    r"|i2c@7e805000|fef0[49]500\.i2c|107d5082[08]0\.i2c",  # Raspberry Pi 0-3, 4, 5: HDMI
    re.IGNORECASE,
)


class BusInfo(NamedTuple):
    """A bus that can be opened, as far as the kernel tells."""

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
    """Directory with what the kernel measures there: ``/sys/class/hwmon/hwmon1`` or an IIO device."""

    def unbinding(self, sys: Path = SYS) -> str:
        """The command that takes the chip from the driver, until the next start."""
        return f"echo {self.device} | sudo tee {sys}/bus/i2c/drivers/{self.driver}/unbind"


def list_buses(*, sys: Path = SYS, dev: Path = DEV) -> list[BusInfo]:
    """Every bus that i2c-dev offers, by number; none when i2c-dev is not loaded."""
    found = ((_number(entry), entry) for entry in (sys / "class/i2c-dev").glob("i2c-*"))
    return sorted(BusInfo(nr, text(entry / "name"), dev / f"i2c-{nr}") for nr, entry in found if nr is not None)


def adapters(*, sys: Path = SYS) -> list[int]:
    """The number of every adapter that the kernel has, also when i2c-dev is not loaded."""
    found = map(_number, _devices(sys).glob("i2c-*"))
    return sorted(nr for nr in found if nr is not None)


def adapter_name(nr: int, *, sys: Path = SYS) -> str:
    """The controller's name as the kernel has it; ``i2c-N`` when it has none."""
    return text(_devices(sys) / f"i2c-{nr}/name") or f"i2c-{nr}"


def controller(nr: int, *, sys: Path = SYS) -> str:
    """The name of the adapter at the root of the mux tree ``nr`` belongs to: the one that drives the wires."""
    *_, root = _upwards(nr, sys)
    return adapter_name(root, sys=sys)


def is_header_bus(name: str) -> bool:
    """Whether chips are plugged into a bus of this name; for a mux channel ask with its ``controller``.

    False for display connectors, graphics cards, power management, mainboard SMBus and the Pi's HAT EEPROM bus.
    """
    return not _NOT_HEADER.search(name)


def parse_bus(word: str, *, sys: Path = SYS, dev: Path = DEV) -> int:
    """The number of the bus meant by ``1``, ``i2c-1``, ``/dev/i2c-1`` or (a unique part of) an adapter's name.

    A number is not looked up.  Errors: Unknown; Invalid when several adapters fit.
    """
    if number := _ADAPTER.fullmatch(_node(word) if word.startswith("/") else f"i2c-{word.removeprefix('i2c-')}"):
        return int(number[1])
    fitting = _by_name(word, list_buses(sys=sys, dev=dev))
    if not fitting:
        raise Unknown(
            f"no bus {word!r}: give 1, i2c-1, /dev/i2c-1 or a unique part of an adapter's name; {_known(sys)}"
        )
    if len(fitting) > 1:
        raise Invalid(f"bus {word!r} is ambiguous, give the number of one: {_listed(fitting)}")
    return fitting[0].nr


def _node(path: str) -> str:
    """The name of the file behind links; none for what cannot be a path."""
    try:
        return os.path.basename(os.path.realpath(path))  # noqa: PTH119 pathlib raises for a loop of links
    except ValueError:  # a NUL in it
        return ""


def holder(nr: int, addr: int, *, sys: Path = SYS) -> Holder | None:
    """The kernel driver bound at ``addr`` on this bus or a mux parent or channel of it (i2cdev_check_addr).

    None also when firmware named the device: then its address is in no file.
    """
    for bus in _mux_tree(nr, sys):
        device = _devices(sys) / f"{bus}-{addr:04x}"
        if (device / "driver").exists():
            return _holder(device, sys)
    return None


def holders(nr: int, *, sys: Path = SYS) -> list[Holder]:
    """Every device of this bus, but of none of its mux channels, that has a kernel driver; also those of firmware."""
    devices = sorted(_devices(sys).glob("*"))
    here = [device for device in devices if device.resolve().parent.name == f"i2c-{nr}"]
    return [_holder(device, sys) for device in here if (device / "driver").exists()]


def held(nr: int, addr: int, *, sys: Path = SYS) -> Busy:
    """The error for an address that a kernel driver uses: who it is and what can be done."""
    who = holder(nr, addr, sys=sys)
    if who is None:
        return Busy(f"i2c-{nr} 0x{addr:02x} is used by a kernel driver (see {_devices(sys)}); --force shares the chip")
    module = f" (module {who.module})" if who.module else ""
    files = f"read the kernel's own files in {who.files}, or " if who.files else ""
    return Busy(
        f"i2c-{nr} 0x{addr:02x} is used by the kernel driver {who.driver}{module}: {who.path}; {files}take the chip "
        f"from it: {who.unbinding(sys)}, or share it: --force"
    )


def open_error(nr: int, fault: OSError, *, sys: Path = SYS, dev: Path = DEV) -> Error:
    """The error for a node that did not open (or does not know I2C_FUNCS), with the kernel's errno.

    Unknown: no such bus.  Invalid: not an I2C device.  Error: no permission (EACCES, EPERM) and all else.
    """
    number = fault.errno or errno.EIO
    node = dev / f"i2c-{nr}"
    if number not in _OPEN_FAULTS:
        return Error(f"{node}: {os.strerror(number)}", number)
    kind, sentence = _OPEN_FAULTS[number]
    return kind(sentence(node, sys), number)


def _missing(node: Path, sys: Path) -> str:
    return f"{node} is missing: {_how_to_get(node, sys)}{_known(sys)}"


def _how_to_get(node: Path, sys: Path) -> str:
    buses = list_buses(sys=sys)
    model = text(sys / "firmware/devicetree/base/model")
    if _number(node) in [bus.nr for bus in buses]:
        return f"the kernel has this bus, so hand its node to the container: --device {node}; "
    if model.startswith("Raspberry Pi") and not any(is_header_bus(bus.name) for bus in buses):
        return f"on this {model} run: {ENABLE_ON_PI}; "
    if not (sys / "class/i2c-dev").is_dir():
        return f"load the kernel's i2c-dev: {LOAD_I2C_DEV}; "
    return ""


def _no_adapter(node: Path, sys: Path) -> str:
    return f"{node} has no adapter behind it (unplugged, or its driver was unloaded); {_known(sys)}"


def _no_permission(node: Path, _sys: Path) -> str:
    facts = node.stat()
    group = _group(facts.st_gid)
    refused = f"no permission for {node} (group {group}, mode {stat.S_IMODE(facts.st_mode):04o})"
    if group != "root" and facts.st_mode & stat.S_IWGRP:
        return f"{refused}: {join(group)}, then log in again"
    return (
        f"{refused}: i2c-tools' udev rule, which gives it to group i2c, is missing: "
        f"{UDEV_RULE}, then {join('i2c')} and log in again"
    )


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


def _mux_tree(nr: int, sys: Path) -> Iterator[int]:
    """The bus itself, its mux parents, its channels: where an address may be used only once (drivers/i2c/i2c-mux.c)."""
    yield from _upwards(nr, sys)
    yield from _channels((_devices(sys) / f"i2c-{nr}").resolve())


def _upwards(nr: int, sys: Path) -> Iterator[int]:
    path = (_devices(sys) / f"i2c-{nr}").resolve()
    while (bus := _number(path)) is not None:
        yield bus
        path = path.parent


def _channels(adapter: Path) -> Iterator[int]:
    for child in sorted(adapter.glob("i2c-*")):
        if (bus := _number(child)) is not None:
            yield bus
            yield from _channels(child)


def _number(path: Path) -> int | None:
    matched = _ADAPTER.fullmatch(path.name)
    return int(matched[1]) if matched else None


def _devices(sys: Path) -> Path:
    return sys / "bus/i2c/devices"


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def text(path: Path) -> str:
    """What a file of these trees says, without the end that it has; nothing where it cannot be read."""
    try:
        return path.read_text("utf-8", "replace").strip("\0\n")
    except OSError:
        return ""
