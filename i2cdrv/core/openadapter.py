"""The adapter that a bus name means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..lib.clock import RealClock
from ..lib.rundir import is_simulated

if TYPE_CHECKING:
    from ..i2c.adapter import Adapter


def open_adapter(bus: str | int) -> Adapter:
    """Open the adapter of ``1``, ``i2c-1``, ``/dev/i2c-1``, an adapter's name, ``sim``, ``sim:CHIP…``, ``replay:FILE``.

    Errors: Unknown, Invalid, Error (EACCES).
    """
    if is_simulated(bus):
        from ..sim import named_bus

        return named_bus(str(bus), RealClock())
    if isinstance(bus, str) and bus.startswith("replay:"):
        from ..i2c.replay import open_record

        return open_record(record_file(bus))
    from ..i2c import inventory
    from ..i2c.i2cdev import I2cDevAdapter

    return I2cDevAdapter(inventory.parse_bus(str(bus)))


def located_bus(word: str, directory: Path) -> str:
    """Return a bus name that means the same in every directory: files of simulated chips are taken from this one."""
    name, colon, chips = word.partition(":")
    if name != "sim" or not colon:
        return word
    from ..sim.catalog import located

    return name + colon + ";".join(located(chip, directory) for chip in chips.split(";"))


def recorded_parameters(bus: object, module: str, addr: int | None) -> dict[str, str]:
    """Return the parameters of the module's device, as text, when ``replay:FILE`` was recorded; none for other buses.

    ``addr``: None for the first device.
    """
    if not isinstance(bus, str) or not bus.startswith("replay:"):
        return {}
    from ..i2c.replay import parameters_of

    return parameters_of(record_file(bus), module, addr)


def record_file(bus: str) -> Path:
    """Return the path in ``replay:FILE``."""
    return Path(bus.removeprefix("replay:"))
