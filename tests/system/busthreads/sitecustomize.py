"""Watches the bus threads of a process: after their start they import nothing, and open only their own files.

A child of the test suite finds this file on PYTHONPATH and reports to the file that I2CDRV_BUS_THREADS names; the suite
itself calls ``watch``.  Nothing is imported here that the interpreter has not imported itself.
"""

import _thread
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

REPORT = "I2CDRV_BUS_THREADS"
FROM = ("/proc/self/", "/proc/thread-self/", "/dev/i2c-", "<")  # own entries, the bus device; <string>: no file
DEPTH = 25  # calls that a report shows


def _bus_thread() -> str:
    """Give the name of the calling thread if it is a bus thread or its watchdog, else nothing."""
    threading = sys.modules.get("threading")
    thread = getattr(threading, "_active", {}).get(_thread.get_ident())
    name = getattr(thread, "_name", "")
    return name if name.startswith("i2c-") else ""


def _is_own(path: object) -> bool:
    """Whether a bus thread may open the file: the bus, its published readings, its own entries in /proc."""
    if not isinstance(path, str):
        return isinstance(path, int)  # a descriptor that is open
    own = (*FROM, os.environ.get(REPORT, "<"), f"/proc/{os.getpid()}/", f"/proc/{_thread.get_native_id()}/")
    return path.startswith(own) or (os.path.basename(os.path.dirname(path)) == "devices" and path.endswith(".new"))  # noqa: PTH119, PTH120


def _calls(frame: "FrameType | None") -> str:
    lines: list[str] = []
    while frame is not None and len(lines) < DEPTH:
        lines.append(f"  {frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}")
        frame = frame.f_back
    return "\n".join(lines)


def watch(report: "Callable[[str], object]") -> None:
    """Report each import and each forbidden open of a bus thread of this process, from now on."""

    def hook(event: str, args: "tuple[object, ...]") -> None:
        if event not in ("import", "open") or not (name := _bus_thread()):
            return
        if event == "import" or not _is_own(os.fspath(args[0]) if isinstance(args[0], os.PathLike) else args[0]):
            report(f"{name}: {event} {args[0]!r}\n{_calls(sys._getframe(1))}\n")

    sys.addaudithook(hook)


def append(path: str, text: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(fd, text.encode())
    os.close(fd)


if REPORT in os.environ and __name__ == "sitecustomize":
    watch(lambda text: append(os.environ[REPORT], text))
