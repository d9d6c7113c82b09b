"""A Debian with its systemd as process 1 of namespaces: no kernel of its own, and gone without trace when it ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tests.system.vm.progress import Command, Failed, last_lines, process

if TYPE_CHECKING:
    from collections.abc import Iterator

BOOT = Path(__file__).parent / "boot.sh"
PATIENCE = 60.0  # s
LAYERS = Path("/var/tmp")  # not a tmpfs, over which there may be no layers
PREFIX = "i2cdrv-machine-"
NAMESPACES = ["--mount", "--uts", "--ipc", "--pid", "--cgroup", "--root", "--wd"]
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}


class Machine:
    """The actions on a running machine.  ``pid``: of its systemd, as seen from here."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def run(
        self, *words: str, user: str = "", text: str = "", check: bool = True, limit: float = PATIENCE
    ) -> subprocess.CompletedProcess[str]:
        """Run a program there, as a user; ``text`` is its input."""
        who = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
        done = subprocess.run(
            ["nsenter", f"--target={self.pid}", *NAMESPACES, "--", *who, *words],
            input=text, capture_output=True, text=True, env=ENVIRONMENT, timeout=limit, check=False,
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"{' '.join(words)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def read(self, path: str) -> str:
        return self.run("cat", path).stdout

    def write(self, path: str, text: str) -> None:
        self.run("tee", path, text=text)

    def put(self, file: Path, path: str) -> None:
        """Copy a file of ours into it."""
        shutil.copy(file, f"/proc/{self.pid}/root{path}")


@contextmanager
def booted(root: Path, layer: Path) -> Iterator[Machine]:
    """A machine that runs while the block does.  ``layer``: keeps its changes, for another boot."""
    log = layer / "boot.log"
    with _cgroup(layer.name) as cgroup, log.open("wb") as output:
        command: Command = ["sh", "-c", 'echo $$ >"$0" && exec "$@"', cgroup / "cgroup.procs"]
        command += ["unshare", "--fork", "--kill-child", "--pid", "--mount", "--uts", "--ipc", "--cgroup"]
        command += ["--propagation=private", "sh", BOOT, root, layer]
        with process(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT) as child:
            yield _started(child, log)


@contextmanager
def layer() -> Iterator[Path]:
    """Return a directory for a machine's changes."""
    for old in LAYERS.glob(f"{PREFIX}*"):
        if not Path(f"/proc/{old.name.removeprefix(PREFIX).partition('-')[0]}").exists():  # its owner was killed
            _remove(_top() / old.name)
            shutil.rmtree(old)
    place = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=LAYERS))
    try:
        yield place
    finally:
        shutil.rmtree(place)


def _started(child: subprocess.Popen[bytes], log: Path) -> Machine:
    """The machine, once it has started everything."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and child.poll() is None:
        with suppress(StopIteration, subprocess.TimeoutExpired):
            machine = Machine(_child_of(child.pid))
            state = machine.run("systemctl", "is-system-running", "--wait", check=False).stdout.strip()
            if state in ("running", "degraded"):
                return machine
        time.sleep(0.05)
    raise Failed(f"it did not boot; its last words:\n{last_lines(log, 20)}")


def _child_of(pid: int) -> int:
    """Raises StopIteration if there is none."""
    stats = ((int(place.name), place / "stat") for place in Path("/proc").glob("[0-9]*"))
    return next(each for each, stat in stats if _parent(stat) == pid)


def _parent(stat: Path) -> int:
    with suppress(OSError):
        return int(stat.read_text().rpartition(")")[2].split()[1])
    return 0  # it has ended


@contextmanager
def _cgroup(name: str) -> Iterator[Path]:
    """A cgroup for the machine to think that there is no other."""
    place = _top() / name
    place.mkdir()
    try:
        yield place
    finally:
        _remove(place)


def _top() -> Path:
    """Where this machine's cgroups are."""
    mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    top = next((words[4] for words in mounts if "cgroup2" in words[words.index("-") :]), None)
    if top is None:
        raise Failed("there is no cgroup2 here: mount -t cgroup2 none /sys/fs/cgroup")
    return Path(top)


def _remove(place: Path) -> None:
    """Remove a cgroup with all in it, once the kernel has buried the last process."""
    until = time.monotonic() + PATIENCE
    for directory, _, _ in os.walk(place, topdown=False):
        while True:
            try:
                Path(directory).rmdir()
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)
