"""``i2cdrv load``: the daemon loads the module, if one runs; otherwise this process serves the device itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import Invalid, Unknown
from ...lib import rundir
from .loadoptions import Options

if TYPE_CHECKING:
    from ...ipc.varlink import Client

INSTEAD = {
    "once": "--once is for a bus that no daemon serves: load it, then: i2cdrv read DEVICE",
    "limit": "--count is for a bus that no daemon serves: load it, then: i2cdrv watch --count {limit}",
    "record": "--record is for a bus that no daemon serves: load it, then: i2cdrv trace DEVICE --record {record}",
}


def run(options: Options) -> int:
    """Load a module.  A simulated or replayed bus goes to a daemon only if its run directory is named."""
    run_dir = options.own_dir
    if run_dir is not None and rundir.has_daemon(run_dir):
        from ...ipc import peers

        if (client := peers.daemon(run_dir)) is not None:
            return _load_in_daemon(client, options)
    from . import foreground

    return foreground.load(options)


def _load_in_daemon(client: Client, options: Options) -> int:
    """Let the daemon load the module, now and after each restart."""
    from ...core import module
    from ...ipc.names import DAEMON
    from .. import devicelines

    _check(options)
    wanted: dict[str, Any] = {
        "module": module.located(options.module, Path.cwd()),  # the daemon has another working directory
        "parameters": list(options.params),
        "bus": options.bus,
        "address": options.addr,
        "interval": options.interval,
        "force": options.force,
        "force_addr": options.force_addr,
        "force_id": options.force_id,
        "ignore_unknown": options.ignore_unknown,
    }
    try:
        done = client.call(f"{DAEMON}.Load", {name: value for name, value in wanted.items() if value is not None})
    except Unknown as error:
        if not Path(wanted["module"]).is_file():
            raise
        hint = "the service does not see home directories: copy the file to /usr/local/lib/i2cdrv, and load that"
        raise Unknown(f"{error.message}; {hint}") from None
    return devicelines.print_device(devicelines.device(client, done.get("device")), json=options.json)


def _check(options: Options) -> None:
    """Raise Invalid for an option that only a process of its own can honour, with the command to use instead."""
    for name, message in INSTEAD.items():
        if getattr(options, name):
            raise Invalid(message.format(**options._asdict()))
    if options.cpus is not None:
        raise Invalid("--cpus belongs to the daemon: set cpus in its configuration, then systemctl reload i2cdrv")
