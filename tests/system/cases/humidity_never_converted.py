"""A bme280, or a chip that claims to be one, whose humidity stays 0x8000, the word of a skipped channel.

A constant humidity was published.  Right: no humidity; the kernel's bmp280 driver answers EIO for that word.
"""

from __future__ import annotations

import i2cdrv
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.bme280 import HUM, Bme280

from .common import verdict


class WithoutHumidity(Bme280):
    """Its humidity sensor is dead."""

    def _measure(self, end: float) -> None:
        super()._measure(end)
        self.put(HUM, 0x8000, 2)


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
