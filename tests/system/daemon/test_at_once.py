"""Chips of different buses are looked for, and probed, at the same time; those of one bus one after the other."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from i2cdrv.daemon.desired import DesiredDevice
from i2cdrv.errors import Error
from i2cdrv.lib.atonce import at_once
from i2cdrv.sim import CHIPS
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from i2cdrv.core.i2cclient import I2cClient
    from i2cdrv.i2c.adapter import Message
    from i2cdrv.sim import SimAdapter

    from .conftest import Machine, Running

    Start = Callable[[str], Running]

BUSES = 3


class Meeting:
    """Holds the first transfer of each bus until every bus has one: sequential buses would never pass."""

    def __init__(self, adapters: Sequence[SimAdapter]) -> None:
        self.barrier = threading.Barrier(len(adapters))
        self.met: list[int] = []
        for adapter in adapters:
            self._guard(adapter)

    def _guard(self, adapter: SimAdapter) -> None:
        xfer, once = adapter.xfer, threading.Event()

        def guarded(messages: Sequence[Message]) -> list[bytes]:
            if not once.is_set():
                once.set()
                self.barrier.wait(30)
                self.met.append(adapter.nr)
            return xfer(messages)

        adapter.xfer = guarded  # type: ignore[method-assign]


@pytest.mark.parametrize("addr", ["", ", addr: 0x18"], ids=["searched", "at its address"])
def test_buses_are_searched_and_probed_together(daemon_of: Start, machine: Machine, addr: str) -> None:
    adapters = [machine.plug(nr, f"adapter {nr}", {0x18: CHIPS["mcp9808"]()}) for nr in range(3, 3 + BUSES)]
    meeting = Meeting(adapters)
    entries = ", ".join(f"{{module: mcp9808, bus: {adapter.nr}{addr}}}" for adapter in adapters)
    daemon = daemon_of(f"devices: [{entries}]\n")
    until(lambda: all(daemon.state_of(f"{adapter.nr}-0018") == "live" for adapter in adapters))
    assert sorted(meeting.met) == [adapter.nr for adapter in adapters]


def test_a_failure_does_not_block_the_others(daemon_of: Start, machine: Machine) -> None:
    for nr in (3, 4):
        machine.plug(nr, f"adapter {nr}", {0x18: CHIPS["mcp9808"]()} if nr == 4 else {})
    daemon = daemon_of("devices: [{module: mcp9808, bus: 3}, {module: mcp9808, bus: 4}, {module: mcp9808, bus: 5}]\n")
    until(lambda: daemon.state_of("4-0018") == "live")
    assert [one["bus"] for one in daemon.status()["missing"]] == ["3", "5"]


def test_calls_are_made_together_and_their_errors_are_returned() -> None:
    barrier = threading.Barrier(3)
    fault = ValueError("no")

    def fails() -> int:
        barrier.wait(30)
        raise fault

    assert at_once([lambda: barrier.wait(30) * 0, fails, lambda: barrier.wait(30) * 0 + 2]) == [0, fault, 2]
    assert at_once([]) == []


def test_a_client_that_cannot_be_taken_up_does_not_end_the_search(daemon_of: Start, machine: Machine) -> None:
    machine.plug(3, "adapter 3", {0x18: CHIPS["mcp9808"]()})
    machine.plug(4, "adapter 4", {0x18: CHIPS["mcp9808"]()})
    daemon = daemon_of("{}")
    bound, core = daemon.daemon.manager.bound, daemon.daemon.core
    refused: list[str] = []

    def once(client: I2cClient) -> None:
        if not refused:
            refused.append(str(client))
            raise Error("the bus is going")
        bound(client)

    daemon.daemon.manager.bound = once  # type: ignore[method-assign]
    for nr in (3, 4):
        daemon.daemon.manager.prober.want(DesiredDevice("mcp9808", str(nr), 0x18))
    until(lambda: len(core.devices()) == 2)
    assert len(refused) == 1
    assert daemon.daemon.manager.prober._thread.is_alive()
