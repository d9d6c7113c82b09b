"""Measure the cost of i2cdrv: ``python -m tests.system.bench [SECTION …] [--quick] [--json FILE]``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import i2cdrv

from . import atomics, cpu, goals, parameters, scale, service, startup, transfer, tree, watchers, wire
from .peers import say
from .rounds import FULL, QUICK
from .section import table
from .table import Table

SECTIONS: dict[str, Callable[[bool], Table]] = {
    "wire": lambda _quick: wire.run(),
    "cpu": lambda quick: cpu.run(QUICK if quick else FULL),
    "startup": lambda quick: startup.run(startup.QUICK if quick else startup.FULL),
    "transfer": lambda quick: table("transfer", transfer.SECTION, QUICK if quick else FULL),
    "service": lambda quick: service.run(QUICK if quick else FULL),
    "tree": lambda quick: tree.run(QUICK if quick else FULL),
    "scale": lambda quick: scale.run(quick=quick),
    "watchers": lambda quick: watchers.run(quick=quick),
    "atomics": lambda quick: table("atomics", atomics.SECTION, QUICK if quick else FULL),
    "parameters": lambda quick: table("parameters", parameters.SECTION, QUICK if quick else FULL),
    "goals": lambda quick: goals.run(QUICK if quick else FULL),
}


def main() -> int:
    options = arguments()
    machine = f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} processors"
    print(f"i2cdrv {i2cdrv.__version__}, {machine}, load {os.getloadavg()[0]:.1f}\n", flush=True)
    raw = {}
    for name in options.section or list(SECTIONS):
        say(f"{name} …")
        result = SECTIONS[name](options.quick)
        raw[name] = dict(result.raw)
        print(result, flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps({"machine": machine, **raw}, indent=1, ensure_ascii=False) + "\n")
    say("done")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.system.bench", description=__doc__)
    names = ", ".join(SECTIONS)
    parser.add_argument(
        "section", nargs="*", choices=[*SECTIONS, []], metavar="SECTION", help=f"{names} (default: all)"
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the raw figures, in s, there")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
