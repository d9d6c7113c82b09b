"""``io.i2cdrv.Sim``: the simulated buses of this process and their faults; ``i2cdrv sim fault`` is its client."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ...errors import Unknown
from ..names import SIM
from ..simtarget import Target
from .handlers import Handlers, changes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ...sim import SimAdapter
    from ...sim.active_fault import ActiveFault
    from ..varlink import Call, Interface


def interface(adapters: Iterable[object]) -> Interface:
    """Return the interface to the simulated adapters; each call reads the collection again."""
    return _Sim(adapters).interface()


class _Sim(Handlers):
    """The methods for some adapters, of which the simulated ones count."""

    name = SIM

    def __init__(self, adapters: Iterable[Any]) -> None:
        self._adapters, self._pid = adapters, os.getpid()

    @property
    def _buses(self) -> dict[int, SimAdapter]:
        return {adapter.nr: adapter for adapter in self._adapters if hasattr(adapter, "faults")}

    def list_buses(self, _call: Call) -> dict[str, Any]:
        return {"buses": [str(Target(nr, None)) for nr in self._buses], "pid": self._pid}

    def list_faults(self, _call: Call) -> dict[str, Any]:
        return {"faults": [_as_dict(Target(nr, fault.addr), fault)
                           for nr, bus in self._buses.items() for fault in bus.faults]}  # fmt: skip

    @changes
    def inject_fault(self, call: Call) -> dict[str, Any]:
        bus, addr = self._find(call)
        bus.faults.inject(" ".join(call.parameters["words"]), addr)
        return {}

    @changes
    def clear_faults(self, call: Call) -> dict[str, Any]:
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
