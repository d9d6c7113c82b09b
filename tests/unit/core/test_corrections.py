"""Labels, corrections and derived channels change a verified sample for its readers, and nothing else."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Any, NamedTuple

import pytest

import i2cdrv
from i2cdrv.core.corrections import Correction, Corrections, Derived
from i2cdrv.core.derived.expression import parse
from i2cdrv.core.module import load
from i2cdrv.core.reading import Reading
from i2cdrv.core.readingtext import as_lines
from i2cdrv.core.served import is_published
from i2cdrv.driver.channel import Channel, Channels
from i2cdrv.driver.display import Unit
from i2cdrv.driver.unit import Celsius, Count, Pascal, RelativeHumidity, Volt
from i2cdrv.errors import Error, NotMeasured, OutOfRange
from i2cdrv.sim import CHIPS, SimAdapter
from i2cdrv.sysfs import hwmon, iio
from tests.support.channels import channels_of

CHANNELS = load("sht4x").driver.channels


class Mode(IntEnum):
    IDLE = 0
    ACTIVE = 1


class Air(NamedTuple):
    temp: Celsius
    pressure: Pascal
    humidity: RelativeHumidity


class Tapped(NamedTuple):
    taps: Count


class Odd(NamedTuple):
    mode: Mode
    wet: bool
    ain: Annotated[tuple[Volt, ...], Channels(2)]


def derived(text: str, channels: tuple[Channel, ...], name: str = "") -> Derived:
    call = parse(text, channels)
    return Derived(Channel(name or text.partition("(")[0], call.function.unit, derived=True), call)


def garden(sample: Any, *more: Derived, **corrections: Correction) -> Reading:
    found = Corrections(corrections, more)
    channels = found.channels(channels_of(type(sample)))
    return Reading("1-0044", "sht4x", "sht4x", 0, 0, channels, sample, None, "garden", found)


def test_a_correction_is_a_factor_and_then_an_offset() -> None:
    reading = garden(Air(20.0, 1e5, 50.0), temp=Correction("Attic", -0.5, 1.1))
    assert reading.as_dict()["channels"]["temp"] == {"value": 21.5, "unit": "°C", "digits": 2, "label": "Attic"}
    assert reading.as_line() == "garden sht4x: Attic 21.50 °C, pressure 100000 Pa, humidity 50.00 %"
    assert reading.sample.temp == 20.0


@pytest.mark.parametrize(
    ("correction", "shown", "digits"),
    [
        (Correction(scale=0.5), "2.5", 1), (Correction(offset=0.25), "5.25", 2), (Correction(offset=-3.0), "2", 0),
        (Correction(scale=1 / 3), "1.667", 3), (Correction("Taps"), "5", 0),
    ],
)  # fmt: skip
def test_a_corrected_count_shows_its_fraction(correction: Correction, shown: str, digits: int) -> None:
    reading = garden(Tapped(5), taps=correction)
    assert reading.as_line() == f"garden sht4x: {correction.label or 'taps'} {shown}"
    assert reading.as_dict()["channels"]["taps"]["digits"] == digits
    assert as_lines(reading.as_dict()) == [f"{correction.label or 'taps'} {shown}"]


def test_a_derived_channel_follows_the_corrected_values() -> None:
    dew = derived("dew_point(temp, humidity)", channels_of(Air))
    reading = garden(Air(20.0, 1e5, 40.0), dew, humidity=Correction(offset=60.0))
    assert reading.as_dict()["channels"]["dew_point"]["value"] == pytest.approx(20.0)
    assert as_lines(reading.as_dict())[-1] == "dew_point 20.00 °C"


def test_a_derived_channel_has_the_error_of_its_argument() -> None:
    dew = derived("dew_point(temp, humidity)", channels_of(Air))
    reading = garden(Air(20.0, 1e5, OutOfRange("saturated")), dew)  # type: ignore[arg-type]
    shown = reading.as_dict()["channels"]
    assert shown["dew_point"] == {"unit": "°C", "error": "ERANGE", "message": "humidity: saturated"}
    assert shown["temp"]["value"] == 20.0


def test_a_derived_channel_has_the_error_of_its_formula() -> None:
    dew = derived("dew_point(temp, humidity)", channels_of(Air))
    shown = garden(Air(20.0, 1e5, 0.0), dew).as_dict()["channels"]["dew_point"]
    assert shown["message"] == "a humidity of 0 % has no dew point"


def test_a_derived_channel_of_a_channel_that_the_chip_does_not_have_is_an_error() -> None:
    class Dry(NamedTuple):
        temp: Celsius

    dew = derived("dew_point(temp, humidity)", channels_of(Air))
    corrections = Corrections({}, [dew])
    assert isinstance(found := corrections.value(dew.channel, Dry(20.0)), NotMeasured)
    assert found.message == "humidity is not measured"


def test_words_have_a_label_only_and_numbered_channels_their_own_correction() -> None:
    reading = garden(Odd(Mode.ACTIVE, True, (1.0, 2.0)), mode=Correction("Mode"), ain1=Correction(offset=1.0))
    assert reading.as_line() == "garden sht4x: Mode active, wet yes, ain0 1.0000 V, ain1 3.0000 V"


def test_a_reading_with_names_may_be_published() -> None:
    reading = garden(Air(20.0, 1e5, 50.0), temp=Correction("Attic"))
    entry = {**reading.as_dict(), "chip": "sht4x"}
    assert is_published(entry)
    assert not is_published({**entry, "name": 3})
    assert not is_published({**entry, "channels": {"temp": {"value": 1, "unit": "°C", "label": 3}}})


def test_a_derived_channel_renames_no_file_of_a_measured_channel() -> None:
    for text, kernel in (("dew_point(temp, humidity)", "in_temp1"), ("altitude(pressure)", None),
                         ("sea_level_pressure(pressure, 520)", "in_pressure1")):  # fmt: skip
        one = derived(text, channels_of(Air))
        channels = Corrections({}, [one]).channels(channels_of(Air))
        names = [found.name for found in iio.inputs(channels)]
        assert names == ["in_temp", "in_pressure", "in_humidityrelative", *([kernel] if kernel else [])]
    alone = Corrections({}, [derived("vapour_pressure_deficit(temp, humidity)", CHANNELS)]).channels(CHANNELS)
    assert [found.name for found in iio.inputs(alone)] == ["in_temp", "in_humidityrelative", "in_pressure0"]


def test_hwmon_has_derived_temperatures_behind_the_measured_one() -> None:
    channels = Corrections({}, [derived("dew_point(temp, humidity)", CHANNELS)]).channels(CHANNELS)
    assert [one.name for one in hwmon.inputs(channels)] == ["temp1", "humidity1", "temp2"]


def test_a_device_shows_corrected_values_and_measures_raw_ones() -> None:
    adapter = SimAdapter({0x44: CHIPS["sht4x"](temp=20.0, humidity=50.0)})
    with i2cdrv.open("sht4x", bus=adapter, addr=0x44) as device:
        raw = device.sample()
        dew = derived("dew_point(temp, humidity)", CHANNELS)
        device.label, device.corrections = "garden", Corrections({"temp": Correction("Attic", 5.0, 2.0)}, [dew])
        assert device.sample() == raw
        assert [channel.title for channel in device.channels] == ["Attic", "humidity", "dew_point"]
        temp = device.channels[0]
        assert device.channel(temp, 10.0) == pytest.approx(2 * raw.temp + 5)
        latest = device.samples.latest
        assert latest is not None
        assert device.reading_of(latest, raw=True).as_dict()["channels"].keys() == {"temp", "humidity"}
        assert [value for _, value in device.reading_of(latest, raw=True).values()] == list(raw)


def test_an_impossible_correction_does_not_reach_the_checks_of_a_sample() -> None:
    adapter = SimAdapter({0x44: CHIPS["sht4x"](temp=20.0, humidity=50.0)})
    with i2cdrv.open("sht4x", bus=adapter, addr=0x44) as device:
        device.corrections = Corrections({"temp": Correction(offset=5000.0)})
        for _ in range(3):  # 5020 °C is far outside the range of the chip, and its first sample is read again
            reading = device.reading_of(device.samples.sample())
            assert reading.error is None
            assert {c.name: v for c, v in reading.values()}["temp"] == pytest.approx(5020, abs=0.1)
        assert not any(device.samples.errors[kind] for kind in device.samples.errors)


def test_a_limit_is_corrected_in_both_directions() -> None:
    correction = Correction(offset=-0.5, scale=1.02)
    assert correction.undo(correction.apply(25.0)) == pytest.approx(25.0)
    corrections = Corrections({"temp": correction})
    assert corrections.undo("temp", corrections.apply("temp", 30.0)) == pytest.approx(30.0)
    assert corrections.apply("humidity", 30.0) == 30.0


def test_corrections_compare_by_their_settings() -> None:
    assert Corrections({"temp": Correction("Attic")}) == Corrections({"temp": Correction("Attic")})
    assert Corrections({"temp": Correction("Attic")}) != Corrections({"temp": Correction("Cellar")})
    dew = derived("dew_point(temp, humidity)", CHANNELS)
    assert Corrections({}, [dew]) != Corrections({})


def test_a_unit_of_a_driver_s_own_is_corrected_too() -> None:
    class Old(NamedTuple):
        temp: Annotated[float, Unit("°F", 1)]

    reading = garden(Old(68.0), temp=Correction("Attic", -32 / 1.8, 1 / 1.8))
    assert reading.as_line() == "garden sht4x: Attic 20.0 °F"


def test_an_error_of_the_sample_replaces_all_channels() -> None:
    found = Corrections({}, [derived("dew_point(temp, humidity)", CHANNELS)])
    reading = Reading("1-0044", "sht4x", "sht4x", 0, 0, found.channels(()), None, Error("gone"), "garden", found)
    assert reading.as_line() == "garden sht4x: no value: gone (EIO)"
    assert "channels" not in reading.as_dict()
