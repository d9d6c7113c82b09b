"""``i2cdrv sim``: a simulated bus for a virtual machine, and faults on the simulated bus of a running process."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import Invalid
from ...lib.log.logger import log
from ...lib.signals import Stop, stopped_by_signals
from ..console import meeting_of
from ..output import print_json, print_lines, print_note

if TYPE_CHECKING:
    import argparse

    from ...i2c.adapter import Adapter


def run(args: argparse.Namespace) -> int:
    return _vhost(args) if args.action is None else _fault(args)


def _vhost(args: argparse.Namespace) -> int:
    from ...lib.clock import RealClock
    from ...sim import SimAdapter, parse_chip, standard_bus
    from ...sim.vhost import serve

    clock = RealClock()
    if args.chip:
        adapter = SimAdapter(dict(map(parse_chip, args.chip)), clock=clock, frequency=None)
    else:
        adapter = standard_bus(clock)
    stop = Stop()
    with ExitStack() as stack:
        stack.enter_context(stopped_by_signals(stop))
        log("info", "waiting for a virtual machine", socket=args.vhost_user)
        if "run_dir" in args:
            _let_faults_in(adapter, Path(args.run_dir), stack)
        serve(adapter, Path(args.vhost_user), stop)
    return 0


def _let_faults_in(adapter: Adapter, run_dir: Path, stack: ExitStack) -> None:
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


def _fault(args: argparse.Namespace) -> int:
    """List, clear or inject, as there are words."""
    from ...ipc.services import sim as sim_service

    run_dir = meeting_of(args)
    if args.target is None:
        return _list({remote.pid: remote.faults() for remote in sim_service.simulating(run_dir)}, args)
    remote, target = sim_service.find(run_dir, args.target)
    if not args.words:
        concerned = [fault for fault in remote.faults() if fault["target"] in (str(target), target.bus)
                     or target.addr is None]  # fmt: skip
        return _list({remote.pid: concerned}, args)
    if args.words[0] == "clear":
        if args.words[1:]:
            raise Invalid(f"clear ends all faults of {target} and takes no further words: {' '.join(args.words[1:])}")
        remote.clear(target)
    else:
        remote.inject(target, args.words)
    return 0


def _list(found: dict[int, list[dict[str, Any]]], args: argparse.Namespace) -> int:
    faults = [{**fault, "pid": pid} for pid, some in found.items() for fault in some]
    if args.json:
        print_json(*faults)
    elif faults:
        print_lines(*map(_line, faults))
    else:
        print_note("no faults")
    return 0


def _line(fault: dict[str, Any]) -> str:
    """For example ``0-0076     nack count=3: 1 hit, 2 transfers left``."""
    said = [f"{fault['hits']} hit{'' if fault['hits'] == 1 else 's'}"]
    if fault.get("transfers_left") is not None:
        said.append(f"{fault['transfers_left']} transfers left")
    if fault.get("seconds_left") is not None:
        said.append(f"{fault['seconds_left']:.1f} s left")
    return f"{fault['target']:<10} {fault['words']}: {', '.join(said)}"
