"""Units and quantities: one table with the names that the kernel, Home Assistant and Prometheus use.

Sources: Documentation/ABI/testing/sysfs-bus-iio and Documentation/hwmon/sysfs-interface.rst (Linux 6.18), the sensor
device classes of Home Assistant's developer documentation, and "Metric and label naming" of Prometheus.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from .display import Unit


class Iio(NamedTuple):
    """A channel type of IIO: its name, and the file's units in one of ours.

    ``indexed``: the channel always has a number.
    """

    name: str
    scale: float
    indexed: bool = False


class Hwmon(NamedTuple):
    """A sensor type of hwmon: its prefix, the file's units in one of ours, and the number of the first sensor."""

    prefix: str
    scale: float
    first: int = 1


class Quantity(NamedTuple):
    """The names of a quantity elsewhere: ``None`` or an empty text where there is none.

    ``prometheus``: the base unit as the end of a metric's name, and the base units in one of ours.
    """

    iio: Iio | None = None
    hwmon: Hwmon | None = None
    device_class: str = ""
    prometheus: tuple[str, float] = ("", 1.0)


QUANTITIES = {
    "°C": Quantity(Iio("temp", 1e3), Hwmon("temp", 1e3), "temperature", ("celsius", 1.0)),
    "humidity": Quantity(Iio("humidityrelative", 1e3), Hwmon("humidity", 1e3), "humidity", ("ratio", 0.01)),
    "Pa": Quantity(Iio("pressure", 1e-3), None, "pressure", ("pascals", 1.0)),
    "lx": Quantity(Iio("illuminance", 1.0), None, "illuminance", ("lux", 1.0)),
    "intensity": Quantity(Iio("intensity_both", 1.0)),
    "V": Quantity(Iio("voltage", 1e3, indexed=True), Hwmon("in", 1e3, first=0), "voltage", ("volts", 1.0)),
    "A": Quantity(Iio("current", 1e3, indexed=True), Hwmon("curr", 1e3), "current", ("amperes", 1.0)),
    "W": Quantity(Iio("power", 1e3, indexed=True), Hwmon("power", 1e6), "power", ("watts", 1.0)),
    "J": Quantity(Iio("energy", 1.0), Hwmon("energy", 1e6), "energy", ("joules", 1.0)),
    "Ω": Quantity(Iio("resistance", 1.0, indexed=True), prometheus=("ohms", 1.0)),
    "F": Quantity(Iio("capacitance", 1e9, indexed=True), prometheus=("farads", 1.0)),
    "Hz": Quantity(device_class="frequency", prometheus=("hertz", 1.0)),
    "m": Quantity(Iio("distance", 1.0), None, "distance", ("meters", 1.0)),
    "m/s²": Quantity(Iio("accel", 1.0), prometheus=("meters_per_second_squared", 1.0)),
    "rad/s": Quantity(Iio("anglvel", 1.0), prometheus=("radians_per_second", 1.0)),
    "T": Quantity(Iio("magn", 1e4), prometheus=("teslas", 1.0)),
    "ppm": Quantity(Iio("concentration", 1e-4), prometheus=("parts_per_million", 1.0)),
    "carbon dioxide": Quantity(Iio("concentration_co2", 1e-4), None, "carbon_dioxide", ("parts_per_million", 1.0)),
    "ppb": Quantity(Iio("concentration", 1e-7), prometheus=("parts_per_billion", 1.0)),
    "g/m³": Quantity(device_class="absolute_humidity", prometheus=("grams_per_cubic_meter", 1.0)),
    "µg/m³": Quantity(Iio("massconcentration", 1.0), prometheus=("grams_per_cubic_meter", 1e-6)),
    "%": Quantity(prometheus=("ratio", 0.01)),
    "rpm": Quantity(None, Hwmon("fan", 1.0), prometheus=("revolutions_per_minute", 1.0)),
    "UV index": Quantity(Iio("uvindex", 1.0), prometheus=("uv_index", 1.0)),
    "altitude": Quantity(device_class="distance", prometheus=("meters", 1.0)),
    "air quality index": Quantity(device_class="aqi"),
    "index": Quantity(),
    "count": Quantity(Iio("count", 1.0, indexed=True)),
}
_NONE = Quantity()


def quantity_of(unit: Unit) -> Quantity:
    """Return the names of a unit's quantity; a unit of a driver's own has none."""
    return QUANTITIES.get(unit.quantity or unit.symbol, _NONE)


Celsius = Annotated[float, Unit("°C", 2)]
RelativeHumidity = Annotated[float, Unit("%", 2, "humidity")]
Pascal = Annotated[float, Unit("Pa", 0)]
Lux = Annotated[float, Unit("lx", 1)]
Intensity = Annotated[float, Unit("", 1, "intensity")]
Volt = Annotated[float, Unit("V", 4)]
Ampere = Annotated[float, Unit("A", 4)]
Watt = Annotated[float, Unit("W", 4)]
Joule = Annotated[float, Unit("J", 3)]
Ohm = Annotated[float, Unit("Ω", 1)]
Farad = Annotated[float, Unit("F", 15)]
Hertz = Annotated[float, Unit("Hz", 2)]
Metre = Annotated[float, Unit("m", 3)]
MetrePerSecondSquared = Annotated[float, Unit("m/s²", 3)]
RadianPerSecond = Annotated[float, Unit("rad/s", 4)]
Tesla = Annotated[float, Unit("T", 9)]
PartsPerMillion = Annotated[float, Unit("ppm", 0)]
CarbonDioxide = Annotated[float, Unit("ppm", 0, "carbon dioxide")]
PartsPerBillion = Annotated[float, Unit("ppb", 0)]
MicrogramPerCubicMetre = Annotated[float, Unit("µg/m³", 1)]
Percent = Annotated[float, Unit("%", 1)]
Rpm = Annotated[float, Unit("rpm", 0)]
UvIndex = Annotated[float, Unit("", 1, "UV index")]
Index = Annotated[float, Unit("", 0, "index")]
Count = Annotated[int, Unit("", 0, "count")]
