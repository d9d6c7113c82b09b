"""The kinds of bus controllers: one row for each, by the beginning of the name that the kernel's driver gives it.

Sources, of Linux 6.12: drivers/i2c/busses/i2c-bcm2835.c (no recovery of a held line), i2c-designware-common.c (nine
clocks, then a reset of the controller), i2c-gpio.c, drivers/hid/hid-{mcp2221,cp2112}.c,
Documentation/i2c/fault-codes.rst.  CH341 has several drivers outside of the kernel, each with its own limits.
"""

from __future__ import annotations

import errno
from typing import NamedTuple

from ..errors import NOT_ACKNOWLEDGED

POWER_CYCLE = "switch the chips' power off and on"
REPLUG = "plug the adapter out and in"
STRETCHES = "waits for chips that stretch the clock"


class Controller(NamedTuple):
    """One kind.  ``fact``: a sentence for ``i2cdrv doctor``; ``advice``: the fix for a held line.

    ``one_read_last``: a transfer ends after its first read (bcm2835_i2c_xfer), so EIO is no NACK but a held clock.
    ``stretching``: a hint for timeouts, where the controller is bad at clock stretching.
    """

    fact: str = ""
    advice: str = f"{POWER_CYCLE}, and check the pull-up resistors and the wiring"
    one_read_last: bool = False
    stretching: str = ""


OTHER = Controller()
CONTROLLERS = {
    "bcm2835": Controller(
        "a transfer ends after its first read, so i2cdrv splits transfers that read twice",
        f"{POWER_CYCLE}; this controller cannot free a line, and it is bad at clock stretching: a chip that stretches "
        "needs dtoverlay=i2c-gpio or a lower dtparam=i2c_arm_baudrate",
        one_read_last=True,
        stretching="; bcm2835 is bad at clock stretching: use dtoverlay=i2c-gpio or a lower dtparam=i2c_arm_baudrate",
    ),
    "Synopsys DesignWare": Controller(
        f"{STRETCHES}; clocks a held data line free by itself",
        f"{POWER_CYCLE}; the controller has clocked the line nine times in vain",
    ),
    "MCP2221": Controller(
        "one transfer is one message, or a write and a read of one chip; 50 … 400 kHz by the kernel's "
        "hid_mcp2221.i2c_clk_freq",
        REPLUG,
    ),
    "CP2112": Controller(
        "one transfer is one message, or a write of up to 16 and a read of up to 512 bytes of one chip; other writes "
        "are of up to 61 bytes; every failure is EIO",
        REPLUG,
    ),
    "SMBus stub driver": Controller("registers without a chip behind them, for tests"),
    "i2cdrv simulated bus": Controller(advice="end the fault: i2cdrv sim fault sim clear"),
}
GPIO_DRIVER = "i2c-gpio"  # of the kernel; its adapters have no name of their own
GPIO_FACT = f"two GPIOs driven by the processor: {STRETCHES}, uses processor time, and its speed is not exact"
CH341_FACT = (
    "its driver is not part of the kernel, and there are several; some refuse to read more than 31 bytes at once"
)


def controller_of(adapter: str) -> Controller:
    """Return the row of the controller of an adapter, by the adapter's name."""
    return next((row for name, row in CONTROLLERS.items() if adapter.startswith(name)), OTHER)


def stuck_line_advice(adapter: str) -> str:
    """Return the fix for a held line of an adapter."""
    return controller_of(adapter).advice


def is_nack(adapter: str, number: int) -> bool:
    """Return whether the errno means that an address was sent and not acknowledged, so the bus works.

    EIO does on adapters that know no other (i2c-cp2112, i2c-mcp2221), not on a bcm2835, where the clock was held.
    """
    if number == errno.EIO:
        return not controller_of(adapter).one_read_last
    return number in (*NOT_ACKNOWLEDGED, errno.ENODEV)
