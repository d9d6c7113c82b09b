"""The last reading of a served device: from its process, and from its file only if no process answers."""

from __future__ import annotations

import os
import socket
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.cli import devicelines
from i2cdrv.core import published
from i2cdrv.core.bus import Bus
from i2cdrv.core.hub import ReadingHub
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.model import DriverCore
from i2cdrv.core.module import load
from i2cdrv.errors import ConfigLost, NoDevice, Unknown
from i2cdrv.ipc import lastreading
from i2cdrv.ipc import socket as control_socket
from i2cdrv.ipc.services import devices as device_service
from i2cdrv.ipc.services import watch as watch_service
from i2cdrv.ipc.varlink import Client
from i2cdrv.lib.age import boottime
from i2cdrv.lib.clock import RealClock
from i2cdrv.sim import CHIPS, SimAdapter
from tests.support import readings
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from i2cdrv.core.device import Device
    from i2cdrv.sim import Chip

NAME = "5-0018"
HOURS = 36000.0


@pytest.fixture
def chip() -> Chip:
    return CHIPS["mcp9808"](temp=20.0)


@pytest.fixture
def device(chip: Chip, tmp_path: Path) -> Iterator[Device[Any]]:
    bus = Bus(SimAdapter({0x18: chip}, nr=5, clock=RealClock(), frequency=None), tmp_path)
    bus.kthread.start()
    loaded = LoadedModule(load("mcp9808"))
    loaded.params.assign({"resolution": "half"})
    yield bus.bind(loaded, 0x18)
    bus.close()


@pytest.fixture
def process(device: Device[Any], tmp_path: Path) -> Iterator[ExitStack]:
    """Answer until the stack is closed."""
    with ExitStack() as stack:
        stack.enter_context(
            control_socket.serve_process(tmp_path, [watch_service.interface(ReadingHub(), lambda: [device])])
        )
        yield stack


def polled(device: Device[Any], path: Path, interval: float = 3600.0) -> None:
    """Sample it once, and then not for a long time."""
    device.poll(interval, lambda _: None)
    until(lambda: list(published.served(path)))


def value(path: Path) -> float:
    reading = lastreading.last_reading(path, NAME)
    return float(reading["channels"]["temp"]["value"])


def step(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Set the wall clock."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + seconds)


def sleep(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let the machine sleep: CLOCK_BOOTTIME continues, CLOCK_MONOTONIC stops."""
    real = time.clock_gettime
    slept = {time.CLOCK_BOOTTIME: seconds}
    monkeypatch.setattr(time, "clock_gettime", lambda clock: real(clock) + slept.get(clock, 0.0))


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process answer, however busy the machine is."""
    monkeypatch.setattr(lastreading, "READ_TIMEOUT_S", 60.0)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A process that was stopped: its socket takes calls, and nothing is answered."""
    monkeypatch.setattr(lastreading, "READ_TIMEOUT_S", 0.05)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / f"control.{os.getpid()}"))
        sock.listen()
        yield


def rewrite(path: Path, **changes: object) -> None:
    (entry,) = published.served(path)
    readings.write(path, NAME, {**entry, **changes})


@pytest.mark.usefixtures("process")
def test_the_process_is_queried_whatever_its_file_contains(device: Device[Any], tmp_path: Path) -> None:
    polled(device, tmp_path)
    rewrite(tmp_path, boot="another", channels={})
    reading = lastreading.last_reading(tmp_path, NAME)
    assert reading["channels"] == {"temp": {"value": 20.0, "unit": "°C", "digits": 2}}
    assert (reading["pid"], reading["interval"], reading["chip"]) == (os.getpid(), 3600.0, "mcp9808")
    readings.path_of(tmp_path, NAME).write_bytes(b"")
    assert value(tmp_path) == 20.0


@pytest.mark.usefixtures("process")
@pytest.mark.parametrize("seconds", [-HOURS, HOURS])
def test_the_wall_clock_may_be_set(
    device: Device[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    polled(device, tmp_path, 60.0)
    step(monkeypatch, seconds)
    assert value(tmp_path) == 20.0
    assert device.recent(60.0).temp == 20.0
    assert device.age is not None
    assert device.age < 60.0


@pytest.mark.usefixtures("process")
def test_after_the_machine_has_slept_there_is_a_new_sample(
    device: Device[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one is due by CLOCK_MONOTONIC; a value from before is none, and no reader has to wait for that."""
    polled(device, tmp_path)
    first = device.samples.latest
    assert value(tmp_path) == 20.0
    assert device.samples.latest is first
    sleep(monkeypatch, HOURS)
    assert value(tmp_path) == 20.0
    assert device.samples.latest is not first


def test_a_sample_from_before_the_machine_slept_is_not_recent(
    device: Device[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    device.sample()
    first = device.samples.latest
    device.recent(HOURS / 2)
    assert device.samples.latest is first
    sleep(monkeypatch, HOURS)
    assert device.age is not None
    assert device.age >= HOURS
    device.recent(HOURS / 2)
    assert device.samples.latest is not first


@pytest.mark.usefixtures("process")
def test_a_device_that_is_sampled_only_on_request_is_sampled(device: Device[Any], chip: Chip, tmp_path: Path) -> None:
    assert value(tmp_path) == 20.0
    device.recovery.interval = 1e-9
    chip.set(temp=25.0)
    until(lambda: value(tmp_path) == 25.0)


@pytest.mark.usefixtures("process")
def test_a_conversion_that_hangs_gives_no_old_value(
    device: Device[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process answers, but its bus thread is stopped."""
    polled(device, tmp_path, 60.0)
    flight = device.bus.kthread.child(device.samples.convert(), "sample", timeout=60.0)  # and no thread runs it
    device.samples.in_flight = flight
    assert value(tmp_path) == 20.0
    sleep(monkeypatch, HOURS)
    with pytest.raises(ConfigLost, match=rf"{NAME} is 36000 s old: process {os.getpid()} has stopped sampling"):
        value(tmp_path)
    flight.close()
    device.samples.in_flight = None


def test_a_device_that_has_stopped_is_not_listed_with_its_old_value(
    device: Device[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    polled(device, tmp_path, 60.0)
    core = DriverCore()
    core.adopt(device)
    client = Client(tmp_path / f"control.{os.getpid()}", 60.0)
    with control_socket.serve_process(tmp_path, [device_service.interface(core)]):
        (before,) = client.call("io.i2cdrv.Devices.ListDevices")["devices"]
        sleep(monkeypatch, HOURS)
        (after,) = client.call("io.i2cdrv.Devices.ListDevices")["devices"]
    assert devicelines.line(before).endswith("live     temp 20.00 °C")
    assert devicelines.line(after).endswith("live     the last sample is 36000 s old")


@pytest.mark.usefixtures("silent")
def test_a_process_that_is_stopped_leaves_a_file_that_counts_while_it_is_fresh(
    device: Device[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    polled(device, tmp_path, 60.0)
    step(monkeypatch, -HOURS)
    assert value(tmp_path) == 20.0
    rewrite(tmp_path, boottime=boottime() - 182.0)
    with pytest.raises(ConfigLost, match=rf"is 182 s old: process {os.getpid()} has stopped sampling; .*not answer"):
        value(tmp_path)


@pytest.mark.usefixtures("silent")
def test_a_process_of_another_boot_or_container_must_answer(device: Device[Any], tmp_path: Path) -> None:
    polled(device, tmp_path)
    rewrite(tmp_path, boot="another")
    with pytest.raises(ConfigLost, match="age of the last sample of 5-0018 is not known"):
        value(tmp_path)


def test_a_process_without_a_socket_leaves_a_file(device: Device[Any], tmp_path: Path) -> None:
    polled(device, tmp_path)
    reading = lastreading.last_reading(tmp_path, NAME)
    assert reading["channels"]["temp"]["value"] == 20.0
    assert "boot" not in reading


def test_a_socket_that_was_left_behind_is_passed_over(device: Device[Any], tmp_path: Path) -> None:
    polled(device, tmp_path)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "control"))
    assert value(tmp_path) == 20.0


@pytest.mark.usefixtures("process")
def test_an_error_is_reported_and_an_unknown_device_too(
    device: Device[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    polled(device, tmp_path)
    with pytest.raises(Unknown, match=r"5-0019 is not served by a running i2cdrv \(served: 5-0018\)"):
        lastreading.last_reading(tmp_path, "5-0019")
    sleep(monkeypatch, HOURS)
    device.bus.unbind(device)
    with pytest.raises(ConfigLost, match="5-0018 is not bound any more"):
        value(tmp_path)
    with pytest.raises(NoDevice):
        device.sample()
