"""``i2cdrv bind``, ``unbind`` and ``delete-device``: changes of a device that exists."""

from __future__ import annotations

from typing import NamedTuple

from ...ipc import peers
from ...ipc.names import DEVICES
from ..console import search_dir
from ..devicelines import print_device


class Options(NamedTuple):
    """The arguments and options of these commands; ``module``, ``json``: of ``bind`` alone."""

    device: str
    module: str | None = None
    json: bool = False
    run_dir: str | None = None


def bind(options: Options) -> int:
    """Bind a driver to a device."""
    module = {} if options.module is None else {"module": options.module}
    return print_device(_call(options, "Bind", module)["device"], json=options.json)


def unbind(options: Options) -> int:
    """Unbind the driver of a device."""
    _call(options, "Unbind")
    return 0


def delete_device(options: Options) -> int:
    """Remove a device that new-device, or load in the daemon, has created."""
    _call(options, "DeleteDevice")
    return 0


def _call(options: Options, method: str, further: dict[str, str] | None = None) -> dict[str, dict[str, object]]:
    client = peers.find_device(search_dir(options.run_dir), options.device)
    return client.call(f"{DEVICES}.{method}", {"device": options.device, **(further or {})})
