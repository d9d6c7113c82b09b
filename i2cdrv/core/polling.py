"""The periodic samples of a device: their interval and priority, and the destinations of their readings."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from ..errors import Error, Invalid
from ..kthread.periodic import Work
from ..kthread.task import Priority
from ..lib import validate
from ..lib.log.logger import log

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..kthread.periodic import PeriodicTimer
    from .binding import Binding
    from .published import Publication
    from .reading import Reading
    from .sampler import Outcome

    Report = Callable[[Reading], None]
    StoreInterval = Callable[[float], object]


class Polling:
    """The sampling of one device."""

    def __init__(self, device: Binding) -> None:
        self.timer: PeriodicTimer[Outcome] | None = None
        self.priority = Priority.NORMAL
        self.publication: Publication | None = None
        self._device = device
        self._report: Report | None = None
        self._store_interval: StoreInterval | None = None
        self._reported: Error | None = None  # the error of the last report, if it had one
        self._setting = Lock()

    def start(self, interval: float, report: Report, store_interval: StoreInterval | None = None) -> None:
        """Do ``Device.poll``.  ``store_interval``: stores a new interval, for example in a file, before it is used."""
        interval = self._checked(interval)
        if not callable(report):
            raise Invalid(f"report={validate.shown(report)}: accepted: a function of one reading")
        device = self._device
        device.check_bound()
        if self._report is None:
            device.bus.ensure_thread()
        device.recovery.interval = interval
        self._report, self._store_interval = report, store_interval
        if self.timer is not None:
            self.timer.stop()
        elif self.publication is not None and (last := device.last_reading()) is not None:
            self.publication.update(last, interval, device.state)  # a reader need not wait for the first sample
        if device.failed is None:  # otherwise the next rebinding samples at this interval
            samples = device.samples
            work = Work(samples.name, samples.convert, samples.limit, samples.failed, self._deliver, device.owner)
            self.timer = device.bus.timers.start(interval, work, self.priority)

    def _checked(self, interval: float) -> float:
        """Return the interval.  Raises Invalid."""
        interval = validate.interval(interval)
        self._device.module.check_interval(interval)
        return interval

    def _deliver(self, outcome: Outcome) -> None:
        """Publish and report the outcome of a conversion, on the kthread."""
        device = self._device
        self._reported, reading = outcome.error, device.reading_of(outcome)
        try:
            if self.publication is not None:
                self.publication.update(reading, device.interval, device.state)
            if self._report is not None:
                self._report(reading)
        except Exception as error:  # noqa: BLE001, RUF100  # a full disk now must not end later samples
            log("error", "report failed", device=str(device), error=repr(error))

    def report_failure(self) -> None:
        """Report an ejection that was not the outcome of a sample, on the kthread."""
        failed, latest = self._device.failed, self._device.samples.latest
        if failed is not None and self._reported is not failed and self.timer is not None and latest is not None:
            self._deliver(latest)

    def set_interval(self, interval: float) -> None:
        """Do ``Device.set_interval``."""
        interval = self._checked(interval)
        self._device.check_bound()
        with self._setting:  # or the file and the timer could have different intervals
            if self._store_interval is not None:
                self._store_interval(interval)
            self.apply_interval(interval)

    def apply_interval(self, interval: float) -> None:
        """Change the interval without storing it."""
        self._device.recovery.interval = interval
        if self._report is not None:
            self.start(interval, self._report, self._store_interval)

    def prioritise(self, priority: Priority) -> None:
        """Set the priority of the samples; a sample that is due or under way keeps the old one."""
        self.priority = priority
        if self.timer is not None:
            self.timer.priority = priority

    def restart(self) -> None:
        """Sample with another instance of the driver, on the kthread."""
        if self._report is not None:
            self.start(self._device.interval, self._report, self._store_interval)
        else:
            self._device.samples.request()

    def resume_from(self, old: Polling) -> None:
        """Continue the sampling of the device that had the address before, unless this one is sampled already."""
        self.prioritise(old.priority)
        interval = self._device.recovery.interval = max(old._device.interval, self._device.driver.fastest)
        if self._report is None and old._report is not None:
            self.start(interval, old._report, old._store_interval)

    def stop(self) -> None:
        """Begin no further sample."""
        if self.timer is not None:
            self.timer.stop()

    def unpublish(self) -> None:
        """Let other processes serve the device."""
        if self.publication is not None:
            self.publication.close()
            self.publication = None
