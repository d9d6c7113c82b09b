"""The search for missing devices, until the actual state (``core``) is the desired state (``wanted``)."""

from __future__ import annotations

import threading
import time
import traceback
from contextlib import suppress
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from ..core.detect import find_address
from ..core.i2cclient import I2cClient, matches
from ..errors import DriverFault, Error
from ..lib.atonce import at_once
from ..lib.backoff import PAUSES_S
from ..lib.clock import Wakeup
from ..lib.log.logger import log

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from ..core.bus import Bus
    from ..core.loaded import LoadedModule
    from ..core.model import DriverCore
    from ..core.module import Module
    from .adapters import Adapters
    from .desired import DesiredDevice
    from .modules import ModuleManager

MAX_WAIT_S = 3600.0  # an event ends the wait earlier
STOP_TIMEOUT_S = 0.2


class _Target(NamedTuple):
    """The bus and chip name of a device, and the search for its address; no bus if the device has a client."""

    bus: Bus | None
    chip: str
    search: Callable[[], int]


class Prober:
    """A thread that searches for missing devices, from ``start`` to ``stop``.

    ``lock``: held during each search and each change of ``wanted``; it is taken before the driver model's lock.
    """

    def __init__(self, core: DriverCore, adapters: Adapters, loaded: ModuleManager) -> None:
        self.wanted: list[DesiredDevice] = []
        self.lock = threading.RLock()
        self.searched = threading.Event()  # set after the first search for every device
        self._core, self._adapters, self._loaded = core, adapters, loaded
        self._wakeup = Wakeup()
        self._searched: Callable[[], object] = lambda: None
        self._gone_lock = threading.Lock()
        self._gone: set[int] | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="prober", daemon=True)

    def start(self, searched: Callable[[], object]) -> None:
        """Begin with the present buses.  ``searched``: called once, when each chip has been searched for."""
        self._searched = searched
        self._thread.start()

    def stop(self) -> None:
        """Stop searching; a search under way has a moment to end."""
        self._stopping = True
        self._wakeup.set()
        if self._thread.is_alive():
            self._thread.join(STOP_TIMEOUT_S)

    def buses_changed(self, gone: Collection[int] = ()) -> None:
        """Search again, because buses have appeared or gone; from any thread.  ``gone``: numbers of removed buses."""
        with self._gone_lock:
            self._gone = {*(self._gone or ()), *gone}
        self._wakeup.set()

    def want(self, one: DesiredDevice) -> None:
        """Search for another device."""
        with self.lock:
            self.wanted.append(one)
        self._wakeup.set()

    def search_now(self, one: DesiredDevice) -> None:
        """Search for a device at once; from any thread."""
        one.retry_now()
        self._wakeup.set()

    def forget(self, one: DesiredDevice) -> None:
        """Search for it no longer."""
        with suppress(ValueError):
            self.wanted.remove(one)

    def of(self, client: I2cClient) -> DesiredDevice | None:
        """Return the desired device of a client."""
        return next((one for one in self.wanted if one.client is client), None)

    def missing(self) -> list[DesiredDevice]:
        """Return the desired devices without a driver, except devices that a user unbound."""
        return [one for one in self.wanted if not one.bound and not (one.client is not None and one.client.parked)]

    def place(self, one: DesiredDevice, module: Module | None = None) -> None:
        """Give a desired device its missing module, bus, address and driver.  The lock is held.

        ``module``: the module that the caller has loaded for it.  Errors: those of loading, search and probe.
        """
        (outcome,) = self._place([one], [self._target(one, module)])
        if outcome is not None:
            raise outcome

    def place_all(self, wanted: Sequence[DesiredDevice]) -> list[Exception | None]:
        """Do ``place`` for devices on different buses in parallel; return the error of each, None if there is none.

        The lock is held; bus threads search and probe.
        """
        return self._place(wanted, [self._target(one) for one in wanted])

    def _place(self, wanted: Sequence[DesiredDevice], targets: Sequence[_Target]) -> list[Exception | None]:
        failed: dict[int, Exception] = {}
        for at, addr in enumerate(at_once([target.search for target in targets])):
            if isinstance(addr, Exception):
                failed[at] = addr
            elif (error := self._register(wanted[at], targets[at], addr)) is not None:
                failed[at] = error
        rest = [at for at in range(len(wanted)) if at not in failed]
        outcomes = self._core.probe_all([client for at in rest if (client := wanted[at].client) is not None])
        for at, outcome in zip(rest, outcomes, strict=True):
            if outcome is None:
                wanted[at].found()
            else:
                failed[at] = outcome
        return [failed.get(at) for at in range(len(wanted))]

    def _target(self, one: DesiredDevice, module: Module | None = None) -> _Target:
        """Load the module and open the bus now; errors are raised by the search."""
        if one.client is not None:
            return _Target(None, "", lambda: 0)
        try:
            if module is None and not one.userspace:
                module = self._loaded.load(one.module).module
                one.configure(module.driver.params)
            if module is not None:
                one.check(module)
            bus = self._adapters.find(one.bus)
        except Exception as error:  # noqa: BLE001, RUF100  # reported with those of the search
            return _Target(None, "", partial(_raise, error))
        addr = one.addr
        if addr is not None or module is None:
            return _Target(bus, one.module if module is None else module.chip, lambda: addr or 0)
        return _Target(bus, module.chip, partial(find_address, bus, module, force=one.force))

    def _register(self, one: DesiredDevice, target: _Target, addr: int) -> Exception | None:
        """Create the client of a device whose address is known."""
        if target.bus is None:
            return None  # it has a client
        try:
            one.client = I2cClient(target.bus, addr, target.chip, userspace=one.kept, force=one.force)
            one.client.overrides = one.overrides
            self._core.register(one.client, probe=False)
        except Exception as error:  # noqa: BLE001, RUF100  # reported with those of the probe
            one.client = None
            return error
        return None

    # The thread.

    def _run(self) -> None:
        self._refresh(set())
        while not self._stopping:
            now = time.monotonic()
            for some in _rounds([one for one in self.wanted if not one.is_settled and one.due <= now]):
                if not self._stopping:
                    self._search(some)
            if not self.searched.is_set():
                self.searched.set()
                self._searched()
            self._wakeup.wait(self._pause())
            with self._gone_lock:
                gone, self._gone = self._gone, None
            if gone is not None:
                self._refresh(gone)

    def _pause(self) -> float:
        due = [one.due for one in self.wanted if not one.is_settled]
        return min(max(0.01, min(due) - time.monotonic()), MAX_WAIT_S) if due else MAX_WAIT_S

    def _refresh(self, gone: set[int]) -> None:
        if self._adapters.refresh(gone):
            for one in self.missing():
                one.retry_now()

    def _search(self, some: Sequence[DesiredDevice]) -> None:
        """Search for some devices, each on another bus."""
        with self.lock:
            ready = [one for one in some if self._is_due(one)]
            for one, error in zip(ready, self.place_all(ready), strict=True):
                if isinstance(error, Error):
                    self._missed(one, error)
                elif error is not None:  # a bug in one module; the search for other devices continues
                    stack = "".join(traceback.format_exception(error))
                    log("error", f"{one}: bug in the driver or in i2cdrv, please report it", stack=stack, **one.facts)
                    self._missed(one, DriverFault(f"{type(error).__name__}: {error}; see i2cdrv log"))

    def _is_due(self, one: DesiredDevice) -> bool:
        if one.is_settled or one not in self.wanted:
            return False
        if self._hangs(one):
            one.due = time.monotonic() + PAUSES_S[0]
            return False
        if not self._core.drivers_autoprobe:
            one.retry_later(time.monotonic())
            return False
        return True

    def _hangs(self, one: DesiredDevice) -> bool:
        """Return whether its driver was ejected and an abandoned thread still runs the driver's code."""
        if not one.backoff.attempts:
            return False
        client = one.client
        if client is None:  # the driver hung during the search, or before
            return self._search_hangs(one)
        drivers = [loaded.module for loaded in self._core.drivers.values() if matches(loaded, client)]
        return any(client.bus.kthread.has_left_behind(module.name) for module in drivers)

    def _search_hangs(self, one: DesiredDevice) -> bool:
        with suppress(Error):
            return self._adapters.find(one.bus).kthread.has_left_behind(self._loaded.load(one.module).module.name)
        return False

    def retry(self, loaded: LoadedModule) -> None:
        """Search at once for the devices of a module that was loaded or reloaded; takes no lock."""
        for one in self.wanted.copy():
            if one.client is not None and not one.bound and matches(loaded, one.client):
                one.retry_now()
        self._wakeup.set()

    def _missed(self, one: DesiredDevice, error: Error) -> None:
        if one.soft:
            self.forget(one)
            log("info", "soft dependency skipped", module=one.module, error=error.message)
            return
        reason = error.message
        if isinstance(error, DriverFault):
            one.ejected()
            reason = f"{reason} ({one.backoff.announced()})"
        else:
            one.retry_later(time.monotonic())
        if one.reason != reason and one.backoff.attempts <= 1:  # each ejection is logged anyway
            log("warning", f"{one} is missing: {reason}", **one.facts)
        one.reason = reason
        if one.client is not None:
            one.client.reason = reason


def _rounds(wanted: Sequence[DesiredDevice]) -> Iterator[list[DesiredDevice]]:
    """Yield the first device of each bus, then the second ones, and so on: no bus waits for another bus's chips."""
    by_bus: dict[str, list[DesiredDevice]] = {}
    for one in wanted:
        by_bus.setdefault(one.bus, []).append(one)
    for row in zip_longest(*by_bus.values()):
        yield [one for one in row if one is not None]


def _raise(error: Exception) -> int:
    raise error
