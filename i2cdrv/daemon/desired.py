"""A chip that the daemon is to drive, whether it is there or not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..core.force import KEYS, force_of
from ..lib.backoff import Backoff
from ..lib.clock import RealClock

if TYPE_CHECKING:
    from ..core.i2cclient import I2cClient
    from .statefile import KeptDevice

OFTEN, EAGERLY, SELDOM = 1.0, 60, 30.0  # s between two looks, how many of these, and s between the later ones


@dataclass(eq=False)
class DesiredDevice:
    """``module``, ``bus``: as they were asked for; ``addr``: None is looked for; ``interval``: None is the usual one.

    ``kept``: it was made at run time and is in the state file.  ``soft``: only if it is there at the first look.
    ``client``: its place on a bus, once that is there.  ``reason``: why no driver has it.
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
    reason: str = "it has not been looked for yet"
    looks: int = 0
    due: float = 0.0
    backoff: Backoff = field(default_factory=lambda: Backoff(RealClock()))  # of a driver that was ejected in probe

    @property
    def bound(self) -> bool:
        """Whether a driver has it."""
        return self.client is not None and self.client.driver is not None

    @property
    def idle(self) -> bool:
        """Whether there is nothing to look for: it is bound, or a person unbound it."""
        return self.client is not None and (self.client.driver is not None or self.client.parked)

    def again(self, now: float) -> None:
        """Look for it later."""
        self.backoff.begin()
        self.looks += 1
        self.due = now + (OFTEN if self.looks < EAGERLY else SELDOM)

    def override(self, force: int) -> None:
        """Override further checks."""
        self.force |= force
        if self.client is not None:
            self.client.force |= force

    def demand(self, force: int) -> None:
        """Undo ``override``."""
        self.force &= ~force
        if self.client is not None:
            self.client.force &= ~force

    def ejected(self) -> None:
        """Look for it later: its driver was ejected, and the pauses are those of a device."""
        self.backoff.put_off()
        self.due = self.backoff.due

    def found(self) -> None:
        """Nothing is in the way any more."""
        self.reason, self.looks = "", 0
        self.backoff.begin()

    def anew(self) -> None:
        """Look for it now: something has changed."""
        self.looks, self.due, self.backoff.attempts = 0, 0.0, 0

    def as_dict(self) -> dict[str, Any]:
        """For other processes."""
        where = {} if self.addr is None else {"address": self.addr}
        return {"module": self.module, "bus": self.bus, **where, "reason": self.reason}

    def __str__(self) -> str:
        at = "" if self.addr is None else f" at {self.addr:#04x}"
        return f"{self.module} on bus {self.bus}{at}"

    @classmethod
    def of(cls, kept: KeptDevice) -> DesiredDevice:
        """One of the state file."""
        said = {key: value for key, value in vars(kept).items() if key not in {*KEYS.values(), "unknown"}}
        return replace(cls("", "", None, kept=True), **said, force=force_of(vars(kept)))
