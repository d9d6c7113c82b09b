"""``i2cdrv doctor``: the state of this machine for i2cdrv, and a command that fixes each problem.

It changes nothing and contacts no chip.  Each module examines one part of a ``Machine`` and yields ``Finding``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...config.options import cpus_of
from ...lib import rundir
from ..output import print_json, print_lines
from . import buses, files, finding, host, kernel_drivers, processes, service
from .finding import Finding, Grade, problem
from .machine import Machine, Person

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Finding", "Grade", "Machine", "Person", "findings", "run"]


class Options(NamedTuple):
    """The options of ``i2cdrv doctor``."""

    config: str | None = None
    cpus: str | None = None
    json: bool = False
    run_dir: str | None = None


def run(options: Options) -> int:
    """Print the findings; return 1 if there is a problem."""
    found = []
    for one in findings(options, Machine()):
        found.append(one)
        if options.json:
            print_json(one._asdict())
    if not options.json:
        print_lines(*finding.as_text(found))
    return int(any(one.grade is Grade.PROBLEM for one in found))


def findings(options: Options, machine: Machine) -> Iterator[Finding]:
    """Yield all findings, topic by topic."""
    path = Path(options.config) if options.config else machine.etc / "i2cdrv/i2cdrv.yaml"
    config, finding_of_config = files.configuration(machine, path, named=options.config is not None)
    for topic in (
        host.machine_(machine),
        host.python(),
        buses.i2c(machine),
        buses.buses(machine),
        kernel_drivers.held(machine),
        host.fuse(machine),
        *(processes.run_directory(machine, run_dir) for run_dir in _run_dirs(options, machine)),
        service.service(machine),
        (finding_of_config,),
        files.state(machine),
        files.drivers(machine),
        host.cpus(machine, *cpus_of(options.cpus, config)),
        *(host.cpus_of_bus(machine, *each) for each in (config.service.cpus.items() if config else ())),
    ):
        try:
            yield from topic
        except OSError as fault:  # a file that this user may not read
            yield problem("doctor", f"could not look at everything: {fault}", "sudo i2cdrv doctor")


def _run_dirs(options: Options, machine: Machine) -> list[Path]:
    """Return the named directory; without one, the daemon's and the user's own."""
    if options.run_dir is not None:
        return [Path(options.run_dir)]
    own = rundir.default()
    return list(dict.fromkeys([machine.root / "run/i2cdrv", *([own] if own else [])]))
