"""What only hands can cure, by the kind of bus controller.

What each controller does when a line is held: drivers/i2c/busses/i2c-bcm2835.c (nothing: it has no recovery),
i2c-designware-common.c (nine clocks, then a reset of its own), Documentation/i2c/fault-codes.rst.
"""

from __future__ import annotations

import errno

from ..errors import NOT_ACKNOWLEDGED

POWER = "switch the chips' power off and on"
HELD = {
    "bcm2835": f"{POWER}; this controller cannot free a line, and it is bad at clock stretching: a chip that stretches "
    "needs dtoverlay=i2c-gpio or a lower dtparam=i2c_arm_baudrate",
    "Synopsys DesignWare": f"{POWER}; the controller has clocked the line nine times in vain",
    "MCP2221": "plug the adapter out and in",
    "CP2112": "plug the adapter out and in",
    "i2cdrv simulated bus": "end the fault: i2cdrv sim fault sim clear",
}
ANYTHING = f"{POWER}, and look at the pull-up resistors and the wires"


def held(adapter: str) -> str:
    """What to do when a line of the adapter of that name is held."""
    return next((text for name, text in HELD.items() if adapter.startswith(name)), ANYTHING)


def nobody(adapter: str, number: int) -> bool:
    """Whether that errno says that an address was sent, and nobody answered: then the bus works.

    EIO does on adapters that know no other (i2c-cp2112, i2c-mcp2221), not on a bcm2835, where the clock was held.
    """
    if number == errno.EIO:
        return not adapter.startswith("bcm2835")
    return number in (*NOT_ACKNOWLEDGED, errno.ENODEV)
