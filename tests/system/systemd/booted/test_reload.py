"""A configuration that changes under a service that runs."""

from __future__ import annotations

import pytest

from tests.system.systemd.booted.service import BME280, CONFIG, MCP9808, Service

BEATS = 12


@pytest.fixture(autouse=True)
def _service(service: Service) -> None:
    service.serving(CONFIG)


def test_a_new_interval_affects_its_device_and_the_others_miss_no_period(service: Service) -> None:
    pid, missed, runs = service.pid, service.kthread("missed"), service.kthread("runs")
    service.configure(CONFIG.replace("interval: 0.5", "interval: 0.75"))
    service.systemctl("reload")
    service.until(lambda: service.reading(MCP9808)["interval"] == 0.75)
    service.until(lambda: service.kthread("runs") >= runs + BEATS)
    assert service.pid == pid
    assert service.reading(BME280)["interval"] == 0.25
    assert service.kthread("missed") == missed
    assert service.show("ActiveState") == "active"


def test_a_wrong_configuration_changes_nothing_and_is_reported(service: Service) -> None:
    pid = service.pid
    service.configure("interval: often\n")
    assert service.machine.run("systemctl", "reload", "i2cdrv", check=False).returncode != 0
    assert "'often'" in service.show("StatusText")
    assert f"{service.show('StatusText')}".find("/etc/i2cdrv/i2cdrv.yaml:1:11") >= 0
    assert service.pid == pid
    assert len(service.values()) == 2
    service.configure(CONFIG)
    service.systemctl("reload")
    service.until(lambda: service.show("StatusText") == "2 devices")


def test_a_device_comes_and_goes(service: Service) -> None:
    service.configure("devices: [{module: bme280, bus: sim}]\n")
    service.systemctl("reload")
    service.until(lambda: len(service.values()) == 1)
    service.configure(CONFIG)
    service.systemctl("reload")
    service.until(lambda: len(service.values()) == 2)
