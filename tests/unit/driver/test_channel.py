"""Units, and the channels that a Sample class declares."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import pytest

from i2cdrv.driver.channel import Channel, Channels, Range
from i2cdrv.driver.display import Unit
from i2cdrv.driver.unit import Ampere, Celsius, Pascal, RelativeHumidity, Volt, Watt
from tests.support.channels import channels_of


class Dry(NamedTuple):
    temp: Celsius
    pressure: Pascal


class Wet(NamedTuple):
    temp: Celsius
    pressure: Pascal
    humidity: RelativeHumidity


class Air(NamedTuple):
    co2: Annotated[float, Unit("ppm", 0)]
    temp: Celsius


class Wrong(NamedTuple):
    temp: Celsius


class Bare(NamedTuple):
    temp: Celsius
    raw: int


def names(sample: Any) -> list[str]:
    return [channel.name for channel in channels_of(sample)]


def test_the_channels_are_the_samples_fields_in_their_order() -> None:
    celsius, pascal = Unit("°C", 2), Unit("Pa", 0)
    assert channels_of(Dry) == (Channel("temp", celsius), Channel("pressure", pascal))


def test_a_driver_can_bring_a_unit_of_its_own() -> None:
    assert channels_of(Air)[0] == Channel("co2", Unit("ppm", 0))


def test_alternatives_give_each_channel_once() -> None:
    assert names(Dry | Wet) == ["temp", "pressure", "humidity"]
    assert names(Wet | Dry) == ["temp", "pressure", "humidity"]
    assert names(Dry | Air) == ["temp", "pressure", "co2"]


def test_a_value_without_a_unit_is_refused_and_named() -> None:
    with pytest.raises(TypeError, match=r"Bare\.raw has no unit"):
        channels_of(Bare)
    with pytest.raises(TypeError, match=r"Bare\.raw has no unit"):
        channels_of(Dry | Bare)


@pytest.mark.parametrize(
    "unit",
    [("°F", -1), ("°F", 16), ("°F", 1.5), ("°F", "1"), (5, 1), ("a\nb", 0), ("\x1b[31m", 0), ("x" * 33, 0)],
)
def test_a_unit_that_cannot_be_shown_is_refused(unit: tuple[Any, Any]) -> None:
    Wrong.__annotations__["temp"] = Annotated[float, Unit(*unit)]
    with pytest.raises(
        TypeError, match=r"^Wrong.temp has the wrong Unit.*: a unit is a symbol and 0 … 15 decimals, as in Unit"
    ):
        channels_of(Wrong)


WRONG_COUNT: Any = "4"


@pytest.mark.parametrize(
    "several",
    [
        Annotated[Mapping[int, Volt], Channels(0)], Annotated[Mapping[int, Volt], Channels(WRONG_COUNT)],
        Annotated[Mapping[str, Volt], Channels(4)], Annotated[typing.Mapping, Channels(4)],
        Annotated[tuple, Channels(4)],
    ],
)  # fmt: skip
def test_several_channels_have_numbers_and_a_type(several: Any) -> None:
    Wrong.__annotations__["temp"] = several
    with pytest.raises(
        TypeError, match=r"^Wrong.temp is not several channels: annotate it as Annotated\[Mapping\[int, "
    ):
        channels_of(Wrong)


@pytest.mark.parametrize("pairs", [((0, 1),), ((0, 1), (0, 1)), ((0, 1), (2, 2)), (0, 1), ((0, 1), (2, -1))])
def test_differential_channels_have_as_many_pairs_of_inputs(pairs: Any) -> None:
    Wrong.__annotations__["temp"] = Annotated[Mapping[int, Volt], Channels(2, pairs)]
    with pytest.raises(TypeError, match=r"^Wrong.temp has 2 channels: declare as many pairs of inputs, not \("):
        channels_of(Wrong)


def test_a_unit_may_be_without_symbol_and_have_15_decimals() -> None:
    Wrong.__annotations__["temp"] = Annotated[float, Unit("", 15)]
    assert channels_of(Wrong)[0].show(0.5) == "0.500000000000000"


def unit_of(annotation: Any) -> Unit:
    (unit,) = annotation.__metadata__
    assert isinstance(unit, Unit)
    return unit


@pytest.mark.parametrize(
    ("annotation", "value", "shown", "exact"),
    [
        (Celsius, 25.0823449, "25.08 °C", 25.08234),
        (Celsius, -0.0625, "-0.06 °C", -0.0625),
        (Celsius, 20, "20.00 °C", 20),
        (Pascal, 100653.26749, "100653 Pa", 100653.267),
        (RelativeHumidity, 57.8123912, "57.81 %", 57.81239),
        (Volt, 3.29999999, "3.3000 V", 3.3),
        (Volt, 2.5e-6, "0.0000 V", 2.5e-6),
        (Ampere, -0.12345678, "-0.1235 A", -0.1234568),
        (Watt, 1.5, "1.5000 W", 1.5),
    ],
)
def test_a_value_is_short_for_a_person_and_exact_for_a_program(
    annotation: Any, value: float, shown: str, exact: float
) -> None:
    unit = unit_of(annotation)
    assert unit.show(value) == shown
    assert unit.exact(value) == exact


@pytest.mark.parametrize(
    ("range", "why"),
    [
        (Range(125, -40), "Wrong.temp has an empty range: from 125 to -40"),
        (Range(20, 20), "Wrong.temp has an empty range: from 20 to 20"),
        (Range(float("nan"), 20), "Wrong.temp has an empty range: from nan to 20"),
        (Range(-40, 125, accuracy=-0.5), "Wrong.temp: an accuracy, a clip and a share are at least 0"),
        (Range(-40, 125, clip=-1), "Wrong.temp: an accuracy, a clip and a share are at least 0"),
    ],
)
def test_a_range_that_no_value_is_in_is_refused(range: Range, why: str) -> None:
    Wrong.__annotations__["temp"] = Annotated[Celsius, range]
    with pytest.raises(TypeError, match=f"^{why}$"):
        channels_of(Wrong)
