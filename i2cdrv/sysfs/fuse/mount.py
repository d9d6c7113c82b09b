"""Mounting without libfuse: mount(2) for root, fusermount3 for others."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from ...errors import Error
from ...lib import mountpoint
from ...lib.hints import install

if TYPE_CHECKING:
    from pathlib import Path

MAX_STACKED_MOUNTS = 100
FUSERMOUNT_TIMEOUT_S = 10.0


def mount(target: Path) -> int:
    """Mount a tree and return its descriptor of /dev/fuse.  The mount of a killed server is removed first.

    Errors: Error without a usable /dev/fuse.
    """
    clear(target)
    return _as_root(target) if os.geteuid() == 0 else _as_user(target)


def clear(target: Path) -> None:
    """Remove mounts without a server (ENOTCONN; ECONNABORTED once, just after its death)."""
    for _ in range(MAX_STACKED_MOUNTS):
        try:
            os.statvfs(target)  # not stat, which the kernel answers from its cache without a server
        except OSError as fault:
            if fault.errno not in (errno.ENOTCONN, errno.ECONNABORTED):
                return
            unmount(target)
        else:
            return


def unmount(target: Path) -> None:
    """Unmount the tree; programs with open files get errors."""
    if os.geteuid() == 0:
        with suppress(OSError):  # it is not mounted any more
            mountpoint.detach(str(target))
    else:
        _unmount_as_user(target)


def _unmount_as_user(target: Path) -> None:
    import shutil
    import subprocess

    if helper := shutil.which("fusermount3"):
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(
                [helper, "-u", "-z", "--", target], check=False, capture_output=True, timeout=FUSERMOUNT_TIMEOUT_S
            )


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
    """Let fusermount3 open the device, mount, and send the descriptor through a socket."""
    import shutil  # root's daemon does without both
    import subprocess

    helper = shutil.which("fusermount3")
    if helper is None:
        raise Error(f"only root can mount without fusermount3: {install('fuse3')}", errno.ENOENT)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = [helper, "-o", "default_permissions,fsname=i2cdrv,subtype=i2cdrv", "--", str(target)]
        environment = {**os.environ, "_FUSE_COMMFD": str(theirs.fileno())}
        done = subprocess.run(command, env=environment, pass_fds=[theirs.fileno()], check=False, capture_output=True,
                              text=True, timeout=FUSERMOUNT_TIMEOUT_S)  # fmt: skip
        if done.returncode:
            raise Error(f"{target} cannot be mounted: {done.stderr.strip()}", errno.EPERM)
        _, fds, _, _ = socket.recv_fds(ours, 1, 1)
    os.set_inheritable(fds[0], False)
    return fds[0]
