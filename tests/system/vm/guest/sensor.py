"""The files of a kernel driver's sensor, read by the units of their ABI (sysfs-bus-iio, hwmon/sysfs-interface.rst)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.system.vm.guest.kernel import read

if TYPE_CHECKING:
    from pathlib import Path

    from tests.oracles import Kernel

UNITS = {  # of one in the file, in ours
    **{"temp": 1e-3, "humidity": 1e-3, "in": 1e-3, "curr": 1e-3, "power": 1e-6},
    **{"in_temp": 1e-3, "in_humidityrelative": 1e-3, "in_pressure": 1e3, "in_illuminance": 1.0, "in_voltage": 1e-3},
    **{"in_accel": 1.0, "in_intensity": 1.0, "in_concentration": 1e4},  # m/s²; no unit; % to ppm
}
CLASS = re.compile(r"in_[a-z]+|[a-z]+")


class Sensor:
    """The hwmon or IIO device of a client of the kernel, with the files of a row."""

    def __init__(self, client: Path, row: Kernel) -> None:
        (self._folder,) = (*client.glob("hwmon/hwmon*"), *client.glob("iio:device*"))
        self.is_iio = self._folder.name.startswith("iio")
        self._row = row
        for name, value in row.settings.items():
            (self._folder / name).write_text(value)

    def values(self) -> dict[str, float]:
        """Return the value of each channel of the row, in our unit."""
        return {channel: self._value(wanted) for channel, wanted in self._row.files.items()}

    def _value(self, wanted: str | tuple[str, float]) -> float:
        name, factor = wanted if isinstance(wanted, tuple) else (wanted, UNITS[kind(wanted)])
        return factor * (self._iio(name) if self.is_iio else self._number(name))

    def _iio(self, stem: str) -> float:
        """Return the processed value, or compute it: (raw + offset) · scale; the last two may be those of its type."""
        if (self._folder / f"{stem}_input").exists():
            return self._number(f"{stem}_input")
        return (self._number(f"{stem}_raw") + self._shared(stem, "offset", 0.0)) * self._shared(stem, "scale", 1.0)

    def _shared(self, stem: str, what: str, default: float) -> float:
        for name in (f"{stem}_{what}", f"{kind(stem)}_{what}"):
            if (self._folder / name).exists():
                return self._number(name)
        return default

    def _number(self, name: str) -> float:
        return float(read(self._folder / name))

    def files(self) -> dict[str, str]:
        """Return the names of the files, with the content of ``name``."""
        return {path.name: read(path).strip() if path.name == "name" else "" for path in self._folder.iterdir()}


def kind(name: str) -> str:
    """Return the type of a channel, of its file or the stem of its files."""
    found = CLASS.match(name)
    assert found, name
    return found[0]


def channels(files: set[str], *, is_iio: bool) -> set[str]:
    """Return the channels to which files belong: ``in_temp`` of ``in_temp_raw``, ``temp1`` of ``temp1_input``."""
    pattern = r"(in_[\w-]+?)_(?:raw|input)" if is_iio else r"([a-z]+\d+)_input"
    return {found[1] for name in files if (found := re.fullmatch(pattern, name))}
