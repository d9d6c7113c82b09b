"""The mount helper, which systemd runs as root beside the service: it mounts and unmounts the tree for all programs.

``python3 -m i2cdrv.daemon.mounthelper mount|unmount|mount-again PATH``.  The service may not mount and has its own
mount namespace.  So the helper enters the namespace of process 1, mounts there, and passes the descriptor to systemd,
which passes it to the service.  If the tree is unmounted or covered while the service runs, the service connects to a
socket of systemd, which starts ``mount-again`` with that connection as its input.

An error is printed and is not a failure: the service then shows plain files, or tries again later.
"""

from __future__ import annotations

import errno
import os
import sys

from ..lib import mountpoint, trusted
from .sdnotify import Notifier

DESCRIPTOR = "tree"  # its name in systemd's store
INIT_PID = 1  # all processes without a mount namespace of their own see its mounts


def main(arguments: list[str]) -> int:
    """Run the action; return the exit status: 0, or 2 for a usage error."""
    actions = {"mount": mount, "unmount": unmount, "mount-again": mount_again}
    if len(arguments) != 2 or arguments[0] not in actions:
        print(f"usage: python3 -m i2cdrv.daemon.mounthelper {'|'.join(actions)} PATH", file=sys.stderr)
        return 2
    action, path = arguments
    try:
        mountpoint.enter_namespace_of(INIT_PID)
        actions[action](path, Notifier())
    except OSError as fault:
        where = f"{fault.filename}: " if fault.filename not in (None, path) else ""
        print(f"i2cdrv: cannot {action} {path}: {where}{fault.strerror}", file=sys.stderr)
    return 0


def mount(path: str, manager: Notifier) -> None:
    """Mount a tree and store its descriptor in the service manager.  Raises OSError."""
    if not manager:
        raise OSError(errno.ENOTCONN, "no service manager to store it; without one: i2cdrv daemon", path)
    unmount(path, manager)
    fd = _mounted(path)
    try:
        manager.fdstore(DESCRIPTOR, fd)
        if not manager.barrier():
            unmount(path, manager)
            raise OSError(errno.ETIMEDOUT, "the service manager does not accept it", path)
    finally:
        os.close(fd)


def mount_again(path: str, _manager: Notifier) -> None:
    """Mount a tree, also over other mounts; send the descriptor through the socket at standard input.

    Raises OSError.
    """
    import socket

    if mountpoint.mounted(path)[-1:] == [mountpoint.TYPE]:
        mountpoint.detach(path, force=True)  # its server does not know it
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
    """Mount; return the descriptor of /dev/fuse for its server."""
    fd = os.open(mountpoint.DEVICE, os.O_RDWR | os.O_CLOEXEC)
    try:
        if not mountpoint.mounted(path):
            _make(path)
        mountpoint.attach_here(fd, path)  # the owner of the run directory could create a link meanwhile
    except OSError:
        os.close(fd)
        raise
    return fd


def unmount(path: str, manager: Notifier) -> None:
    """Unmount the tree, served or not, and drop the descriptor.  Raises OSError."""
    for kind in reversed(mountpoint.mounted(path)):
        if kind != mountpoint.TYPE:
            raise OSError(errno.EBUSY, f"something else is mounted there ({kind}); first: umount {path}", path)
        mountpoint.detach(path, force=True)
    manager.fdstore_remove(DESCRIPTOR)
    manager.barrier()


def _make(path: str) -> None:
    """Create a missing mount point, in a directory that only root or one other user can write to.

    That user is the service's: root's unit names the path.  Raises OSError.
    """
    around = os.path.dirname(path)  # noqa: PTH120  # a Path's import would take longer than the rest
    owners = {os.lstat(around).st_uid}
    trusted.check_directory(around, owners)  # it is not a link
    trusted.make_directory(path, owners=owners)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
