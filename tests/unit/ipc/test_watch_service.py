"""The hub of readings and ``io.i2cdrv.Watch``: a listener receives all, and blocks no bus thread."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.core.bus import Bus
from i2cdrv.core.hub import ReadingHub
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import load
from i2cdrv.core.reading import Reading
from i2cdrv.driver.channel import Channel, Range
from i2cdrv.driver.unit import Celsius, Pascal, RelativeHumidity, Volt
from i2cdrv.errors import Invalid, Nack, Unknown
from i2cdrv.ipc import socket as control_socket
from i2cdrv.ipc.services import watch as watch_service
from i2cdrv.ipc.varlink import Client
from i2cdrv.lib.clock import RealClock
from i2cdrv.sim import CHIPS, SimAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from i2cdrv.core.device import Device

PATIENCE = 60.0  # s until a stream has sent the expected reply
WATCH = "io.i2cdrv.Watch.Watch"


class Source:
    """A device in any given state."""

    def __init__(self, state: str = "live", reason: str = "") -> None:
        self.state, self.reason = state, reason


def reading(number: int, device: str = "5-0018") -> Reading:
    return Reading(device, "mcp9808", "mcp9808", float(number), 0.0, (), None, Nack("no answer"))


def test_a_listener_receives_a_reading_with_the_state_of_its_device() -> None:
    hub = ReadingHub()
    hub.publish(reading(1), Source())
    with hub.listening() as one, hub.listening() as two:
        hub.publish(reading(2), Source("suspect", "it is loose"))
        for listener in (one, two):
            (heard,) = listener.take(9)
            assert heard.reading.time == 2.0
            told = heard.as_dict()
            assert (told["device"], told["chip"], told["state"], told["reason"]) == (
                "5-0018", "mcp9808", "suspect", "it is loose",
            )  # fmt: skip
            assert (told["status"], told["error"], told["message"]) == ("error", "ENXIO", "no answer")
        assert one.take(9) == []
    hub.publish(reading(3), Source())
    assert one.take(9) == []


def test_without_listeners_a_device_is_not_even_read() -> None:
    class Shy:
        @property
        def state(self) -> str:
            raise AssertionError

        reason = state

    ReadingHub().publish(reading(1), Shy())


def test_of_too_many_readings_the_oldest_go_and_are_counted() -> None:
    hub = ReadingHub()
    with hub.listening(maximum=3) as listener:
        for number in range(5):
            hub.publish(reading(number), Source())
        assert [heard.reading.time for heard in listener.take(2)] == [2.0, 3.0]
        assert [heard.reading.time for heard in listener.take(2)] == [4.0]
        assert (listener.lost(), listener.lost()) == (2, 0)
        hub.publish(reading(5), Source())
        assert [heard.reading.time for heard in listener.take(2)] == [5.0]
        assert listener.lost() == 0


def test_several_bus_threads_and_a_listener_that_comes_and_goes() -> None:
    """For each listener from the first to the last: received and lost replies are all there were."""
    hub, go_on = ReadingHub(), threading.Event()

    def publish() -> None:
        go_on.wait(PATIENCE)
        for number in range(3000):
            hub.publish(reading(number), Source())

    threads = [threading.Thread(target=publish) for _ in range(3)]
    for thread in threads:
        thread.start()
    with hub.listening(maximum=50) as listener:
        go_on.set()
        heard = 0
        while any(thread.is_alive() for thread in threads):
            with hub.listening():
                heard += len(listener.take(10))
        heard += len(listener.take(1000))
        assert heard + listener.lost() == 9000


@pytest.mark.parametrize(
    ("unit", "accuracy", "digits"),
    [
        (Celsius, 0.5, 2), (Celsius, 1.0, 1), (Celsius, 0.02, 2), (RelativeHumidity, 1.5, 1), (Pascal, 50, 0),
        (Volt, 0.02, 3), (Volt, 50e-6, 4), (Celsius, 25.0, 0), (Celsius, None, 2), (Volt, None, 4),
    ],
)  # fmt: skip
def test_the_digits_of_a_value_are_those_of_its_accuracy(unit: Any, accuracy: float | None, digits: int) -> None:
    range = None if accuracy is None else Range(0, 100, accuracy)
    assert watch_service._digits(Channel("x", unit.__metadata__[0], range)) == digits


# The interface.


@pytest.fixture
def hub() -> ReadingHub:
    return ReadingHub()


@pytest.fixture
def adapter() -> SimAdapter:
    """Two chips of one kind."""
    chips = {0x18: CHIPS["mcp9808"](temp=20.0), 0x19: CHIPS["mcp9808"](temp=-12.5)}
    return SimAdapter(chips, nr=5, clock=RealClock(), frequency=None)


@pytest.fixture
def devices(adapter: SimAdapter, hub: ReadingHub) -> Iterator[list[Device[Any]]]:
    bus = Bus(adapter)
    bus.kthread.start()
    loaded = LoadedModule(load("mcp9808"))
    loaded.params.assign({"resolution": "half"})  # 36 ms until the first sample, in place of 300
    devices = [bus.bind(loaded, addr) for addr in (0x18, 0x19)]
    yield devices
    bus.close()


@pytest.fixture
def client(devices: list[Device[Any]], hub: ReadingHub, tmp_path: Path) -> Iterator[Client]:
    with control_socket.serve_process(tmp_path / "run", [watch_service.interface(hub, lambda: list(devices))]):
        yield Client(tmp_path / "run" / f"control.{os.getpid()}")


def poll(device: Device[Any], hub: ReadingHub, interval: float = 0.01) -> None:
    device.poll(interval, lambda reading: hub.publish(reading, device))


def test_the_devices_are_described(client: Client, devices: list[Device[Any]], hub: ReadingHub) -> None:
    poll(devices[0], hub, 0.5)
    told = client.call("io.i2cdrv.Watch.ListDevices")
    assert told["pid"] == os.getpid()
    first, second = told["devices"]
    assert first == {
        "device": "5-0018", "chip": "mcp9808", "module": "mcp9808", "state": "live", "reason": "", "interval": 0.5,
        "errors": dict.fromkeys(("nack", "timeout", "checksum", "lost", "range", "absent", "other"), 0),
        "channels": {"temp": {"unit": "°C", "digits": 2}},
    }  # fmt: skip
    assert (second["device"], second["interval"]) == ("5-0019", None)


def test_a_watch_begins_with_the_last_reading_of_each_device_and_continues(
    client: Client, devices: list[Device[Any]], hub: ReadingHub
) -> None:
    devices[1].sample()
    replies = client.stream(WATCH, silence=PATIENCE)
    first = next(replies)
    assert [told["device"] for told in first["devices"]] == ["5-0018", "5-0019"]
    (last,) = first["readings"]
    assert (last["device"], last["status"], last["state"]) == ("5-0019", "ok", "live")
    assert last["channels"] == {"temp": {"value": -12.5, "unit": "°C", "digits": 2}}
    for device in devices:
        poll(device, hub)
    seen: list[dict[str, Any]] = []
    while len(seen) < 40:
        seen += next(replies).get("readings", ())
    assert {one["device"]: one["channels"]["temp"]["value"] for one in seen} == {"5-0018": 20.0, "5-0019": -12.5}
    for name in ("5-0018", "5-0019"):
        times = [one["time"] for one in seen if one["device"] == name]
        assert times == sorted(times)
    replies.close()


def test_one_device_alone(client: Client, devices: list[Device[Any]], hub: ReadingHub) -> None:
    for device in devices:
        poll(device, hub)
    replies = client.stream(WATCH, {"devices": ["5-0019"]}, silence=PATIENCE)
    seen: list[str] = []
    while len(seen) < 20:
        reply = next(replies)
        seen += [one["device"] for one in (*reply.get("devices", ()), *reply.get("readings", ()))]
    assert set(seen) == {"5-0019"}
    replies.close()


def test_a_device_that_is_not_served_is_named(client: Client) -> None:
    with pytest.raises(
        Unknown, match=r"5-001a is not served here \(did you mean 5-001[89]\?\) \(served: 5-0018, 5-0019\)"
    ):
        next(client.stream(WATCH, {"devices": ["5-0018", "5-001a"]}))
    with pytest.raises(Invalid, match="call it with more"):
        client.call(WATCH)


def test_devices_that_come_go_or_change_are_reported(
    client: Client, devices: list[Device[Any]], adapter: SimAdapter, hub: ReadingHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_service, "DEVICE_PERIOD_S", 0.0)
    replies = client.stream(WATCH, silence=PATIENCE)
    next(replies)
    second = devices.pop()
    assert [told["device"] for told in next(replies)["devices"]] == ["5-0018"]
    devices.append(second)
    assert [told["device"] for told in next(replies)["devices"]] == ["5-0018", "5-0019"]
    adapter.faults.inject("unplug", 0x19)
    poll(second, hub, 0.05)
    limit, told = time.monotonic() + PATIENCE, next(replies)
    while time.monotonic() < limit and (
        "devices" not in told or told["devices"][1]["state"] != "absent" or not told["devices"][1]["errors"]["nack"]
    ):
        told = next(replies)
    now = told["devices"][1]
    assert (now["state"], now["interval"]) == ("absent", 0.05)
    assert "did not acknowledge its address" in now["reason"]
    replies.close()


def test_a_watcher_that_does_not_read_blocks_no_other(client: Client, hub: ReadingHub) -> None:
    replies = client.stream(WATCH, silence=PATIENCE)
    next(replies)
    told, count = 0, 10_000  # a listener keeps 1,024
    for number in range(count):
        hub.publish(reading(number), Source(reason="x" * 100))
    lost = 0
    while told < count:
        reply = next(replies)
        told += len(reply["readings"]) + reply.get("lost", 0)
        lost += reply.get("lost", 0)
    assert told == count
    assert lost > 0
    replies.close()
