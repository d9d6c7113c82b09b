"""The units of other people's values, each with our unit of the same quantity (``driver.unit``)."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..driver import unit as ours
from ..errors import Unknown, choice


class ForeignUnit(NamedTuple):
    """A unit.  A value in our unit, ``hint``, is ``value * factor + offset``."""

    hint: Any
    factor: float = 1.0
    offset: float = 0.0

    def convert(self, value: float) -> float:
        """Return a value in our unit."""
        return value * self.factor + self.offset


_G = 9.80665  # m/s²
_DEGREE = 0.017453292519943295

UNITS = {
    "°C": ForeignUnit(ours.Celsius),
    "°F": ForeignUnit(ours.Celsius, 5 / 9, -160 / 9),
    "K": ForeignUnit(ours.Celsius, 1.0, -273.15),
    "%RH": ForeignUnit(ours.RelativeHumidity),
    "%": ForeignUnit(ours.Percent),
    "Pa": ForeignUnit(ours.Pascal),
    "hPa": ForeignUnit(ours.Pascal, 1e2),
    "mbar": ForeignUnit(ours.Pascal, 1e2),
    "kPa": ForeignUnit(ours.Pascal, 1e3),
    "bar": ForeignUnit(ours.Pascal, 1e5),
    "psi": ForeignUnit(ours.Pascal, 6894.757293168),
    "mmHg": ForeignUnit(ours.Pascal, 133.322387415),
    "inHg": ForeignUnit(ours.Pascal, 3386.388640341),
    "lx": ForeignUnit(ours.Lux),
    "V": ForeignUnit(ours.Volt),
    "mV": ForeignUnit(ours.Volt, 1e-3),
    "µV": ForeignUnit(ours.Volt, 1e-6),
    "A": ForeignUnit(ours.Ampere),
    "mA": ForeignUnit(ours.Ampere, 1e-3),
    "µA": ForeignUnit(ours.Ampere, 1e-6),
    "W": ForeignUnit(ours.Watt),
    "mW": ForeignUnit(ours.Watt, 1e-3),
    "J": ForeignUnit(ours.Joule),
    "Ω": ForeignUnit(ours.Ohm),
    "kΩ": ForeignUnit(ours.Ohm, 1e3),
    "Hz": ForeignUnit(ours.Hertz),
    "m": ForeignUnit(ours.Metre),
    "cm": ForeignUnit(ours.Metre, 1e-2),
    "mm": ForeignUnit(ours.Metre, 1e-3),
    "inch": ForeignUnit(ours.Metre, 0.0254),
    "ft": ForeignUnit(ours.Metre, 0.3048),
    "m/s²": ForeignUnit(ours.MetrePerSecondSquared),
    "g": ForeignUnit(ours.MetrePerSecondSquared, _G),
    "mg": ForeignUnit(ours.MetrePerSecondSquared, _G / 1e3),
    "rad/s": ForeignUnit(ours.RadianPerSecond),
    "°/s": ForeignUnit(ours.RadianPerSecond, _DEGREE),
    "m°/s": ForeignUnit(ours.RadianPerSecond, _DEGREE / 1e3),
    "T": ForeignUnit(ours.Tesla),
    "µT": ForeignUnit(ours.Tesla, 1e-6),
    "mT": ForeignUnit(ours.Tesla, 1e-3),
    "nT": ForeignUnit(ours.Tesla, 1e-9),
    "gauss": ForeignUnit(ours.Tesla, 1e-4),
    "mgauss": ForeignUnit(ours.Tesla, 1e-7),
    "ppm": ForeignUnit(ours.PartsPerMillion),
    "ppm CO2": ForeignUnit(ours.CarbonDioxide),
    "ppb": ForeignUnit(ours.PartsPerBillion),
    "µg/m³": ForeignUnit(ours.MicrogramPerCubicMetre),
    "rpm": ForeignUnit(ours.Rpm),
    "UV index": ForeignUnit(ours.UvIndex),
    "intensity": ForeignUnit(ours.Intensity),
    "index": ForeignUnit(ours.Index),
}
_ASCII = {"C": "°C", "F": "°F", "uV": "µV", "uA": "µA", "ohm": "Ω", "kohm": "kΩ", "m/s2": "m/s²", "deg/s": "°/s",
          "uT": "µT", "ug/m3": "µg/m³", "lux": "lx"}  # fmt: skip


def unit_of(symbol: str) -> ForeignUnit:
    """Return a unit by its symbol.  Raises Unknown."""
    found = UNITS.get(_ASCII.get(symbol, symbol))
    if found is None:
        raise Unknown(f"there is no unit {symbol!r}{choice(symbol, UNITS, 'there are')}")
    return found
