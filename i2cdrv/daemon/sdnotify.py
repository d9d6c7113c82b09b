"""Messages to systemd and descriptors from it: sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3).

Without systemd no message is sent, and there are no descriptors.
"""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False  # as in __init__: the mount helper is started twice with every start of the service

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence

FIRST_FD = 3  # SD_LISTEN_FDS_START
BARRIER_TIMEOUT_S = 5.0  # for systemd to process all earlier messages
MAX_STATUS_BYTES = 1024  # systemd drops messages above PIPE_BUF, 4096 bytes (NOTIFY_BUFFER_MAX)


class Notifier:
    """The service manager that started this process, if there is one."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        where = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + where[1:] if where.startswith("@") else where  # @: an abstract socket

    def __bool__(self) -> bool:
        """Return whether there is a service manager."""
        return bool(self._address)

    def ready(self, status: str = "") -> None:
        """Report that the service is up, or has been reloaded; then its status, which may be refused on its own."""
        self._send("READY=1")
        if status:
            self.status(status)

    def status(self, text: str) -> None:
        """Set the line that ``systemctl status`` shows."""
        self._send(f"STATUS={_line(text)}")

    def reloading(self) -> None:
        """Report that the configuration is being read again; ``ready`` ends that."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def watchdog(self) -> None:
        """Report that the service works."""
        self._send("WATCHDOG=1")

    def fdstore(self, name: str, fd: int) -> None:
        """Store a descriptor in the manager, which passes it to the next main process (``listen_fds``).

        The manager drops a descriptor with an error or hang-up: of /dev/fuse, once the tree is unmounted.
        """
        self._send("FDSTORE=1", f"FDNAME={name}", fds=[fd])

    def fdstore_remove(self, name: str) -> None:
        """Close the stored descriptors of that name."""
        self._send("FDSTOREREMOVE=1", f"FDNAME={name}")

    def barrier(self, timeout: float = BARRIER_TIMEOUT_S) -> bool:
        """Wait until the manager has processed all messages; return False after the time, or without a manager."""
        import select

        ours, theirs = os.pipe2(os.O_CLOEXEC)
        try:
            sent = self._send("BARRIER=1", fds=[theirs])
        finally:
            os.close(theirs)
        end = select.poll()  # the manager closes its copy when it processes this message
        end.register(ours, 0)
        try:
            return sent and bool(end.poll(timeout * 1000))
        finally:
            os.close(ours)

    def _send(self, *lines: str, fds: Sequence[int] = ()) -> bool:
        """Send a message; return False without a reachable manager, which is not an error."""
        if not self._address:
            return False
        import socket

        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
                channel.connect(self._address)
                socket.send_fds(channel, ["\n".join(lines).encode()], list(fds))
        except OSError:
            return False
        return True


def _line(text: str) -> str:
    """Return the text on one line, valid and short enough for systemd, with … where something is missing."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    data = line.encode()
    if len(data) <= MAX_STATUS_BYTES:
        return data.decode()
    return data[: MAX_STATUS_BYTES - len("…".encode())].decode("utf-8", "ignore") + "…"


def listen_fds(environment: MutableMapping[str, str] = os.environ) -> dict[str, int]:
    """Return the descriptors from the service manager by name, once; children do not inherit them.

    Of several with one name it is the last; the others are closed.
    """
    count, pid, names = (environment.pop(f"LISTEN_{key}", "") for key in ("FDS", "PID", "FDNAMES"))
    if pid != str(os.getpid()) or not count.isdecimal():
        return {}
    words = names.split(":") if names else []
    fds: dict[str, int] = {}
    for at in range(int(count)):
        name, fd = words[at] if at < len(words) else "unknown", FIRST_FD + at
        os.set_inheritable(fd, False)
        if name in fds:
            os.close(fds[name])
        fds[name] = fd
    return fds


def watchdog_interval(environment: Mapping[str, str] = os.environ) -> float | None:
    """Return the seconds without ``Notifier.watchdog`` after which the manager kills this process; None for never."""
    micros, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not micros.isdecimal() or int(micros) == 0 or pid not in ("", str(os.getpid())):
        return None
    return int(micros) / 1e6
