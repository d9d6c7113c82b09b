"""A reading as programs and as people get it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from i2cdrv.core.reading import Reading
from i2cdrv.driver.unit import Celsius, Pascal, RelativeHumidity
from i2cdrv.errors import ConfigLost, Nack
from tests.support.channels import channels_of

if TYPE_CHECKING:
    from i2cdrv.errors import Error


class Dry(NamedTuple):
    temp: Celsius
    pressure: Pascal


class Wet(NamedTuple):
    temp: Celsius
    pressure: Pascal
    humidity: RelativeHumidity


CHANNELS = channels_of(Wet | Dry)
TIME = 1700000000.123456
BOOTTIME = 4711.98765


def reading(sample: object, error: Error | None = None) -> Reading:
    return Reading("1-0076", "bme280", "bmp280", TIME, BOOTTIME, CHANNELS, sample, error)


def test_a_person_gets_one_line_with_units() -> None:
    line = reading(Wet(25.0823, 100653.27, 57.8)).as_line()
    assert line == "1-0076 bmp280: temp 25.08 °C, pressure 100653 Pa, humidity 57.80 %"


def test_a_program_gets_one_json_object() -> None:
    assert reading(Wet(-0.0625, 100653.267489, 57.8123912)).as_json() == (
        '{"device": "1-0076", "driver": "bme280", "time": 1700000000.123, "boottime": 4711.987, "status": "ok", '
        '"channels": {"temp": {"value": -0.0625, "unit": "°C", "digits": 2}, '
        '"pressure": {"value": 100653.267, "unit": "Pa", "digits": 0}, '
        '"humidity": {"value": 57.81239, "unit": "%", "digits": 2}}}'
    )


def test_a_channel_that_the_chip_does_not_have_does_not_exist() -> None:
    dry = reading(Dry(25.0, 100000.0))
    assert dry.as_line() == "1-0076 bmp280: temp 25.00 °C, pressure 100000 Pa"
    assert list(dry.as_dict()["channels"]) == ["temp", "pressure"]
    assert [(channel.name, value) for channel, value in dry.values()] == [("temp", 25.0), ("pressure", 100000.0)]


def test_an_error_stands_in_the_place_of_the_values() -> None:
    lost = reading(None, ConfigLost("the chip lost power"))
    assert lost.as_line() == "1-0076 bmp280: no value: the chip lost power (ENODATA)"
    assert lost.as_dict() == {
        "device": "1-0076",
        "driver": "bme280",
        "time": 1700000000.123,
        "boottime": 4711.987,
        "status": "error",
        "error": "ENODATA",
        "message": "the chip lost power",
    }


def test_json_is_one_line_whatever_the_message_holds() -> None:
    line = reading(None, Nack('two\nlines, a "quote" and °')).as_json()
    assert "\n" not in line
    assert json.loads(line)["message"] == 'two\nlines, a "quote" and °'
