"""A device that a process no longer samples is noticed, and a slow program mistakes no device for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.client.overdue import Overdue

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def wait(seconds: float) -> None:
        now[0] += seconds

    return wait


@pytest.fixture
def stream(wait: Callable[[float], None]) -> Overdue:
    """A stream of a device with a reading each second, one each minute, and one on request."""
    stream = Overdue()
    stream.describe({"fast": {"interval": 1.0}, "slow": {"interval": 60.0}, "asked": {"interval": None}})
    for name in ("fast", "slow", "asked"):
        stream.accept(name, 50.0)
    return stream


def test_the_readings_of_other_devices_show_that_one_is_missing(stream: Overdue) -> None:
    found = []
    for moment in range(51, 60):
        stream.accept("asked", float(moment))
        found += list(stream.found())
    assert found == [("fast", 5.0)]  # more than three intervals and a second, and once
    stream.accept("fast", 60.0)
    stream.accept("asked", 70.0)
    assert list(stream.found()) == [("fast", 10.0)]


def test_silence_shows_it_too(stream: Overdue, wait: Callable[[float], None]) -> None:
    wait(3.0)
    assert list(stream.found_when_idle()) == []
    wait(2.0)
    assert list(stream.found_when_idle()) == [("fast", 5.0)]
    wait(200.0)
    assert list(stream.found_when_idle()) == [("slow", 205.0)]
    wait(1e6)
    assert list(stream.found_when_idle()) == []


def test_a_slow_program_receives_all_before_it_judges(stream: Overdue, wait: Callable[[float], None]) -> None:
    wait(30.0)  # meanwhile a reading each second waits
    for moment in range(51, 80):
        stream.accept("fast", float(moment))
        assert list(stream.found()) == []
    assert list(stream.found_when_idle()) == []


def test_after_lost_readings_it_begins_again(stream: Overdue) -> None:
    stream.forget()
    stream.accept("asked", 90.0)
    assert list(stream.found()) == []


def test_a_device_that_has_gone_or_has_another_interval(stream: Overdue) -> None:
    stream.describe({"slow": {"interval": 1.0}, "asked": {"interval": None}})
    stream.accept("asked", 60.0)
    assert list(stream.found()) == [("slow", 10.0)]
