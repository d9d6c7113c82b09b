"""What systemd does as root beside the service: mount the tree for all programs to see, and take it away afterwards.

``python3 -m i2cdrv.daemon.mounthelper mount|unmount|mount-again PATH``.  The service has no right to mount, and has a
mount namespace of its own.  So the helper enters the namespace of process 1, mounts there, and gives the descriptor to
systemd, which gives it to the service.  If the tree is unmounted or covered while the service runs, it connects to a
socket of systemd, which starts ``mount-again`` with that connection as its input.

An error is printed and is no failure: the service then shows plain files, or asks again later.
"""

from __future__ import annotations

import errno
import os
import sys

from ..lib import mountpoint, trusted
from .sdnotify import Notifier

NAME = "tree"  # of the descriptor
ALL = 1  # process 1, whose mounts all others see that have none of their own


def main(arguments: list[str]) -> int:
    """Returns the exit status: 0, or 2 for a usage error."""
    actions = {"mount": mount, "unmount": unmount, "mount-again": mount_again}
    if len(arguments) != 2 or arguments[0] not in actions:
        print(f"usage: python3 -m i2cdrv.daemon.mounthelper {'|'.join(actions)} PATH", file=sys.stderr)
        return 2
    action, path = arguments
    try:
        mountpoint.enter_namespace_of(ALL)
        actions[action](path, Notifier())
    except OSError as fault:
        where = f"{fault.filename}: " if fault.filename not in (None, path) else ""
        print(f"i2cdrv: cannot {action} {path}: {where}{fault.strerror}", file=sys.stderr)
    return 0


def mount(path: str, manager: Notifier) -> None:
    """Mount a tree there, whose descriptor the service manager has in the end.  Raises OSError."""
    if not manager:
        raise OSError(errno.ENOTCONN, "no service manager to give it to; without one: i2cdrv daemon", path)
    unmount(path, manager)
    fd = _mounted(path)
    try:
        manager.fdstore(NAME, fd)
        if not manager.barrier():
            unmount(path, manager)
            raise OSError(errno.ETIMEDOUT, "the service manager does not take it", path)
    finally:
        os.close(fd)


def mount_again(path: str, _manager: Notifier) -> None:
    """Mount a tree there, also over other mounts; send the descriptor through the socket that is standard input.

    Raises OSError.
    """
    import socket

    if mountpoint.mounted(path)[-1:] == [mountpoint.TYPE]:
        mountpoint.detach(path, force=True)  # its server does not know of it
    fd = _mounted(path)
    try:
        with socket.socket(fileno=os.dup(0)) as service:
            socket.send_fds(service, [b"\0"], [fd])
    except OSError:
        mountpoint.detach(path, force=True)
        raise
    finally:
        os.close(fd)


def _mounted(path: str) -> int:
    """Mount there; return the descriptor of /dev/fuse that is to serve it."""
    fd = os.open(mountpoint.DEVICE, os.O_RDWR | os.O_CLOEXEC)
    try:
        if not mountpoint.mounted(path):
            _make(path)
        mountpoint.attach_here(fd, path)  # the owner of the run directory could put a link there meanwhile
    except OSError:
        os.close(fd)
        raise
    return fd


def unmount(path: str, manager: Notifier) -> None:
    """Take away what was mounted there, whether it is served or not, with the descriptor.  Raises OSError."""
    for kind in reversed(mountpoint.mounted(path)):
        if kind != mountpoint.TYPE:
            raise OSError(errno.EBUSY, f"something else is mounted there ({kind}); first: umount {path}", path)
        mountpoint.detach(path, force=True)
    manager.fdstore_remove(NAME)
    manager.barrier()


def _make(path: str) -> None:
    """Make the mount point if it is missing, in a directory that root or one other user alone can write to.

    That user is the service's, because root's unit names the path.  Raises OSError.
    """
    around = os.path.dirname(path)  # noqa: PTH120  # a Path's import would take longer than the rest
    owners = {os.lstat(around).st_uid}
    trusted.check_directory(around, owners)  # which is no link
    trusted.make_directory(path, owners=owners)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
