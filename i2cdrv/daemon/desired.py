"""A device that the daemon should drive, present or not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..config import channels, modprobe
from ..config.config import own_params
from ..core.force import KEYS, force_of
from ..driver.moduleparam import Overrides
from ..kthread.task import Priority
from ..lib.backoff import Backoff
from ..lib.clock import RealClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..config.channels import ChannelEntry
    from ..config.config import Config
    from ..config.service import DeviceEntry
    from ..core.i2cclient import I2cClient
    from ..core.module import Module
    from ..driver.moduleparam import Param
    from .statefile import RuntimeDevice

EAGER_PERIOD_S = 1.0  # between the first searches
EAGER_SEARCHES = 60
LAZY_PERIOD_S = 30.0  # between the later searches


@dataclass(eq=False)
class DesiredDevice:
    """A device of the configuration or the state file.

    ``module``, ``bus``: as they were named.  ``addr``: None is searched for.  ``interval``: None is the default.
    ``kept``: it was created at run time and is in the state file.  ``soft``: it is dropped if the first search fails.
    ``client``: its client on the bus, once its address is known.  ``reason``: why it has no driver.
    ``entry``: of the configuration.  ``overrides``: the parameters of its own, which its client shares.
    """

    module: str
    bus: str
    addr: int | None
    interval: float | None = None
    force: int = False
    userspace: bool = False
    kept: bool = False
    soft: bool = False
    client: I2cClient | None = None
    reason: str = "not searched for yet"
    entry: DeviceEntry | None = None
    overrides: Overrides = field(default_factory=Overrides)
    searches: int = 0
    due: float = 0.0
    backoff: Backoff = field(default_factory=lambda: Backoff(RealClock()))  # after an ejection in probe

    @property
    def bound(self) -> bool:
        """Whether it has a driver."""
        return self.client is not None and self.client.driver is not None

    @property
    def is_settled(self) -> bool:
        """Whether it needs no search: it is bound, or a user unbound it."""
        return self.client is not None and (self.client.driver is not None or self.client.parked)

    @property
    def name(self) -> str:
        """The user's name of it in the configuration; empty without one."""
        return "" if self.entry is None else self.entry.label

    @property
    def facts(self) -> dict[str, str]:
        """The kernel's name of its device for the log, once it is known."""
        if self.client is not None:
            return {"device": str(self.client)}
        is_known = self.addr is not None and self.bus.isdecimal()
        return {"device": f"{self.bus}-{self.addr:04x}"} if is_known else {}

    @property
    def priority(self) -> Priority:
        """The priority of its samples."""
        return Priority.NORMAL if self.entry is None else Priority[self.entry.priority.upper()]

    @property
    def channels(self) -> tuple[ChannelEntry, ...]:
        """Its labels, corrections and derived channels in the configuration."""
        return () if self.entry is None else self.entry.channels

    def own_params(self, params: Mapping[str, Param]) -> dict[str, bytes]:
        """Return the texts of its ``params:``.  Errors: Unknown and Invalid with their place."""
        return {} if self.entry is None else own_params(self.entry, params)

    def configure(self, params: Mapping[str, Param]) -> None:
        """Take the values of its ``params:``.  Errors: as of ``own_params``."""
        self.overrides.own = self.overrides.own._replace(configured=self.own_params(params))

    def check(self, module: Module) -> None:
        """Raise Error for corrections that do not fit the channels of the chip."""
        channels.corrections(self.channels, module.driver.channels_of(module.chip))

    def retry_later(self, now: float) -> None:
        """Search for it later."""
        self.backoff.begin()
        self.searches += 1
        self.due = now + (EAGER_PERIOD_S if self.searches < EAGER_SEARCHES else LAZY_PERIOD_S)

    def override(self, force: int) -> None:
        """Override further checks."""
        self.force |= force
        if self.client is not None:
            self.client.force |= force

    def undo_override(self, force: int) -> None:
        """Undo ``override``."""
        self.force &= ~force
        if self.client is not None:
            self.client.force &= ~force

    def ejected(self) -> None:
        """Search for it later, with the pauses of a device whose driver was ejected."""
        self.backoff.put_off()
        self.due = self.backoff.due

    def found(self) -> None:
        """Clear the reason and the backoff after a successful bind."""
        self.reason, self.searches = "", 0
        self.backoff.begin()

    def retry_now(self) -> None:
        """Search for it now, because something has changed."""
        self.searches, self.due, self.backoff.attempts = 0, 0.0, 0

    def as_dict(self) -> dict[str, Any]:
        """Return the object of ``io.i2cdrv.Daemon.Status``."""
        where = {} if self.addr is None else {"address": self.addr}
        named = {"name": self.name} if self.name else {}
        return {"module": self.module, "bus": self.bus, **where, **named, "reason": self.reason}

    def __str__(self) -> str:
        at = "" if self.addr is None else f" at {self.addr:#04x}"
        chip = f"{self.module} on bus {self.bus}{at}"
        return f"{self.name} ({chip})" if self.name else chip

    @classmethod
    def of(cls, kept: RuntimeDevice) -> DesiredDevice:
        """Return the desired device of an entry in the state file."""
        fields = {key: value for key, value in vars(kept).items() if key not in {*KEYS.values(), "unknown"}}
        return replace(cls("", "", None, kept=True), **fields, force=force_of(vars(kept)))


def configured(config: Config) -> list[DesiredDevice]:
    """Return the devices of a configuration, with the soft dependencies of their modules."""
    wanted = []
    for entry in config.service.devices:
        bus = config.service.bus(entry.bus)
        for name in modprobe.sequence(entry.module, config):
            if name == entry.module:
                wanted.append(DesiredDevice(name, bus, entry.addr, entry.interval, entry.force, entry=entry))
            else:
                wanted.append(DesiredDevice(name, bus, None, soft=True))
    return wanted
