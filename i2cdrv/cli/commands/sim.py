"""``i2cdrv sim``: a simulated bus for a virtual machine, and faults on the simulated bus of a running process.

The faults go through ``io.i2cdrv.Sim``, of which this is the client.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import Busy, Invalid, Unknown
from ...ipc import peers
from ...ipc.names import SIM
from ...ipc.simtarget import Target
from ...lib.log.logger import log
from ...lib.signals import Stop, stopped_by_signals
from ..console import search_dir
from ..output import print_json, print_lines, print_note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ...i2c.adapter import Adapter
    from ...ipc.varlink import Client


class Options(NamedTuple):
    """The arguments and options of ``i2cdrv sim`` and ``i2cdrv sim fault``; ``action``: None or ``fault``."""

    action: str | None = None
    vhost_user: str | None = None
    chips: Sequence[str] | None = None
    target: str | None = None
    words: Sequence[str] = ()
    json: bool = False
    run_dir: str | None = None


def run(options: Options) -> int:
    """Serve a bus, or list, clear or inject faults."""
    return _serve(options) if options.action is None else _fault(options)


def _serve(options: Options) -> int:
    from ...lib.clock import RealClock
    from ...sim import bus_with, standard_bus
    from ...sim.vhost import serve

    clock = RealClock()
    adapter = bus_with(options.chips, clock) if options.chips else standard_bus(clock)
    stop = Stop()
    with ExitStack() as stack:
        stack.enter_context(stopped_by_signals(stop))
        log("info", "waiting for a virtual machine", socket=options.vhost_user)
        if options.run_dir is not None:
            _allow_faults(adapter, Path(options.run_dir), stack)
        serve(adapter, Path(options.vhost_user or ""), stop)
    return 0


def _allow_faults(adapter: Adapter, run_dir: Path, stack: ExitStack) -> None:
    from ...core.hub import ReadingHub
    from ...ipc import socket as control_socket
    from ...ipc.services import log as log_service
    from ...ipc.services import modules as module_service
    from ...ipc.services import sim as sim_service
    from ...ipc.services import watch as watch_service

    interfaces = [
        module_service.interface([]),
        sim_service.interface([adapter]),
        log_service.interface(log.ring),
        watch_service.interface(ReadingHub(), list),
    ]
    stack.enter_context(control_socket.serve_process(run_dir, interfaces))


def _fault(options: Options) -> int:
    """List faults without words; else clear or inject."""
    run_dir = search_dir(options.run_dir)
    if options.target is None:
        return _list([(remote, remote.faults()) for remote in find_simulators(run_dir)], options)
    remote, target = find(run_dir, options.target)
    if not options.words:
        faults = [fault for fault in remote.faults() if fault["target"] in (str(target), target.bus)
                     or target.addr is None]  # fmt: skip
        return _list([(remote, faults)], options)
    if options.words[0] == "clear":
        if options.words[1:]:
            raise Invalid(f"clear ends all faults of {target} and takes no arguments: {' '.join(options.words[1:])}")
        remote.clear(target)
    else:
        remote.inject(target, options.words)
    return 0


def _list(found: Sequence[tuple[Simulator, list[dict[str, Any]]]], options: Options) -> int:
    faults = [{**fault, "pid": remote.pid, **remote.name(fault["target"])} for remote, some in found for fault in some]
    if options.json:
        print_json(*faults)
    elif faults:
        print_lines(*map(_line, faults))
    else:
        print_note("no faults")
    return 0


def _line(fault: dict[str, Any]) -> str:
    """Return the line for a person: ``0-0076     nack count=3: 1 hit, 2 transfers left``.

    A device with a name is ``garden (0-0076)``.
    """
    parts = [f"{fault['hits']} hit{'' if fault['hits'] == 1 else 's'}"]
    if fault.get("transfers_left") is not None:
        parts.append(f"{fault['transfers_left']} transfers left")
    if fault.get("seconds_left") is not None:
        parts.append(f"{fault['seconds_left']:.1f} s left")
    target = f"{fault['name']} ({fault['target']})" if "name" in fault else fault["target"]
    return f"{target:<10} {fault['words']}: {', '.join(parts)}"


class Simulator(NamedTuple):
    """A process with simulated buses."""

    client: Client
    buses: Sequence[str]
    pid: int

    def faults(self) -> list[dict[str, Any]]:
        """Return the active faults, as ListFaults lists them."""
        found: list[dict[str, Any]] = self.client.call(f"{SIM}.ListFaults")["faults"]
        return found

    def name(self, target: str) -> dict[str, str]:
        """Return the field of the user's name of a chip; nothing without one."""
        name = peers.names(self.client).get(target)
        return {"name": name} if name else {}

    def inject(self, target: Target, words: Sequence[str]) -> None:
        """Inject a fault.  Errors: those of Faults.inject; EPERM without the right to write."""
        self.client.call(f"{SIM}.InjectFault", {"target": str(target), "words": list(words)})

    def clear(self, target: Target) -> None:
        """End the faults of the target.  Errors: EPERM without the right to write."""
        self.client.call(f"{SIM}.ClearFaults", {"target": str(target)})


def find_simulators(run_dir: Path | None) -> list[Simulator]:
    """Return the processes of this run directory with simulated buses.  Raises Unknown if there are none."""
    replies = peers.call_all(run_dir, f"{SIM}.ListBuses")
    found = [Simulator(client, reply["buses"], reply["pid"]) for client, reply in replies if reply["buses"]]
    if not found:
        raise Unknown(
            f"no i2cdrv with a simulated bus runs in {run_dir or 'a run directory of this user'}; "
            "start one, and name its directory here too: i2cdrv load bme280 --bus sim --run-dir DIR"
        )
    return found


def find(run_dir: Path | None, word: str) -> tuple[Simulator, Target]:
    """Return the process with the chip or bus, and the target of the name.

    Errors: Invalid; Unknown if there is none; Busy if there are several.
    """
    target = None if word == "sim" else _target(run_dir, word)
    simulators = find_simulators(run_dir)
    found = [remote for remote in simulators if target is None or target.bus in remote.buses]
    if not found:
        names = ", ".join(sorted({bus for remote in simulators for bus in remote.buses}))
        raise Unknown(f"{word} is not on a simulated bus of a running i2cdrv: faults are possible on {names}")
    if len(found) > 1 and target is not None:
        found = list(_driving(run_dir, found, target)) or found
    if len(found) > 1:
        processes = ", ".join(str(remote.pid) for remote in found)
        raise Busy(f"{word} could be of {len(found)} processes ({processes}): give each a run directory of its own")
    return found[0], target or Target.parse(found[0].buses[0])


def _target(run_dir: Path | None, word: str) -> Target:
    """Return the target of a word, which may be the user's name of a device.  Raises Invalid."""
    try:
        return Target.parse(word)
    except Invalid:
        if (device := peers.device_named(run_dir, word)) is None:
            raise
        return Target.parse(device)


def _driving(run_dir: Path | None, remotes: Iterable[Simulator], target: Target) -> Iterator[Simulator]:
    """Return the processes with a driver bound to the chip."""
    paths = {module.client.path for module in peers.loaded_modules(run_dir) if str(target) in module.devices}
    return (remote for remote in remotes if remote.client.path in paths)
