"""The buses of the daemon: each bus for sensors is open for as long as it exists.

A bus that is gone must be closed: the kernel removes an adapter only when no process has its node open.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from ..core import registry as buses
from ..errors import Error, Invalid, Unknown
from ..i2c import inventory
from ..lib.log.logger import log
from ..lib.rundir import is_simulated

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from ..config.options import Cpus
    from ..core.bus import Bus
    from ..core.model import DriverCore
    from ..i2c.adapter import Adapter


class Adapters:
    """The open buses, registered in the driver model."""

    def __init__(
        self,
        core: DriverCore,
        run_dir: Path,
        cpus: Cpus,
        *,
        sys: Path = inventory.SYS,
        dev: Path = inventory.DEV,
        acquire: Callable[[str | int, Path], Bus] = buses.acquire,
    ) -> None:
        """Open no bus yet.  ``sys`` and ``dev``: the trees to read; ``acquire``: as buses.acquire."""
        self._core, self._run_dir, self.cpus = core, run_dir, cpus
        self._sys, self._dev, self._acquire = sys, dev, acquire
        self._problems: dict[int, str] = {}
        self._simulated: Bus | None = None
        self.simulated_word = "sim"  # the name of the simulated bus, its chips included
        self._going: Bus | None = None
        self._lock = threading.RLock()

    @property
    def problems(self) -> Mapping[int, str]:
        """The present buses that cannot be used, and why."""
        return dict(self._problems)

    def __iter__(self) -> Iterator[Adapter]:
        """Yield the adapters of the open buses."""
        return (bus.adapter for bus in list(self._core.buses.values()))

    def find(self, word: str) -> Bus:
        """Return the bus of a number, a name or ``sim``; open it if necessary.  Errors: those of ``open_adapter``."""
        with self._lock:
            if is_simulated(word):
                return self._simulated_bus(word)
            if word.startswith("replay:"):
                raise Invalid(f"a daemon cannot replay a record: i2cdrv load MODULE --bus {word}")
            nr = inventory.parse_bus(word, sys=self._sys, dev=self._dev)
            return self._core.buses[nr] if nr in self._core.buses else self._open(nr)

    def present(self, word: str) -> Bus:
        """Do ``find``, but make no simulated bus: its chips are the configuration's.  Raises Unknown without one."""
        with self._lock:
            if is_simulated(word) and self._simulated is None:
                raise Unknown("this daemon has no simulated bus: a device of its configuration on bus: sim makes one")
            return self.find(word)

    def same(self, word: str, other: str) -> bool:
        """Return whether two words mean one bus: its number and its name, ``sim`` and that name with its chips."""
        return word == other or self._number(word) == self._number(other)

    def _number(self, word: str) -> int | str:
        """Return the number of a bus that is present, ``sim`` for the simulated one; otherwise the word."""
        if is_simulated(word):
            return "sim"
        with suppress(Error):
            return inventory.parse_bus(word, sys=self._sys, dev=self._dev)
        return word

    def _simulated_bus(self, word: str) -> Bus:
        if self._simulated is None:
            self._simulated, self.simulated_word = self._open(word), word
        elif word not in ("sim", self.simulated_word):
            raise Invalid(f"bus {word}: this daemon has a simulated bus already, {self.simulated_word}: name all chips "
                          "in one, as in sim:mcp9808@0x18;sht4x@0x44")  # fmt: skip
        return self._simulated

    def _open(self, word: str | int) -> Bus:
        bus = self._acquire(word, self._run_dir)
        try:
            bus.start(self._cpus_of(word))
            self._core.add_bus(bus)
        except BaseException:
            bus.put()
            raise
        return bus

    def _cpus_of(self, word: str | int) -> str | None:
        """Return the CPUs for the thread of a bus, by its number or the name of the simulated one."""
        return next((cpus for name, cpus in self.cpus.own.items() if self.same(name, str(word))), self.cpus.shared)

    def is_simulated(self, bus: Bus) -> bool:
        """Return whether it is the simulated bus."""
        return bus is self._simulated

    def closing(self, bus: Bus) -> bool:
        """Return whether its clients are removed because it is closing."""
        return bus is self._going

    def refresh(self, gone: Collection[int] = ()) -> bool:
        """Close buses that are gone and open new ones; return whether anything has changed.

        ``gone``: numbers of removed buses, even if a new bus has the same number.
        """
        with self._lock:
            listed = inventory.list_buses(sys=self._sys, dev=self._dev)
            present = {info.nr: info for info in listed if info.path.exists()}
            real = [nr for nr, bus in self._core.buses.items() if bus is not self._simulated]
            lost = [nr for nr in real if nr in gone or nr not in present]
            for nr in lost:
                log("notice", f"i2c-{nr} removed", adapter=self._core.buses[nr].adapter.name)
                self._close(nr)
            for nr in self._problems.keys() - present.keys():
                del self._problems[nr]
            new = [nr for nr in present if nr not in self._core.buses and self._has_plugs(nr)]
            return any([bool(lost), *[self._try(nr) for nr in new]])

    def _has_plugs(self, nr: int) -> bool:
        return inventory.is_header_bus(inventory.controller(nr, sys=self._sys))

    def _try(self, nr: int) -> bool:
        try:
            bus = self._open(nr)
        except Error as error:
            if self._problems.get(nr) != error.message:
                log("error", f"i2c-{nr} unusable: {error.message}")
            self._problems[nr] = error.message
            return False
        self._problems.pop(nr, None)
        log("info", f"i2c-{nr} opened", adapter=bus.adapter.name)
        return True

    def _close(self, nr: int) -> None:
        bus = self._core.buses[nr]
        self._going = bus
        self._core.remove_bus(nr)
        self._going = None
        try:
            bus.put()
        except Error as error:
            log("warning", f"i2c-{nr} not released cleanly", error=error.message)

    def place(self, cpus: Cpus) -> None:
        """Move the bus threads to other CPUs.  Errors: Invalid, Error of the first that cannot be moved."""
        self.cpus = cpus
        for nr, bus in list(self._core.buses.items()):
            bus.place(self._cpus_of(self.simulated_word if self.is_simulated(bus) else nr))

    def close(self, seconds: float) -> list[str]:
        """Put all chips to sleep and close, each bus on its own thread; return the buses that did not end in time."""
        threads = [
            threading.Thread(target=_closed, args=(bus,), name=f"close {bus.kthread.name}", daemon=True)
            for bus in list(self._core.buses.values())
        ]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + seconds
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return [thread.name.removeprefix("close ") for thread in threads if thread.is_alive()]


def _closed(bus: Bus) -> None:
    try:
        bus.close()
    except Error as error:
        log("warning", f"{bus.kthread.name} not released cleanly", error=error.message)
