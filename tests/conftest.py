"""For every test: log lines are text and go to its own stderr, and bus threads import and open nothing."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from i2cdrv.core import openadapter, registry
from i2cdrv.kthread import pywarnings
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.lib.log.logger import log
from i2cdrv.sim import standard_bus

from .support import deadmounts
from .system.busthreads import sitecustomize as busthreads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from i2cdrv.i2c.adapter import Adapter


# a busy machine is no fault of the code
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_configure(config: pytest.Config) -> None:
    """Clear away the dead mounts of killed runs, and let children start with the signals that a terminal gives.

    ``nohup`` and the ``&`` of a script ignore some signals.
    """
    if not hasattr(config, "workerinput"):
        deadmounts.clear(Path(tempfile.gettempdir()))
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="session")
def bus_thread_reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file to which the bus threads of this process and of its children report."""
    path = tmp_path_factory.mktemp("busthreads") / "reports"
    path.touch()
    os.environ[busthreads.REPORT] = str(path)
    place = str(Path(busthreads.__file__).parent)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (place, os.environ.get("PYTHONPATH"))))
    busthreads.watch(lambda text: busthreads.append(str(path), text))
    return path


@pytest.fixture(autouse=True)
def _bus_threads_import_and_open_nothing(bus_thread_reports: Path) -> Iterator[None]:
    before = bus_thread_reports.stat().st_size
    yield
    with bus_thread_reports.open("rb") as reports:
        reports.seek(before)
        assert not (said := reports.read().decode()), f"a bus thread imports, or opens a file:\n{said}"


@pytest.fixture(autouse=True)
def _bus_threads_have_no_unraisable_exceptions() -> Iterator[None]:
    before = log.ring.next
    yield
    assert not [line for line in log.ring.since(before) if line.event == pywarnings.UNRAISABLE]


@pytest.fixture(autouse=True)
def _log_to_this_tests_stderr() -> Iterator[None]:
    log.configure("text")
    yield
    log.configure(None)


@pytest.fixture
def virtual_sim_bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Open ``--bus sim`` on virtual time, and see that every bus is closed again."""
    real = openadapter.open_adapter

    def opened(name: str | int) -> Adapter:
        return standard_bus(VirtualClock()) if name == "sim" else real(name)

    monkeypatch.setattr(registry, "open_adapter", opened)
    before = _open_buses()
    yield
    assert _open_buses() == before, "a command left its bus open"


def _open_buses() -> set[object]:
    return {key for key, bus in registry._buses.items() if not bus.closed}
