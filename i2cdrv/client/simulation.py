"""The plans of faults on simulated buses (``io.i2cdrv.Sim``)."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from ..errors import Busy, Unknown
from ..ipc.names import SIM
from ..ipc.simtarget import TARGET, Target
from ..lib import validate
from .place import Place, call_all, change, find_device, list_devices, steady
from .plan import Call, Plan
from .records import Fault
from .requests import name_of

WORDS = "the words of i2cdrv sim fault, such as 'nack count=3'"


def faults(place: Place) -> Plan[list[Fault]]:
    """List the faults of all processes."""
    return steady(place, partial(_faults, place))


def _faults(place: Place) -> Plan[list[Fault]]:
    replies = yield from call_all(place, f"{SIM}.ListFaults")
    return [Fault.of(one) for _, reply in replies for one in reply["faults"]]


def inject(place: Place, wanted: object, fault: object) -> Plan[None]:
    """Inject a fault."""
    words = validate.text("fault", fault, WORDS).split()
    path, target = yield from steady(place, partial(_find, place, name_of(wanted)))
    yield from change(Call(path, f"{SIM}.InjectFault", {"target": str(target), "words": words}))


def clear(place: Place, wanted: object) -> Plan[None]:
    """End the faults of a chip or of a bus."""
    path, target = yield from steady(place, partial(_find, place, name_of(wanted)))
    yield from change(Call(path, f"{SIM}.ClearFaults", {"target": str(target)}))


def _find(place: Place, word: str) -> Plan[tuple[Path, Target]]:
    """Return the target, with the socket of the process that simulates its bus.

    Errors: Unknown if there is none; Busy if there are several.
    """
    replies = yield from call_all(place, f"{SIM}.ListBuses")
    buses = [(path, bus) for path, reply in replies for bus in reply["buses"]]
    if word == "sim" and buses:
        word = str(buses[0][1])
    elif not TARGET.fullmatch(word):
        word = yield from _named(place, word)
    target = Target.parse(word)
    found = [path for path, bus in buses if bus == target.bus]
    if len(found) > 1:
        found = (yield from _having(place, target)) or found
    if not found:
        known = ", ".join(sorted({bus for _, bus in buses})) or "none"
        raise Unknown(f"{word} is not on a simulated bus of a running i2cdrv; simulated: {known}")
    if len(found) > 1:
        raise Busy(f"{word} could be of {len(found)} processes: give each a run directory of its own")
    return found[0], target


def _named(place: Place, word: str) -> Plan[str]:
    _, device = yield from find_device(place, word)
    name: str = device["device"]
    return name


def _having(place: Place, target: Target) -> Plan[list[Path]]:
    devices: list[tuple[Path, dict[str, Any]]] = yield from list_devices(place)
    return [path for path, device in devices if device["device"] == str(target)]
