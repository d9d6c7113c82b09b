"""What several commands need of the process they run in: signals, standard output, where things are."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from . import rundir
from .clock import Doorbell
from .errors import Invalid

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from .config import Config

CONFIG = "/etc/i2cdrv/i2cdrv.yaml"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # each ends the work in order: the chip is put to sleep


def config_of(args: argparse.Namespace) -> Config | None:
    """The file that was asked for, or the usual one; None if there is none."""
    path = Path(args.config or CONFIG)
    if args.config is None and not path.exists():
        return None
    from .config import load as load_config

    return load_config(path)


def cpus_of(args: argparse.Namespace, config: Config | None) -> tuple[str | None, str]:
    """The CPUs that bus threads are to run on, and the place in a file that says so; None leaves it to the kernel."""
    if args.cpus is None and config is not None and config.cpus is not None:
        return config.cpus.text, f"{config.cpus.where}: "
    return args.cpus, ""


def check_cpus(cpus: str, where: str) -> None:
    """Raise Invalid for CPUs that cannot be."""
    from .housekeeping import place

    try:
        place(cpus)
    except Invalid as error:
        raise Invalid(f"{where}{error.message}", error.errno) from None


class Stop(threading.Event):
    """An Event that signal handlers may set: a signal that comes while one sets it finds no lock of its own thread."""

    def __init__(self) -> None:
        super().__init__()
        self._bell = Doorbell()
        self._is_set = False

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        self._bell.ring()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for it; only one thread may."""
        return self._is_set or self._bell.heard(timeout)


@contextmanager
def stopped_by_signals(stop: Stop) -> Iterator[None]:
    kept = {number: signal.signal(number, lambda *_: stop.set()) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


@contextmanager
def ended_by_interruption() -> Iterator[None]:
    """For what has no other end: Ctrl-C, or SIGTERM, ends the block, and that is no error."""
    kept = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, kept)


def stand_in_for_closed_files() -> None:
    """Where stdin, stdout or stderr was closed is /dev/null: or what is opened next would be taken for it."""
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            if null != fd:
                os.dup2(null, fd)
                os.close(null)
            setattr(sys, name, os.fdopen(fd, "w" if fd else "r", closefd=False))


def let_stdout_go() -> None:
    """Nobody reads us any more (| head): what is still buffered must not fail at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run_dir_of(args: argparse.Namespace) -> Path | None:
    """Where to meet other processes: as asked, or the usual place; a simulated or played bus is its process's own."""
    if "run_dir" in args:
        return Path(args.run_dir)
    return None if rundir.is_private(getattr(args, "bus", None)) else rundir.default()


def meeting_of(args: argparse.Namespace) -> Path | None:
    """Where to look for running processes: as asked, or the usual place, whatever bus is meant."""
    return Path(args.run_dir) if "run_dir" in args else rundir.default()
