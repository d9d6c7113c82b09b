"""Words from the i2cdrv processes of a run directory: modules, devices and buses in use.

A process that hangs is left out after a moment; its published devices are found all the same.
"""

from __future__ import annotations

from ...core import served as published
from ...lib import places
from .line import Candidate

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from .line import Place

ANSWER_TIMEOUT_S = 0.3  # for one process


def devices(place: Place) -> Iterator[Candidate]:
    """Return the served devices."""
    return _candidates(served(place).values())


def every_device(place: Place) -> Iterator[Candidate]:
    """Return all devices, with a driver or without."""
    return _candidates(_driver_model(place))


def unbound(place: Place) -> Iterator[Candidate]:
    """Return the devices without a driver."""
    return _candidates(one for one in _driver_model(place) if one["state"] == "unbound")


def _candidates(devices: Iterable[Mapping[str, Any]]) -> Iterator[Candidate]:
    """Yield each device and its name."""
    for one in devices:
        yield Candidate(one["device"], one["chip"])
        if one.get("name"):
            yield Candidate(one["name"], f"{one['device']} {one['chip']}")


def _driver_model(place: Place) -> Iterator[Mapping[str, Any]]:
    from ...ipc.names import DEVICES

    return (device for answer in _answers(place, f"{DEVICES}.ListDevices") for device in answer["devices"])


def buses(place: Place) -> Iterator[Candidate]:
    """Return the buses of the served devices."""
    return map(Candidate, sorted({_bus(device) for device in served(place)}))


def modules(place: Place) -> Iterator[Candidate]:
    """Return the loaded modules."""
    from ...ipc.names import MODULES

    loaded: dict[str, list[str]] = {entry["driver"]: [] for entry in served(place).values()}
    for answer in _answers(place, f"{MODULES}.ListModules"):
        for module in answer["modules"]:
            loaded.setdefault(module["name"], []).extend(module["devices"])
    return (Candidate(name, " ".join(devices)) for name, devices in loaded.items())


def simulated(place: Place) -> Iterator[Candidate]:
    """Yield the simulated buses, and the served devices on them."""
    from ...ipc.names import SIM

    found = {bus for answer in _answers(place, f"{SIM}.ListBuses") for bus in answer["buses"]}
    if found:
        yield Candidate("sim", "the simulated bus")
    yield from map(Candidate, sorted(found))
    yield from _candidates(entry for device, entry in served(place).items() if _bus(device) in found)


def device(place: Place, word: str | None) -> Mapping[str, Any] | None:
    """Return the last reading of a served device, by the kernel's name or the user's; None if there is none."""
    return next((one for one in served(place).values() if word and word in (one["device"], one.get("name"))), None)


def served(place: Place) -> Mapping[str, Mapping[str, Any]]:
    """Return the last reading of each served device by its name; none if this user may not read them."""
    try:
        return {entry["device"]: entry for entry in published.served(_searched(place))}
    except OSError:
        return {}


def parameters(place: Place, module: str) -> list[str]:
    """Return the readable parameters of a loaded module."""
    from ...ipc.names import MODULES

    answers = _answers(place, f"{MODULES}.ShowParameters", {"module": module})
    return [name for answer in answers for name in answer["parameters"]]


def _bus(device: str) -> str:
    return f"i2c-{device.partition('-')[0]}"


def _searched(place: Place) -> tuple[str, ...]:
    """Return the run directories.  Errors: OSError for a directory that is not trusted."""
    named, usual = place.option("run_dir"), places.default()
    if places.is_plain(named or usual) and places.is_plain(usual):
        return places.search(named or usual, usual)
    from ...lib.rundir import search_dirs

    return tuple(map(str, search_dirs(_run_dir(place))))


def _run_dir(place: Place) -> Path:
    from pathlib import Path

    return Path(place.option("run_dir") or places.default()).expanduser()


def _answers(place: Place, method: str, parameters: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the reply of each process that answers."""
    found = None if parameters else _quick_answers(place, method)
    yield from _other_answers(place, method, parameters) if found is None else found


def _quick_answers(place: Place, method: str) -> list[dict[str, Any]] | None:
    """Return the replies; None if one of them is unusual."""
    from ...ipc import quickclient

    if method not in quickclient.TYPES:
        return None
    try:
        sockets = quickclient.sockets(_searched(place))
        replies = [quickclient.ask(path, method, patience=ANSWER_TIMEOUT_S) or [None] for path in sockets]
    except (quickclient.Unusual, OSError, ValueError, RecursionError):
        return None
    return [reply for (reply,) in replies if reply is not None]


def _other_answers(place: Place, method: str, parameters: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
    from ...errors import Error
    from ...ipc.peers import replies  # its imports take longer than all the rest here

    try:
        for _, reply in replies(_run_dir(place), method, parameters, ANSWER_TIMEOUT_S):
            if not isinstance(reply, Error):
                yield reply
    except Error:  # another user's directory
        return
