"""``i2cdrv daemon``: from the configuration to a service, until it is told to stop."""

from __future__ import annotations

import gc
import os
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config.config import Config
from ..config.options import CONFIG, cpus_of
from ..core.hub import ReadingHub
from ..core.model import DriverCore
from ..errors import Error
from ..i2c import inventory
from ..ipc import socket as control_socket
from ..lib.log.logger import log
from ..lib.version import __version__
from ..sysfs import tree as files
from ..sysfs.kernfs import Tree
from ..sysfs.mounted import mounted_tree
from . import mounter
from .adapters import Adapters
from .check import check
from .heartbeat import Heartbeat
from .hotplug import Hotplug
from .manager import DeviceManager
from .modules import ModuleManager
from .options import configuration, configure_log, state_dir
from .reconfigure import reconfigure
from .sdnotify import Notifier, watchdog_interval
from .signals import Signals
from .statefile import StateFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..config.config import Config
    from ..core.device import Device
    from ..core.i2cclient import I2cClient
    from ..ipc.varlink import Interface
    from .options import Options

TREE = "tree"  # the name of the descriptor that the mount helper hands over
FIRST_LOOK = 5.0  # s that the first look for all chips may take before the daemon says that it is ready
LAST = 0.7  # s that the chips have to be put to sleep
IDLE = 10.0  # s between two looks at the status, where there is no watchdog


class Daemon:
    """All its parts, for as long as it serves."""

    def __init__(
        self,
        options: Options,
        config: Config,
        run_dir: Path,
        notifier: Notifier,
        adapters: Callable[[DriverCore, Path, str | None], Adapters] = Adapters,
    ) -> None:
        self.options, self.run_dir, self.notifier = options, run_dir, notifier
        self.config_file = Path(options.config or CONFIG)
        self.signals = Signals()
        self.began = time.time()
        self.core, self.tree = DriverCore(self._start_sampling), Tree()
        files.build(self.tree, self.core)
        self.file = StateFile(state_dir(options, run_dir) / "state.json")
        self.adapters = adapters(self.core, run_dir, cpus_of(options.cpus, config)[0])
        self.readings = ReadingHub()
        loaded = ModuleManager(self.core, self.file, config)
        self.host = DeviceManager(self.core, self.adapters, loaded, self.file, self.readings.publish)
        self.problem = ""
        self.is_ready = False
        self._reloading = threading.Lock()

    def _start_sampling(self, client: I2cClient, device: Device[Any]) -> None:
        self.host.start_sampling(client, device)

    def serve(self, interfaces: Sequence[Interface], tree: int | None, dev: Path = inventory.DEV) -> None:
        """Serve until a signal ends it.  ``tree``: a descriptor of /dev/fuse that is mounted already."""
        with ExitStack() as stack:
            stack.enter_context(control_socket.serve_daemon(self.run_dir, interfaces))
            stack.enter_context(self.file.alone())
            path, group = self.run_dir / "sys", control_socket.group()
            stack.enter_context(mounted_tree(self.tree, path, gid=group, fd=tree, helper=mounter.mount_again))
            stack.callback(self._stop)
            stack.callback(Hotplug(dev, self.host.prober.look_again).stop)
            self.host.begin(self.signals.wake)
            self._look_first()
            if not self.signals.stop:
                self._serve_until_stopped()
            self.notifier.stopping()

    def _look_first(self) -> None:
        """Until every chip has been looked for once, or the daemon is told to stop."""
        deadline = time.monotonic() + FIRST_LOOK
        while not (self.signals.stop or self.host.prober.first_look.is_set()):
            if (left := deadline - time.monotonic()) <= 0:
                break
            self.signals.wait(left)

    def _serve_until_stopped(self) -> None:
        gc.freeze()  # what lives as long as the process is not looked through again and again
        self.notifier.ready(self.status())
        log("info", f"i2cdrv {__version__} is ready", pid=os.getpid(), serving=self.status())
        self.is_ready = True
        self._watch()

    def _watch(self) -> None:
        """Until the daemon is told to stop: feed the watchdog, tell how it goes, reload."""
        interval = watchdog_interval()
        pause = IDLE if interval is None else interval / 4
        pulse, said = Heartbeat(), self.status()
        late: list[str] = []
        while not self.signals.stop:
            self.signals.wait(pause)
            self._begin_reload()
            before, late = late, pulse.take(list(self.core.buses.values()))
            if not late:
                self.notifier.watchdog()
            elif late != before:
                log("error", f"no sign of life from {', '.join(late)}; the watchdog is not fed")
            if (status := self.status()) != said:
                said = status
                self.notifier.status(status)

    def status(self) -> str:
        """One line: how much is served, and what is not."""
        there = [client for client in list(self.core.clients.values()) if client.driver is not None]
        missing = [f"{one}: {one.reason}" for one in self.host.prober.missing()]
        problems = [*filter(None, (self.problem, self.file.problem)), *self.adapters.problems.values()]
        parts = [f"{len(there)} device{'' if len(there) == 1 else 's'}", *problems]
        parts += [f"{len(missing)} missing ({'; '.join(missing)})"] if missing else []  # last: the end may be cut off
        return ", ".join(parts)

    # Reloading.

    def _begin_reload(self) -> None:
        """If it was asked for; while one is under way, the next one waits, however often it is asked for."""
        if self.signals.reload and not self._reloading.locked():
            self.signals.reload = False
            threading.Thread(target=self.reload, name="reload", daemon=True).start()

    def reload(self) -> Error | None:
        """Read the configuration again and apply what is different; if it is bad nothing is, and the error says why."""
        with self._reloading:
            self.notifier.reloading()
            error = self._reconfigured()
            self.problem = "" if error is None else f"the configuration was not taken: {error.message}"
            log("info" if error is None else "error", self.problem or "the configuration was read again")
            self.notifier.ready(self.status())
        self.signals.wake()  # another one may have been asked for meanwhile
        return error

    def _reconfigured(self) -> Error | None:
        try:
            config = configuration(self.options)
            check(config)  # all of it, before anything is done
            configure_log(self.options, config)
            reconfigure(self.host, config, cpus_of(self.options.cpus, config)[0])
        except Error as error:
            return error
        return None

    def _stop(self) -> None:
        self.host.prober.stop()
        left = self.adapters.close(LAST)
        if left:
            log("warning", f"chips were not put to sleep in time on {', '.join(left)}")
        log("info", "stopped")
