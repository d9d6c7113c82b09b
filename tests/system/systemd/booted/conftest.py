"""The machine that has booted, and the service in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.system.systemd.booted.service import Service
from tests.system.systemd.machine import Machine

FIGURES: list[str] = []


@pytest.fixture(scope="session")
def machine() -> Machine:
    return Machine(int(os.environ["I2CDRV_MACHINE"]))


@pytest.fixture(scope="session")
def package() -> Path:
    return Path(os.environ["I2CDRV_PACKAGE"])


@pytest.fixture(scope="session")
def service(machine: Machine) -> Service:
    return Service(machine)


@pytest.fixture(scope="session")
def figures() -> list[str]:
    """The measurements, shown at the end."""
    return FIGURES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in FIGURES:
        terminalreporter.write_line(line)
