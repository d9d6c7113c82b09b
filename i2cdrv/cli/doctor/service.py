"""The daemon as a systemd service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .finding import Finding, note, ok, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .machine import Machine

SHOW = ("systemctl", "show", "i2cdrv", "-p", "LoadState,ActiveState,SubState,Result,NRestarts,UnitFileState")
JOURNAL = "journalctl -u i2cdrv -n 20"


def service(machine: Machine) -> Iterator[Finding]:
    if not machine.has_systemd:
        yield ok("service", "systemd does not run here; i2cdrv load works without a daemon")
        return
    shown = machine.run(SHOW)
    if shown is None:
        yield note("service", "systemctl does not answer", "systemctl status i2cdrv")
    else:
        yield _unit(dict(line.split("=", 1) for line in shown.splitlines() if "=" in line))


def _unit(unit: dict[str, str]) -> Finding:
    load, active, enabled = unit.get("LoadState"), unit.get("ActiveState"), unit.get("UnitFileState")
    state = f"i2cdrv.service is {active} ({unit.get('SubState')}), {enabled or 'not enabled'}"
    restarts = unit.get("NRestarts", "0")
    if load == "not-found":
        return ok("service", "i2cdrv is not installed as a service; i2cdrv load works without a daemon")
    if enabled == "masked":
        return note("service", "i2cdrv.service is masked: it cannot be started", "sudo systemctl unmask i2cdrv")
    if active == "failed" or unit.get("SubState") == "auto-restart":
        return problem("service", f"{state}, result {unit.get('Result')}, restarted {restarts} times", JOURNAL)
    if active == "inactive":
        start = "sudo systemctl start i2cdrv" if enabled == "enabled" else "sudo systemctl enable --now i2cdrv"
        return note("service", state, start)
    if restarts not in ("", "0"):
        return note("service", f"{state}, but was restarted {restarts} times", JOURNAL)
    return ok("service", state)
