"""A BME280 whose trimming is read while a bit of it reads wrong for the first 0.5 s after power-on.

Trimming was read once, three equal reads were trusted, and every later value was wrong.  Right: no wrong value is
published within two virtual hours.  ``--short`` tries every seventh bit.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import load
from i2cdrv.i2c.adapter import Write
from i2cdrv.sim import CHIPS, SimAdapter

from .common import verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from i2cdrv.core.reading import Reading
    from i2cdrv.i2c.adapter import Message

TRIM_BYTES = 26
FAULT_S = 0.5
TWO_HOURS_S = 2 * 3600.0
TRUTH = {"temp": (21.0, 1.0), "pressure": (100_650.0, 100.0), "humidity": (45.0, 3.0)}  # value and tolerance


class FlippedTrim(SimAdapter):
    """Flips one bit of the trimming words from 0x88 for the first ``FAULT_S``."""

    at = bit = 0

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        answers = super().xfer(messages)
        first = messages[0]
        if self.clock.monotonic() < FAULT_S and isinstance(first, Write) and first.data[:1] == b"\x88" and answers:
            data = bytearray(answers[0])
            if self.at < len(data):
                data[self.at] ^= 1 << self.bit
            return [bytes(data)]
        return answers


def is_wrong(reading: Reading) -> bool:
    return any(abs(getattr(reading.sample, name) - value) > near for name, (value, near) in TRUTH.items())


def wrong_values(at: int, bit: int) -> int:
    """Return the number of wrong values within two hours; 0 if the chip is refused."""
    chip = CHIPS["bme280"]()
    chip.set(**{name: value for name, (value, _) in TRUTH.items()})
    adapter = FlippedTrim({0x76: chip})
    adapter.at, adapter.bit = at, bit
    bus = Bus(adapter)
    try:
        device = bus.bind(LoadedModule(load("bme280")), 0x76)
    except OSError:
        return 0
    readings: list[Reading] = []
    device.poll(60.0, readings.append)
    bus.kthread.run(adapter.clock.monotonic() + TWO_HOURS_S)
    assert len(readings) > 100
    return sum(is_wrong(reading) for reading in readings if reading.sample is not None)


if __name__ == "__main__":
    step = 7 if "--short" in sys.argv else 1
    places = [divmod(n, 8) for n in range(0, 8 * TRIM_BYTES, step)]
    counts = {place: wrong for place in places if (wrong := wrong_values(*place))}
    verdict(counts, f"{len(places)} bits tried, wrong values by byte and bit: {counts or 'none'}")
