"""Whether a bus can be used: a fault of the bus is not the fault of each chip on it.

An address where no chip can be is the test: on a bus that works it is not acknowledged, at once; where SDA is held low
everything seems to be, and where a line is held, or the controller is stuck, the controller says so.  While the bus is
stuck no device touches it, but for one such test each interval, whoever makes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...atomic import AtomicU64, Relaxed
from ...errors import NOT_ACKNOWLEDGED, BusFault, EndOfRecord, Error, NotRecorded
from ...i2c import controllers
from ...i2c.adapter import Functionality, Read, Size
from ...lib.log.ratelimit import Ratelimit

if TYPE_CHECKING:
    from ...i2c.adapter import Adapter

NOBODY = 0x7F  # reserved (UM10204 table 4): no chip has it


class BusHealth:
    """One bus, as those see it who use it.  ``faults``: how often it was found stuck."""

    def __init__(self, adapter: Adapter) -> None:
        self.fault: BusFault | None = None
        self.faults = AtomicU64(0)
        self.adapter = adapter
        self._devices: set[str] = set()
        self._gone: set[str] = set()
        self._limit = Ratelimit(adapter.clock)
        self._since = self._looked = 0.0

    # Who is on the bus, and does not answer.

    def join(self, device: str) -> None:
        """A device is bound."""
        self._devices.add(device)

    def leave(self, device: str) -> None:
        """It is not bound any more."""
        self._devices.discard(device)
        self._gone.discard(device)

    def gone(self, device: str) -> None:
        """It does not answer.  When none does it is hardly the fault of each, and said once."""
        self._gone.add(device)
        if self._gone == self._devices and len(self._devices) > 1:
            what, then = f"none of the {len(self._devices)} chips answers", "look at their power and their wires"
            self._limit.log("error", what, bus=f"i2c-{self.adapter.nr}", next=then)

    def answers(self, device: str) -> None:
        """It does again."""
        self._gone.discard(device)

    # Whether it is stuck.

    @property
    def state(self) -> str:
        """``up`` or ``stuck``."""
        return "up" if self.fault is None else "stuck"

    def check(self, interval: float) -> None:
        """Raise BusFault while the bus is stuck; whether it still is, is tried once each ``interval`` s at the most."""
        if self.fault is None:
            return
        clock = self.adapter.clock
        if clock.monotonic() < self._looked + 0.5 * interval:  # half: who is due each second comes a bit early at times
            raise self._again()
        self._looked = clock.monotonic()
        if self._is_stuck():
            raise self._again()

    def ask(self) -> None:
        """Raise BusFault if the bus is stuck now."""
        if self._is_stuck():
            raise self._again()

    def examine(self, error: Error) -> None:
        """Raise BusFault if it is the bus that made a transfer fail, or brought what no chip says."""
        if error.errno not in NOT_ACKNOWLEDGED and self._is_stuck():
            raise self._again() from error

    def _again(self) -> BusFault:
        assert self.fault is not None
        return BusFault(self.fault.message, self.fault.errno)

    def _is_stuck(self) -> bool:
        """Ask whom nobody is."""
        found = self._found()
        if found is None:
            self._up()
        elif self.fault is None:
            self._stuck(found)
        return found is not None

    def _found(self) -> Error | None:
        try:
            if self.adapter.functionality & Functionality.I2C:
                self.adapter.xfer((Read(NOBODY, 1),))
            elif self.adapter.functionality & Functionality.SMBUS_READ_BYTE:
                self.adapter.smbus_xfer(NOBODY, Size.BYTE, 0, 1)
            else:
                return None  # there is no way to ask
        except (NotRecorded, EndOfRecord):
            return None  # a record says nothing of what nobody asked
        except Error as error:
            return None if controllers.nobody(self.adapter.name, error.errno or 0) else error
        return Error("every address is acknowledged: SDA is held low")

    def _stuck(self, found: Error) -> None:
        adapter = self.adapter
        name = f"i2c-{adapter.nr} ({adapter.name})"
        self.fault = BusFault(f"{name} is stuck: {found.message}; {controllers.held(adapter.name)}", found.errno)
        self._since = adapter.clock.monotonic()
        self.faults.add(1, Relaxed)
        self._limit.log("error", "bus stuck", bus=f"i2c-{adapter.nr}", adapter=adapter.name, reason=found.message,
                        next=controllers.held(adapter.name))  # fmt: skip

    def _up(self) -> None:
        if self.fault is not None:
            self.fault = None
            lasted = self.adapter.clock.monotonic() - self._since
            self._limit.log("info", "bus works again", bus=f"i2c-{self.adapter.nr}", seconds=round(lasted, 3))
