"""The properties of each kind of bus controller, by the name that the kernel's driver gives it.

Sources, of Linux 6.12: drivers/i2c/busses/i2c-{bcm2835,designware-common,gpio}.c, drivers/hid/hid-{mcp2221,cp2112}.c.
CH341 has several drivers outside the kernel, with different limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...i2c import controllers, inventory
from .finding import Finding, note, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .machine import Machine

STRETCHES = "waits for chips that stretch the clock"
PROPERTIES = {
    "bcm2835": "a transfer ends after its first read, so i2cdrv splits transfers that read twice",
    "Synopsys DesignWare": f"{STRETCHES}; clocks a held data line free by itself",
    "MCP2221": "one transfer is one message, or a write and a read of one chip; 50 … 400 kHz by the kernel's "
    "hid_mcp2221.i2c_clk_freq",
    "CP2112": "one transfer is one message, or a write of up to 16 and a read of up to 512 bytes of one chip; other "
    "writes are of up to 61 bytes; every failure is EIO",
    "SMBus stub driver": "registers without a chip behind them, for tests",
}
BY_DRIVER = {
    "i2c-gpio": f"two GPIOs driven by the processor: {STRETCHES}, uses processor time, and its speed is not exact",
}
CH341 = "its driver is not part of the kernel, and there are several; some refuse to read more than 31 bytes at once"


def controller(machine: Machine, nr: int) -> Iterator[Finding]:
    """Yield the properties of the controller of an adapter that is not a mux channel."""
    name = inventory.adapter_name(nr, sys=machine.sys)
    texts = [text for kind, text in PROPERTIES.items() if name.startswith(kind)]
    texts += [text for driver, text in BY_DRIVER.items() if driver == _driver(machine, nr)]
    for text in texts:
        yield ok("buses", f"i2c-{nr}: {text}")
    if "ch341" in name.casefold():
        yield note("buses", f"i2c-{nr}: {CH341}")
    yield ok("buses", f"i2c-{nr}: when a line is held: {controllers.held(name)}")


def _driver(machine: Machine, nr: int) -> str:
    """Return the kernel driver of the controller: ``i2c-gpio``, whose adapters have no name of their own."""
    return ((machine.sys / f"bus/i2c/devices/i2c-{nr}").resolve().parent / "driver").resolve().name
