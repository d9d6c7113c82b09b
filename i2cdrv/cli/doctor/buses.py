"""The I2C buses: the operations and the clock of each, and the permissions of this user.

BCM2835's fault with clock stretching: https://www.advamation.com/knowhow/raspberrypi/rpi-i2c-bug.html, and
bcm2835_i2c_quirks in the kernel.  The Raspberry Pi 5 has another controller (DesignWare, in its RP1).
"""

from __future__ import annotations

import errno
import re
import stat
from typing import TYPE_CHECKING

from ...core import module
from ...errors import Error
from ...i2c import inventory
from ...i2c.adapter import Functionality
from ...i2c.controllers import CH341_FACT, GPIO_DRIVER, GPIO_FACT, controller_of
from ...lib import hints
from . import configtxt
from .finding import Finding, joining, note, ok, problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .machine import Machine

OPERATIONS = {
    Functionality.SMBUS_QUICK: "quick",
    Functionality.SMBUS_BYTE: "byte",
    Functionality.SMBUS_BYTE_DATA: "byte data",
    Functionality.SMBUS_WORD_DATA: "word data",
    Functionality.SMBUS_I2C_BLOCK: "I2C block",
}
NO_HARDWARE = "i2cdrv load bme280 --bus sim"
SLOW_HZ = 10_000  # at which clock-stretching chips need not stretch
FAST_HZ = 400_000  # I2C's fast mode; few sensors accept more
STRETCHING = "BNO055, BNO085, CCS811, MCP9600, SCD30"  # as their datasheets, or Adafruit's list of troublesome chips
BAUDRATES = ("i2c_arm_baudrate", "i2c_baudrate", "i2c1_baudrate")
NODE = re.compile(r"\((i2c@[0-9a-f]+)\)")  # in bcm2835 (i2c@7e804000)


def i2c(machine: Machine) -> Iterator[Finding]:
    """Yield whether there is a bus for sensors, and the nodes to open it."""
    sensors = [nr for nr in inventory.adapters(sys=machine.sys) if machine.has_plug(nr)]
    if machine.is_pi and not sensors:
        yield _off(machine)
        return
    yield from _i2c_dev(machine)
    if sensors:
        yield ok("i2c", f"for sensors: {', '.join(_named(machine, nr) for nr in sensors)}")
    elif inventory.adapters(sys=machine.sys):
        others = "all buses here are the display's, or the board's own"
        yield problem("i2c", f"no bus for sensors: {others}; plug in a USB adapter such as an MCP2221, or without "
                             "hardware:", NO_HARDWARE)  # fmt: skip


def _named(machine: Machine, nr: int) -> str:
    return f"i2c-{nr} ({inventory.adapter_name(nr, sys=machine.sys)})"


def _off(machine: Machine) -> Finding:
    config = configtxt.of(machine)
    if config.parameter("i2c_arm", "i2c", "i2c1") in configtxt.ON:
        return problem("i2c", f"{config.path} switches I2C on, but it has not been read since: restart", "sudo reboot")
    command = hints.enable_on_pi(machine.root, raspi_config=machine.which("raspi-config") is not None)
    return problem("i2c", f"I2C is switched off on this {machine.model}", command)


def _i2c_dev(machine: Machine) -> Iterator[Finding]:
    loaded = (machine.sys / "class/i2c-dev").is_dir()
    if loaded:
        yield ok("i2c", "the kernel's i2c-dev is loaded")
    else:
        none = "" if inventory.adapters(sys=machine.sys) else ", nor has the kernel any I2C bus"
        text = f"the kernel's i2c-dev is not loaded, so there is no {machine.dev}/i2c-N{none}"
        text += "; where modprobe does not know it, the kernel was built without I2C"
        yield problem("i2c", f"on the host: {text}" if machine.is_container else text, hints.LOAD_I2C_DEV)
    if not machine.is_container and not _loaded_at_start(machine):
        keep = hints.keep_i2c_dev(machine.root)
        grade = note if loaded else problem
        yield grade("i2c", "nothing loads i2c-dev at the next start", keep)


def _loaded_at_start(machine: Machine) -> bool:
    """Return whether modules-load.d(5) loads it, or the kernel has it built in."""
    lists = [machine.etc / "modules"]
    for place in (machine.etc, machine.root / "run", machine.root / "usr/local/lib", machine.root / "usr/lib"):
        lists += sorted((place / "modules-load.d").glob("*.conf"))
    named = {line.strip().replace("_", "-") for path in lists for line in inventory.text(path).splitlines()}
    builtin = inventory.text(machine.root / f"lib/modules/{machine.release}/modules.builtin")
    return "i2c-dev" in named or "/i2c-dev.ko" in builtin


def buses(machine: Machine) -> Iterator[Finding]:
    """Yield the findings for each bus for sensors; the other buses are only listed."""
    others = []
    for bus in inventory.list_buses(sys=machine.sys, dev=machine.dev):
        if machine.has_plug(bus.nr):
            yield from _bus(machine, bus)
        else:
            others.append(str(bus))
    if others:
        yield ok("buses", f"left alone, as the display's or the board's own: {', '.join(others)}")


def _bus(machine: Machine, bus: inventory.BusInfo) -> Iterator[Finding]:
    try:
        can = machine.functionality(bus.nr)
    except Error as error:
        yield from _refused(machine, bus.path, error)
    else:
        yield _can(bus, can)
    if place := inventory.location(bus.nr, sys=machine.sys):
        yield ok("buses", f"i2c-{bus.nr}: located at {place}, a name that stays: --bus {place}")
    if inventory.controller(bus.nr, sys=machine.sys) == bus.name:  # not a mux channel, which is like its parent
        yield from _controller(machine, bus.nr)
        yield from clock(machine, bus)


def _can(bus: inventory.BusInfo, can: Functionality) -> Finding:
    if Functionality.I2C in can:
        return ok("buses", f"{bus}: you may use it; plain I2C and SMBus")
    operations = ", ".join(name for bits, name in OPERATIONS.items() if bits in can) or "none that i2cdrv uses"
    text = f"{bus}: you may use it; SMBus operations only: {operations}"
    if unusable := _modules_without(can):
        text += f"; not usable here: {', '.join(unusable)}"
    return note("buses", text)


def _modules_without(can: Functionality) -> list[str]:
    """Return the modules that need operations which the adapter lacks; modules that cannot be loaded are skipped."""
    found = []
    for name in module.available():
        try:
            needs = module.load(name).driver.functionality
        except Error:
            continue
        if needs & ~can:
            found.append(name)
    return found


def _refused(machine: Machine, node: Path, error: Error) -> Iterator[Finding]:
    hand_over = f"docker run --device {node} …"
    match error.errno:
        case errno.EACCES:
            yield from _no_permission(machine, node)
        case errno.EPERM:
            yield problem("buses", f"{node} is forbidden to this service or container", hand_over)
        case errno.ENOENT:
            yield problem("buses", f"{node} is missing, though the kernel has this bus: it is not handed to this "
                                   "container, or udev does not run", hand_over)  # fmt: skip
        case _:
            yield problem("buses", error.message, "sudo dmesg | grep -i i2c")


def _no_permission(machine: Machine, node: Path) -> Iterator[Finding]:
    facts = node.stat()
    group = machine.group(facts.st_gid)
    refused = f"no permission for {node} ({machine.owner(node)})"
    if group.name == "root" or not facts.st_mode & stat.S_IWGRP:
        text = f"{refused}: the udev rule that gives it to group i2c is missing"
        yield problem("buses", text, hints.udev_rule(machine.root))
        group = next((one for one in machine.groups() if one.name == "i2c"), group._replace(name="i2c", members=()))
    yield joining(machine, "buses", refused, group)


def clock(machine: Machine, bus: inventory.BusInfo) -> Iterator[Finding]:
    """Yield the findings for the clock of an adapter that is not a mux channel."""
    config, now = configtxt.of(machine), frequency(machine, bus)
    if now is not None:
        yield ok("buses", f"i2c-{bus.nr}: clocked at {now / 1000:g} kHz")
    if now is not None and now > FAST_HZ:
        slower = config.adding(f"dtparam=i2c_arm_baudrate={FAST_HZ}") if _is_arm(machine, bus) else ""
        yield note("buses", f"i2c-{bus.nr}: that is faster than most sensors accept, {FAST_HZ // 1000} kHz", slower)
    wanted = _wanted(config)
    if _is_arm(machine, bus) and None not in (now, wanted) and wanted != now:
        yield note("buses", f"{config.path} sets {wanted} Hz, but has not been read since: restart", "sudo reboot")
    if bus.name.startswith("bcm2835"):
        yield _stretching(machine, bus, config, now)


def frequency(machine: Machine, bus: inventory.BusInfo) -> int | None:
    """Return an adapter's clock from the devicetree, in Hz; a Pi's first bus without one has config.txt's."""
    places = [machine.sys / f"bus/i2c/devices/i2c-{bus.nr}/of_node"]
    if node := NODE.search(bus.name):
        places.append(machine.devicetree / "soc" / node[1])
    for place in places:
        try:
            return int.from_bytes((place / "clock-frequency").read_bytes(), "big")
        except OSError:
            continue
    return _wanted(configtxt.of(machine)) if _is_arm(machine, bus) else None


def _is_arm(machine: Machine, bus: inventory.BusInfo) -> bool:
    """Return whether it is the bus of a Pi's pins 3 and 5, which dtparam=i2c_arm… configures."""
    return machine.is_pi and bus.nr == 1


def _wanted(config: configtxt.ConfigTxt) -> int | None:
    value = config.parameter(*BAUDRATES) or ""
    return int(value) if value.isascii() and value.isdigit() else None


def _stretching(machine: Machine, bus: inventory.BusInfo, config: configtxt.ConfigTxt, now: int | None) -> Finding:
    if now is not None and now <= SLOW_HZ:
        return ok("buses", f"i2c-{bus.nr}: slow enough for chips that stretch the clock ({STRETCHING})")
    limit = inventory.text(machine.sys / "module/i2c_bcm2835/parameters/clk_tout_ms")
    waits = f", and it waits {limit} ms at most" if limit else ""
    return note(
        "buses",
        f"i2c-{bus.nr}: with chips that stretch the clock ({STRETCHING}) this controller loses bits{waits}; they need "
        "a slow bus, or a bus in software: dtoverlay=i2c-gpio,bus=3,i2c_gpio_sda=2,i2c_gpio_scl=3 in "
        f"{config.path} in place of dtparam=i2c_arm=on; only if you have one of them:",
        config.adding(f"dtparam=i2c_arm_baudrate={SLOW_HZ}") if _is_arm(machine, bus) else "",
    )


def _controller(machine: Machine, nr: int) -> Iterator[Finding]:
    """Yield the properties of the controller of an adapter that is not a mux channel."""
    name = inventory.adapter_name(nr, sys=machine.sys)
    row = controller_of(name)
    for fact in filter(None, (row.fact, GPIO_FACT if _driver(machine, nr) == GPIO_DRIVER else "")):
        yield ok("buses", f"i2c-{nr}: {fact}")
    if "ch341" in name.casefold():
        yield note("buses", f"i2c-{nr}: {CH341_FACT}")
    yield ok("buses", f"i2c-{nr}: when a line is held: {row.advice}")


def _driver(machine: Machine, nr: int) -> str:
    """Return the kernel driver of the controller: ``i2c-gpio``, whose adapters have no name of their own."""
    return ((machine.sys / f"bus/i2c/devices/i2c-{nr}").resolve().parent / "driver").resolve().name
