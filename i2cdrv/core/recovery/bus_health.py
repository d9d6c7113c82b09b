"""The health of a bus: a fault of the bus is not the fault of each chip on it.

The test is a transfer to an address that no chip can have.  A working bus does not acknowledge it, at once.  If SDA is
held low every address seems to be acknowledged; if SCL is held or the controller is stuck, the controller reports an
error.  While the bus is stuck no device uses it, except for one such test each interval.
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

UNUSED_ADDRESS = 0x7F  # reserved (UM10204 table 4): no chip has it


class BusHealth:
    """The health of one bus.  ``fault``: why it is stuck; ``faults``: how often it was found stuck."""

    def __init__(self, adapter: Adapter) -> None:
        self.fault: BusFault | None = None
        self.faults = AtomicU64(0)
        self.adapter = adapter
        self._devices: set[str] = set()
        self._absent: set[str] = set()
        self._limit = Ratelimit(adapter.clock, bus=f"i2c-{adapter.nr}")
        self._stuck_since = self._tested_at = 0.0

    # Present and absent devices.

    def add_device(self, device: str) -> None:
        """Count a device that is bound."""
        self._devices.add(device)

    def remove_device(self, device: str) -> None:
        """Remove a device that is no longer bound."""
        self._devices.discard(device)
        self._absent.discard(device)

    def mark_absent(self, device: str) -> None:
        """Record that a device does not answer.  If none does, one line reports their common cause."""
        self._absent.add(device)
        if self._absent == self._devices and len(self._devices) > 1:
            self._limit.log("error", "no chip answers", chips=len(self._devices),
                            next="check their power and wiring")  # fmt: skip

    def mark_present(self, device: str) -> None:
        """Record that a device answers again."""
        self._absent.discard(device)

    # Whether the bus is stuck.

    @property
    def state(self) -> str:
        """``up`` or ``stuck``."""
        return "up" if self.fault is None else "stuck"

    def check(self, interval: float) -> None:
        """Raise BusFault while the bus is stuck; it is tested again at most once each ``interval`` s."""
        if self.fault is None:
            return
        clock = self.adapter.clock
        if clock.monotonic() < self._tested_at + 0.5 * interval:  # half, because periodic samples may be a bit early
            raise self._fault()
        self._tested_at = clock.monotonic()
        if self._is_stuck():
            raise self._fault()

    def require_ok(self) -> None:
        """Raise BusFault if the bus is stuck now."""
        if self._is_stuck():
            raise self._fault()

    def blame_bus_if_stuck(self, error: Error) -> None:
        """Raise BusFault if the bus is the cause of a failed transfer or of impossible data."""
        if error.errno not in NOT_ACKNOWLEDGED and self._is_stuck():
            raise self._fault() from error

    def _fault(self) -> BusFault:
        assert self.fault is not None
        return BusFault(self.fault.message, self.fault.errno)

    def _is_stuck(self) -> bool:
        """Probe an address that no chip can have."""
        error = self._test()
        if error is None:
            self._mark_up()
        elif self.fault is None:
            self._mark_stuck(error)
        return error is not None

    def _test(self) -> Error | None:
        try:
            if self.adapter.functionality & Functionality.I2C:
                self.adapter.xfer((Read(UNUSED_ADDRESS, 1),))
            elif self.adapter.functionality & Functionality.SMBUS_READ_BYTE:
                self.adapter.smbus_xfer(UNUSED_ADDRESS, Size.BYTE, 0, 1)
            else:
                return None  # there is no way to test it
        except (NotRecorded, EndOfRecord):
            return None  # a record does not have this transfer
        except Error as error:
            return None if controllers.is_nack(self.adapter.name, error.errno or 0) else error
        return Error("every address is acknowledged: SDA is held low")

    def _mark_stuck(self, error: Error) -> None:
        adapter = self.adapter
        name = f"i2c-{adapter.nr} ({adapter.name})"
        advice = controllers.stuck_line_advice(adapter.name)
        self.fault = BusFault(f"{name} is stuck: {error.message}; {advice}", error.errno)
        self._stuck_since = adapter.clock.monotonic()
        self.faults.add(1, Relaxed)
        self._limit.log("error", "bus stuck", adapter=adapter.name, reason=error.message,
                        next=advice)  # fmt: skip

    def _mark_up(self) -> None:
        if self.fault is not None:
            self.fault = None
            lasted = self.adapter.clock.monotonic() - self._stuck_since
            self._limit.log("info", "bus works again", seconds=round(lasted, 3))
