"""``i2cdrv.open``: one chip in a plain script, without a daemon."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

from ..errors import Invalid
from ..lib import rundir, validate
from . import module as modules
from . import registry as buses
from .detect import find_address
from .force import force_of
from .loaded import LoadedModule
from .openadapter import recorded_parameters

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..i2c.adapter import Adapter
    from .bus import Bus
    from .device import Device

ADAPTER = ("nr", "name", "functionality", "clock", "xfer", "smbus_xfer", "claim", "close")
BUS = "a number, a name such as 'i2c-1', 'sim', 'replay:FILE', or an Adapter"
DRIVER = "the name of a module or a chip, a file such as './mychip.py', or a Driver class"

S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)


class Samples(Protocol[S_co]):
    """A driver class, as far as the type of its samples goes."""

    async def sample(self) -> S_co: ...


@overload
def open(
    driver: type[Samples[S]],
    bus: int | str | Adapter = 1,
    addr: int | None = None,
    *,
    force: bool = False,
    force_addr: bool = False,
    force_id: bool = False,
    **params: Any,
) -> Device[S]: ...
@overload
def open(
    driver: str,
    bus: int | str | Adapter = 1,
    addr: int | None = None,
    *,
    force: bool = False,
    force_addr: bool = False,
    force_id: bool = False,
    **params: Any,
) -> Device[Any]: ...
def open(
    driver: str | type[Any],
    bus: int | str | Adapter = 1,
    addr: int | None = None,
    *,
    force: bool = False,
    force_addr: bool = False,
    force_id: bool = False,
    **params: Any,
) -> Device[Any]:
    """Bind a chip and give its device: ``sample()`` it, ``close()`` it, or use it in a ``with``.

    ``driver``: a module's or chip's name, a file, or a Driver class (then samples are typed).  ``bus``: a number, a
    name, ``"sim"``, ``"replay:FILE"``, or an Adapter.  ``addr``: None looks for the chip.  ``params``: the driver's
    parameters, as values or as the words of the command line; a replay has those of its record for the others.
    ``force``: share an address with a kernel driver.  ``force_addr``: take an address that the datasheet does not
    allow.  ``force_id``: take a clone with another identity.
    Errors: OSErrors of i2cdrv.errors, with the kernel's errno.
    """
    module = modules.load(name) if (name := _named(driver)) is not None else modules.of_class(driver)
    bus, addr = _checked_bus(bus), None if addr is None else validate.address(addr)
    run_dir = rundir.default() if isinstance(bus, str | int) and not rundir.is_private(bus) else None
    forced = {"force": force, "force_addr": force_addr, "force_id": force_id}
    loaded = LoadedModule(module)
    loaded.params.assign({**recorded_parameters(bus, module.name), **params})
    overrides = force_of({name: validate.flag(name, value) for name, value in forced.items()})
    return bind(loaded, bus, addr, force=overrides, run_dir=run_dir)


def _named(driver: object) -> str | None:
    """Return the name, or the file, of a driver; None if it is a class.  Raises Invalid."""
    return None if isinstance(driver, type) else validate.text("driver", driver, DRIVER)


def bind(
    loaded: LoadedModule,
    bus: int | str | Adapter,
    addr: int | None,
    *,
    force: int = False,
    run_dir: Path | None = None,
    acquired: Callable[[Bus], None] = lambda _: None,
) -> Device[Any]:
    """Do ``open`` for a module that has its parameters; other processes see the device in ``run_dir``.

    ``acquired``: called with the bus before anything is sent on it.
    """
    shared = buses.acquire(bus, run_dir)
    try:
        acquired(shared)
        if addr is None:
            addr = find_address(shared, loaded.module, force=force)
        return shared.bind(loaded, addr, force=force)
    except BaseException:
        shared.put()
        raise


def _checked_bus(value: object) -> int | str | Adapter:
    """Return the name of a bus, or an adapter.  Raises Invalid for other values."""
    if isinstance(value, str | os.PathLike):
        return validate.text("bus", value, BUS)
    if hasattr(value, "__index__") and not isinstance(value, type):
        return validate.integer("bus", value, range(1 << 20))
    if isinstance(value, type) or not all(hasattr(value, name) for name in ADAPTER):
        raise Invalid(f"bus={validate.shown(value)}: accepted: {BUS}")
    return value  # type: ignore[return-value]  # it has all that an Adapter has
