"""Samples with vectors, several channels of one kind, and values that are no numbers."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntEnum, IntFlag
from typing import Annotated, Any, NamedTuple

import pytest

from i2cdrv.core.reading import Reading
from i2cdrv.core.readingtext import shown
from i2cdrv.driver.channel import Channel, Channels, Range
from i2cdrv.driver.display import Unit
from i2cdrv.driver.layout import SampleShape, flat
from i2cdrv.driver.unit import Celsius, Count, MetrePerSecondSquared, Volt
from i2cdrv.errors import OutOfRange
from tests.support.channels import channels_of

Mode = IntEnum("Mode", "IDLE FREEFALL", start=0)
Alarm = IntFlag("Alarm", "LOW HIGH")


class Accel(NamedTuple):
    x: MetrePerSecondSquared
    y: MetrePerSecondSquared
    z: Annotated[MetrePerSecondSquared, Range(-20, 20)]


class Moving(NamedTuple):
    accel: Annotated[Accel, Range(-160, 160)]
    temp: Celsius
    mode: Mode
    alarm: Alarm
    tapped: bool
    taps: Count


class Adc(NamedTuple):
    ain: Annotated[Mapping[int, Volt], Channels(4), Range(-6, 6)]
    temp: Celsius


class Fixed(NamedTuple):
    ain: Annotated[tuple[Volt, ...], Channels(3)]


MOVING, ADC, FIXED = SampleShape(Moving), SampleShape(Adc), SampleShape(Fixed)
SAMPLE = Moving(Accel(0.1, 0.2, 9.8), 21.5, Mode(1), Alarm(3), tapped=True, taps=7)
OPEN = OutOfRange("open circuit")


def names(channels: tuple[Channel, ...]) -> list[str]:
    return [channel.name for channel in channels]


def test_each_axis_of_a_vector_is_a_channel() -> None:
    found = channels_of(Moving)
    assert names(found) == ["accel_x", "accel_y", "accel_z", "temp", "mode", "alarm", "tapped", "taps"]
    assert [channel.range for channel in found[:3]] == [Range(-160, 160), Range(-160, 160), Range(-20, 20)]
    assert [channel.kind for channel in found[3:]] == [float, Mode, Alarm, bool, int]


def test_the_values_are_in_the_order_of_the_channels() -> None:
    channels = MOVING.layout(SAMPLE).channels
    assert list(MOVING.values(SAMPLE)) == [0.1, 0.2, 9.8, 21.5, 1, 3, True, 7]
    assert [channel.of(SAMPLE) for channel in channels] == flat(SAMPLE) == list(MOVING.values(SAMPLE))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("accel_z", "9.800 m/s²"), ("mode", "freefall"), ("alarm", "low, high"), ("tapped", "yes"), ("taps", "7"),
    ],
)  # fmt: skip
def test_a_value_that_is_no_number_is_shown_as_words(name: str, text: str) -> None:
    channel = next(channel for channel in MOVING.channels if channel.name == name)
    assert channel.show(channel.of(SAMPLE)) == text


def test_a_channel_has_its_unit_or_its_words() -> None:
    meanings = {channel.name: channel.meaning for channel in MOVING.channels}
    assert meanings["accel_x"] == "m/s²"
    assert (meanings["mode"], meanings["alarm"], meanings["tapped"]) == ("idle, freefall", "low, high", "yes, no")
    assert meanings["taps"] == "count"


def test_a_reading_has_a_number_for_programs_and_words_for_people() -> None:
    reading = Reading("1-0048", "multi", "multi", 0.0, 0.0, MOVING.channels, SAMPLE)
    channels = reading.as_dict()["channels"]
    assert channels["accel_z"] == {"value": 9.8, "unit": "m/s²", "digits": 3}
    assert channels["mode"] == {"value": 1, "unit": "", "digits": 0, "text": "freefall"}
    assert channels["tapped"] == {"value": 1, "unit": "", "digits": 0, "text": "yes"}
    assert channels["taps"] == {"value": 7, "unit": "", "digits": 0}
    assert "mode freefall, alarm low, high, tapped yes, taps 7" in reading.as_line()
    assert [shown(one) for one in channels.values()][3:] == ["21.50 °C", "freefall", "low, high", "yes", "7"]


def test_no_flag_is_none() -> None:
    assert Channel("alarm", Unit(""), kind=Alarm).show(Alarm(0)) == "none"


def test_a_sample_has_the_channels_that_were_measured() -> None:
    sample = Adc({3: 1.5, 0: 0.25}, 20.0)
    assert names(ADC.layout(sample).channels) == ["ain3", "ain0", "temp"]
    assert list(ADC.values(sample)) == [1.5, 0.25, 20.0]
    assert [channel.of(sample) for channel in ADC.channels] == [0.25, None, None, 1.5, 20.0]
    assert ADC.layout(Adc({3: 1.0, 0: 0.0}, 0.0)) is ADC.layout(sample)
    assert names(FIXED.layout(Fixed((1.0, 2.0))).channels) == ["ain0", "ain1"]


def test_an_error_of_a_whole_vector_is_an_error_of_each_axis() -> None:
    sample: Any = Moving(OPEN, 21.5, Mode(0), Alarm(0), False, 0)  # type: ignore[arg-type]
    assert MOVING.complete(sample).accel == Accel(OPEN, OPEN, OPEN)  # type: ignore[arg-type]


def test_an_error_of_several_channels_is_an_error_of_each() -> None:
    assert ADC.complete(Adc(OPEN, 20.0)).ain == dict.fromkeys(range(4), OPEN)  # type: ignore[arg-type]
    assert FIXED.complete(Fixed(OPEN)).ain == (OPEN, OPEN, OPEN)  # type: ignore[arg-type]


def test_a_plain_tuple_becomes_the_vector() -> None:
    sample: Any = SAMPLE._replace(accel=(1.0, 2.0, 3.0))  # type: ignore[arg-type]
    assert MOVING.complete(sample).accel.z == 3.0


def test_values_are_replaced_by_their_index() -> None:
    assert MOVING.replace(SAMPLE, {2: OPEN, 3: 22.0}) == SAMPLE._replace(accel=Accel(0.1, 0.2, OPEN), temp=22.0)  # type: ignore[arg-type]
    assert ADC.replace(Adc({3: 1.5, 0: 0.25}, 20.0), {1: OPEN}) == Adc({3: 1.5, 0: OPEN}, 20.0)  # type: ignore[dict-item]
    assert FIXED.replace(Fixed((1.0, 2.0)), {0: 3.0}) == Fixed((3.0, 2.0))


any_adc: Any = Adc
any_fixed: Any = Fixed
any_sample: Any = SAMPLE


@pytest.mark.parametrize(
    ("shape", "sample", "why"),
    [
        (MOVING, any_sample._replace(accel=1.0), r"Moving\.accel is 1\.0: return Accel\(x, y, z\)"),
        (MOVING, any_sample._replace(accel=(1.0, 2.0)), r"Moving\.accel is \(1\.0, 2\.0\)"),
        (ADC, any_adc((1.0,), 20.0), r"Adc\.ain is \(1\.0,\): return a dict by number"),
        (FIXED, any_fixed({0: 1.0}), "Fixed.ain is .* return a tuple"),
        (FIXED, any_fixed((1.0,) * 4), r"Fixed\.ain has a channel 3: Channels\(3\) are numbered 0 … 2"),
        (ADC, any_adc({4: 1.0}, 20.0), r"Adc\.ain has a channel 4: Channels\(4\) are numbered 0 … 3"),
        (ADC, any_adc({"a": 1.0}, 20.0), "Adc.ain has a channel 'a'"),
    ],
)
def test_a_field_of_another_type_is_refused(shape: SampleShape, sample: Any, why: str) -> None:
    with pytest.raises(TypeError, match=why):
        shape.complete(sample)


class Words(NamedTuple):
    text: str


class Colours(NamedTuple):
    colour: Enum


class Twice(NamedTuple):
    accel: Accel
    accel_x: Celsius


class Bare(NamedTuple):
    ain: Annotated[Mapping[int, float], Channels(4)]


class Listed(NamedTuple):
    ain: Annotated[list[Volt], Channels(4)]


class Many(NamedTuple):
    ain: Annotated[tuple[Volt, ...], Channels(1000)]


@pytest.mark.parametrize(
    ("sample", "why"),
    [
        (Words, r"Words\.text is no channel"), (Colours, r"Colours\.colour is no channel.*IntEnum or an IntFlag"),
        (Twice, "Twice has two channels called accel_x: rename a field"), (Bare, r"Bare\.ain has no unit"),
        (Listed, r"Listed\.ain is not several channels: annotate it as Annotated\[Mapping\[int, Volt\], Ch"),
        (Many, "Many.ain is not several channels.*at most 64"),
    ],
)  # fmt: skip
def test_a_class_that_is_no_sample_is_refused(sample: Any, why: str) -> None:
    with pytest.raises(TypeError, match=why):
        SampleShape(sample)
