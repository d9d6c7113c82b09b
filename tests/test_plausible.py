"""What a sample says by itself."""

from __future__ import annotations

from math import inf, nan
from typing import Annotated, NamedTuple

import pytest

from i2cdrv.channel import Ampere, Celsius, Range, Volt, channels_of
from i2cdrv.errors import OutOfRange
from i2cdrv.plausible import Plausible


class Warm(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 85, accuracy=0.5)]


class Power(NamedTuple):
    voltage: Annotated[Volt, Range(0, 36, accuracy=0.01)]
    current: Ampere


class Free(NamedTuple):
    current: Ampere


EITHER = Plausible("1-0048", (Warm, Power, Free), channels_of(Warm | Power | Free))


@pytest.mark.parametrize("sample", [Warm(-40.0), Warm(85.0), Warm(85.0000000001), Power(12.0, -1e9), Free(1e9)])
def test_what_the_chip_can_measure_passes(sample: object) -> None:
    EITHER.check(sample)


@pytest.mark.parametrize(
    ("sample", "says"),
    [
        (Warm(-40.01), "temp of 1-0048 would be -40.01, outside the -40 … 85"),
        (Warm(128.0), "temp of 1-0048 would be 128"),
        (Warm(nan), "temp of 1-0048 would be nan"),
        (Power(36.1, 0.0), "voltage of 1-0048"),
        (Power(1.0, nan), "no number"),
        (Free(inf), "no number"),
    ],
)
def test_what_it_cannot_is_out_of_range(sample: object, says: str) -> None:
    with pytest.raises(OutOfRange, match=says):
        EITHER.check(sample)


@pytest.mark.parametrize(
    ("sample", "before", "near"),
    [
        (Warm(21.0), Warm(21.5), True),
        (Warm(21.0), Warm(21.51), False),
        (Warm(21.0), None, False),
        (Warm(21.0), Power(21.0, 0.0), False),
        (Power(12.0, 5.0), Power(12.0, -5.0), True),  # a current has no range here: its voltage speaks for it
        (Power(12.0, 5.0), Power(12.02, 5.0), False),
        (Free(1.0), Free(9.0), True),  # there is nothing to go by
        (Free(1.0), None, True),
    ],
)
def test_near_is_within_the_accuracy_of_every_value_that_has_one(sample: object, before: object, near: bool) -> None:
    assert EITHER.near(sample, before) is near
