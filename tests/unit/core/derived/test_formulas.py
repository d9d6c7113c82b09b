"""The formulas of derived channels against published tables."""

from __future__ import annotations

import pytest

from i2cdrv.core.derived import formulas
from i2cdrv.errors import OutOfRange

# °C and kPa: FAO Irrigation and Drainage Paper 56 (Allen et al. 1998), annex 2, table 2.3
SATURATION = [(1, 0.657), (5, 0.872), (10, 1.228), (15, 1.705), (20, 2.338), (25, 3.168), (30, 4.243), (35, 5.624),
              (40, 7.376), (45, 9.585), (48, 11.162)]  # fmt: skip
# °C and g/m³ of saturated air: Smithsonian Meteorological Tables, 6th edition, table 108
SATURATED_DENSITY = [(-10, 2.36), (0, 4.85), (10, 9.40), (20, 17.30), (30, 30.38), (40, 51.19)]
# geopotential m and Pa: U.S. Standard Atmosphere 1976, table I; the same in ISO 2533
STANDARD_ATMOSPHERE = [(-500, 107_478), (0, 101_325), (500, 95_461), (1000, 89_875), (2000, 79_495), (5000, 54_020),
                       (9000, 30_742)]  # fmt: skip
# °F, % and °F: the chart of the National Weather Service (weather.gov/safety/heat-index)
HEAT_CHART = [(80, 40, 80), (86, 90, 105), (90, 50, 95), (90, 70, 105), (90, 90, 122), (92, 60, 105), (100, 40, 109),
              (100, 50, 118), (104, 50, 131), (110, 40, 136)]  # fmt: skip
CHART_TOLERANCE_F = 1.3  # of the regression, according to SR 90-23
# °F, % and °F: the calculator of the Weather Prediction Center, in whole °F (visited 2019 by the tests of MetPy)
HEAT_CALCULATOR = [(86, 45, 87), (111, 27, 121), (96, 60, 116)]
# µg/m³ and index: both ends of each row of 40 CFR part 58, appendix G, table 1 (2024)
AIR_QUALITY = [(0.0, 0), (9.0, 50), (9.1, 51), (35.4, 100), (35.5, 101), (55.4, 150), (55.5, 151), (125.4, 200),
               (125.5, 201), (225.4, 300), (225.5, 301), (325.4, 500)]  # fmt: skip


@pytest.mark.parametrize(("temp", "kilopascals"), SATURATION)
def test_the_saturation_vapour_pressure_is_that_of_the_fao(temp: float, kilopascals: float) -> None:
    assert formulas.saturation_vapour_pressure(temp) / 1000 == pytest.approx(kilopascals, rel=0.003)


@pytest.mark.parametrize(("temp", "grams"), SATURATED_DENSITY)
def test_saturated_air_holds_as_much_water_as_in_the_smithsonian_tables(temp: float, grams: float) -> None:
    assert formulas.absolute_humidity(temp, 100) == pytest.approx(grams, rel=0.01)
    assert formulas.absolute_humidity(temp, 25) == pytest.approx(grams / 4, rel=0.01)


@pytest.mark.parametrize(("temp", "at"), [(20, 10), (25, 10), (30, 15), (40, 20), (45, 1)])
def test_air_is_saturated_at_its_dew_point(temp: int, at: int) -> None:
    table = dict(SATURATION)
    assert formulas.dew_point(temp, 100 * table[at] / table[temp]) == pytest.approx(at, abs=0.1)
    assert formulas.dew_point(temp, 100) == pytest.approx(temp)


def test_the_vapour_pressure_deficit_is_the_rest_to_saturation() -> None:
    # FAO paper 56, chapter 3, example 3: 3.075 kPa at 24.5 °C; 46 % of it are missing at 54 %
    assert formulas.vapour_pressure_deficit(24.5, 54) == pytest.approx(3075 * 0.46, rel=0.003)
    assert formulas.vapour_pressure_deficit(20, 100) == 0


@pytest.mark.parametrize(("metres", "pascals"), STANDARD_ATMOSPHERE)
def test_altitudes_and_pressures_are_those_of_the_standard_atmosphere(metres: float, pascals: float) -> None:
    assert formulas.altitude(pascals) == pytest.approx(metres, abs=0.2)
    assert formulas.sea_level_pressure(pascals, metres) == pytest.approx(101_325, abs=2)


def test_the_altitude_depends_on_the_pressure_at_sea_level() -> None:
    assert formulas.altitude(98_000, 98_000) == 0
    assert formulas.altitude(89_875, formulas.sea_level_pressure(89_875, 1020)) == pytest.approx(1020)


@pytest.mark.parametrize(("temp", "humidity", "shown"), HEAT_CHART)
def test_the_heat_index_is_that_of_the_weather_service_s_chart(temp: float, humidity: float, shown: float) -> None:
    found = formulas.heat_index((temp - 32) / 1.8, humidity) * 1.8 + 32
    assert found == pytest.approx(shown, abs=CHART_TOLERANCE_F)


@pytest.mark.parametrize(("temp", "humidity", "shown"), HEAT_CALCULATOR)
def test_the_heat_index_is_that_of_the_weather_service_s_calculator(temp: float, humidity: float, shown: int) -> None:
    assert round(formulas.heat_index((temp - 32) / 1.8, humidity) * 1.8 + 32) == shown


def test_dry_and_humid_air_have_their_adjustments() -> None:
    # wpc.ncep.noaa.gov: (13 - 5) / 4 = 2 °F less at 95 °F and 5 %, (95 - 85) / 10 × (87 - 82) / 5 more at 82 °F, 95 %
    for temp, humidity, adjustment in ((95, 5, -2.0), (82, 95, 1.0)):
        t, rh = temp, humidity
        terms = (
            -42.379, 2.04901523 * t, 10.14333127 * rh, -0.22475541 * t * rh, -0.00683783 * t * t,
            -0.05481717 * rh * rh, 0.00122874 * t * t * rh, 0.00085282 * t * rh * rh, -0.00000199 * t * t * rh * rh,
        )  # fmt: skip
        found = formulas.heat_index((temp - 32) / 1.8, humidity) * 1.8 + 32
        assert found == pytest.approx(sum(terms) + adjustment)


def test_cool_air_has_steadman_s_heat_index() -> None:
    # wpc.ncep.noaa.gov: the mean of 0.5 × (68 + 61 + 0 + 50 × 0.094) = 66.85 °F and the temperature
    assert formulas.heat_index(20, 50) * 1.8 + 32 == pytest.approx((66.85 + 68) / 2)


@pytest.mark.parametrize(("concentration", "index"), AIR_QUALITY)
def test_the_air_quality_index_has_the_breakpoints_of_2024(concentration: float, index: int) -> None:
    assert formulas.iaq_pm25(concentration) == index


def test_the_air_quality_index_is_that_of_the_epa_s_example() -> None:
    assert formulas.iaq_pm25(35.9) == 102  # EPA-454/B-24-002, part IV: 49 / 19.9 × (35.9 - 35.5) + 101


def test_a_concentration_is_cut_off_to_a_tenth() -> None:
    assert formulas.iaq_pm25(9.0999) == 50
    assert formulas.iaq_pm25(35.49) == 100


def test_an_index_above_500_continues_the_last_row() -> None:
    assert formulas.iaq_pm25(425.3) == 699  # 199 more for each 99.9 µg/m³


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (formulas.dew_point, (20, 0), "a humidity of 0 % has no dew point"),
        (formulas.dew_point, (61, 50), "the formula needs temperature from -45 to 60 °C, not 61 °C"),
        (formulas.dew_point, (-46, 50), "the formula needs temperature from -45 to 60 °C, not -46 °C"),
        (formulas.absolute_humidity, (20, -0.5), "the formula needs humidity at least 0 %, not -0.5 %"),
        (formulas.heat_index, (20, -0.5), "the formula needs humidity at least 0 %, not -0.5 %"),
        (formulas.altitude, (0,), "no altitude has a pressure of 0 Pa"),
        (formulas.altitude, (1000,), "the formula needs altitude from -1000 to 11000 m, not "),
        (formulas.iaq_pm25, (-0.1,), "the formula needs concentration at least 0 µg/m³, not -0.1 µg/m³"),
    ],
)  # fmt: skip
def test_a_value_outside_a_formula_s_range_is_an_error(function: object, arguments: tuple[float], message: str) -> None:
    assert callable(function)
    with pytest.raises(OutOfRange) as caught:
        function(*arguments)
    assert caught.value.message.startswith(message)
