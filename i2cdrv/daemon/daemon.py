"""``i2cdrv daemon``: a service from a configuration, until it is stopped."""

from __future__ import annotations

import gc
import os
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config.config import Config
from ..config.options import CONFIG, all_cpus
from ..core.hub import ReadingHub
from ..core.model import DriverCore
from ..errors import Error
from ..i2c import inventory
from ..ipc import socket as control_socket
from ..lib.log.logger import log
from ..lib.signals import Stop
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
from .statefile import StateFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..config.config import Config
    from ..config.options import Cpus
    from ..core.device import Device
    from ..core.i2cclient import I2cClient
    from ..ipc.varlink import Interface
    from .options import Options

SEARCH_TIMEOUT_S = 5.0  # for the first search for all devices, before the daemon reports that it is ready
STOP_TIMEOUT_S = 0.7  # to put the chips to sleep
STATUS_PERIOD_S = 10.0  # between two checks of the status without a watchdog


class Daemon:
    """All parts of the daemon while it serves."""

    def __init__(
        self,
        options: Options,
        config: Config,
        run_dir: Path,
        notifier: Notifier,
        adapters: Callable[[DriverCore, Path, Cpus], Adapters] = Adapters,
    ) -> None:
        self.options, self.run_dir, self.notifier = options, run_dir, notifier
        self.config_file = Path(options.config or CONFIG)
        self.stop = Stop()
        self.reload_requested = False
        self.began = time.time()
        self.core, self.tree = DriverCore(self._start_sampling), Tree()
        files.build(self.tree, self.core)
        self.file = StateFile(state_dir(options, run_dir) / "state.json")
        self.adapters = adapters(self.core, run_dir, all_cpus(options.cpus, config))
        self.readings = ReadingHub()
        loaded = ModuleManager(self.core, self.file, config)
        self.manager = DeviceManager(self.core, self.adapters, loaded, self.file, self.readings.publish)
        self.problem = ""
        self._reloading = threading.Lock()

    def _start_sampling(self, client: I2cClient, device: Device[Any]) -> None:
        self.manager.start_sampling(client, device)

    def serve(self, interfaces: Sequence[Interface], tree: int | None, dev: Path = inventory.DEV) -> None:
        """Serve until a signal ends it.  ``tree``: a descriptor of /dev/fuse that is already mounted."""
        with ExitStack() as stack:
            stack.enter_context(control_socket.serve_daemon(self.run_dir, interfaces, self.tree.settle))
            stack.enter_context(self.file.exclusive())
            path, group = self.run_dir / "sys", control_socket.group()
            stack.enter_context(mounted_tree(self.tree, path, gid=group, fd=tree, helper=mounter.mount_again))
            stack.callback(self._stop)
            stack.callback(Hotplug(dev, self.manager.prober.buses_changed).stop)
            self.manager.begin(self.stop.wakeup.set)
            self._search_first()
            if not self.stop.is_set():
                self._serve_until_stopped()
            self.notifier.stopping()

    def _search_first(self) -> None:
        """Wait for the first search for every device, or a signal to stop."""
        deadline = time.monotonic() + SEARCH_TIMEOUT_S
        while not (self.stop.is_set() or self.manager.prober.searched.is_set()):
            if (left := deadline - time.monotonic()) <= 0:
                break
            self.stop.wait(left)

    def _serve_until_stopped(self) -> None:
        gc.freeze()  # later collections skip the objects that live as long as the process
        self.notifier.ready(self.status())
        log("info", f"i2cdrv {__version__} is ready", pid=os.getpid(), serving=self.status())
        self._watch()

    def _watch(self) -> None:
        """Feed the watchdog, report the status and reload, until a signal to stop."""
        interval = watchdog_interval()
        pause = STATUS_PERIOD_S if interval is None else interval / 4
        heartbeat, reported = Heartbeat(), self.status()
        late: list[str] = []
        while not self.stop.is_set():
            self.stop.wait(pause)
            self._begin_reload()
            before, late = late, heartbeat.check(list(self.core.buses.values()))
            if not late:
                self.notifier.watchdog()
            elif late != before:
                log("error", "bus thread unresponsive", threads=", ".join(late), effect="the watchdog is not fed")
            if (status := self.status()) != reported:
                reported = status
                self.notifier.status(status)

    def status(self) -> str:
        """Return one line: the number of devices, the problems, and the missing devices."""
        bound = [client for client in list(self.core.clients.values()) if client.driver is not None]
        missing = [f"{one}: {one.reason}" for one in self.manager.prober.missing()]
        problems = [*filter(None, (self.problem, self.file.problem)), *self.adapters.problems.values()]
        parts = [f"{len(bound)} device{'' if len(bound) == 1 else 's'}", *problems]
        parts += (
            [f"{len(missing)} missing ({'; '.join(missing)})"] if missing else []
        )  # last: systemd may cut off the end
        return ", ".join(parts)

    # Reloading.

    def request_reload(self, *_: object) -> None:
        """Reload as soon as the main thread runs; a signal handler, so it takes no lock."""
        self.reload_requested = True
        self.stop.wakeup.set()

    def _begin_reload(self) -> None:
        """Start a requested reload; requests during a reload are merged into one more."""
        if self.reload_requested and not self._reloading.locked():
            self.reload_requested = False
            threading.Thread(target=self.reload, name="reload", daemon=True).start()

    def reload(self) -> Error | None:
        """Read the configuration again and apply the differences; return the error of an invalid one."""
        with self._reloading:
            self.notifier.reloading()
            error = self._reconfigured()
            self.problem = "" if error is None else f"the configuration was rejected: {error.message}"
            log("info" if error is None else "error", self.problem or "configuration reloaded")
            self.notifier.ready(self.status())
        self.stop.wakeup.set()  # another reload may have been requested meanwhile
        return error

    def _reconfigured(self) -> Error | None:
        try:
            config = configuration(self.options)
            check(config)  # all of it, before anything is done
            self.manager.modules.check_libraries(config)
            configure_log(self.options, config)
            reconfigure(self.manager, config, all_cpus(self.options.cpus, config))
        except Error as error:
            return error
        return None

    def _stop(self) -> None:
        self.manager.prober.stop()
        left = self.adapters.close(STOP_TIMEOUT_S)
        if left:
            log("warning", "chips not put to sleep in time", buses=", ".join(left))
        log("info", "stopped")
