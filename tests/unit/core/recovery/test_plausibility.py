"""The plausibility of a sample by itself."""

from __future__ import annotations

from math import inf, nan
from typing import Annotated, Any, NamedTuple

import pytest

from i2cdrv.core.recovery.plausibility import PlausibilityCheck
from i2cdrv.driver.channel import Range
from i2cdrv.driver.layout import SampleShape
from i2cdrv.driver.unit import Ampere, Celsius, Count, Lux, RelativeHumidity, Volt
from i2cdrv.errors import DriverFault, OutOfRange


class Warm(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 85, accuracy=0.5)]


class Power(NamedTuple):
    voltage: Annotated[Volt, Range(0, 36, accuracy=0.01)]
    current: Ampere


class Free(NamedTuple):
    current: Ampere


def shapes(*classes: Any) -> dict[type, SampleShape]:
    return {cls: SampleShape(cls) for cls in classes}


EITHER = PlausibilityCheck("1-0048", shapes(Warm, Power, Free))


@pytest.mark.parametrize(
    "sample", [Warm(-40.0), Warm(85.0), Warm(85.0000000001), Warm(-40.0199), Power(12.0, -1e9), Free(1e9)]
)
def test_a_sample_within_the_range_passes(sample: object) -> None:
    judged = EITHER.replace_invalid(sample)
    assert judged == sample
    EITHER.check(judged, coupled=True)


@pytest.mark.parametrize(
    ("sample", "says"),
    [
        (Warm(-40.03), "temp of 1-0048 would be -40.03, outside the -40 … 85"),
        (Warm(128.0), "temp of 1-0048 would be 128"),
        (Warm(nan), "temp of 1-0048 would be nan"),
        (Power(36.1, 0.0), "voltage of 1-0048"),
        (Power(1.0, nan), "current of 1-0048 would be nan, which is no number"),
        (Free(inf), "current of 1-0048 would be inf, which is no number"),
    ],
)
def test_a_sample_outside_the_range_is_refused(sample: object, says: str) -> None:
    with pytest.raises(OutOfRange, match=says):
        EITHER.check(EITHER.replace_invalid(sample), coupled=True)


def test_an_integer_too_large_for_a_float_is_an_error_that_names_its_channel() -> None:
    huge = Free(10**5000)
    with pytest.raises(TypeError, match=r"^Free.current is .*, which is no number; a missing value is absent"):
        EITHER.replace_invalid(huge)
    assert not EITHER.passes(huge, Free(1.0))


def test_a_value_is_clipped_within_the_tolerance_and_an_error_beyond() -> None:
    class Humid(NamedTuple):
        humidity: Annotated[RelativeHumidity, Range(0, 100, accuracy=1.5, clip=3)]

    humid = PlausibilityCheck("1-0048", shapes(Humid))
    assert [humid.replace_invalid(Humid(x)).humidity for x in (-3.0, -0.1, 0.0, 50.0, 100.0, 103.0)] == [
        0,
        0,
        0,
        50,
        100,
        100,
    ]
    for x in (-3.01, 103.01):
        assert isinstance(humid.replace_invalid(Humid(x)).humidity, OutOfRange)


def test_a_channel_without_a_value_leaves_the_others_unless_they_are_coupled() -> None:
    sample = EITHER.replace_invalid(Power(99.0, 1.0))
    assert isinstance(sample.voltage, OutOfRange)
    assert sample.current == 1.0
    EITHER.check(sample, coupled=False)
    with pytest.raises(OutOfRange, match="voltage"):
        EITHER.check(sample, coupled=True)
    with pytest.raises(OutOfRange, match="voltage"):
        EITHER.check(EITHER.replace_invalid(Power(99.0, nan)), coupled=False)


def test_errors_are_near_errors_and_no_values() -> None:
    fault = OutOfRange("open")
    assert EITHER.is_close(Warm(fault), Warm(OutOfRange("open")))  # type: ignore[arg-type]
    assert not EITHER.is_close(Warm(fault), Warm(21.0))  # type: ignore[arg-type]
    assert not EITHER.is_close(Warm(21.0), Warm(fault))  # type: ignore[arg-type]
    assert not EITHER.passes(Warm(fault), Warm(fault))  # type: ignore[arg-type]


def test_without_an_accuracy_a_jump_is_near_and_the_bounds_hold() -> None:
    class Shaken(NamedTuple):
        x: Annotated[Volt, Range(-2, 2)]

    shaken = PlausibilityCheck("1-0048", shapes(Shaken))
    assert shaken.is_close(Shaken(-2.0), Shaken(2.0))
    assert shaken.is_close(Shaken(-2.0), None)
    assert shaken.passes(Shaken(-2.0), Shaken(2.0))
    assert not shaken.passes(Shaken(-2.1), Shaken(2.0))


@pytest.mark.parametrize(
    ("sample", "before", "is_close"),
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
def test_near_is_within_the_accuracy_of_every_value_that_has_one(
    sample: object, before: object, is_close: bool
) -> None:
    assert EITHER.is_close(sample, before) is is_close


def test_a_missing_value_is_a_mistake_that_names_its_channel() -> None:
    with pytest.raises(TypeError, match=r"^Power.current is None, which is no number; a missing value is absent"):
        EITHER.replace_invalid(Power(1.0, None))  # type: ignore[arg-type]


@pytest.mark.parametrize("taps", [2.5, 2.0])
def test_a_count_with_a_fraction_is_a_mistake_that_names_its_channel(taps: float) -> None:
    class Tapped(NamedTuple):
        taps: Count

    counted = PlausibilityCheck("1-0018", shapes(Tapped))
    assert counted.replace_invalid(Tapped(2)) == Tapped(2)
    with pytest.raises(TypeError, match=rf"Tapped.taps is {taps}: a count is an int; declare another unit"):
        counted.replace_invalid(Tapped(taps))  # type: ignore[arg-type]


def _other() -> object:
    class Warm(NamedTuple):
        temp: float

    return Warm(21.0)


async def _forgotten() -> Warm:
    return Warm(21.0)


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (None, "Thermo.sample returned None for 1-0048, and declares Warm: return Warm(temp=…)"),
        (21.5, "Thermo.sample returned 21.5, of type float, for 1-0048, and declares Warm: return Warm(temp=…)"),
        (_other(), "Thermo.sample returned Warm(temp=21.0), another Warm, for 1-0048, and declares Warm: return Warm("),
        (9 * "too long", "…, of type str, for 1-0048, and declares Warm"),
    ],
)
def test_a_sample_of_another_type_is_a_fault_with_both_types(sample: object, message: str) -> None:
    with pytest.raises(DriverFault) as caught:
        PlausibilityCheck("1-0048", shapes(Warm)).check_type(sample, "Thermo")
    assert message in caught.value.message


def test_each_declared_type_is_named() -> None:
    with pytest.raises(DriverFault, match=r"and declares Warm or Power or Free: return Warm\(temp=…\)$"):
        EITHER.check_type((1.0, 2.0), "Either")
    EITHER.check_type(Power(1.0, 2.0), "Either")


def test_a_sample_that_was_not_awaited_is_named() -> None:
    coroutine = _forgotten()
    with pytest.raises(
        DriverFault, match=r"of type coroutine, for 1-0048, and declares Warm or Power or Free: await it"
    ):
        EITHER.check_type(coroutine, "Either")
    coroutine.close()


def test_a_share_of_the_last_value_is_added_to_the_accuracy() -> None:
    class Light(NamedTuple):
        light: Annotated[Lux, Range(0, 100_000, accuracy=5, share=0.1)]

    check = PlausibilityCheck("1-0023", shapes(Light))
    for before, near, far in [(0.0, 5.0, 5.1), (1000.0, 1105.0, 1105.1), (1000.0, 895.0, 894.9), (20.0, 27.0, 27.1)]:
        assert check.is_close(Light(near), Light(before))
        assert not check.is_close(Light(far), Light(before))
