"""USB adapters that read few bytes at once (CH341: 26, CP2615: about 60).

The search for a bme280 and ``detect`` read 256 bytes to recognise a multiplexer, and failed on the adapter's refusal
(EOPNOTSUPP or EIO).  Right: the chip is found, as with ``--addr``.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import i2cdrv
from i2cdrv.core import registry
from i2cdrv.core.detect import survey
from i2cdrv.errors import Error, NotSupported
from i2cdrv.i2c.adapter import Read
from i2cdrv.sim import SimAdapter

from .common import verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from i2cdrv.i2c.adapter import Message

MAX_READ_BYTES = 26


class ShortReads(SimAdapter):
    """An adapter that refuses long reads."""

    refusal: Error

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        if any(isinstance(message, Read) and message.length > MAX_READ_BYTES for message in messages):
            raise self.refusal
        return super().xfer(messages)


def bus_of(refusal: Error) -> ShortReads:
    bus = ShortReads({})
    bus.refusal = refusal
    bus.attach(0x76, "bme280")
    bus.attach(0x48, "lm75")
    bus.clock.sleep(1)
    return bus


def faults_with(refusal: Error) -> Iterator[str]:
    bus = bus_of(refusal)
    with i2cdrv.open("bme280", bus=bus, addr=0x76) as device:
        device.sample()
    try:
        i2cdrv.open("bme280", bus=bus).close()
    except OSError as error:
        yield f"load: {error}"
    shared = registry.acquire(bus)
    try:
        survey(shared)
    except OSError as error:
        yield f"detect: {error}"
    finally:
        shared.put()


if __name__ == "__main__":
    refusals = (NotSupported("too long", errno.EOPNOTSUPP), Error("too large", errno.EIO))
    faults = [fault for refusal in refusals for fault in faults_with(refusal)]
    verdict(faults, "; ".join(faults) or "found by load and by detect")
