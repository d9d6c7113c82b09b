"""The periodic samples of a device: when they are due, and where their readings go."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from ..errors import Error, Invalid
from ..lib import validate
from ..lib.log.logger import log

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..kthread.periodic import PeriodicTimer
    from ..kthread.task import Task
    from .binding import Binding
    from .published import Publication
    from .reading import Reading
    from .sampler import Taken


class Polling:
    """The sampling of one device.  ``keep_interval``: stores a new interval, in a file perhaps, before it is used."""

    def __init__(self, device: Binding) -> None:
        self.timer: PeriodicTimer | None = None
        self.publication: Publication | None = None
        self.keep_interval: Callable[[float], object] = lambda _: None
        self._device = device
        self._report: Callable[[Reading], None] | None = None
        self._reported: Error | None = None  # the error of the last report, if that was one
        self._setting = Lock()

    def begin(self, interval: float, report: Callable[[Reading], None]) -> None:
        """Do ``Device.poll``."""
        interval = validate.interval(interval)
        if not callable(report):
            raise Invalid(f"report={validate.shown(report)}: accepted: a function of one reading")
        device = self._device
        device.check_bound()
        if self._report is None:
            device.bus.ensure_thread()
        device.recovery.interval = interval
        self._report = report
        if self.timer is not None:
            self.timer.stop()
        elif self.publication is not None and (last := device.last_reading()) is not None:
            self.publication.update(last, interval, device.state)  # a reader need not wait for the first sample
        if device.failed is None:  # otherwise the next rebinding samples at this interval
            self.timer = device.bus.timers.start(interval, self._sample)

    def _sample(self) -> Task[Taken]:
        flight = self._device.samples.begin()
        flight.then(self._ended)
        return flight

    def _ended(self, flight: Task[Taken]) -> None:
        self._deliver(self._device.samples.outcome(flight))

    def _deliver(self, taken: Taken) -> None:
        """Publish and report the outcome of a conversion, on the kthread."""
        device = self._device
        self._reported, reading = taken.error, device.reading_of(taken)
        try:
            if self.publication is not None:
                self.publication.update(reading, device.interval, device.state)
            if self._report is not None:
                self._report(reading)
        except Exception as error:  # noqa: BLE001, RUF100  # a full disk today must not end tomorrow's samples
            log("error", "report failed", device=str(device), error=repr(error))

    def announce_failure(self) -> None:
        """Report an ejection that was not the outcome of a sample, on the kthread."""
        failed, latest = self._device.failed, self._device.samples.latest
        if failed is not None and self._reported is not failed and self.timer is not None and latest is not None:
            self._deliver(latest)

    def set_interval(self, interval: float) -> None:
        """Do ``Device.set_interval``."""
        interval = validate.interval(interval)
        self._device.check_bound()
        with self._setting:  # or the file and the beat could keep different ones
            self.keep_interval(interval)
            self.use_interval(interval)

    def use_interval(self, interval: float) -> None:
        """Change the interval without storing it."""
        self._device.recovery.interval = interval
        if self._report is not None:
            self.begin(interval, self._report)

    def begin_again(self) -> None:
        """Sample with another instance of the driver, on the kthread."""
        if self._report is not None:
            self.begin(self._device.interval, self._report)
        else:
            self._device.samples.request()

    def succeed(self, old: Polling) -> None:
        """Continue the sampling of the device that was here before."""
        self._device.recovery.interval = old._device.interval
        if old._report is not None:
            self.begin(old._device.interval, old._report)

    def stop(self) -> None:
        """Begin no further sample."""
        if self.timer is not None:
            self.timer.stop()

    def withdraw(self) -> None:
        """Let other processes serve the device."""
        if self.publication is not None:
            self.publication.close()
            self.publication = None
