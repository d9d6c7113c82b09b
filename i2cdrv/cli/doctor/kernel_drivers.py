"""Chips that the kernel's own drivers hold: which, why, and how to release them for i2cdrv."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...i2c import inventory
from . import configtxt
from .finding import Finding, note, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...i2c.inventory import Holder
    from .machine import Machine


def held(machine: Machine) -> Iterator[Finding]:
    """Yield a finding for each chip with a kernel driver, on buses for sensors."""
    found = False
    for bus in inventory.list_buses(sys=machine.sys, dev=machine.dev):
        if machine.has_plug(bus.nr):
            for holder in inventory.holders(bus.nr, sys=machine.sys):
                found = True
                yield _held(machine, holder)
    if not found:
        yield ok("kernel drivers", "none holds a chip on a bus for sensors")


def _held(machine: Machine, who: Holder) -> Finding:
    module = f" (module {who.module})" if who.module else ""
    text = f"{who.device} is held by the kernel's {who.driver}{module}"
    if any(who.path.glob("channel-*")):
        return ok("kernel drivers", f"{text}: a multiplexer, whose channels are buses of their own")
    if who.device.startswith("i2c-"):
        return ok("kernel drivers", f"{text}: the firmware's own device")
    if who.driver == "dummy":
        return ok("kernel drivers", f"{text}: another address of a chip that is held")
    if who.files is not None:
        text += f"; its readings: {who.files}"
    if overlay := _overlay(machine, who):
        text += f"; this happens at each start until you remove {overlay[0]} from {overlay[1]}"
    return note("kernel drivers", f"{text}; i2cdrv refuses it without --force; to release it for i2cdrv:",
                who.unbinding(machine.sys))  # fmt: skip


def _overlay(machine: Machine, who: Holder) -> tuple[configtxt.Line, str] | None:
    """Return the line of config.txt that creates this device, and the file: an overlay with the chip's name."""
    chip = inventory.text(who.path / "name")
    if not machine.is_pi or not chip:
        return None
    config = configtxt.of(machine)
    for line in config.overlays():
        if chip in {word.partition("=")[0] for word in line.value.split(",")}:
            return line, str(config.path)
    return None
