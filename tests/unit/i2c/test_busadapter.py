"""Each of several tracers of a bus receives all of it, and leaves nothing behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import i2cdrv
from i2cdrv.core import registry as buses
from i2cdrv.errors import Nack
from i2cdrv.i2c.adapter import Functionality, Read, Size, Write
from i2cdrv.i2c.event import Bound, Event, Operation, Transfer, Unbound
from i2cdrv.sim import CHIPS, SimAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from i2cdrv.core.bus import Bus


@pytest.fixture
def adapter() -> SimAdapter:
    return SimAdapter({0x18: CHIPS["mcp9808"](temp=20.0)})


@pytest.fixture
def bus(adapter: SimAdapter) -> Iterator[Bus]:
    shared = buses.acquire(adapter)
    yield shared
    shared.put()


def transfers(heard: list[Event]) -> list[Transfer]:
    return [event for event in heard if isinstance(event, Transfer)]


def test_a_tracer_receives_the_search_the_probe_the_samples_and_the_removal(adapter: SimAdapter, bus: Bus) -> None:
    heard: list[Event] = []
    assert bus.attach_tracer(heard.append) == []
    with i2cdrv.open("mcp9808", bus=adapter) as device:
        device.sample()
    kinds = [type(event) for event in heard]
    assert kinds.index(Bound) > 0, "the search came before"
    bound, unbound = (heard.index(next(e for e in heard if isinstance(e, kind))) for kind in (Bound, Unbound))
    sample = (Write(0x18, b"\x05"), Read(0x18, 2))  # DS25095A §5.1.3
    assert sample in [event.messages for event in transfers(heard[bound:unbound])]
    assert len(transfers(heard)) == adapter.transactions
    assert {event.addr for event in transfers(heard)} == set(range(0x18, 0x20)), "the addresses searched"


def test_events_are_the_traffic_on_the_wire(adapter: SimAdapter, bus: Bus) -> None:
    heard: list[Event] = []
    bus.attach_tracer(heard.append)
    adapter.clock.sleep(1.0)
    assert bus.run(lambda: bus.wire.xfer([Write(0x18, b"\x06"), Read(0x18, 2)]), "x", timeout=1) == [b"\x00\x54"]
    assert bus.run(lambda: bus.wire.smbus_xfer(0x18, Size.WORD_DATA, 7, 2), "x", timeout=1) == b"\x04\x00"
    with pytest.raises(Nack):
        bus.run(lambda: bus.wire.xfer([Write(0x19, b"")]), "x", timeout=1)
    first, second, third = transfers(heard)
    assert first[:6] == (1.0, 0x18, None, (Write(0x18, b"\x06"), Read(0x18, 2)), (b"\x00\x54",), "")
    assert first.duration == pytest.approx(5 * 90e-6, rel=0.1), "five bytes at 100 kHz"
    assert second[1:6] == (0x18, Operation(Size.WORD_DATA, 7), (Read(0x18, 2),), (b"\x04\x00",), "")
    assert third[1:6] == (0x19, None, (Write(0x19, b""),), (), "ENXIO")


def test_several_listen_at_once_and_debug_logs_as_well(
    adapter: SimAdapter, bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    first: list[Event] = []
    second: list[Event] = []
    bus.attach_tracer(first.append)
    with i2cdrv.open("mcp9808", bus=adapter, addr=0x18, debug=True) as device:
        capsys.readouterr()
        (there,) = bus.attach_tracer(second.append)
        assert (there.addr, there.module, there.chip, there.parameters["debug"]) == (0x18, "mcp9808", "mcp9808", "Y")
        device.sample()
        heard = len(second)
        assert heard > 0
        assert first[-heard:] == second
        assert capsys.readouterr().err.count("event=transfer") == heard
        bus.detach_tracer(second.append)


def test_a_tracer_attached_between_a_client_and_its_probe_receives_the_probe() -> None:
    heard: list[Event] = []

    class Interrupted(SimAdapter):
        """A tracer is attached when the address is claimed; a client of the bare adapter exists by then."""

        def claim(self, addr: int, *, force: bool = False) -> None:
            shared._attach_tracer(heard.append)

    adapter = Interrupted({0x18: CHIPS["mcp9808"](temp=20.0)})
    shared = buses.acquire(adapter)
    i2cdrv.open("mcp9808", bus=adapter, addr=0x18).close()
    shared.put()
    assert isinstance(heard[0], Bound)
    assert 0 < len(transfers(heard)) == adapter.transactions


def test_a_detached_tracer_receives_nothing_more(adapter: SimAdapter, bus: Bus) -> None:
    heard: list[Event] = []
    tracer = heard.append
    with i2cdrv.open("mcp9808", bus=adapter, addr=0x18) as device:
        bus.attach_tracer(tracer)
        device.sample()
        bus.detach_tracer(tracer)
        count = len(heard)
        assert count > 0
        device.sample()
    assert len(heard) == count


def test_a_transfer_without_plain_i2c_is_reported_as_its_operation() -> None:
    adapter = SimAdapter({0x18: CHIPS["mcp9808"](temp=20.0)}, functionality=Functionality.SMBUS_EMUL)
    bus = buses.acquire(adapter)
    heard: list[Event] = []
    bus.attach_tracer(heard.append)
    with i2cdrv.open("mcp9808", bus=adapter, addr=0x18) as device:
        device.sample()
    bus.put()
    assert (Operation(Size.WORD_DATA, 5), (Read(0x18, 2),)) in [(e.operation, e.messages) for e in transfers(heard)]
