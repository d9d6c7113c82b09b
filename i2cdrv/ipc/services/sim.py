"""The simulated buses of a running process, for other processes: faults on them are injected, listed and cleared.

An interface of the control socket; ``i2cdrv sim fault`` is a client of it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from ...errors import Busy, Invalid, Unknown
from .. import peers
from ..names import SIM, TEXTS
from ..varlink import Call, Client, Interface

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from ...sim import SimAdapter
    from ...sim.active_fault import ActiveFault

TARGET = re.compile(r"i2c-([0-9]{1,7})|([0-9]{1,7})-([0-9a-f]{4})")


class Target(NamedTuple):
    """A bus, by number, or one chip on it."""

    nr: int
    addr: int | None

    @classmethod
    def parse(cls, word: str) -> Target:
        """``i2c-0`` or ``0-0076``.  Errors: Invalid."""
        found = TARGET.fullmatch(word)
        if found is None:
            raise Invalid(f"{word!r} is no chip and no bus: a chip is written as 0-0076, a bus as i2c-0 or sim")
        bus, of_chip, addr = found.groups()
        return cls(int(bus), None) if bus else cls(int(of_chip), int(addr, 16))

    @property
    def bus(self) -> str:
        """The name of the bus."""
        return f"i2c-{self.nr}"

    def __str__(self) -> str:
        return self.bus if self.addr is None else f"{self.nr}-{self.addr:04x}"


def interface(adapters: Iterable[object]) -> Interface:
    """What other processes may do with those of the adapters that are simulated; looked through at each call."""
    return _Handlers(adapters).interface()


class _Handlers:
    """The methods, for some buses."""

    def __init__(self, adapters: Iterable[Any]) -> None:
        self._adapters, self._pid = adapters, os.getpid()

    @property
    def _buses(self) -> dict[int, SimAdapter]:
        return {adapter.nr: adapter for adapter in self._adapters if hasattr(adapter, "faults")}

    def interface(self) -> Interface:
        interface = Interface(TEXTS[SIM])
        interface.add("ListBuses", self.list_buses)
        interface.add("ListFaults", self.list_faults)
        interface.add("InjectFault", self.inject, changes=True)
        interface.add("ClearFaults", self.clear, changes=True)
        return interface

    def list_buses(self, _call: Call) -> dict[str, Any]:
        return {"buses": [str(Target(nr, None)) for nr in self._buses], "pid": self._pid}

    def list_faults(self, _call: Call) -> dict[str, Any]:
        return {"faults": [_as_dict(Target(nr, fault.addr), fault)
                           for nr, bus in self._buses.items() for fault in bus.faults]}  # fmt: skip

    def inject(self, call: Call) -> dict[str, Any]:
        bus, addr = self._find(call)
        bus.faults.inject(" ".join(call.parameters["words"]), addr)
        return {}

    def clear(self, call: Call) -> dict[str, Any]:
        bus, addr = self._find(call)
        bus.faults.clear(addr)
        return {}

    def _find(self, call: Call) -> tuple[SimAdapter, int | None]:
        target = Target.parse(call.parameters["target"])
        if target.nr not in self._buses:
            raise Unknown(f"{target.bus} is not simulated here")
        return self._buses[target.nr], target.addr


def _as_dict(target: Target, active: ActiveFault) -> dict[str, Any]:
    return {
        "target": str(target),
        "words": str(active.fault),
        "hits": active.hits,
        "transfers_left": active.transfers_left,
        "seconds_left": active.seconds_left,
    }


class Remote(NamedTuple):
    """A process with simulated buses."""

    client: Client
    buses: Sequence[str]
    pid: int

    def faults(self) -> list[dict[str, Any]]:
        """Those that are active, as ListFaults has them."""
        found: list[dict[str, Any]] = self.client.call(f"{SIM}.ListFaults")["faults"]
        return found

    def inject(self, target: Target, words: Sequence[str]) -> None:
        """Errors: what Faults.inject says; EPERM for those who may only read."""
        self.client.call(f"{SIM}.InjectFault", {"target": str(target), "words": list(words)})

    def clear(self, target: Target) -> None:
        """End the faults of the target.  Errors: EPERM for those who may only read."""
        self.client.call(f"{SIM}.ClearFaults", {"target": str(target)})


def simulating(run_dir: Path | None) -> list[Remote]:
    """The processes of this run directory that have simulated buses.  Errors: Unknown if there are none."""
    answers = peers.answers(run_dir, f"{SIM}.ListBuses")
    found = [Remote(client, answer["buses"], answer["pid"]) for client, answer in answers if answer["buses"]]
    if not found:
        raise Unknown(
            f"no i2cdrv with a simulated bus runs in {run_dir or 'a run directory of this user'}; "
            "start one, and name its directory here too: i2cdrv load bme280 --bus sim --run-dir DIR"
        )
    return found


def find(run_dir: Path | None, word: str) -> tuple[Remote, Target]:
    """The process that has the chip or bus, and which one that is.

    Errors: Invalid; Unknown if there is none; Busy if it could be several.
    """
    target = None if word == "sim" else Target.parse(word)
    there = simulating(run_dir)
    found = [remote for remote in there if target is None or target.bus in remote.buses]
    if not found:
        names = ", ".join(sorted({bus for remote in there for bus in remote.buses}))
        raise Unknown(f"{word} is not on a simulated bus of a running i2cdrv: faults are possible on {names}")
    if len(found) > 1 and target is not None:
        found = list(_driving(run_dir, found, target)) or found
    if len(found) > 1:
        processes = ", ".join(str(remote.pid) for remote in found)
        raise Busy(f"{word} could be of {len(found)} processes ({processes}): give each a run directory of its own")
    return found[0], target or Target.parse(found[0].buses[0])


def _driving(run_dir: Path | None, remotes: Iterable[Remote], target: Target) -> Iterator[Remote]:
    """Those whose process has a driver bound to the chip."""
    paths = {module.client.path for module in peers.loaded_modules(run_dir) if str(target) in module.devices}
    return (remote for remote in remotes if remote.client.path in paths)
