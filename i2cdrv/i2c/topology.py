"""The tree of I2C adapters in /sys: names, root controllers behind multiplexers, locations.

Only reads files.  Layout: Documentation/i2c/i2c-sysfs.rst, drivers/i2c/i2c-mux.c.  ``sys`` is where /sys is mounted.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SYS = Path("/sys")

ADAPTER = r"i2c-([0-9]{1,7})"  # not "i2c-dev", nor a client that firmware named "i2c-INT33C3:00"
_USB = r"[1-9][0-9]*-[1-9][0-9]*(?:\.[1-9][0-9]*)*"  # a USB device: bus, then ports (usb_alloc_dev)
_CHANNEL = r"i2c-[0-9]+-mux \(chan_id ([0-9]+)\)"  # i2c_mux_add_adapter

# Adapters that have no place to plug a sensor in, by the names the kernel's drivers give them.
_NOT_HEADER = (
    r"ddc|hdmi|aux|dpmst|sdvo|gmbus|\bcard[0-9]+-"  # display connectors
    r"|i915|amdgpu|radeon|nvidia|nvkm|nouveau|gma500|viafb|lsdc"  # other buses of graphics cards
    r"|pmic|bpmp|cros-ec"  # the machine's own power supply
    r"|^smbus2? (?!stub)|sis96x smbus"  # mainboard: memory modules, clock generators (i2c-stub is no mainboard)
    r"|eeprom|i2c@7e205000|^i2c-22-mux"  # Raspberry Pi 0-4: HAT EEPROM, camera, display
    r"|i2c@7e805000|fef0[49]500\.i2c|107d5082[08]0\.i2c"  # Raspberry Pi 0-3, 4, 5: HDMI
)


class AdapterName(str):
    """An adapter's name, with the name of the controller at the root of its mux tree, which drives the wires."""

    controller: str
    __slots__ = ("controller",)

    def __new__(cls, name: str, controller: str) -> AdapterName:
        self = super().__new__(cls, name)
        self.controller = controller
        return self


def adapters(*, sys: Path = SYS) -> list[int]:
    """List the number of every adapter that the kernel has, also when i2c-dev is not loaded."""
    found = map(number, devices(sys).glob("i2c-*"))
    return sorted(nr for nr in found if nr is not None)


def adapter_name(nr: int, *, sys: Path = SYS) -> AdapterName:
    """Return the adapter's name as the kernel has it; ``i2c-N`` when it has none."""
    return AdapterName(_own_name(nr, sys), controller(nr, sys=sys))


def controller(nr: int, *, sys: Path = SYS) -> str:
    """Return the name of the adapter at the root of the mux tree that ``nr`` belongs to."""
    *_, root = (nr, *upwards(nr, sys))  # the number may come from another process, and need not be that of a bus
    return _own_name(root, sys)


def controller_of(name: str) -> str:
    """Return the name of the controller behind an adapter's name; the name itself where nothing else is known."""
    return name.controller if isinstance(name, AdapterName) else name


def is_header_bus(name: str) -> bool:
    """Return whether chips are plugged into the bus; for a mux channel its root controller decides.

    False for display connectors, graphics cards, power management, mainboard SMBus and the Pi's HAT EEPROM bus.
    """
    return not re.search(_NOT_HEADER, controller_of(name), re.IGNORECASE)


def location(nr: int, *, sys: Path = SYS) -> str:
    """Return where the adapter is plugged in, whatever number and name it has; empty where /sys does not show it.

    ``usb-1-1.3`` is port 3 of the hub at port 1 of USB bus 1; others are called by bus and device:
    ``platform-fe804000.i2c``, ``pci-0000:00:1f.4``.  A mux channel adds its multiplexer's address and its number:
    ``usb-1-1.3-mux-0x70-chan-2``.
    """
    path = (devices(sys) / f"i2c-{nr}").resolve()
    parent = number(path.parent)
    if parent is None:
        return _plug(path.parent, sys)
    above, channel = location(parent, sys=sys), re.fullmatch(_CHANNEL, _own_name(nr, sys))
    mux = (path / "mux_device").resolve().name.rpartition("-")[2].lstrip("0")
    at = f"-mux-0x{mux}" if (path / "mux_device").exists() else "-mux"
    return f"{above}{at}-chan-{channel[1]}" if above and channel else ""


def _plug(device: Path, sys: Path) -> str:
    for place in (device, *device.parents):
        if place == sys:
            break
        bus = (place / "subsystem").resolve().name
        if re.fullmatch(_USB, place.name):
            return f"usb-{place.name}"
        if bus in {"pci", "platform"}:
            return f"{bus}-{place.name}"
    return ""


def _own_name(nr: int, sys: Path) -> str:
    return text(devices(sys) / f"i2c-{nr}/name") or f"i2c-{nr}"


def mux_tree(nr: int, sys: Path) -> Iterator[int]:
    """Yield the bus, its mux parents and its channels: an address may be used only once among them (i2c-mux.c)."""
    yield from upwards(nr, sys)
    yield from _channels((devices(sys) / f"i2c-{nr}").resolve())


def upwards(nr: int, sys: Path) -> Iterator[int]:
    """Yield the bus and its mux parents, the root last."""
    path = (devices(sys) / f"i2c-{nr}").resolve()
    while (bus := number(path)) is not None:
        yield bus
        path = path.parent


def _channels(adapter: Path) -> Iterator[int]:
    for child in sorted(adapter.glob("i2c-*")):
        if (bus := number(child)) is not None:
            yield bus
            yield from _channels(child)


def number(path: Path) -> int | None:
    """Return the N of a path that ends in ``i2c-N``."""
    matched = re.fullmatch(ADAPTER, path.name)
    return int(matched[1]) if matched else None


def devices(sys: Path) -> Path:
    """Return the directory that lists every adapter and client."""
    return sys / "bus/i2c/devices"


def text(path: Path) -> str:
    """Return the content of a file of these trees without its end; empty where it cannot be read."""
    try:
        return path.read_text("utf-8", "replace").strip("\0\n")
    except OSError:
        return ""
