"""The properties of the bus controllers of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...i2c import inventory
from ...i2c.controllers import CH341_FACT, GPIO_DRIVER, GPIO_FACT, controller_of
from .finding import Finding, note, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .machine import Machine


def controller(machine: Machine, nr: int) -> Iterator[Finding]:
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
