"""The process in which a command runs: its signals, and its paths."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Invalid
from ..lib import rundir
from ..lib.signals import SignalBell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

    from ..config import Config

    Handler = Callable[[int, FrameType | None], object]

CONFIG = "/etc/i2cdrv/i2cdrv.yaml"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # each ends the work in order: the chip is put to sleep


def config_of(args: argparse.Namespace) -> Config | None:
    """The file that was asked for, or the usual one; None if there is none."""
    path = Path(args.config or CONFIG)
    if args.config is None and is_missing(path):
        return None
    from ..config import load as load_config

    return load_config(path)


def is_missing(path: Path) -> bool:
    """Return whether there is nothing at the path, not even a link that leads nowhere or a directory that is closed."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:  # reading it raises an error that names the reason
        return False
    return False


def cpus_of(args: argparse.Namespace, config: Config | None) -> tuple[str | None, str]:
    """The CPUs that bus threads are to run on, and the place in a file that says so; None leaves it to the kernel."""
    if args.cpus is None and config is not None and config.cpus is not None:
        return config.cpus.text, f"{config.cpus.where}: "
    return args.cpus, ""


def check_cpus(cpus: str, where: str) -> None:
    """Raise Invalid for CPUs that cannot be."""
    from ..kthread.housekeeping import place

    try:
        place(cpus)
    except Invalid as error:
        raise Invalid(f"{where}{error.message}", error.errno) from None


class Stop(threading.Event):
    """An Event that signal handlers may set: a signal that comes while one sets it finds no lock of its own thread."""

    def __init__(self) -> None:
        super().__init__()
        self.bell = SignalBell()
        self._is_set = False

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        self.bell.ring()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for it; only one thread may."""
        return self._is_set or self.bell.heard(timeout)


@contextmanager
def handling(numbers: Iterable[int], handler: Handler) -> Iterator[None]:
    """Handle the signals for as long as the block runs.

    A signal that was ignored at the start, as by nohup, ``trap '' HUP`` or the ``&`` of sh, stays ignored.
    """
    kept = {number: found for number in numbers if (found := signal.getsignal(number)) is not signal.SIG_IGN}
    for number in kept:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, found in kept.items():
            signal.signal(number, found)


@contextmanager
def stopped_by_signals(stop: Stop) -> Iterator[None]:
    """Set the event when a signal asks this process to end."""
    with stop.bell.rung_by_signals(), handling(SIGNALS, lambda *_: stop.set()):
        yield


@contextmanager
def ended_by_interruption() -> Iterator[None]:
    """For what has no other end: Ctrl-C, or SIGTERM, ends the block, and that is no error."""
    with suppress(KeyboardInterrupt), handling((signal.SIGTERM,), signal.default_int_handler):
        yield


def run_dir_of(args: argparse.Namespace) -> Path | None:
    """Where to meet other processes: as asked, or the usual place; a simulated or played bus is its process's own."""
    if "run_dir" in args:
        return Path(args.run_dir)
    return None if rundir.is_private(getattr(args, "bus", None)) else rundir.default()


def meeting_of(args: argparse.Namespace) -> Path | None:
    """Where to look for running processes: as asked, or the usual place, whatever bus is meant."""
    return Path(args.run_dir) if "run_dir" in args else rundir.default()
