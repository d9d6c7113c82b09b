"""How fast a bus is clocked, and whether chips may stretch that clock: a Raspberry Pi 0 … 4 is bad at it.

BCM2835's fault: https://www.advamation.com/knowhow/raspberrypi/rpi-i2c-bug.html, and bcm2835_i2c_quirks in the kernel.
The Raspberry Pi 5 has another controller (DesignWare, in its RP1).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...i2c import inventory
from . import configtxt
from .finding import Finding, note, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .machine import Machine

SLOW = 10_000  # Hz at which chips that stretch have no need to
FAST = 400_000  # Hz, I2C's fast mode; few sensors take more
STRETCHING = "BNO055, BNO085, CCS811, MCP9600, SCD30"  # as their datasheets, or Adafruit's list of troublesome chips
BAUDRATES = ("i2c_arm_baudrate", "i2c_baudrate", "i2c1_baudrate")
NODE = re.compile(r"\((i2c@[0-9a-f]+)\)")  # in bcm2835 (i2c@7e804000)


def clock(machine: Machine, bus: inventory.BusInfo) -> Iterator[Finding]:
    """Of an adapter that is no mux channel."""
    config, now = configtxt.of(machine), frequency(machine, bus)
    if now is not None:
        yield ok("buses", f"i2c-{bus.nr}: clocked at {now / 1000:g} kHz")
    if now is not None and now > FAST:
        slower = config.adding(f"dtparam=i2c_arm_baudrate={FAST}") if _is_arm(machine, bus) else ""
        yield note("buses", f"i2c-{bus.nr}: that is faster than most sensors take, {FAST // 1000} kHz", slower)
    wanted = _wanted(config)
    if _is_arm(machine, bus) and None not in (now, wanted) and wanted != now:
        yield note("buses", f"{config.path} asks for {wanted} Hz, but was not read since: start anew", "sudo reboot")
    if bus.name.startswith("bcm2835"):
        yield _stretching(machine, bus, config, now)


def frequency(machine: Machine, bus: inventory.BusInfo) -> int | None:
    """The clock that the devicetree gives an adapter, in Hz; a Pi's first bus without one has config.txt's."""
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
    """Whether it is the bus of a Pi's pins 3 and 5, which dtparam=i2c_arm… is about."""
    return machine.is_pi and bus.nr == 1


def _wanted(config: configtxt.ConfigTxt) -> int | None:
    asked = config.parameter(*BAUDRATES) or ""
    return int(asked) if asked.isascii() and asked.isdigit() else None


def _stretching(machine: Machine, bus: inventory.BusInfo, config: configtxt.ConfigTxt, now: int | None) -> Finding:
    if now is not None and now <= SLOW:
        return ok("buses", f"i2c-{bus.nr}: slow enough for chips that stretch the clock ({STRETCHING})")
    limit = inventory.text(machine.sys / "module/i2c_bcm2835/parameters/clk_tout_ms")
    waits = f", and it waits {limit} ms at most" if limit else ""
    return note(
        "buses",
        f"i2c-{bus.nr}: with chips that stretch the clock ({STRETCHING}) this controller loses bits{waits}; they need "
        "a slow bus, or one moved by the processor: dtoverlay=i2c-gpio,bus=3,i2c_gpio_sda=2,i2c_gpio_scl=3 in "
        f"{config.path} in place of dtparam=i2c_arm=on; only if you have one of them:",
        config.adding(f"dtparam=i2c_arm_baudrate={SLOW}") if _is_arm(machine, bus) else "",
    )
