"""Where tracers listen: in front of the adapter, so that they hear all that is on the bus, and cost nothing elsewhere.

A bus has a ``wire``, through which its transfers go.  That is its adapter itself until somebody traces.
All of this happens on the bus's kthread, so there is no lock, and no transfer is under way meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast

from ..errors import Error
from ..lib.accounting import ACCOUNT
from .adapter import Read, Write
from .event import Bound, Check, Event, Operation, Transfer, Unbound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.bus import Bus
    from ..core.device import Device
    from .adapter import Adapter, Message, Size

Tracer = Callable[[Event], None]  # called on the kthread: it must neither fail nor wait
PATIENCE = 10.0  # s for the kthread to end what it does and take a tracer


class Witness(Protocol):
    """An adapter that is told which drivers are bound on it (as client_register of struct i2c_adapter once did)."""

    def bound(self, device: Bound) -> None:
        """The driver will probe."""
        ...

    def unbound(self, addr: int) -> None:
        """The driver will give the device back."""
        ...


class TracedAdapter:
    """An adapter with tracers in front of it."""

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter
        self.nr, self.name, self.functionality = adapter.nr, adapter.name, adapter.functionality
        self.clock = adapter.clock
        self.tracers: list[Tracer] = []

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        """See Adapter."""
        start = self.clock.monotonic()
        try:
            answers = self.adapter.xfer(messages)
        except Error as error:
            self._tell(start, None, messages, (), error.name)
            raise
        self._tell(start, None, messages, answers)
        return answers

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        """See Adapter."""
        start = self.clock.monotonic()
        operation, reads = Operation(size, command), isinstance(data, int)
        messages: list[Message] = [Read(addr, data) if isinstance(data, int) else Write(addr, data)]
        try:
            answer = self.adapter.smbus_xfer(addr, size, command, data)
        except Error as error:
            self._tell(start, operation, messages, (), error.name)
            raise
        self._tell(start, operation, messages, [answer] if reads else [])
        return answer

    def _tell(
        self,
        start: float,
        operation: Operation | None,
        messages: Sequence[Message],
        answers: Sequence[bytes],
        error: str = "",
    ) -> None:
        duration = self.clock.monotonic() - start
        addr = messages[0].addr if messages else 0
        self._trace(Transfer(start, addr, operation, tuple(messages), tuple(answers), error, duration))

    def _trace(self, event: Event) -> None:
        with ACCOUNT.ours:
            for tracer in self.tracers:
                tracer(event)

    def due(self, addr: int, by_clock: bool) -> bool:
        """Return whether a check of the chip is due, and trace it if it is (``Client.is_due``)."""
        decide = getattr(self.adapter, "due", None)
        due: bool = by_clock if decide is None else decide(addr, by_clock)
        if due:
            self._trace(Check(self.clock.monotonic(), addr))
        return due

    def bound(self, device: Bound) -> None:
        """See Witness."""
        self._trace(device)

    def unbound(self, addr: int) -> None:
        """See Witness."""
        self._trace(Unbound(self.clock.monotonic(), addr))

    def claim(self, addr: int, *, force: bool = False) -> None:
        """See Adapter."""
        self.adapter.claim(addr, force=force)

    def close(self) -> None:
        """See Adapter."""
        self.adapter.close()


def attach(bus: Bus, tracer: Tracer) -> Sequence[Bound]:
    """Let the tracer hear of all that happens on the bus from now on; gives the devices that are bound already.

    From any thread but the kthread.  Raises TimedOut if that hangs.
    """
    return bus.run(partial(_attach, bus, tracer), f"trace of i2c-{bus.adapter.nr}", timeout=PATIENCE)


def _attach(bus: Bus, tracer: Tracer) -> Sequence[Bound]:
    if not isinstance(bus.wire, TracedAdapter):
        _use(bus, TracedAdapter(bus.noted))
    assert isinstance(bus.wire, TracedAdapter)
    bus.wire.tracers.append(tracer)
    return [_description(bus, device) for device in bus.devices.values()]


def detach(bus: Bus, tracer: Tracer) -> None:
    """Tell the tracer no more; without tracers the adapter is alone again.  As ``attach``."""
    bus.run(partial(_detach, bus, tracer), f"end of a trace of i2c-{bus.adapter.nr}", timeout=PATIENCE)


def _detach(bus: Bus, tracer: Tracer) -> None:
    if isinstance(bus.wire, TracedAdapter) and tracer in bus.wire.tracers:
        bus.wire.tracers.remove(tracer)
        if not bus.wire.tracers:
            _use(bus, bus.noted)


def _use(bus: Bus, wire: Adapter) -> None:
    bus.wire = bus.health.adapter = wire
    for device in bus.devices.values():
        if device.failed is None:  # an ejected driver must not get the bus back
            device.client.adapter = wire


def bound(bus: Bus, device: Device[Any]) -> None:
    """The address is the device's; its probe comes next.  On the kthread."""
    device.client.adapter = bus.wire  # a tracer may have come since the client was made
    for witness in _witnesses(bus):
        witness.bound(_description(bus, device))


def unbound(bus: Bus, device: Device[Any]) -> None:
    """The driver gives the device back next.  On the kthread."""
    for witness in _witnesses(bus):
        witness.unbound(device.client.addr)


def _witnesses(bus: Bus) -> list[Witness]:
    # by their method: isinstance() with a protocol imports inspect when it is first called, which a bus thread must not
    return [cast("Witness", one) for one in (bus.adapter, bus.wire) if hasattr(one, "unbound")]


def _description(bus: Bus, device: Device[Any]) -> Bound:
    params = device.live.params
    shown = {name: param.show(params.value(param)).rstrip(b"\n") for name, param in params.params.items()}
    texts = {name: value.decode("utf-8", "backslashreplace") for name, value in shown.items()}
    return Bound(bus.adapter.clock.monotonic(), device.client.addr, device.module.name, device.client.name, texts)
