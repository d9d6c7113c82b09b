"""A daemon as its users run it: a process, in directories of its own, that can be killed and started again."""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from i2cdrv.ipc.varlink import Client
from i2cdrv.lib import rundir
from i2cdrv.sysfs import fuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PATIENCE = 120.0  # s for a start on a machine that others use too
MISTAKES = ("Traceback", "control method failed", "a file of the tree failed", "failed by a mistake", "refcount_t")
LOOK = 0.1  # s between two looks whether it lives still
ENDED = ""
LISTENED = 4096  # bytes of a message to the service manager, at most


class Service:
    """The directories of one daemon, and the process that serves them just now.

    ``killed``: whether later failures are caused by this test.
    """

    def __init__(self, home: Path, config: str) -> None:
        self.run_dir, self.state = home / "run", home / "state/state.json"
        self.config, self.log = home / "i2cdrv.yaml", home / "log"
        self.config.write_text(config)
        self.killed = True
        self.process: subprocess.Popen[bytes] | None = None
        self.client = Client(self.run_dir / rundir.DAEMON, PATIENCE)
        self._address = home / "notify"
        self._heard: queue.SimpleQueue[str] = queue.SimpleQueue()

    @property
    def tree(self) -> Path:
        """Where its files are."""
        return self.run_dir / "sys"

    @property
    def command(self) -> list[str]:
        """The command that starts it."""
        words = ["--config", self.config, "--run-dir", self.run_dir, "--state-dir", self.state.parent, "--log", "json"]
        return [sys.executable, "-m", "i2cdrv", "daemon", *map(str, words)]

    def spawn(self, **options: Any) -> subprocess.Popen[bytes]:
        """Start it without waiting.  ``options``: of Popen."""
        manager = self._listen()
        environment = {**os.environ, "NOTIFY_SOCKET": str(self._address)}
        with self.log.open("ab") as log:
            given = {"stderr": log, "stdin": subprocess.DEVNULL, **options}
            self.process = subprocess.Popen(self.command, env=environment, **given)
        self._heard = queue.SimpleQueue()
        threading.Thread(target=_hear, args=(manager, self.process, self._heard), daemon=True).start()
        self.killed = False
        return self.process

    def start(self) -> float:
        """Start it and wait until it reports ready; return the seconds that took."""
        began = time.monotonic()
        self.spawn()
        if not self.ready_within(PATIENCE):
            raise AssertionError(f"not ready within {PATIENCE} s: {self.said()}")
        return time.monotonic() - began

    def _listen(self) -> socket.socket:
        """Be its service manager: a socket for each start, so that messages of a killed one are not received."""
        self._address.unlink(missing_ok=True)
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind(str(self._address))
        manager.settimeout(LOOK)
        return manager

    def ready_within(self, seconds: float) -> bool:
        """Return whether it sends READY=1 in that time; False as soon as it ends."""
        return self.hears("READY=1", seconds)

    def hears(self, word: str, seconds: float = PATIENCE) -> bool:
        """Return whether it sends its service manager a new message with that word in it."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                said = self._heard.get(timeout=left)
            except queue.Empty:
                return False
            if word in said:
                return True
            if said == ENDED:
                return False
        return False

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self.process is None or self.process.poll() is not None

    def kill(self) -> None:
        """SIGKILL, at once."""
        assert self.process is not None
        self.killed = True
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = PATIENCE) -> int:
        """SIGTERM; gives the exit status.  Raises TimeoutExpired."""
        assert self.process is not None
        self.killed = True
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def end(self) -> None:
        """Leave nothing behind."""
        if not self.ended:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()
        fuse.clear(self.tree)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A control call, as ``Daemon.Status``."""
        return self.client.call(f"io.i2cdrv.{method}", parameters)

    # Its state seen from outside.

    def said(self) -> str:
        """Its log so far, of all its lives."""
        return self.log.read_text(errors="backslashreplace")

    def mistakes(self) -> list[str]:
        """Lines of the log that no user should ever see."""
        return [line for line in self.said().splitlines() if any(word in line for word in MISTAKES)]

    def mounts(self) -> int:
        """How many trees are mounted at its place."""
        return _mounts(self.tree)

    def runs(self, name: str = "runs") -> int:
        """One of the figures of the bus thread."""
        return int((self.tree / "devices/i2c-0/kthread" / name).read_text())

    def until(self, so: Callable[[], bool], seconds: float = PATIENCE) -> bool:
        """Whether that becomes so within the time."""
        deadline = time.monotonic() + seconds
        while not (done := so()) and time.monotonic() < deadline:
            time.sleep(LOOK / 2)
        return done

    def memory(self) -> int:
        """KiB that it has in memory."""
        return int(_status(self._pid)["VmRSS"].split()[0])

    def threads(self) -> int:
        """How many it has."""
        return int(_status(self._pid)["Threads"])

    def descriptors(self) -> int:
        """How many files it has open, without the lock that each device has."""
        return sum(one.parent != self._locks for one in self._files())

    def claims(self) -> set[str]:
        """The devices whose lock it has open."""
        return {one.stem for one in self._files() if one.parent == self._locks}

    @property
    def _locks(self) -> Path:
        return (self.run_dir / "devices").resolve()

    def _files(self) -> Iterator[Path]:
        for one in Path(f"/proc/{self._pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                yield one.readlink()

    @property
    def _pid(self) -> int:
        assert self.process is not None
        return self.process.pid


def _hear(manager: socket.socket, process: subprocess.Popen[bytes], heard: queue.SimpleQueue[str]) -> None:
    """Collect its messages as they arrive, for the kernel keeps only a few; ENDED when it has ended."""
    with manager:
        while True:
            try:
                heard.put(manager.recv(LISTENED).decode())
            except TimeoutError:
                if process.poll() is not None:
                    break
    heard.put(ENDED)


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":", 1) for line in lines)


def _mounts(path: Path) -> int:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return sum(line.split()[4] == str(path) for line in lines)


def middle(numbers: Sequence[float]) -> str:
    """Smallest, median, greatest."""
    found = sorted(numbers)
    return f"{found[0]:.2f}, {found[len(found) // 2]:.2f}, {found[-1]:.2f}" if found else "-"
