"""Names and scales of a device's values in /sys/class/hwmon (Documentation/hwmon/sysfs-interface.rst).

They follow from the units of the driver's Sample and from its attributes; a driver declares none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..driver.moduleparam import LONG
from ..driver.unit import quantity_of
from ..errors import Invalid
from .numbers import Numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..driver.attribute import Attribute
    from ..driver.channel import Channel


LIMIT_SUFFIXES = ("max", "min", "crit", "max_hyst", "min_hyst", "crit_hyst")


class Input(NamedTuple):
    """A channel and its files: ``temp1`` is ``temp1_input`` and so on."""

    name: str
    channel: Channel
    scale: float

    @property
    def file(self) -> str:
        """The name of the file of the value."""
        return f"{self.name}_input"

    def show(self, value: float) -> bytes:
        """Return the content of the ``_input`` file: a whole number."""
        return b"%d\n" % round(value * self.scale)


class Limit(NamedTuple):
    """An attribute of the driver with a file in hwmon, such as ``temp1_max``; ``channel``: the name of its channel."""

    file: str
    channel: str
    attribute: str
    writable: bool
    scale: float

    def show(self, value: float) -> bytes:
        return b"%d\n" % round(value * self.scale)

    def parse(self, data: bytes) -> float:
        """Return the written value in the attribute's unit.  Raises Invalid (EINVAL, ERANGE)."""
        try:
            return LONG.set(data) / self.scale
        except Invalid as error:
            raise Invalid(f"{self.file} is a whole number, {1 / self.scale:g} each", error.errno) from None


def inputs(channels: Sequence[Channel]) -> Iterator[Input]:
    """Yield the channels that hwmon has, numbered by type in their order; it has no pressure and no light."""
    numbers = Numbers()
    for channel in channels:
        kind = quantity_of(channel.unit).hwmon
        if kind is not None:
            yield Input(f"{kind.prefix}{numbers.of(channel, kind.prefix, kind.first)}", channel, kind.scale)


def limits(channels: Sequence[Channel], attributes: Mapping[str, Attribute[Any]]) -> Iterator[Limit]:
    """Yield the attributes named ``CHANNEL_max`` and the like."""
    for one in inputs(channels):
        for limit in LIMIT_SUFFIXES:
            name = f"{one.channel.name}_{limit}"
            if name in attributes:
                yield Limit(f"{one.name}_{limit}", one.channel.name, name, attributes[name].writable, one.scale)


def name_of(chip: str) -> str:
    """Return the mandatory name: lower case, no blank, dash or asterisk."""
    return "".join("_" if letter in " -*\t\n" else letter for letter in chip.lower())
