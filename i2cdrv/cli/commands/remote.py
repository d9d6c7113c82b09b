"""Commands that a running process does: the daemon, or, for its own devices, one that serves in the foreground."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.reading import failure_of, faults_of, values_of
from ...errors import Error, Invalid, Unknown, nearest
from ...ipc import peers
from ...ipc.names import DAEMON, DEVICES
from ...ipc.varlink import Client, NoAnswer, NoServer
from ...lib import rundir
from ..console import meeting_of
from ..output import print_json, print_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

PATIENCE = 120.0  # s; a chip may measure for half a minute before it is ready, and a scan looks at all addresses


def daemon(run_dir: Path | None) -> Client | None:
    """The daemon that this process would meet; None if none runs.  Errors: Error if it may not be asked."""
    found = _status(run_dir)
    return None if found is None else found[0]


def _status(run_dir: Path | None) -> tuple[Client, dict[str, Any]] | None:
    """That daemon, and what it says of itself."""
    for place in rundir.places(run_dir):
        path = place / rundir.DAEMON
        with suppress(NoServer):
            return Client(path, PATIENCE), Client(path, peers.ANSWER_S).call(f"{DAEMON}.Status")
    return None


def _needed(args: argparse.Namespace) -> Client:
    run_dir = meeting_of(args)
    found = daemon(run_dir)
    if found is None:
        where = " or ".join(map(str, rundir.places(run_dir)))
        raise Unknown(f"no daemon runs in {where}: systemctl start i2cdrv, or i2cdrv daemon")
    return found


def load(client: Client, args: argparse.Namespace) -> int:
    """``i2cdrv load`` where a daemon runs: it serves the chip from now on, and will again when it is started anew."""
    from ...core import module  # which few commands need

    for option in ("once", "count", "record"):
        if getattr(args, option):
            raise Invalid(f"--{option} is for a bus that no daemon serves: {_instead(option, args)}")
    if args.cpus is not None:
        raise Invalid("--cpus is the daemon's to say: cpus in its configuration, then systemctl reload i2cdrv")
    asked: dict[str, Any] = {
        "module": module.located(args.module, Path.cwd()),  # the daemon has another directory
        "parameters": args.params,
        "bus": args.bus,
        "address": args.addr,
        "interval": args.interval,
        "force": args.force,
        "force_addr": args.force_addr,
        "force_id": args.force_id,
        "ignore_unknown": args.ignore_unknown,
    }
    try:
        done = client.call(f"{DAEMON}.Load", {name: value for name, value in asked.items() if value is not None})
    except Unknown as error:
        if not Path(asked["module"]).is_file():
            raise
        hint = "the service does not see home directories: copy the file to /usr/local/lib/i2cdrv, and load that"
        raise Unknown(f"{error.message}; {hint}") from None
    return _print(_device(client, done.get("device")), args)


def _print(device: dict[str, Any], args: argparse.Namespace) -> int:
    if args.json:
        print_json(device)
    else:
        print_lines(line(device))
    return 0


def _instead(option: str, args: argparse.Namespace) -> str:
    return {
        "once": "load it, then: i2cdrv read DEVICE",
        "count": f"load it, then: i2cdrv watch --count {args.count}",
        "record": f"load it, then: i2cdrv trace DEVICE --record {args.record}",
    }[option]


def reload(args: argparse.Namespace) -> None:
    """Let the daemon read its configuration again.  Errors: the mistake in it."""
    _needed(args).call(f"{DAEMON}.Reload")


def param(args: argparse.Namespace) -> int:
    found = peers.find(meeting_of(args), args.module)
    name, equals, value = (args.assignment or "").partition("=")
    name = name.replace("-", "_")
    if equals:
        found.store(name, os.fsencode(value))
        return 0
    shown = {key: text.decode("utf-8", "backslashreplace") for key, text in found.show().items()}
    if args.assignment and name not in shown:
        raise Unknown(f"{found.module} has no parameter {name!r} to read{nearest(name, shown)}; "
                      f"it has: {', '.join(shown)}")  # fmt: skip
    if args.json:
        print_json(shown[name] if name else shown)
    else:
        print_lines(*([shown[name]] if name else [f"{key}={value}" for key, value in shown.items()]))
    return 0


def unload(args: argparse.Namespace) -> int:
    _needed(args).call(f"{DAEMON}.Unload", {"module": args.module})
    return 0


def detect(client: Client, args: argparse.Namespace) -> dict[str, Any]:
    """What is on a bus, as Detect has it."""
    return client.call(f"{DAEMON}.Detect", {"bus": args.bus, "any_bus": args.any_bus})


def bind(args: argparse.Namespace) -> int:
    client, name = _find(args, args.device)
    asked = {"device": name} if args.module is None else {"device": name, "module": args.module}
    return _print(client.call(f"{DEVICES}.Bind", asked)["device"], args)


def unbind(args: argparse.Namespace) -> int:
    client, name = _find(args, args.device)
    client.call(f"{DEVICES}.Unbind", {"device": name})
    return 0


def new_device(args: argparse.Namespace) -> int:
    from ...i2c import inventory

    nr = 0 if args.bus == "sim" else inventory.parse_bus(args.bus)
    client = daemon(meeting_of(args)) or _serving(args, nr)
    forced = {key: True for key in ("force_addr", "force_id") if getattr(args, key)}
    asked = {"bus": nr, "chip": args.chip, "address": args.addr, **forced}
    return _print(client.call(f"{DEVICES}.NewDevice", asked)["device"], args)


def _serving(args: argparse.Namespace, nr: int) -> Client:
    """The process that has the bus."""
    there = (client for client, one in everywhere(meeting_of(args)) if one["bus"] == nr)
    return next(there, None) or _needed(args)


def delete_device(args: argparse.Namespace) -> int:
    client, name = _find(args, args.device)
    client.call(f"{DEVICES}.DeleteDevice", {"device": name})
    return 0


def everywhere(run_dir: Path | None) -> Iterator[tuple[Client, dict[str, Any]]]:
    """Every device of every process of this run directory."""
    for client, reply in peers.answers(run_dir, f"{DEVICES}.ListDevices"):
        yield from ((client, one) for one in reply["devices"])


def missing(run_dir: Path | None) -> list[dict[str, Any]]:
    """The chips that the daemon, if one runs, wants and does not have."""
    found = None
    with suppress(NoAnswer):  # its devices were asked for before: it is known to hang
        found = _status(run_dir)
    return [] if found is None else list(found[1]["missing"])


def _find(args: argparse.Namespace, name: str) -> tuple[Client, str]:
    """The process that has a device.  Raises Unknown."""
    known = []
    for client, one in everywhere(meeting_of(args)):
        known.append(one["device"])
        if one["device"] == name:
            return client, name
    there = f"there are: {', '.join(known)}" if known else "there is none; i2cdrv load or new-device makes one"
    raise Unknown(f"no running i2cdrv has a device {name}{nearest(name, known)}; {there}")


def _device(client: Client, name: str | None) -> dict[str, Any]:
    found: list[dict[str, Any]] = client.call(f"{DEVICES}.ListDevices")["devices"]
    for one in found:
        if one["device"] == name:
            return one
    raise Error(f"{name or 'the device'} is gone already: i2cdrv log shows why")


def line(device: dict[str, Any]) -> str:
    """For a person: ``1-0076     bme280     live     temp 21.47 °C``."""
    taint = f"  (tainted by {device['taint']})" if device.get("taint") else ""
    return f"{device['device']:<10} {device['chip']:<10} {device['state']:<8} {_values(device)}".rstrip() + taint


def _values(device: dict[str, Any]) -> str:
    reading = device.get("reading")
    if device["reason"] or reading is None:
        return str(device["reason"])
    if why := failure_of(reading):
        return f"no value: {why}"
    values = [f"{name} {channel['value']} {channel['unit']}" for name, channel in values_of(reading).items()]
    return ", ".join(values + [f"{name} no value: {why}" for name, why in faults_of(reading).items()])
