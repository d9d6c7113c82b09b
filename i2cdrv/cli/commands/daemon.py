"""``i2cdrv daemon``: this process serves the configured devices until it is stopped."""

from __future__ import annotations

from typing import NamedTuple

from ...daemon import options as daemon_options
from ...daemon import run as daemon
from ..console import search_dir


class Options(NamedTuple):
    """The options of ``i2cdrv daemon``."""

    config: str | None = None
    state_dir: str | None = None
    cpus: str | None = None
    log: str | None = None
    run_dir: str | None = None


def run(options: Options) -> int:
    """Serve until SIGTERM or SIGINT."""
    run_dir = search_dir(options.run_dir)
    return daemon.run(daemon_options.Options(options.config, options.cpus, options.log, run_dir, options.state_dir))
