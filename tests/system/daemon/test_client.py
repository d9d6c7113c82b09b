"""``i2cdrv.connect()`` and ``i2cdrv.connect_async()``: a program as the client of a daemon on simulated buses."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import threading
from contextlib import aclosing
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

import i2cdrv
from i2cdrv.client import AsyncServiceClient, Parameter, ServiceClient
from i2cdrv.errors import Busy, Error, Invalid, Nack, NoDevice, Unknown
from tests.support.waiting import PATIENCE, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .conftest import Machine, Running

    Start = Callable[..., Running]

GARDEN = """\
devices:
  - {module: bme280, bus: sim, addr: 0x76, interval: 0.05, name: garden}
  - {module: mcp9808, bus: sim, addr: 0x18, interval: 0.05, params: {resolution: half}}
"""


@pytest.fixture
def service(daemon_of: Start) -> Running:
    daemon = daemon_of(GARDEN)
    until(lambda: daemon.state_of("0-0076") == daemon.state_of("0-0018") == "live")
    return daemon


@pytest.fixture
def client(service: Running) -> Iterator[ServiceClient]:
    with i2cdrv.connect(run_dir=service.run_dir) as client:
        yield client


def within(service: Running, use: Callable[[AsyncServiceClient], Any]) -> Any:
    """Run a coroutine function with an asyncio client."""

    async def main() -> Any:
        async with asyncio.timeout(PATIENCE), i2cdrv.connect_async(run_dir=service.run_dir) as client:
            return await use(client)

    return asyncio.run(main())


# Devices and readings.


def test_devices_are_listed_with_their_readings(client: ServiceClient) -> None:
    garden, other = client.devices()
    assert (garden.name, garden.device, garden.chip, garden.module) == ("garden", "0-0076", "bme280", "bme280")
    assert (garden.bus, garden.address, garden.state, garden.reason) == (0, 0x76, "live", "")
    assert (garden.interval, garden.taint) == (0.05, "")
    assert (other.name, other.device) == ("0-0018", "0-0018")
    until(lambda: client["garden"].reading is not None)
    latest = client["garden"].reading
    assert latest is not None
    assert latest.temp.value == pytest.approx(20.0, abs=0.1)
    assert 0.0 <= latest.age < PATIENCE
    assert "garden" in repr(client.devices())
    assert "<table>" in client.devices()._repr_html_()
    assert [device.device for device in client] == ["0-0076", "0-0018"]


def test_a_device_is_found_by_both_names_and_by_its_object(client: ServiceClient) -> None:
    for one in ("garden", "0-0076", client["garden"]):
        assert client.device(one).device == "0-0076"
        assert client.read(one).temp.value == pytest.approx(20.0, abs=0.1)
    reading = client["garden"].read()
    assert (reading.device, reading.name, reading.chip, reading.pid) == ("0-0076", "garden", "bme280", os.getpid())
    assert set(reading) == {"temp", "pressure", "humidity"}


def test_a_failed_reading_raises_the_error_of_its_errno(client: ServiceClient) -> None:
    client.inject("garden", "unplug")
    until(lambda: client["garden"].state == "absent")
    with pytest.raises(Nack, match="0x76 did not acknowledge its address") as caught:
        client.read("garden")
    assert caught.value.errno == errno.ENXIO
    latest = client["garden"].reading
    assert latest is not None
    with pytest.raises(Nack):
        _ = latest.temp
    client.clear("garden")
    until(lambda: client["garden"].state == "live")
    assert client.read("garden").temp.value == pytest.approx(20.0, abs=0.1)


def test_a_device_without_a_driver_has_no_reading(client: ServiceClient) -> None:
    client.unbind("garden")
    with pytest.raises(NoDevice, match=r"garden has no driver: .*; i2cdrv bind garden"):
        client.read("garden")
    assert client.bind("garden").state in ("live", "probing")
    assert client.read("garden").temp.value == pytest.approx(20.0, abs=0.1)


def test_watch_gives_each_reading_of_the_wanted_devices(client: ServiceClient) -> None:
    readings = list(islice(client.watch("garden"), 5))
    assert {one.device for one in readings} == {"0-0076"}
    times = [one.time for one in readings]
    assert times == sorted(times)
    assert len(set(times)) == 5
    assert all(one.gap == "" and one.lost == 0 for one in readings)
    assert {one.device for one in islice(client.watch(), 10)} == {"0-0076", "0-0018"}
    assert next(client["0-0018"].watch()).chip == "mcp9808"


def test_a_failed_reading_does_not_end_a_watch(client: ServiceClient) -> None:
    watch = client.watch("garden")
    assert next(watch).error is None
    client.inject("garden", "unplug")
    bad = next(one for one in watch if one.error is not None)
    assert not bad
    client.clear("garden")
    assert next(one for one in watch if one.error is None).temp.value == pytest.approx(20.0, abs=0.1)


def test_closing_ends_a_watch_and_later_calls(client: ServiceClient) -> None:
    watch = client.watch("garden")
    next(watch)
    client.close()
    assert len(list(watch)) < 100
    with pytest.raises(Invalid, match=r"this client is closed: i2cdrv\.connect\(\) makes another one"):
        client.devices()
    assert "(closed)" in repr(client)


def test_several_threads_share_a_client(client: ServiceClient) -> None:
    found: list[float] = []
    threads = [threading.Thread(target=lambda: found.append(client.read("garden").temp.value)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert found == pytest.approx([20.0] * 8, abs=0.1)


# Parameters.


def test_parameters_are_a_mapping_that_writes_to_the_chip(client: ServiceClient, machine: Machine) -> None:
    params = client["garden"].params
    assert params["filter"] == "off"
    params["filter"] = "x4"
    assert (params["filter"], params.origin("filter")) == ("x4", "device")
    del params["filter"]
    assert (params["filter"], params.origin("filter")) == ("off", "default")
    params.set("debug", True)
    assert params["debug"] == "Y"
    assert {"filter", "osrs_t"} <= set(params)
    assert len(params) == len(dict(params))
    assert client.params("0-0018").origin("resolution") == "params"
    assert "filter" in repr(params.show())
    assert "<table>" in params._repr_html_()


def test_parameters_of_a_module_are_those_of_its_devices(client: ServiceClient) -> None:
    client.params("bme280")["filter"] = "x8"
    assert client["garden"].params["filter"] == "x8"
    assert Parameter("filter", "x8") in client.params("bme280").show()
    with pytest.raises(Invalid, match="bme280 is a module: only a value of one of its devices can be removed"):
        del client.params("bme280")["filter"]


@pytest.mark.parametrize(
    ("name", "value", "kind", "text"),
    [
        ("filtr", "x4", Unknown, r"filtr.*did you mean filter\?"),
        ("filter", "x5", Invalid, "'x5' is not a value of filter; accepted: off, x2, x4, x8, x16"),
        ("filter", None, Invalid, "filter=None: accepted: text, a number, True or False, or a list of these"),
        ("filter", {1}, Invalid, r"filter=\{1\}: accepted: text"),
    ],
)
def test_a_wrong_value_changes_nothing(
    client: ServiceClient, name: str, value: Any, kind: type[Error], text: str
) -> None:
    params = client["garden"].params
    with pytest.raises(kind, match=text):
        params[name] = value
    assert params["filter"] == "off"


def test_an_unknown_parameter_is_a_key_error(client: ServiceClient) -> None:
    params = client["garden"].params
    assert params.get("filtr") is None
    assert "filtr" not in params
    with pytest.raises(KeyError, match=r"0-0076 has no parameter 'filtr' to read \(did you mean filter\?\); it has:"):
        _ = params["filtr"]


# Changes.


def test_modules_are_loaded_and_unloaded(client: ServiceClient) -> None:
    assert [module.name for module in client.modules()] == ["bme280", "mcp9808"]
    client.unload("mcp9808")
    assert [module.name for module in client.modules()] == ["bme280"]
    device = client.load("mcp9808", "sim", 0x18, interval=0.05, resolution="half")
    assert device is not None
    assert (device.device, device.chip, device.interval) == ("0-0018", "mcp9808", 0.05)
    assert device.params["resolution"] == "half"
    assert device.read().temp.value == pytest.approx(30.0, abs=0.6)
    assert client.load("tmp117") is None
    with pytest.raises(Busy, match="0-0018 is bound to mcp9808 already"):
        client.load("mcp9808", bus="sim", addr=0x18)


def test_devices_are_declared_named_and_removed(client: ServiceClient) -> None:
    assert client.new_device("lm75", 0, 0x48).state == "unbound"
    client.delete_device("0-0048")
    client.rename("0-0018", "attic")
    assert client["attic"].device == "0-0018"
    client.rename("attic", None)
    with pytest.raises(Unknown, match="no running i2cdrv has a device attic"):
        client.device("attic")


def test_reload_reads_a_file_again(client: ServiceClient, service: Running) -> None:
    client.reload("bme280")
    service.configure(GARDEN.replace("garden", "shed"))
    client.reload()
    assert client["shed"].device == "0-0076"
    with pytest.raises(
        Unknown, match=r"module bme281 is not loaded \(did you mean bme280\?\); loaded: bme280, mcp9808"
    ):
        client.reload("bme281")
    service.configure("devices: 5")
    with pytest.raises(Error, match="devices"):
        client.reload()


def test_detect_finds_the_chips_of_a_bus(client: ServiceClient) -> None:
    found = {one.address: one for one in client.detect("sim")}
    assert found[0x76].sure
    assert list(found[0x76].chips) == ["bme280"]
    assert "0x76" in repr(client.detect("sim"))


def test_faults_are_injected_listed_and_ended(client: ServiceClient) -> None:
    client.inject("garden", "nack count=1000")
    client.inject("sim", "slow=2")
    assert {(fault.target, fault.words) for fault in client.faults()} == {
        ("0-0076", "nack count=1000"), ("i2c-0", "slow=2")
    }  # fmt: skip
    client.clear("0-0076")
    client.clear("i2c-0")
    assert client.faults() == []
    with pytest.raises(Invalid, match=r"no fault 'nak' \(did you mean nack\?\)"):
        client.inject("garden", "nak")
    with pytest.raises(Unknown, match="i2c-7 is not on a simulated bus of a running i2cdrv; simulated: i2c-0"):
        client.inject("i2c-7", "nack")


def test_status_and_log_are_those_of_the_daemon(client: ServiceClient) -> None:
    status = client.status()
    assert (status.pid, status.version) == (os.getpid(), i2cdrv.__version__)
    assert status.summary.startswith("2 devices")
    lines = list(client.log())
    assert any("ready" in line.event and str(line).startswith("[") for line in lines)
    assert [line.number for line in client.log(lines=1)] == [lines[-1].number]


def test_a_follower_of_the_log_receives_new_lines(client: ServiceClient) -> None:
    log = client.log("garden", level="warning", follow=True)
    found: list[str] = []
    reader = threading.Thread(target=lambda: found.append(str(next(log))))
    reader.start()
    client.inject("garden", "unplug")
    reader.join(PATIENCE)
    assert "garden (0-0076): " in found[0]


@pytest.mark.parametrize(
    ("mistake", "kind", "text"),
    [
        (lambda client: client["gardn"], Unknown, r"has a device gardn \(did you mean garden\?\); there are: 0-0076"),
        (lambda client: client.read("0-0077"), Unknown, "no running i2cdrv has a device 0-0077"),
        (lambda client: next(client.watch("gardn")), Unknown, r"gardn is not served .*did you mean garden\?"),
        (lambda client: client.params("gardn").set("osrs_t", "x2"), Unknown, r"did you mean garden\?"),
        (lambda client: client.params("gardn")["osrs_t"], Unknown, r"did you mean garden\?"),
        (lambda client: client.unbind("gardn"), Unknown, r"did you mean garden\?"),
        (lambda client: client.read(5), Invalid, "device=5: accepted: the name of a device, such as 'garden'"),
        (lambda client: client.load("bme281"), Unknown, r"'bme281' \(did you mean bme280\?\)"),
        (lambda client: client.load("bme280", 1.5, 0x76), Invalid, r"bus=1\.5: accepted: an integer"),
        (lambda client: client.load("bme280", "sim", 300), Invalid, "addr=300: accepted: a number from 0x03 to 0x77"),
        (
            lambda client: client.load("lm75", addr=0x48),
            Invalid,
            "an address and an interval need a bus, such as bus=1",
        ),
        (lambda client: client.unload("foo"), Unknown, "no module foo is loaded; loaded: bme280, mcp9808"),
        (lambda client: list(client.log(level="loud")), Invalid, "loud is not a level"),
        (lambda client: list(client.log("gardn")), Unknown, "gardn"),
    ],
)
def test_a_mistake_is_named_with_the_accepted_values(
    client: ServiceClient, mistake: Callable[[ServiceClient], Any], kind: type[Error], text: str
) -> None:
    client._place.patience = float("inf")  # a mistake is no restart of the service
    with pytest.raises(kind, match=text):
        mistake(client)


# Asyncio.


def test_the_asyncio_client_does_the_same(service: Running) -> None:
    async def use(client: AsyncServiceClient) -> None:
        assert [device.name for device in await client.devices()] == ["garden", "0-0018"]
        assert (await client.read("garden")).temp.value == pytest.approx(20.0, abs=0.1)
        garden = await client.device("garden")
        assert (await garden.read()).name == "garden"
        await garden.params.set("filter", "x4")
        assert (await garden.params.get("filter"), await garden.params.origin("filter")) == ("x4", "device")
        await garden.params.unset("filter")
        assert {one.name for one in await client.params("bme280").show()} >= {"filter", "osrs_t"}
        assert [one.name for one in await client.modules()] == ["bme280", "mcp9808"]
        await client.unload("mcp9808")
        assert (await client.load("mcp9808", "sim", 0x18)) is not None
        await client.unbind("garden")
        assert (await client.bind("garden")).module == "bme280"
        await client.inject("garden", "nack count=9")
        assert len(await client.faults()) == 1
        await client.clear("garden")
        assert (await client.status()).pid == os.getpid()
        assert any(one.address == 0x76 for one in await client.detect("sim"))
        assert [line async for line in client.log()]
        with pytest.raises(Unknown, match="gardn"):
            await client.read("gardn")

    within(service, use)


def test_asyncio_tasks_watch_while_others_run(service: Running) -> None:
    async def use(client: AsyncServiceClient) -> list[str]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        ticker = asyncio.create_task(tick())
        found: list[str] = []
        async for reading in client.watch():
            found.append(reading.device)
            if len(found) == 10:
                break
        ticker.cancel()
        assert ticks > 50
        return found

    assert set(within(service, use)) == {"0-0076", "0-0018"}


def test_a_cancelled_asyncio_watch_hangs_up(service: Running) -> None:
    async def use(client: AsyncServiceClient) -> None:
        async def follow() -> None:
            async for _ in client.watch("garden"):
                started.set()

        started = asyncio.Event()
        idle = len(threading.enumerate())
        task = asyncio.create_task(follow())
        await started.wait()
        assert len(threading.enumerate()) > idle  # the daemon in this process has a thread for the stream
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while len(threading.enumerate()) > idle:
            await asyncio.sleep(0.01)

    within(service, use)


def test_an_asyncio_watch_that_ends_after_one_reading_leaves_nothing_behind(service: Running) -> None:
    async def once(client: AsyncServiceClient) -> str:
        async with aclosing(client.watch("garden")) as readings:
            return (await anext(readings)).device

    for _ in range(5):
        assert within(service, once) == "0-0076"
        gc.collect()  # a warning about a coroutine or a socket would be an error


def test_an_asyncio_client_is_awaited_too(service: Running) -> None:
    async def main() -> str:
        client = await i2cdrv.connect_async(run_dir=service.run_dir)
        device = await client.device("garden")
        await client.close()
        with pytest.raises(Invalid, match="this client is closed"):
            await client.devices()
        return device.chip

    assert asyncio.run(main()) == "bme280"


def test_the_client_for_the_other_kind_of_program_is_named(client: ServiceClient) -> None:
    async def mixed() -> None:
        async with client:  # type: ignore[attr-defined]
            pass

    with pytest.raises(TypeError, match=r"write: async with i2cdrv\.connect_async\(\), or without asyncio: with"):
        asyncio.run(mixed())
    with pytest.raises(TypeError, match=r"write: async with"), i2cdrv.connect_async():  # type: ignore[attr-defined]
        pass
    with pytest.raises(AttributeError, match=r"read: there is no client yet: client = await i2cdrv\.connect_async"):
        i2cdrv.connect_async().read("garden")  # type: ignore[attr-defined]


def test_the_blocking_client_works_while_an_event_loop_runs(client: ServiceClient) -> None:
    async def cell_of_a_notebook() -> float:
        return client.read("garden").temp.value

    assert asyncio.run(cell_of_a_notebook()) == pytest.approx(20.0, abs=0.1)
