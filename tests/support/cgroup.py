"""A cgroup with a quota of processor time, version 2 or 1; needs root, and a machine that lets it make one."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path("/sys/fs/cgroup")
PERIOD_US = 100_000


class Unavailable(Exception):
    """No such cgroup can be made here; the text gives the reason."""


@contextmanager
def quota(percent: float) -> Iterator[Quota]:
    """Make a cgroup whose members have so much of one processor together.  Raises Unavailable."""
    made = _made(round(PERIOD_US * percent / 100))
    try:
        yield made
    finally:
        made.remove()


class Quota:
    """A cgroup.  ``parent``: where its members go at the end; ``threads``: its file for single threads."""

    def __init__(self, home: Path, parent: Path, threads: str) -> None:
        self._home, self._parent, self._threads = home, parent, threads

    def add(self, pid: int) -> None:
        """Limit a process."""
        (self._home / "cgroup.procs").write_text(str(pid))

    def add_thread(self, tid: int) -> None:
        """Limit one thread of a process, whose others have all the time they want."""
        (self._home / self._threads).write_text(str(tid))

    def release(self, pid: int) -> None:
        """Let a process have all the time again."""
        (self._parent / "cgroup.procs").write_text(str(pid))

    def throttled(self) -> int:
        """Return how many periods the members spent without a processor at their end."""
        stat = dict(line.split() for line in (self._home / "cpu.stat").read_text().splitlines())
        return int(stat["nr_throttled"])

    def remove(self) -> None:
        """End it; its members go back."""
        for pid in (self._home / "cgroup.procs").read_text().split():
            self.release(int(pid))
        for _ in range(50):  # a process that has just ended still counts for a moment
            try:
                self._home.rmdir()
            except OSError:
                time.sleep(0.02)
            else:
                return


def _made(quota_us: int) -> Quota:
    name = f"i2cdrv-test-{os.getpid()}"
    try:
        return _version_2(name, quota_us) if (ROOT / "cgroup.controllers").exists() else _version_1(name, quota_us)
    except OSError as fault:
        raise Unavailable(f"no cgroup with a quota can be made here: {fault}") from None


def _version_2(name: str, quota_us: int) -> Quota:
    if "cpu" not in (ROOT / "cgroup.subtree_control").read_text().split():
        (ROOT / "cgroup.subtree_control").write_text("+cpu")
    (ROOT / name).mkdir()
    (ROOT / name / "cpu.max").write_text(f"{quota_us} {PERIOD_US}")
    (ROOT / name / "cgroup.type").write_text("threaded")
    return Quota(ROOT / name, ROOT, "cgroup.threads")


def _version_1(name: str, quota_us: int) -> Quota:
    home = ROOT / "cpu" / name
    home.mkdir()
    (home / "cpu.cfs_period_us").write_text(str(PERIOD_US))
    (home / "cpu.cfs_quota_us").write_text(str(quota_us))
    return Quota(home, ROOT / "cpu", "tasks")
