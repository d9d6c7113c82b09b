"""Mounting without libfuse: mount(2) for root, fusermount3 for others."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

from ...errors import Error
from ...lib import mountpoint
from ...lib.hints import install

if TYPE_CHECKING:
    from pathlib import Path

STACKED = 100  # mounts above each other, at most
LIMIT = 10.0  # s for fusermount3


def mount(target: Path) -> int:
    """Mount a tree there; gives the descriptor that speaks FUSE.  What a killed server left is cleared away.

    Errors: Error where there is no /dev/fuse, or it may not be used.
    """
    clear(target)
    return _as_root(target) if os.geteuid() == 0 else _as_user(target)


def clear(target: Path) -> None:
    """Unmount what is mounted there without a server (ENOTCONN; ECONNABORTED once, just after it died)."""
    for _ in range(STACKED):
        try:
            os.statvfs(target)  # not stat: that is answered from what the kernel keeps, server or not
        except OSError as fault:
            if fault.errno not in (errno.ENOTCONN, errno.ECONNABORTED):
                return
            unmount(target)
        else:
            return


def unmount(target: Path) -> None:
    """Take the tree away; who has a file of it open keeps that, and gets errors."""
    if os.geteuid() == 0:
        with suppress(OSError):  # it is not mounted any more
            mountpoint.detach(str(target))
    elif helper := shutil.which("fusermount3"):
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run([helper, "-u", "-z", "--", target], check=False, capture_output=True, timeout=LIMIT)


def _as_root(target: Path) -> int:
    try:
        fd = os.open(mountpoint.DEVICE, os.O_RDWR | os.O_CLOEXEC)
    except OSError as fault:
        raise Error(f"{mountpoint.DEVICE} cannot be used: {fault.strerror}", fault.errno) from None
    try:
        mountpoint.attach_here(fd, str(target))
    except OSError as fault:
        os.close(fd)
        raise Error(f"{target} cannot be mounted: {fault.strerror}", fault.errno) from None
    return fd


def _as_user(target: Path) -> int:
    """fusermount3 opens the device, mounts, and sends the descriptor through a socket."""
    helper = shutil.which("fusermount3")
    if helper is None:
        raise Error(f"a user who is not root mounts with fusermount3: {install('fuse3')}", errno.ENOENT)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = [helper, "-o", "default_permissions,fsname=i2cdrv,subtype=i2cdrv", "--", str(target)]
        environment = {**os.environ, "_FUSE_COMMFD": str(theirs.fileno())}
        done = subprocess.run(command, env=environment, pass_fds=[theirs.fileno()], check=False, capture_output=True,
                              text=True, timeout=LIMIT)  # fmt: skip
        if done.returncode:
            raise Error(f"{target} cannot be mounted: {done.stderr.strip()}", errno.EPERM)
        _, fds, _, _ = socket.recv_fds(ours, 1, 1)
    os.set_inheritable(fds[0], False)
    return fds[0]
