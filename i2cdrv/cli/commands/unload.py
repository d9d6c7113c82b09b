"""``i2cdrv unload``: the daemon unloads a module and releases its devices."""

from __future__ import annotations

from typing import NamedTuple

from ...ipc import peers
from ...ipc.names import DAEMON
from ..console import search_dir


class Options(NamedTuple):
    """The arguments and options of ``i2cdrv unload``."""

    module: str
    run_dir: str | None = None


def run(options: Options) -> int:
    """Unload a module."""
    peers.need_daemon(search_dir(options.run_dir)).call(f"{DAEMON}.Unload", {"module": options.module})
    return 0
