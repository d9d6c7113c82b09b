"""What i2cdrv processes of a run directory have in use.

A process that hangs is waited for a moment, and then left out; what it has published about its devices is seen anyway.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...core import published
from ...ipc.names import DEVICES, MODULES, SIM
from ...lib import rundir
from .line import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from ...ipc.varlink import Client
    from .line import Place

PATIENCE = 0.3  # s for the answer of one process


def devices(place: Place) -> Iterator[Candidate]:
    """Every device that is served."""
    return (Candidate(name, entry["chip"]) for name, entry in served(place).items())


def every_device(place: Place) -> Iterator[Candidate]:
    """Every device, with a driver or without."""
    return (Candidate(one["device"], one["chip"]) for one in _driver_model(place))


def unbound(place: Place) -> Iterator[Candidate]:
    """The devices that have no driver."""
    return (Candidate(one["device"], one["chip"]) for one in _driver_model(place) if one["state"] == "unbound")


def _driver_model(place: Place) -> Iterator[Mapping[str, Any]]:
    return (device for _, answer in _answers(place, f"{DEVICES}.ListDevices") for device in answer["devices"])


def buses(place: Place) -> Iterator[Candidate]:
    """The buses that served devices are on."""
    return map(Candidate, sorted({_bus(device) for device in served(place)}))


def modules(place: Place) -> Iterator[Candidate]:
    """The modules that are loaded."""
    there: dict[str, list[str]] = {entry["driver"]: [] for entry in served(place).values()}
    for _, answer in _answers(place, f"{MODULES}.ListModules"):
        for module in answer["modules"]:
            there.setdefault(module["name"], []).extend(module["devices"])
    return (Candidate(name, " ".join(devices)) for name, devices in there.items())


def simulated(place: Place) -> Iterator[Candidate]:
    """The simulated buses, and the devices that are served on them."""
    found = {bus for _, answer in _answers(place, f"{SIM}.ListBuses") for bus in answer["buses"]}
    if found:
        yield Candidate("sim", "the simulated bus")
    yield from map(Candidate, sorted(found))
    yield from (device for device in devices(place) if _bus(device.word) in found)


def served(place: Place) -> Mapping[str, Mapping[str, Any]]:
    """The last reading of every device that is served, by the device's name; none if this user may not look."""
    try:
        return {entry["device"]: entry for entry in published.served(_run_dir(place))}
    except OSError:
        return {}


def parameters(place: Place, module: str) -> list[str]:
    """The parameters of a loaded module that can be read."""
    answers = _answers(place, f"{MODULES}.ShowParameters", {"module": module})
    return [name for _, answer in answers for name in answer["parameters"]]


def _bus(device: str) -> str:
    return f"i2c-{device.partition('-')[0]}"


def _run_dir(place: Place) -> Path | None:
    asked = place.option("run_dir")
    return Path(asked).expanduser() if asked else rundir.default()


def _answers(
    place: Place, method: str, parameters: Mapping[str, Any] | None = None
) -> Iterator[tuple[Client, dict[str, Any]]]:
    """What those processes answer that do answer."""
    from ...errors import Error
    from ...ipc.peers import sockets  # its imports take longer than all the rest here
    from ...ipc.varlink import Client

    try:
        paths = sockets(_run_dir(place))
    except Error:  # another user's directory
        return
    for path in paths:
        client = Client(path, PATIENCE)
        try:
            answer = client.call(method, parameters)
        except Error:
            continue
        yield client, answer
