"""Kill -9 at random moments, in the start too, while everything is being written; the files must then be consistent."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from .daemon import Service, middle
from .ledger import Ledger
from .writers import CONFIG, DEVICES, Writers, look

IN_START = 0.25  # of the kills: before the daemon is ready, at any moment of the time that takes
WRITING = 0.7  # s after that, at most


@dataclass
class Outcome:
    """Of all kills."""

    kills: int = 0
    in_start: int = 0
    acknowledged: int = 0
    restarts: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.in_start} of them in the start; {self.acknowledged} acknowledged writes; "
            f"s from exec to ready, shortest, median, longest: {middle(self.restarts)}"
        )


def run(kills: int, seed: int, writing: float = WRITING) -> Outcome:
    """``writing``: s from ready to the kill, at most.

    The same moments and values for the same seed, as far as the machine is the same.
    """
    random, outcome, ledger = Random(seed), Outcome(), Ledger()
    with TemporaryDirectory(prefix="i2cdrv-service-") as home:
        service = Service(Path(home), CONFIG)
        try:
            while outcome.kills < kills:
                _live(service, ledger, random, outcome, writing)
            outcome.restarts.append(service.start())
            outcome.wrong += [*ledger.look(look(service)), *_check(service)]
        finally:
            service.end()
        outcome.wrong += [f"left behind: {service.mounts()} mounts"] if service.mounts() else []
        outcome.wrong += service.mistakes()
    outcome.acknowledged = ledger.acknowledged
    return outcome


def _live(service: Service, ledger: Ledger, random: Random, outcome: Outcome, writing: float) -> None:
    """From a start to the next kill."""
    in_start, moment, seed = random.random() < IN_START, random.random(), random.getrandbits(32)
    outcome.kills += 1
    if in_start and outcome.restarts:
        service.spawn()
        if service.ready_within(moment * outcome.restarts[-1]) or not service.ended:
            outcome.in_start += 1
        else:
            outcome.wrong.append(f"kill {outcome.kills}: it did not start: {service.said().splitlines()[-1:]}")
        service.kill()
        return
    outcome.restarts.append(service.start())
    there = look(service)
    outcome.wrong += [f"kill {outcome.kills}: {one}" for one in [*ledger.look(there), *_check(service)]]
    with Writers(service, ledger, there, seed) as writers:
        time.sleep(moment * writing)
        service.until(lambda: ledger.acknowledged > 0)
        service.kill()
    outcome.wrong += [f"kill {outcome.kills}: {one}" for one in writers.wrong]


def _check(service: Service) -> list[str]:
    """Check the invariants of every start, whatever was written."""
    wrong = []
    devices = {one["device"]: (one["chip"], one["state"]) for one in service.call("Devices.ListDevices")["devices"]}
    for device, chip in DEVICES.items():
        if devices.get(device) != (chip, "live"):
            wrong.append(f"{device} is {devices.get(device)}")
    if missing := service.call("Daemon.Status")["missing"]:
        wrong.append(f"missing: {missing}")
    modules = {one["name"] for one in service.call("Modules.ListModules")["modules"]}
    if not modules >= {*DEVICES.values(), "lm75"}:
        wrong.append(f"modules: {sorted(modules)}")
    if service.mounts() != 1:
        wrong.append(f"{service.mounts()} trees are mounted")
    if list(service.state.parent.glob("*.corrupt")):
        wrong.append("the state file was damaged")
    return wrong
