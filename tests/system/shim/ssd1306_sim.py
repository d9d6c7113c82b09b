"""A display that takes any bytes (SSD1306, revision 1.1, section 8.1.5: a control byte, then commands or data)."""

from __future__ import annotations

from i2cdrv.sim import Chip


class SSD1306(Chip):
    """It acknowledges every byte, and its status is that of a display that is on."""

    def write(self, byte: int) -> bool:
        return True

    def read(self) -> int:
        return 0x03
