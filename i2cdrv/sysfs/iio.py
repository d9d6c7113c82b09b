"""Names and scales of a device's values in /sys/bus/iio/devices (Documentation/ABI/testing/sysfs-bus-iio).

They follow from the units of the driver's Sample; a driver declares none of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ..driver.unit import quantity_of
from .numbers import Numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..driver.channel import Channel

AXES = ("x", "y", "z")  # modifiers of IIO
INFRARED = re.compile("(ambient|object)([0-9]*)")  # channels of a thermometer, which are modifiers, too
MICRO_SCALE = 1e-3  # a smaller one needs nine decimals
MODIFIED_DIGITS = 3  # of a raw value, below the digits that are shown


class Input(NamedTuple):
    """A channel and its files: ``in_temp`` is ``in_temp_input`` and so on.

    ``step``: the value of one in the ``_raw`` file of an axis, in the file's units.
    ``kind``: the common part of the axes' names.
    """

    name: str
    channel: Channel
    scale: float
    step: float | None = None
    kind: str = ""

    @property
    def file(self) -> str:
        """The name of the file of the value."""
        return f"{self.name}_input" if self.step is None else f"{self.name}_raw"

    def show(self, value: float) -> bytes:
        """Return the content of the file: as IIO_VAL_INT_PLUS_MICRO or _NANO, or a whole number of steps."""
        scaled = value * self.scale
        if self.step is not None:
            return b"%d\n" % round(scaled / self.step)
        return b"%.*f\n" % (6 if self.scale >= MICRO_SCALE else 9, scaled)

    def show_scale(self) -> bytes:
        """Return the content of the ``_scale`` file, as IIO_VAL_INT_PLUS_NANO."""
        return b"%.9f\n" % (self.step or 1.0)


def inputs(channels: Sequence[Channel]) -> Iterator[Input]:
    """Yield the channels whose unit IIO has; several of one type are numbered from 0.

    A derived channel has the next number and changes no other name.

    An axis of a vector is a modifier: ``in_accel_x_raw`` and ``in_accel_scale``, as the kernel's drivers have it.
    A pair of inputs takes no number of its own: ``in_voltage0-voltage1_input``.
    The temperatures of an infrared thermometer are modifiers, too: ``in_temp_ambient_input``.
    """
    known = [(channel, kind) for channel in channels if (kind := quantity_of(channel.unit).iio) is not None]
    types = [_type(channel, kind.name) for channel, kind in known]
    measured = [type_ for (channel, _), type_ in zip(known, types, strict=True) if not channel.derived]
    numbers = Numbers()
    for (channel, kind), type_ in zip(known, types, strict=True):
        if channel.pair is not None:
            positive, negative = channel.pair
            yield Input(f"in_{kind.name}{positive}-{kind.name}{negative}", channel, kind.scale)
            continue
        number = numbers.of(channel, type_)
        is_numbered = kind.indexed or channel.number is not None or channel.derived or measured.count(type_) > 1
        text = str(number) if is_numbered else ""
        if channel.axis in AXES:
            step = kind.scale * 10.0 ** -(channel.unit.digits + MODIFIED_DIGITS)
            shared = f"in_{kind.name}{text}"
            yield Input(f"{shared}_{channel.axis}", channel, kind.scale, step, shared)
        else:
            yield Input(_infrared(channel, kind.name) or f"in_{kind.name}{text}", channel, kind.scale)


def _type(channel: Channel, name: str) -> str:
    return _infrared(channel, name) or (f"{name}_{channel.axis}" if channel.axis in AXES else name)


def _infrared(channel: Channel, name: str) -> str:
    """Return ``in_temp_object``, and ``in_temp1_object`` for the second one; nothing for another channel."""
    found = INFRARED.fullmatch(channel.name) if name == "temp" else None
    return f"in_temp{int(found[2]) - 1 if found[2] else ''}_{found[1]}" if found else ""
