"""A bme280, or a chip that claims to be one, whose humidity stays 0x8000, the word of a skipped channel.

A constant humidity was published.  Right: no humidity; the kernel's bmp280 driver answers EIO for that word.
"""

from __future__ import annotations

import i2cdrv
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.bme280 import SKIPPED_16, Bme280

from .common import verdict


class WithoutHumidity(Bme280):
    """Its humidity sensor is dead."""

    def _convert(self, end: float) -> int:
        t_fine = super()._convert(end)
        self._put_humidity(SKIPPED_16)
        return t_fine


def published() -> list[float]:
    bus = SimAdapter({})
    bus.attach(0x76, WithoutHumidity(temp=21.0, pressure=100_000.0, humidity=40.0))
    bus.clock.sleep(1)
    values = []
    with i2cdrv.open("bme280", bus=bus, addr=0x76) as device:
        for _ in range(5):
            bus.clock.sleep(1)
            try:
                values.append(round(device.sample().humidity, 2))
            except OSError as error:
                print("refused:", error)
    return values


if __name__ == "__main__":
    values = published()
    verdict(values, f"true humidity 40 %, published: {values}")
