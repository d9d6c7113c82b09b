"""Names and scales of a device's values in /sys/bus/iio/devices (Documentation/ABI/testing/sysfs-bus-iio).

They follow from the units of the driver's Sample; a driver declares none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..driver.channel import Channel


class Kind(NamedTuple):
    """A type of channel: its name, and the file's units in one of ours.  ``indexed``: it has a number."""

    name: str
    scale: float
    indexed: bool = False


CHANNEL_KINDS = {
    "°C": Kind("temp", 1e3),
    "%": Kind("humidityrelative", 1e3),
    "Pa": Kind("pressure", 1e-3),
    "lx": Kind("illuminance", 1),
    "V": Kind("voltage", 1e3, indexed=True),
    "A": Kind("current", 1e3, indexed=True),
    "W": Kind("power", 1e3, indexed=True),
}


class Input(NamedTuple):
    """A channel and its files: ``in_temp`` is ``in_temp_input`` and so on."""

    name: str
    channel: Channel
    scale: float

    def show(self, value: float) -> bytes:
        """Return the content of the ``_input`` file, as IIO_VAL_INT_PLUS_MICRO."""
        return b"%.6f\n" % (value * self.scale)


def inputs(channels: Sequence[Channel]) -> Iterator[Input]:
    """Yield the channels whose unit IIO has; several of one type are numbered from 0."""
    units = [channel.unit.symbol for channel in channels]
    for position, channel in enumerate(channels):
        kind = CHANNEL_KINDS.get(channel.unit.symbol)
        if kind is None:
            continue  # a driver's own unit: the channel has no file, as with hwmon
        several = kind.indexed or units.count(channel.unit.symbol) > 1
        number = str(units[:position].count(channel.unit.symbol)) if several else ""
        yield Input(f"in_{kind.name}{number}", channel, kind.scale)
