"""Chips that stop converting: how many values older than 2 s are published as new?  Right: 0.

1. BME280 in forced mode: from some moment it acknowledges the order to measure and does not obey (a hung converter).
2. MCP9808, LM75, TMP102: another program puts the chip to sleep, as Adafruit's and the kernel's drivers do on exit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

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

SAMPLES = 60
GRACE_S = 2.0  # a sample may be that old
NEAR_C = 1.1  # a thermometer of 9 bits, and the ramp within the grace


class Case(NamedTuple):
    """A chip sampled each ``interval`` s; ``sleep``: the bytes that put it to sleep, None if it is deaf to orders."""

    chip: str
    addr: int
    interval: float
    sleep: bytes | None

    def truth(self, time: float) -> float:
        """Return the temperature at a moment: a slow ramp."""
        return 20 + time / 3600 * (20 if self.interval > 1 else 200)


CASES = (
    Case("bme280", 0x76, 1.0, None),
    Case("bmp280", 0x77, 60.0, None),
    Case("mcp9808", 0x18, 1.0, b"\x01\x01\x00"),
    Case("mcp9808", 0x18, 60.0, b"\x01\x01\x00"),
    Case("lm75", 0x48, 60.0, b"\x01\x01"),
    Case("tmp102", 0x49, 60.0, b"\x01\x61\xa0"),
)


class Deaf(SimAdapter):
    """Loses the orders to measure (ctrl_meas with a mode) once ``deaf``."""

    deaf = False

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        first = messages[0]
        is_order = isinstance(first, Write) and len(messages) == 1 and first.data[:1] == b"\xf4" and first.data[1] & 3
        return [] if self.deaf and is_order else super().xfer(messages)


def stale(case: Case) -> int:
    """Return the number of stale values."""
    chip = CHIPS[case.chip]()
    chip.set(temp=case.truth)
    adapter = Deaf({case.addr: chip})
    bus = Bus(adapter)
    got: list[tuple[float, Reading]] = []
    device = bus.bind(LoadedModule(load(case.chip)), case.addr, chip=case.chip)
    device.poll(case.interval, lambda reading: got.append((adapter.clock.monotonic(), reading)))
    bus.kthread.run(5 * case.interval)
    began = adapter.clock.monotonic()
    adapter.deaf = case.sleep is None
    if case.sleep is not None:
        adapter.xfer([Write(case.addr, case.sleep)])
    bus.kthread.run(began + SAMPLES * case.interval)
    late = [(time, reading) for time, reading in got if time > began + GRACE_S]
    assert len(late) >= SAMPLES - 5
    return sum(abs(r.sample.temp - case.truth(t)) > NEAR_C for t, r in late if r.sample is not None)


if __name__ == "__main__":
    counts = [stale(case) for case in CASES]
    text = ", ".join(f"{case.chip} each {case.interval:g} s: {n}" for case, n in zip(CASES, counts, strict=True))
    verdict(any(counts), f"stale values: {text}")
