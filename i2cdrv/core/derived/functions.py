"""The functions that a configuration may call: a closed list, with the quantity of each argument and of the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...driver.display import Unit
from . import formulas

if TYPE_CHECKING:
    from collections.abc import Callable


class Parameter(NamedTuple):
    """An argument of a function: a channel of a quantity, or a number.

    ``quantity``: the row of ``QUANTITIES``; empty for a number.  ``lowest`` … ``highest``: of a number, in ``unit``.
    """

    name: str
    quantity: str = ""
    unit: str = ""
    lowest: float = 0.0
    highest: float = 0.0
    optional: bool = False

    def __str__(self) -> str:
        shown = self.name if self.quantity else f"{self.name} in {self.unit}"
        return f"[{shown}]" if self.optional else shown


class Function(NamedTuple):
    """A function and its types."""

    compute: Callable[..., float]
    parameters: tuple[Parameter, ...]
    unit: Unit

    @property
    def least(self) -> int:
        """The number of arguments that cannot be omitted."""
        return sum(not one.optional for one in self.parameters)

    def signature(self, name: str) -> str:
        """Return the text for an error: ``sea_level_pressure(pressure, altitude in m)``."""
        return f"{name}({', '.join(map(str, self.parameters))})"


_TEMPERATURE = Parameter("temperature", "°C")
_HUMIDITY = Parameter("humidity", "humidity")
_PRESSURE = Parameter("pressure", "Pa")
_ALTITUDE = Parameter("altitude", unit="m", lowest=-500, highest=9000)  # of places on land
_AT_SEA_LEVEL = Parameter("pressure at sea level", unit="Pa", lowest=85_000, highest=110_000, optional=True)
_PM25 = Parameter("concentration", "µg/m³")
_MOIST_AIR = (_TEMPERATURE, _HUMIDITY)

FUNCTIONS = {
    "dew_point": Function(formulas.dew_point, _MOIST_AIR, Unit("°C", 2)),
    "absolute_humidity": Function(formulas.absolute_humidity, _MOIST_AIR, Unit("g/m³", 2)),
    "vapour_pressure_deficit": Function(formulas.vapour_pressure_deficit, _MOIST_AIR, Unit("Pa", 0)),
    "heat_index": Function(formulas.heat_index, _MOIST_AIR, Unit("°C", 1)),
    "sea_level_pressure": Function(formulas.sea_level_pressure, (_PRESSURE, _ALTITUDE), Unit("Pa", 0)),
    "altitude": Function(formulas.altitude, (_PRESSURE, _AT_SEA_LEVEL), Unit("m", 1, "altitude")),
    "iaq_pm25": Function(formulas.iaq_pm25, (_PM25,), Unit("", 0, "air quality index")),
}
