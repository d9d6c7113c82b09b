"""Mounting by a helper of systemd: the service itself may not mount (``i2cdrv-mount.socket``)."""

from __future__ import annotations

import errno
import os
import socket

SOCKET = "/run/i2cdrv-mount"  # as in config/i2cdrv-mount.socket
MOUNT_TIMEOUT_S = 10.0  # for the helper to start and to mount


def mount_again(address: str = SOCKET) -> int:
    """Have the service's tree mounted again; return its descriptor of /dev/fuse.

    Raises OSError, with the next step.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as helper:
            helper.settimeout(MOUNT_TIMEOUT_S)
            helper.connect(address)
            _, fds, _, _ = socket.recv_fds(helper, 1, 1, socket.MSG_CMSG_CLOEXEC)
    except OSError as fault:
        raise OSError(fault.errno or errno.ETIMEDOUT, f"{address}: {fault.strerror or fault}: {NEXT}") from None
    if not fds:
        raise OSError(errno.EIO, f"the helper could not mount it: {NEXT}")
    os.set_inheritable(fds[0], False)
    return fds[0]


NEXT = "journalctl -u 'i2cdrv-mount*', then systemctl restart i2cdrv"
