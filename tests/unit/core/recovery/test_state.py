"""The table of states: possible events, counters and log lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from i2cdrv.atomic import Relaxed
from i2cdrv.core.recovery.state import NEXT, DeviceState, Event, State
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.lib.log import logger as logs
from i2cdrv.lib.log.ratelimit import BURST, INTERVAL_S, Ratelimit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def state(clock: VirtualClock) -> DeviceState:
    return DeviceState("1-0048", clock)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[dict[str, object]]]]:
    logs.log.configure("json")
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    logs.log.configure(None)


def test_every_state_but_failed_can_be_left_and_every_one_reached() -> None:
    assert {before for before, _ in NEXT} == set(State) - {State.FAILED}
    assert set(NEXT.values()) == set(State)
    assert all((before, Event.FAULT) in NEXT for before in set(State) - {State.FAILED})


def test_only_probing_makes_an_absent_or_probed_chip_live() -> None:
    assert {before for (before, _), after in NEXT.items() if after is State.LIVE} == {
        State.PROBING, State.SUSPECT, State.LIVE,
    }  # fmt: skip
    assert [event for before, event in NEXT if before is State.ABSENT] == [Event.PROBE, Event.FAULT]


def test_each_change_is_counted_and_logged_once_with_its_reason(
    state: DeviceState, clock: VirtualClock, lines: Callable[[], list[dict[str, object]]]
) -> None:
    state.handle(Event.OK)
    assert lines() == [], "whoever binds a device expects it to be live"
    clock.sleep(2.5)
    for _ in range(3):
        state.handle(Event.ERROR, "no answer")
    (line,) = lines()
    assert (line["level"], line["event"], line["device"]) == ("warning", "suspect", "1-0048")
    assert (line["was"], line["reason"], line["seconds"]) == ("live", "no answer", 2.5)
    assert (state.now, state.reason, state.since) == (State.SUSPECT, "no answer", 2.5)
    clock.sleep(1)
    state.handle(Event.OK)
    (line,) = lines()
    assert (line["event"], line["was"], line["seconds"]) == ("live", "suspect", 1.0)
    assert state.reason == ""
    assert state.changes.load(Relaxed) == 2


def test_a_look_at_a_chip_that_is_still_absent_is_no_change(
    state: DeviceState, lines: Callable[[], list[dict[str, object]]]
) -> None:
    state.handle(Event.LOST, "no answer")
    assert [line["event"] for line in lines()] == ["absent"]
    for _ in range(5):
        state.handle(Event.PROBE)
        assert state.now is State.PROBING
        state.handle(Event.LOST, "no answer")
    assert lines() == []
    assert state.changes.load(Relaxed) == 1


def test_an_impossible_event_is_refused(state: DeviceState) -> None:
    state.handle(Event.LOST, "no answer")
    for event in (Event.OK, Event.ERROR, Event.LOST):
        with pytest.raises(KeyError):
            state.handle(event)


def test_no_event_changes_a_failed_device(state: DeviceState) -> None:
    state.handle(Event.FAULT, "ZeroDivisionError")
    for event in Event:
        state.handle(event)
        assert (state.now, state.reason) == (State.FAILED, "ZeroDivisionError")
    assert state.changes.load(Relaxed) == 1


def test_a_device_that_comes_and_goes_does_not_fill_the_log(
    state: DeviceState, clock: VirtualClock, lines: Callable[[], list[dict[str, object]]]
) -> None:
    state.handle(Event.OK)
    for _ in range(100):
        state.handle(Event.ERROR, "no answer")
        state.handle(Event.OK)
        clock.sleep(1)
    assert len(lines()) == BURST
    clock.sleep(INTERVAL_S)
    state.handle(Event.ERROR, "no answer")
    (line,) = lines()
    assert line["suppressed"] == 200 - BURST
    assert state.changes.load(Relaxed) == 201


def test_ratelimit_allows_a_burst_in_each_interval_and_counts_the_rest(clock: VirtualClock) -> None:
    limit = Ratelimit(clock)
    assert [limit.allows() for _ in range(BURST + 2)] == [0] * BURST + [None, None]
    clock.sleep(INTERVAL_S)
    assert limit.allows() == 2
    assert limit.allows() == 0
