"""For every test: log lines are text and go to its own stderr, and bus threads import and open nothing."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings

from i2cdrv.core import openadapter, registry
from i2cdrv.kthread import pywarnings
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.lib.log.logger import log
from i2cdrv.sim import standard_bus

from .support import deadmounts, effort
from .system.busthreads import sitecustomize as busthreads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from i2cdrv.i2c.adapter import Adapter


NEXT_LINE = pytest.StashKey[int]()  # of the log, when the test begins
REPORTS = pytest.StashKey[Path]()

# A busy machine is no fault of the code.  ``make quick`` tries a few examples, ``make test`` many.
any_machine = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", any_machine, max_examples=effort.QUICK_EXAMPLES)
settings.register_profile("thorough", any_machine, max_examples=effort.THOROUGH_EXAMPLES)
settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cases", type=int, default=0, metavar="N", help="run at most N cases of each test, by chance")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out cases beyond ``--cases``; pytest-randomly's seed repeats the choice, in each worker too."""
    most = config.getoption("cases")
    if most:
        chosen = effort.cases(items, most, config.getoption("randomly_seed", 0))
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = [item for item in items if item in chosen]


def pytest_configure(config: pytest.Config) -> None:
    """Clear away the dead mounts of killed runs, and let children start with the signals that a terminal gives.

    ``nohup`` and the ``&`` of a script ignore some signals.
    """
    if not hasattr(config, "workerinput"):
        deadmounts.clear(Path(tempfile.gettempdir()))
    os.environ.pop("PYTEST_ADDOPTS", None)  # for this run, not for a pytest that a test starts
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let the bus threads of this process and of its children report to a file; it is empty after each test."""
    if runs_no_tests(session.config):
        return
    fd, path = tempfile.mkstemp(prefix="i2cdrv-busthreads-")
    os.close(fd)
    session.stash[REPORTS] = Path(path)
    os.environ[busthreads.REPORT] = path
    place = str(Path(busthreads.__file__).parent)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (place, os.environ.get("PYTHONPATH"))))
    busthreads.watch(lambda text: busthreads.append(path, text))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if REPORTS in session.stash:
        session.stash[REPORTS].unlink()


def runs_no_tests(config: pytest.Config) -> bool:
    """Whether the process only distributes the tests to the workers of pytest-xdist."""
    return not hasattr(config, "workerinput") and bool(config.getoption("numprocesses", default=None))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Let a worker of pytest-xdist report of a test that passes its call alone: a report costs as much as a test."""
    if not hasattr(item.config, "workerinput"):
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


@pytest.fixture(scope="session")
def bus_thread_reports(request: pytest.FixtureRequest) -> Path:
    return request.session.stash[REPORTS]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Configure the log.  A hook costs a tenth of a fixture, and there are thousands of tests."""
    log.configure("text")
    item.stash[NEXT_LINE] = log.ring.next
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Check that a bus thread has imported nothing, opened nothing and raised nothing unseen."""
    yield
    log.configure(None)
    reports = item.session.stash[REPORTS]
    if reports.stat().st_size:
        said = reports.read_text()
        os.truncate(reports, 0)
        pytest.fail(f"a bus thread imports, or opens a file:\n{said}", pytrace=False)
    assert not [line for line in log.ring.since(item.stash[NEXT_LINE]) if line.event == pywarnings.UNRAISABLE]


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
