"""``i2cdrv doctor``: what this machine has, what i2cdrv makes of it, and the command that mends what is wrong.

It changes nothing and reaches no chip.  Each room looks at one thing of a ``Machine`` and says what it found as
``Finding``; ``show`` prints them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...config.options import cpus_of
from ...lib import rundir
from ..output import print_json, print_lines
from . import buses, files, finding, host, kernel_drivers, processes, service
from .finding import Finding, Grade, problem
from .machine import Machine, Person

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

__all__ = ["Finding", "Grade", "Machine", "Person", "findings", "run"]


def run(args: argparse.Namespace) -> int:
    """Print what is found; 1 if something needs to be done."""
    found = []
    for one in findings(args, Machine()):
        found.append(one)
        if args.json:
            print_json(one._asdict())
    if not args.json:
        print_lines(*finding.as_text(found))
    return int(any(one.grade is Grade.PROBLEM for one in found))


def findings(args: argparse.Namespace, machine: Machine) -> Iterator[Finding]:
    """All of them, topic by topic.  ``args``: config and cpus, None if not said, and run_dir if it was."""
    path = Path(args.config) if args.config else machine.etc / "i2cdrv/i2cdrv.yaml"
    config, said = files.configuration(machine, path, asked=args.config is not None)
    for topic in (
        host.machine_(machine),
        host.python(),
        buses.i2c(machine),
        buses.buses(machine),
        kernel_drivers.held(machine),
        host.fuse(machine),
        *(processes.run_directory(machine, run_dir) for run_dir in _run_dirs(args, machine)),
        service.service(machine),
        (said,),
        files.state(machine),
        files.drivers(machine),
        host.cpus(machine, *cpus_of(args.cpus, config)),
    ):
        try:
            yield from topic
        except OSError as fault:  # a file that is there, but may not be looked at
            yield problem("doctor", f"could not look at everything: {fault}", "sudo i2cdrv doctor")


def _run_dirs(args: argparse.Namespace, machine: Machine) -> list[Path]:
    """The one that was asked for; else the daemon's, and this person's own."""
    if "run_dir" in args:
        return [Path(args.run_dir)]
    own = rundir.default()
    return list(dict.fromkeys([machine.root / "run/i2cdrv", *([own] if own else [])]))
