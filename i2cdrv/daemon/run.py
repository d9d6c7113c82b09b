"""The start of the daemon: its options, configuration and interfaces."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from ..errors import Invalid
from ..ipc.services import process, transfer
from ..kthread.affinity import restrict_helpers
from ..lib import rundir
from ..lib.signals import STOP_SIGNALS, handling, stopped_by_signals
from . import control
from .daemon import Daemon
from .options import Options, configuration, configure_log
from .sdnotify import Notifier, listen_fds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..ipc.varlink import Interface

TREE = "tree"  # the name of the descriptor from the mount helper


def run(options: Options) -> int:
    """Serve until SIGTERM or SIGINT."""
    handed_over, notifier = listen_fds(), Notifier()
    if TREE in handed_over:
        notifier.fdstore_remove(TREE)
    config = configuration(options)
    configure_log(options, config)
    if (run_dir := options.run_dir) is None:
        raise Invalid("a daemon needs a run directory: i2cdrv daemon --run-dir DIR")
    rundir.check(run_dir)
    restrict_helpers()
    daemon = Daemon(options, config, run_dir, notifier)
    with stopped_by_signals(daemon.stop, STOP_SIGNALS), handling((signal.SIGHUP,), daemon.request_reload):
        daemon.serve(interfaces(daemon), handed_over.get(TREE))
    return 0


def interfaces(daemon: Daemon) -> Sequence[Interface]:
    """Return the interfaces of the daemon for other processes."""
    return [
        *process.interfaces(daemon.core, daemon.adapters, daemon.readings),
        control.interface(daemon),
        transfer.interface(lambda word: daemon.adapters.present(daemon.manager.config.service.bus(word))),
    ]
