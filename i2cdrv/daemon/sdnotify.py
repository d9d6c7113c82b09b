"""What is said to systemd, and what it hands over: sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3).

Without systemd nothing is said, and nothing handed over.
"""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False  # as in __init__: the mount helper is started twice with every start of the service

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence

FIRST_FD = 3  # SD_LISTEN_FDS_START
BARRIER = 5.0  # s that systemd may take to have heard all that was said
MAX_STATUS_BYTES = 1024  # systemd drops messages above PIPE_BUF, 4096 bytes (NOTIFY_BUFFER_MAX)


class Notifier:
    """Speaks to the service manager that started this process, if one did."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        where = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + where[1:] if where.startswith("@") else where  # @: a name that is no file

    def __bool__(self) -> bool:
        """Whether somebody hears it."""
        return bool(self._address)

    def ready(self, status: str = "") -> None:
        """Report that the service is up, or has been reloaded; then its status, which may be refused on its own."""
        self._say("READY=1")
        if status:
            self.status(status)

    def status(self, text: str) -> None:
        """One line for ``systemctl status``."""
        self._say(f"STATUS={_line(text)}")

    def reloading(self) -> None:
        """The configuration is being read again; ``ready`` ends that."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        self._say("STOPPING=1")

    def watchdog(self) -> None:
        """The service is alive."""
        self._say("WATCHDOG=1")

    def fdstore(self, name: str, fd: int) -> None:
        """Let the manager keep a descriptor, which it gives to the main process it starts next (``listen_fds``).

        It drops one that has an error or is hung up by itself: of /dev/fuse, once that is unmounted.
        """
        self._say("FDSTORE=1", f"FDNAME={name}", fds=[fd])

    def fdstore_remove(self, name: str) -> None:
        """Let the manager close what it keeps under that name."""
        self._say("FDSTOREREMOVE=1", f"FDNAME={name}")

    def barrier(self, timeout: float = BARRIER) -> bool:
        """Wait until the manager has heard all that was said; False if it has not within the time, or there is none."""
        import select

        ours, theirs = os.pipe2(os.O_CLOEXEC)
        try:
            heard = self._say("BARRIER=1", fds=[theirs])
        finally:
            os.close(theirs)
        end = select.poll()  # the manager closes its copy when it comes to this message
        end.register(ours, 0)
        try:
            return heard and bool(end.poll(timeout * 1000))
        finally:
            os.close(ours)

    def _say(self, *lines: str, fds: Sequence[int] = ()) -> bool:
        """True if it was said; a manager that cannot be reached is no reason to stop working."""
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
    """The descriptors that the service manager hands over, by name; no child gets them, and nobody is told twice.

    Of several with one name it is the last; the others are closed.
    """
    count, pid, names = (environment.pop(f"LISTEN_{what}", "") for what in ("FDS", "PID", "FDNAMES"))
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
    """Seconds without ``Notifier.watchdog`` after which the manager kills this process; None if it never does."""
    micros, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not micros.isdecimal() or int(micros) == 0 or pid not in ("", str(os.getpid())):
        return None
    return int(micros) / 1e6
