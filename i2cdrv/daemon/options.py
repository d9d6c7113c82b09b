"""The options of the daemon's command line, and the settings that follow from them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from ..config.config import Config
from ..config.options import check_cpus, check_own_cpus, config_of, cpus_of
from ..lib import rundir
from ..lib.log.logger import log


class Options(NamedTuple):
    """The options.  ``config``, ``cpus``, ``log``, ``state_dir``: None if not given."""

    config: str | None = None
    cpus: str | None = None
    log: str | None = None
    run_dir: Path | None = None
    state_dir: str | None = None


def configuration(options: Options) -> Config:
    """Return the named configuration or the default one; an empty one if the default file does not exist."""
    config = config_of(options.config) or Config()
    cpus, where = cpus_of(options.cpus, config)
    if cpus is not None:
        check_cpus(cpus, where)
    check_own_cpus(config)
    return config


def configure_log(options: Options, config: Config) -> None:
    """Set the format and level of stderr; ``i2cdrv log`` shows all lines."""
    log.configure(options.log or config.service.format, config.service.level)


def state_dir(options: Options, run_dir: Path) -> Path:
    """Return the directory of the state file: as named, as set by systemd, or the usual one."""
    if options.state_dir is not None:
        return Path(options.state_dir)
    if given := os.environ.get("STATE_DIRECTORY"):
        return Path(given.partition(":")[0])
    if run_dir != rundir.default():
        return run_dir / "state"
    if os.geteuid() == 0:
        return Path("/var/lib/i2cdrv")
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "i2cdrv"
