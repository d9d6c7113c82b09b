"""The expressions of derived channels: their types, and the place of each mistake."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from i2cdrv.core.derived.expression import Mistake, parse
from i2cdrv.core.derived.functions import FUNCTIONS
from i2cdrv.driver.unit import QUANTITIES, Celsius, MicrogramPerCubicMetre, Pascal, RelativeHumidity
from tests.support.channels import channels_of


class Air(NamedTuple):
    temp: Celsius
    pressure: Pascal
    humidity: RelativeHumidity
    pm25: MicrogramPerCubicMetre


CHANNELS = channels_of(Air)


@pytest.mark.parametrize(
    ("text", "arguments", "unit"),
    [
        ("dew_point(temp, humidity)", ["temp", "humidity"], "°C"),
        ("  dew_point ( temp,humidity ) ", ["temp", "humidity"], "°C"),
        ("absolute_humidity(temp, humidity)", ["temp", "humidity"], "g/m³"),
        ("vapour_pressure_deficit(temp, humidity)", ["temp", "humidity"], "Pa"),
        ("heat_index(temp, humidity)", ["temp", "humidity"], "°C"),
        ("sea_level_pressure(pressure, 520)", ["pressure", 520.0], "Pa"),
        ("sea_level_pressure(pressure, -3.5)", ["pressure", -3.5], "Pa"),
        ("altitude(pressure)", ["pressure"], "m"),
        ("altitude(pressure, 101840)", ["pressure", 101840.0], "m"),
        ("iaq_pm25(pm25)", ["pm25"], ""),
    ],
)
def test_a_call_has_channels_and_numbers_as_arguments(text: str, arguments: list[object], unit: str) -> None:
    call = parse(text, CHANNELS)
    assert [getattr(one, "name", one) for one in call.arguments] == arguments
    assert call.function.unit.symbol == unit


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("dew_pint(temp, humidity)", 0, "unknown function 'dew_pint' (did you mean dew_point?); known: dew_point, "),
        (" os.system(temp)", 0, "' os.system(temp)' is no call of a function; write it in quotes, as in "),
        ("temp", 0, "'temp' is no call of a function; write it in quotes, as in "),
        ("dew_point()", 0, "dew_point with no arguments: expected dew_point(temperature, humidity)"),
        ("dew_point(temp)", 0, "dew_point with 1 argument: expected dew_point(temperature, humidity)"),
        ("altitude(pressure, 101325, 3)", 0,
         "altitude with 3 arguments: expected altitude(pressure, [pressure at sea level in Pa])"),
        ("dew_point(tmp, humidity)", 10, "no channel 'tmp' (did you mean temp?); the chip has: temp, pressure, "),
        ("dew_point(pressure, humidity)", 10, "pressure (Pa) is no temperature; the chip has temp"),
        ("dew_point(temp, temp)", 16, "temp (°C) is no humidity; the chip has humidity"),
        ("dew_point(temp, 50)", 16, "no channel '50'; the chip has: temp, pressure, humidity, pm25"),
        ("sea_level_pressure(pressure, temp)", 29, "'temp' is no altitude: expected a number, -500 … 9000 m"),
        ("sea_level_pressure(pressure, 9001)", 29, "'9001' is no altitude: expected a number, -500 … 9000 m"),
        ("sea_level_pressure(pressure, nan)", 29, "'nan' is no altitude: expected a number, -500 … 9000 m"),
        ("dew_point(temp", 14, "the ) is missing; write it in quotes, as in "),
        ("dew_point(temp, )", 15, "an argument is missing: expected a channel or a number"),
        ("dew_point(temp, humidity) - 1", 26, "unexpected '- 1' behind the call: a channel is one call"),
        ("dew_point(heat_index(temp, humidity), humidity)", 10,
         "heat_index( within a call: an argument is a channel of the chip or a number"),
    ],
)  # fmt: skip
def test_a_mistake_has_its_place_and_the_accepted_text(text: str, at: int, message: str) -> None:
    with pytest.raises(Mistake) as caught:
        parse(text, CHANNELS)
    assert str(caught.value).startswith(message)
    assert caught.value.at == at


def test_a_quantity_that_the_driver_does_not_have_is_named() -> None:
    with pytest.raises(Mistake, match=r"temp \(°C\) is no concentration; the chip has none"):
        parse("iaq_pm25(temp)", CHANNELS[:3])


def test_the_types_of_all_functions_are_quantities() -> None:
    for name, function in FUNCTIONS.items():
        rows = [one.quantity for one in function.parameters if one.quantity]
        assert {*rows, function.unit.quantity or function.unit.symbol} <= QUANTITIES.keys(), name
        assert function.compute.__name__ == name
