"""Published formulas for moist air, the atmosphere and air quality.

Each takes and returns plain numbers in the units that its docstring names.  It raises OutOfRange for a value outside
the range of its source.
"""

from __future__ import annotations

from math import exp, floor, log, pow, sqrt

from ...errors import OutOfRange

ICE_POINT_K = 273.15
VAPOUR_GAS_CONSTANT = 461.52  # J/(kg K): 8.31446 J/(mol K) / 18.0153 g/mol
MAGNUS_PA, MAGNUS_FACTOR, MAGNUS_C = 611.2, 17.62, 243.12  # over water
MAGNUS_RANGE_C = (-45.0, 60.0)

STANDARD_PA, STANDARD_K, LAPSE_K_PER_M = 101_325.0, 288.15, 0.0065
BAROMETRIC_EXPONENT = 9.80665 / (287.05287 * LAPSE_K_PER_M)  # g / (R of dry air × lapse rate)
TROPOSPHERE_M = (-1000.0, 11_000.0)

AQI_STEP = 0.1  # µg/m³, to which a concentration is cut off
AQI_PM25 = ((0.0, 9.0, 0, 50), (9.1, 35.4, 51, 100), (35.5, 55.4, 101, 150), (55.5, 125.4, 151, 200),
            (125.5, 225.4, 201, 300), (225.5, 325.4, 301, 500))  # fmt: skip  # µg/m³ and index, from … to


def saturation_vapour_pressure(temp: float) -> float:
    """Return the saturation vapour pressure over water in Pa at a temperature in °C.

    Magnus formula with the coefficients of Sonntag (1990), from -45 to 60 °C: WMO-No. 8, Guide to Instruments and
    Methods of Observation, volume I, annex 4.B, without the enhancement factor of moist air (at most 0.5 %).
    """
    _check("temperature", temp, "°C", *MAGNUS_RANGE_C)
    return MAGNUS_PA * exp(MAGNUS_FACTOR * temp / (MAGNUS_C + temp))


def vapour_pressure(temp: float, humidity: float) -> float:
    """Return the vapour pressure in Pa at a temperature in °C and a relative humidity in %; above 100 % is 100 %."""
    _check("humidity", humidity, "%", 0.0)
    return saturation_vapour_pressure(temp) * min(humidity, 100.0) / 100


def dew_point(temp: float, humidity: float) -> float:
    """Return the dew point in °C at a temperature in °C and a relative humidity in %.

    The inverse of ``saturation_vapour_pressure`` (WMO-No. 8, volume I, annex 4.B), over water also below 0 °C.
    """
    if humidity <= 0:
        raise OutOfRange(f"a humidity of {humidity:g} % has no dew point")
    ratio = log(vapour_pressure(temp, humidity) / MAGNUS_PA)
    return MAGNUS_C * ratio / (MAGNUS_FACTOR - ratio)


def absolute_humidity(temp: float, humidity: float) -> float:
    """Return the mass of water in g in a m³ of air at a temperature in °C and a relative humidity in %.

    The ideal gas law for water vapour, e / (R T) with R = 461.52 J/(kg K), as in Vaisala B210973EN, "Humidity
    conversion formulas".
    """
    return 1000 * vapour_pressure(temp, humidity) / (VAPOUR_GAS_CONSTANT * (temp + ICE_POINT_K))


def vapour_pressure_deficit(temp: float, humidity: float) -> float:
    """Return the vapour pressure that the air lacks for saturation in Pa, at a temperature in °C and a humidity in %.

    Saturation vapour pressure minus vapour pressure, as in FAO Irrigation and Drainage Paper 56, chapter 3.
    """
    return saturation_vapour_pressure(temp) - vapour_pressure(temp, humidity)


def sea_level_pressure(pressure: float, altitude: float) -> float:
    """Return the pressure at sea level in Pa, from the pressure in Pa at an altitude in m.

    The standard atmosphere (ISO 2533, ICAO Doc 7488), as for an airfield's QNH: its temperature, not the real one.
    """
    _check("altitude", altitude, "m", *TROPOSPHERE_M)
    return pressure / pow(1 - LAPSE_K_PER_M * altitude / STANDARD_K, BAROMETRIC_EXPONENT)


def altitude(pressure: float, at_sea_level: float = STANDARD_PA) -> float:
    """Return the altitude in m, from the pressures in Pa there and at sea level.

    The standard atmosphere (ISO 2533, ICAO Doc 7488) up to 11 km.
    """
    if pressure <= 0:
        raise OutOfRange(f"no altitude has a pressure of {pressure:g} Pa")
    found = STANDARD_K / LAPSE_K_PER_M * (1 - pow(pressure / at_sea_level, 1 / BAROMETRIC_EXPONENT))
    _check("altitude", found, "m", *TROPOSPHERE_M)
    return found


def heat_index(temp: float, humidity: float) -> float:
    """Return the heat index in °C at a temperature in °C and a relative humidity in %.

    The regression of Rothfusz (National Weather Service, SR 90-23) with the adjustments for dry and humid air, and
    the formula of Steadman below 80 °F: https://www.wpc.ncep.noaa.gov/html/heatindex_equation.shtml
    """
    _check("humidity", humidity, "%", 0.0)
    fahrenheit, percent = temp * 1.8 + 32, min(humidity, 100.0)
    simple = 0.5 * (fahrenheit + 61.0 + (fahrenheit - 68.0) * 1.2 + percent * 0.094)
    found = (simple + fahrenheit) / 2
    return ((found if found < 80 else _rothfusz(fahrenheit, percent)) - 32) / 1.8


def _rothfusz(t: float, rh: float) -> float:
    """Return the heat index in °F at a temperature in °F and a relative humidity in %."""
    found = -42.379 + 2.04901523 * t + 10.14333127 * rh - 0.22475541 * t * rh - 6.83783e-3 * t * t
    found += -5.481717e-2 * rh * rh + 1.22874e-3 * t * t * rh + 8.5282e-4 * t * rh * rh - 1.99e-6 * t * t * rh * rh
    if rh < 13 and 80 <= t <= 112:
        found -= (13 - rh) / 4 * sqrt((17 - abs(t - 95)) / 17)
    elif rh > 85 and 80 <= t <= 87:
        found += (rh - 85) / 10 * (87 - t) / 5
    return found


def iaq_pm25(concentration: float) -> float:
    """Return the air quality index of the EPA for a concentration of PM2.5 in µg/m³.

    Breakpoints of 2024: 40 CFR part 58, appendix G, and EPA-454/B-24-002, table 6; above 500 it is extrapolated.  The
    official index is that of a mean of 24 h, this is that of one sample.
    """
    _check("concentration", concentration, "µg/m³", 0.0)
    cut = floor(round(concentration / AQI_STEP, 6)) * AQI_STEP
    low, high, first, last = next((row for row in AQI_PM25 if cut < row[1] + AQI_STEP / 2), AQI_PM25[-1])
    return float(round((last - first) / (high - low) * (cut - low) + first))


def _check(name: str, value: float, unit: str, lowest: float, highest: float = float("inf")) -> None:
    """Raise OutOfRange for a value outside the range of a formula."""
    if not lowest <= value <= highest:
        limits = f"at least {lowest:g}" if highest == float("inf") else f"from {lowest:g} to {highest:g}"
        raise OutOfRange(f"the formula needs {name} {limits} {unit}, not {value:g} {unit}")
