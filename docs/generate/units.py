"""The table of units, from the one table of the driver model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from i2cdrv.driver import unit as units
from i2cdrv.driver.display import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = ("name", "symbol", "decimals", "IIO", "hwmon", "Home Assistant", "Prometheus")


def markdown() -> str:
    """Return the table."""
    rows = [HEAD, ("---",) * len(HEAD), *map(_row, _named())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _named() -> Iterator[tuple[str, Unit]]:
    for name, hint in vars(units).items():
        for extra in getattr(hint, "__metadata__", ()):
            yield name, extra


def _row(named: tuple[str, Unit]) -> tuple[str, ...]:
    name, unit = named
    quantity = units.quantity_of(unit)
    iio = f"`in_{quantity.iio.name}`{_scale(quantity.iio.scale)}" if quantity.iio else ""
    hwmon = f"`{quantity.hwmon.prefix}`{_scale(quantity.hwmon.scale)}" if quantity.hwmon else ""
    metric, factor = quantity.prometheus
    prometheus = f"`{metric}`{_scale(factor)}" if metric else ""
    return f"`{name}`", unit.symbol, str(unit.digits), iio, hwmon, quantity.device_class, prometheus


def _scale(scale: float) -> str:
    return "" if scale == 1 else f" × {scale:g}"
