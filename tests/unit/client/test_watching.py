"""The plan of a watch, with a test in the place of all processes: restarts, gaps, and lost readings."""

from __future__ import annotations

import errno
import re
from pathlib import Path
from typing import Any

import pytest

from i2cdrv.client.place import RETRY_S, Place
from i2cdrv.client.plan import Call, Emit, Next, Open, Pause, Progress
from i2cdrv.client.watching import watch
from i2cdrv.errors import ConfigLost, Error, NoDevice, Unknown
from i2cdrv.ipc.streams import End
from i2cdrv.ipc.varlink import NoServer
from tests.support.replies import READING, WATCHED

KILLED = End(Error("hung up", errno.ECONNRESET))
PATIENCE_S = 2.0


class Machine:
    """Processes by their sockets; each has a number and devices.  Its time passes only in waits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.served: dict[str, tuple[int, list[str]]] = {"control": (7, ["1-0076", "1-0018"])}
        self.place = Place(None, "/run/test", PATIENCE_S)
        monkeypatch.setattr(self.place, "sockets", lambda: [Path(name) for name in ("control", "control.9")])
        monkeypatch.setattr("time.monotonic", lambda: self.now)
        self.opened: list[Open] = []
        self.calls = 0

    def watch(self, *wanted: str) -> None:
        self._progress = Progress(watch(self.place, wanted))

    def _reply(self, call: Call) -> dict[str, Any]:
        self.calls += 1
        if (found := self.served.get(call.path.name)) is None:
            raise NoServer("gone")
        pid, devices = found
        return {"pid": pid, "devices": [{**WATCHED, "device": device} for device in devices]}

    def until(self, *kinds: type) -> Any:
        """Perform the plan until a step of that kind, which is returned; None at the end of the plan."""
        while (step := self._progress.next()) is not None and not isinstance(step, kinds):
            with self._progress.step():
                if isinstance(step, Call):
                    self._progress.outcome = self._reply(step)
                elif isinstance(step, Open):
                    self.opened.append(step)
                elif isinstance(step, Pause | Next):
                    self.now += step.seconds or 0.0
        return step

    def send(self, key: int, reply: dict[str, Any] | End) -> None:
        """Let the wait in which the plan is end with a reply."""
        self._progress.outcome = (key, reply)

    def receive(self, key: int, *devices: str, **members: Any) -> list[Any]:
        """Let a reply arrive, and return the readings that the program gets."""
        self.send(key, {"readings": [{**READING, "device": device} for device in devices], "boottime": 8.0, **members})
        return [self.until(Emit).value for _ in devices]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def test_all_devices_of_a_process_are_one_stream(machine: Machine) -> None:
    machine.watch()
    assert isinstance(machine.until(Next), Next)
    assert machine.opened == [Open(0, Path("control"), "io.i2cdrv.Watch.Watch", {})]
    (one,) = machine.receive(0, "1-0076")
    assert (one.device, one.pid, one.age >= 0.5, one.gap, one.lost) == ("1-0076", 7, True, "", 0)


def test_some_devices_are_a_stream_of_each_process_that_has_them(machine: Machine) -> None:
    machine.served["control.9"] = (9, ["2-0048"])
    machine.watch("1-0018", "2-0048")
    machine.until(Next)
    assert [(one.path.name, one.parameters) for one in machine.opened] == [
        ("control", {"devices": ["1-0018"]}), ("control.9", {"devices": ["2-0048"]}),
    ]  # fmt: skip


def test_after_a_restart_each_device_has_one_gap(machine: Machine) -> None:
    machine.watch()
    machine.until(Next)
    machine.receive(0, "1-0076", "1-0018")
    machine.until(Next)
    del machine.served["control"]
    machine.send(0, KILLED)
    assert machine.until(Next).seconds == RETRY_S
    machine.served["control"] = (8, ["1-0076", "1-0018"])
    machine.until(Open)
    machine.until(Next)
    first, again, other = machine.receive(1, "1-0076", "1-0076", "1-0018")
    assert (first.gap, again.gap, other.gap) == ("process 7 was killed", "", "process 7 was killed")
    assert first.pid == 8


def test_a_device_that_was_not_listed_yet_when_its_process_ends_has_a_gap(machine: Machine) -> None:
    machine.served["control"] = (7, [])
    machine.watch()
    machine.until(Next)
    assert machine.receive(0, "1-0076")[0].gap == ""
    machine.until(Next)
    machine.send(0, KILLED)
    machine.until(Next)
    assert machine.receive(1, "1-0076")[0].gap == "process 7 was killed"


def test_a_device_that_the_new_process_binds_late_joins(machine: Machine) -> None:
    machine.watch("1-0076", "1-0018")
    machine.until(Next)
    machine.served["control"] = (8, ["1-0076"])
    machine.send(0, KILLED)
    machine.until(Next)
    (one,) = machine.receive(1, "1-0076")
    assert one.gap
    machine.served["control"] = (8, ["1-0076", "1-0018"])
    late = machine.until(Open)
    assert late.parameters == {"devices": ["1-0018"]}  # or each reading of the other one would come twice
    machine.until(Next)
    (one,) = machine.receive(late.key, "1-0018")
    assert one.gap == "process 7 was killed"


def test_the_search_begins_although_another_process_sends_all_the_time(machine: Machine) -> None:
    machine.served["control.9"] = (9, ["2-0048"])
    machine.watch()
    machine.until(Next)
    machine.send(0, KILLED)
    machine.served["control"] = (8, ["1-0076"])
    found = None
    for _ in range(10):
        machine.now += RETRY_S / 4
        step = machine.until(Next, Open)
        if isinstance(step, Open):
            found = step
            break
        machine.receive(1, "2-0048")
    assert found is not None
    assert found.path.name == "control"


def test_a_service_that_does_not_return_ends_the_watch(machine: Machine) -> None:
    machine.watch("1-0076")
    machine.until(Next)
    machine.served.clear()
    machine.send(0, KILLED)
    with pytest.raises(Unknown, match="1-0076: process 7 was killed, and no other i2cdrv serves it after 2 s"):
        machine.until(Emit)
    assert PATIENCE_S <= machine.now < PATIENCE_S + 1.0


def test_a_device_that_stays_away_is_searched_for_rarely(machine: Machine) -> None:
    machine.served["control.9"] = (9, ["2-0048"])
    machine.watch()
    machine.until(Next)
    machine.send(0, KILLED)
    machine.served["control"] = (8, [])  # 1-0076 is not configured any more
    searches = 0
    while machine.now < 3600.0:
        calls = machine.calls
        machine.now += machine.until(Next).seconds
        searches += machine.calls > calls
    assert 600 < searches < 800


def test_without_any_device_there_is_nothing_to_watch(machine: Machine) -> None:
    machine.served = {"control.9": (9, [])}
    machine.watch()
    with pytest.raises(Unknown, match="no device is served by a running i2cdrv: start one with i2cdrv load"):
        machine.until(Next)


def test_lost_readings_are_counted_at_the_next_one(machine: Machine) -> None:
    machine.watch()
    machine.until(Next)
    machine.receive(0, lost=3)
    machine.until(Next)
    first, second = machine.receive(0, "1-0076", "1-0076", lost=2)
    assert (first.lost, second.lost) == (5, 0)


def test_a_device_that_loses_its_driver_has_one_last_reading(machine: Machine) -> None:
    machine.watch()
    machine.until(Next)
    machine.send(0, {"devices": [{**WATCHED, "name": "garden"}]})
    machine.until(Next)
    machine.send(0, {"devices": []})
    last = machine.until(Emit).value
    assert str(last) == "garden bme280: no value: no driver is bound to 1-0076 any more (ENODEV)"
    assert isinstance(last.error, NoDevice)
    machine.until(Next)
    machine.send(0, {"devices": [WATCHED]})
    machine.until(Next)
    (one,) = machine.receive(0, "1-0076")
    assert one.error is None


def test_a_device_that_is_no_longer_sampled_has_one_reading_without_a_value(machine: Machine) -> None:
    machine.watch()
    machine.until(Next)
    machine.send(0, {"devices": [WATCHED]})
    machine.until(Next)
    machine.receive(0, "1-0076")
    machine.until(Next)
    stale = machine.until(Emit).value
    assert 4.0 < machine.now < 5.0  # three intervals and a second
    assert isinstance(stale.error, ConfigLost)
    assert re.search(r"the last sample of 1-0076 is [45] s old: process 7 has stopped sampling", stale.error.message)
    began = machine.now
    while machine.now < began + 20.0:
        assert isinstance(machine.until(Next, Emit), Next)
        machine.now += 1.0
    assert machine.receive(0, "1-0076")[0].error is None


def test_an_error_that_no_restart_repairs_is_raised(machine: Machine) -> None:
    machine.watch()
    machine.until(Next)
    machine.send(0, End(Error("another version", errno.EPROTO)))
    with pytest.raises(Error, match="another version"):
        machine.until(Emit)


def test_a_closed_client_ends_its_watch(machine: Machine) -> None:
    machine.watch()
    machine.until(Next)
    machine.place.closed = True
    assert machine.until(Emit) is None
