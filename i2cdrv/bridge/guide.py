"""The properties that Adafruit's design guide fixes, with their units; and the libraries that have other units.

The order: the unit that a property's docstring names, a known deviation, the guide.
"""

from __future__ import annotations

import re
from inspect import getattr_static
from typing import TYPE_CHECKING, Any

from ..errors import Invalid
from .library import Value
from .units import unit_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GUIDE = (
    Value("temp", "temperature", "°C"),
    Value("humidity", "relative_humidity", "%RH"),
    Value("humidity", "humidity", "%RH"),
    Value("pressure", "pressure", "hPa"),
    Value("ambient", "ambient_temperature", "°C"),
    Value("object", "object_temperature", "°C"),
    Value("light", "lux", "lx"),
    Value("light_level", "light", "index"),
    Value("proximity", "proximity", "index"),
    Value("uv_index", "uvi", "UV index"),
    Value("accel", "acceleration", "m/s²", is_vector=True),
    Value("gyro", "gyro", "rad/s", is_vector=True),
    Value("magn", "magnetic", "µT", is_vector=True),
    Value("co2", "CO2", "ppm CO2"),
    Value("eco2", "eCO2", "ppm"),
    Value("tvoc", "TVOC", "ppb"),
    Value("gas", "gas", "Ω"),
    Value("distance", "distance", "cm"),
    Value("voltage", "voltage", "V"),
    Value("voltage", "bus_voltage", "V"),
    Value("voltage", "cell_voltage", "V"),
    Value("shunt", "shunt_voltage", "V"),
    Value("current", "current", "mA"),
    Value("charge", "cell_percent", "%"),
)
"""The properties that Adafruit's design guide fixes, with their units, and a few that all its drivers share.

https://docs.circuitpython.org/en/latest/docs/design_guide.html#sensor-properties-and-units
"""

DEVIATIONS = {
    ("adafruit_icm20649", "gyro"): "°/s",  # 1.1.1: its docstring, and _scale_gyro_data
    ("adafruit_ina228", "current"): "A",  # 2.0.5: its docstring
    ("adafruit_ina23x", "current"): "A",  # its docstring
    ("adafruit_lsm9ds0", "gyro"): "°/s",  # its docstring, and _gyro_dps_digit
    ("adafruit_lsm9ds0", "magnetic"): "gauss",  # its docstring, and _mag_mgauss_lsb
    ("adafruit_lsm9ds1", "magnetic"): "gauss",  # 2.1.29: its docstring, and _mag_mgauss_lsb
    ("adafruit_sths34pf80", "object_temperature"): "",  # 1.0.2: the register, "raw object temperature value"
    ("adafruit_tmf8801", "distance"): "mm",  # 1.0.0: its docstring
    ("adafruit_tmf8806", "distance"): "mm",  # 1.0.0: its docstring
    ("adafruit_vcnl4020", "lux"): "",  # 1.0.8: the register, a count
}
"""The units of properties that differ from the guide, by the library and the property; empty: the chip's raw number.

The docstrings contain most of them, too; but Python drops docstrings with -OO.
"""

PREFIXES = {"": "", "c": "centi", "h": "hecto", "k": "kilo", "m": "milli", "n": "nano", "µ": "micro"}
_MICRO = "[uµμ]"  # the two characters of Unicode that look like it


def _metric(word: str, symbol: str, prefixes: str) -> dict[str, str]:
    """Return the patterns of a unit, without and with some prefixes: a word, or a symbol."""
    alone = rf"(?i:(?<![a-z-])(?:{word})s?\b)|\bin {symbol}\b|[(\[]{symbol}[)\]]"
    return {symbol: alone, **{f"{each}{symbol}": _prefixed(each, word, symbol) for each in prefixes}}


def _prefixed(prefix: str, word: str, symbol: str) -> str:
    letter = _MICRO if prefix == "µ" else prefix
    return rf"(?i:\b(?:{PREFIXES[prefix]}|{letter})-?(?:{word})s?\b)|\b{letter}{symbol}\b"


QUANTITIES: tuple[Mapping[str, str], ...] = (
    {
        "°C": r"(?i:celsius|degrees? c\b)|[°º]\s?C\b",
        "°F": r"(?i:fahrenheit|degrees? f\b)|[°º]\s?F\b",
        "K": "(?i:kelvin)",
    },
    {
        **_metric("pascal", "Pa", "hk"),
        **_metric("bar", "bar", "m"),
        "psi": r"(?i:\bpsi\b)",
        "mmHg": r"(?i:\bmm ?hg\b|\btorr\b)",
        "inHg": r"(?i:\bin ?hg\b|inch(?:es)? of mercury)",
    },
    _metric("volt", "V", "mµ"),
    _metric("amp|ampere", "A", "mµ"),
    _metric("ohm", "Ω", "k"),
    {**_metric("meter|metre", "m", "cm"), "inch": r"(?i:\binch(?:es)?\b)", "ft": r"(?i:\bf(?:ee|oo)t\b)"},
    {
        "m/s²": r"(?i:\bm\s*/\s*s|met(?:er|re)s? per second)",
        "g": r"(?i:\bin g\b|\bg['’]?s\b|\bg-force|standard gravit)|[(\[]g[)\]]",
        "mg": r"(?i:\bmilli-?g\b)|\bmg\b",
    },
    {
        "rad/s": r"(?i:\brad(?:ian)?s?\s*(?:/|per)\s*s)",
        "°/s": r"(?i:(?<![a-z-])deg(?:ree)?s?\s*(?:/|per)\s*s|\bdps\b)|°\s*/\s*s",
        "m°/s": r"(?i:\b(?:milli-?|m)deg(?:ree)?s?\s*(?:/|per)\s*s|\bmdps\b)|\bm°\s*/\s*s",
    },
    {
        **_metric("tesla", "T", "mµn"),
        "gauss": r"(?i:(?<![a-z-])gauss)|[(\[]G[)\]]",
        "mgauss": r"(?i:\bm(?:illi-?)?gauss)|\bmG\b",
    },
    {"ppm": r"(?i:\bppm\b|parts[ -]per[ -]million)", "ppb": r"(?i:\bppb\b|parts[ -]per[ -]billion)"},
)
"""The units of a docstring: for each quantity, a pattern of each unit.

A single letter counts after ``in`` or in parentheses, because ``A`` is an article and ``V+`` a pin.
"""


def guided(made: Any, name: str) -> Iterator[Value]:
    """Yield the values of a class by the guide, each channel once.

    ``name``: of the library.  Raises Invalid for a docstring with several units.
    """
    seen = set[str]()
    for value in GUIDE:
        if hasattr(made, value.path) and value.channel not in seen and (unit := _unit(made, value, name)):
            seen.add(value.channel)
            yield value._replace(unit=unit)


def _unit(made: Any, value: Value, name: str) -> str:
    """Return the unit of a property; an empty text for a raw number."""
    stated = _stated(_docstring(made, value.path), value.unit)
    if len(stated) > 1:
        channels = f"{{{value.channel}: {{read: {value.path}, unit: {stated[0]}}}}}"
        raise Invalid(
            f"{name}: the docstring of {value.path} names {' and '.join(stated)}; give its channels, as in "
            f'libraries: {{mine: {{library: "{name}", channels: {channels}}}}}'
        )
    if stated:
        return stated[0]
    return DEVIATIONS.get((_home(made, value.path), value.path), value.unit)


def _docstring(made: Any, path: str) -> str:
    """Return the docstring of a property; that of another attribute is its class's."""
    found = getattr_static(made, path, None)
    said = found.__doc__ if isinstance(found, property) else None
    return said if isinstance(said, str) else ""


def _home(made: Any, path: str) -> str:
    """Return the library of the class that has a property."""
    classes = (each for each in getattr(made, "__mro__", ()) if path in vars(each))
    return str(getattr(next(classes, made), "__module__", "")).partition(".")[0]


def _stated(text: str, unit: str) -> list[str]:
    """Return the units in the first paragraph that names one, if they are of the same quantity."""
    patterns = next((each for each in QUANTITIES if unit in each), {})
    for paragraph in re.split(r"\n\s*\n", text):
        found = [each for each, pattern in patterns.items() if re.search(pattern, paragraph)]
        if found:
            return list({unit_of(each)[1:]: each for each in reversed(found)}.values())[::-1]  # hPa is mbar
    return []
