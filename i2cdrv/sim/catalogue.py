"""The simulated chips by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from .chip import Chip

WHERE = {  # name: module and class
    "bme280": "bme280.Bme280",
    "bmp280": "bme280.Bmp280",
    "ds1775": "lm75.Ds1775",
    "ina219": "ina2xx.Ina219",
    "ina226": "ina2xx.Ina226",
    "lm75": "lm75.Lm75",
    "lm75a": "lm75.Lm75a",
    "mcp9808": "mcp9808.Mcp9808",
    "mcp980x": "lm75.Mcp980x",
    "pct2075": "lm75.Pct2075",
    "sht4x": "sht4x.Sht4x",
    "tmp75": "lm75.Tmp75",
    "tmp102": "tmp102.Tmp102",
    "tmp105": "lm75.Tmp105",
}


class Chips(Mapping[str, type[Chip]]):
    """The chip classes by name; each is imported when it is asked for."""

    def __getitem__(self, name: str) -> type[Chip]:
        module, _, cls = WHERE[name].partition(".")
        chip: type[Chip] = getattr(import_module(f"{__package__}.chips.{module}"), cls)
        return chip

    def __iter__(self) -> Iterator[str]:
        return iter(WHERE)

    def __len__(self) -> int:
        return len(WHERE)

    def __contains__(self, name: object) -> bool:
        return name in WHERE


CHIPS: Mapping[str, type[Chip]] = Chips()
