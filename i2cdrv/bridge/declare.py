"""The declaration of a library, in Python or by a name such as ``adafruit:bme280``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ..errors import Invalid
from .driver import ForeignDriver, driver_of
from .foreignthread import current
from .imports import Modules
from .library import Library, Value, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

_shared = Modules()  # of imports outside of a function
_drivers: dict[Library, type[ForeignDriver]] = {}


def adafruit(
    library: str | Callable[..., Any],
    *,
    channels: Mapping[str, tuple[Any, ...]] | None = None,
    start: Sequence[str] = (),
    measure: str = "",
    limit: float = 3.0,
    settle: float = 1.0,
    first: float = 10.0,
    **options: object,
) -> type[ForeignDriver]:
    """Return the driver of an Adafruit library: ``adafruit("bme280")``, ``adafruit("lps2x.LPS22")``.

    ``library``: its module, with the class if there are several; or a function that returns the object with the values.
    The function gets the bus and the address by the names of its parameters, and imports by ``import_library``.
    ``channels``: by name, the path of each value and its unit, with a range if it has one; by default the properties of
    Adafruit's design guide.  ``start``: methods to call once.  ``measure``: the path of the object with the values.
    ``limit``: s that a measurement may take.  ``settle``: s from the start to the first measurement.  ``first``: s
    until the first value that is not None.  ``options``: arguments of the class, and attributes to set.
    Errors: Unknown, Invalid.
    """
    chosen = _values(channels), tuple(options.items()), tuple(start), measure
    return _declared("adafruit", library, *chosen, limit, settle, first)


def smbus(
    library: str | Callable[..., Any],
    *,
    channels: Mapping[str, tuple[Any, ...]],
    start: Sequence[str] = (),
    measure: str = "",
    limit: float = 3.0,
    settle: float = 1.0,
    first: float = 10.0,
    **options: object,
) -> type[ForeignDriver]:
    """Return the driver of a library that uses smbus2 or smbus: ``smbus("bme280.BME280", channels={…})``.

    ``library``: its module and class, its module alone if it has functions, or a function as for ``adafruit``.
    The rest: as for ``adafruit``.
    """
    chosen = _values(channels), tuple(options.items()), tuple(start), measure
    return _declared("smbus", library, *chosen, limit, settle, first)


def _declared(scheme: str, library: str | Callable[..., Any], *rest: Any) -> type[ForeignDriver]:
    """Return the driver as a class of the file that declares it."""
    file = sys._getframe(2).f_globals["__name__"]
    if isinstance(library, str):
        return driver_of(Library(scheme, library, *rest), file)
    return driver_of(Library(scheme, library.__name__, *rest), file, library)


def import_library(name: str) -> ModuleType:
    """Return a module of a library for a function of one's own: it finds the bus and the time of i2cdrv.

    Errors: those of ``Modules.load``.
    """
    thread = current()
    modules = _shared if thread is None else thread.modules
    found: ModuleType = modules.load(name, "its package from PyPI")
    return found


def _values(channels: Mapping[str, tuple[Any, ...]] | None) -> tuple[Value, ...]:
    return tuple(value_of(name, *declared) for name, declared in (channels or {}).items())


def by_name(name: str) -> type[ForeignDriver]:
    """Return the driver of a library's name, ``adafruit:bme280``.  Errors: those of ``driver_of``."""
    scheme, _, target = name.partition(":")
    if not all(part.isidentifier() for part in target.split(".")):
        raise Invalid(f"{name!r} names no library: expected as in adafruit:bme280 or adafruit:lps2x.LPS22")
    return kept(Library(scheme, target))


def kept(library: Library) -> type[ForeignDriver]:
    """Return the driver of a library; the same class as long as the library stays imported."""
    found = _drivers.get(library)
    if found is None or found.__module__ not in sys.modules:
        found = _drivers[library] = driver_of(library)
    return found


def again(driver: type[ForeignDriver]) -> type[ForeignDriver]:
    """Return the driver of a library as its files are now.  Errors: those of ``driver_of``."""
    fresh = _drivers[driver.library] = driver_of(driver.library)
    return fresh
