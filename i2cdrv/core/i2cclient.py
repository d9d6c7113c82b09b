"""One chip at an address of a bus, bound to a driver or not (struct i2c_client)."""

from __future__ import annotations

import errno
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from ..driver.moduleparam import Overrides
from ..errors import Busy, NoDevice, NotSupported, Unknown, nearest
from ..lib.atonce import at_once
from ..lib.log.logger import log
from .address import format_address, without_flags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .bus import Bus
    from .device import Device
    from .loaded import LoadedModule


@dataclass(eq=False, slots=True)
class I2cClient:
    """A chip at an address (struct i2c_client).

    ``userspace``: created at run time, by ``new_device`` or ``load``, so ``delete_device`` may remove it.
    ``force``: the ``Force`` flags of the checks that are overridden.
    ``label``: the user's name of the device.
    ``parked``: a user unbound it, so it is not bound automatically.  ``reason``: why no driver is bound to it.
    ``overrides``: its parameters that differ from the module's.
    """

    bus: Bus
    addr: int
    name: str
    userspace: bool
    device: Device[Any] | None = None
    driver: LoadedModule | None = None
    force: int = False
    label: str = ""
    parked: bool = False
    reason: str = "no driver is bound to it"
    overrides: Overrides = field(default_factory=Overrides)

    def __str__(self) -> str:
        """Return the kernel's name of the device, for example ``1-0076``."""
        return f"{self.bus.adapter.nr}-{self.addr:04x}"

    def bind(self, loaded: LoadedModule, force: int) -> Device[Any]:
        """Bind the driver.  Errors: those of Bus.bind."""
        return self.bus.bind(loaded, self.addr, chip=self.name, force=force, overrides=self.overrides)

    def describe(self, label: str) -> None:
        """Set the user's name of the device, for its readings and its log lines too."""
        self.label = label
        if self.device is not None:
            self.device.label = label
        log.name(str(self), label)


class Clients(dict[str, I2cClient]):
    """The clients of a process by the kernel's names, ``1-0076``."""

    def find(self, word: str) -> I2cClient | None:
        """Return the client with the kernel's name or the user's; None if there is none.  From any thread."""
        return self.get(word) or next((one for one in self.copy().values() if word and one.label == word), None)

    def need(self, word: str) -> I2cClient:
        """Do ``find``.  Raises Unknown if there is none."""
        if (client := self.find(word)) is None:
            words = [one for client in self.copy().values() for one in (str(client), client.label) if one]
            known = f"there are: {', '.join(words) or 'none'}"
            raise Unknown(f"there is no device {word}{nearest(word, words)}; {known}")
        return client


def bind_all(
    drivers: Sequence[LoadedModule | None], clients: Sequence[I2cClient]
) -> list[Device[Any] | Exception | None]:
    """Bind clients of different buses in parallel; return the device or the error of each, None for a bound one."""
    with ExitStack() as locks:
        # in one order, so that no two callers wait for each other
        for loaded in sorted(set(filter(None, drivers)), key=lambda loaded: loaded.module.name):
            locks.enter_context(loaded.params.param_lock)
        return at_once([partial(_bind, *pair) for pair in zip(drivers, clients, strict=True)])


def _bind(loaded: LoadedModule | None, client: I2cClient) -> Device[Any] | None:
    """Bind a client, unless it is bound; the caller holds the lock of the module's parameters.

    Errors: NoDevice without a driver; NotSupported for a 10-bit address; those of probe.
    """
    if client.driver is not None:
        return None
    if loaded is None:
        raise NoDevice(f"no loaded driver supports {client.name}: i2cdrv load {client.name}")
    check_bits(client)
    return client.bus.bind_locked(loaded, client.addr, chip=client.name, force=client.force, overrides=client.overrides)


def check_bits(client: I2cClient) -> None:
    """Raise NotSupported (EAFNOSUPPORT) for an address of 10 bits."""
    if client.addr != without_flags(client.addr):
        raise NotSupported(f"{client}: only 7-bit addresses can be used", errno.EAFNOSUPPORT)


def address_taken(client: I2cClient, other: I2cClient) -> Busy:
    """Return the error of a client at the address of another one; its log line is the kernel's."""
    where = format_address(client.addr)
    bound = f"bound to {other.driver.module.name}" if other.driver is not None else "without a driver"
    first = f"i2cdrv delete-device {other}" if other.userspace else "remove its entry from the configuration"
    nr = client.bus.adapter.nr
    error = Busy(f"{where} on i2c-{nr} is taken by {other} ({other.name}, {bound}); first: {first}")
    error.log = f"Failed to register i2c client {client.name} at {where} (-{errno.EBUSY})"
    return error


def matches(loaded: LoadedModule, client: I2cClient) -> bool:
    """Return whether the driver supports a chip of that name (i2c_match_id: exact, including case)."""
    return loaded.module.chip_of(client.name) is not None
