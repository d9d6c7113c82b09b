"""A recorded conversation in place of a bus: each transfer must be the next recorded one, and gets its answer.

``--bus replay:FILE`` and ``i2cdrv.open("bme280", bus="replay:FILE")``.  Time is virtual: sleeps pass at once.
"""

from __future__ import annotations

import errno
from collections import deque
from typing import TYPE_CHECKING

from ..errors import BadChecksum, Busy, EndOfRecord, Error, Invalid, Nack, NotRecorded, NotSupported, TimedOut
from ..lib.clock import VirtualClock
from ..lib.log.logger import log
from . import record
from .adapter import Read, Write
from .event import Bound, Check, Operation, Transfer, Unbound, request

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .adapter import Message, Size
    from .event import Event

MAX_GAP_S = 1.0
# the errors of adapters by errno; they have three names for a NACK (Documentation/i2c/fault-codes.rst)
_CLASSES: dict[int, type[Error]] = {
    errno.ENXIO: Nack,
    errno.EREMOTEIO: Nack,
    errno.ENODEV: Nack,
    errno.ETIMEDOUT: TimedOut,
    errno.EBADMSG: BadChecksum,
    errno.EOPNOTSUPP: NotSupported,
    errno.EBUSY: Busy,
    errno.EINVAL: Invalid,
}


class ReplayClock(VirtualClock):
    """Follows the times of a record.

    A pause of the record for which no task waits is skipped if it is longer than MAX_GAP_S: in the middle of a sample,
    which began without it, it would make the sample seem too long.
    """

    def __init__(self) -> None:
        super().__init__()
        self._skipped = 0.0

    def reach(self, time: float) -> None:
        """Advance to the moment ``time`` of the record, unless it has passed."""
        gap = time - self._skipped - self._now
        if gap > MAX_GAP_S:
            self._skipped += gap
        elif gap > 0:
            self._now += gap


class ReplayAdapter:
    """An Adapter whose chips are a record.  Each address has its own sequence of events."""

    def __init__(self, recording: record.Record) -> None:
        header = recording.header
        self.nr, self.name, self.functionality = header.nr, header.name, header.functionality
        self.clock = ReplayClock()
        self._record = recording
        self._remaining: dict[int, deque[tuple[int, Event]]] = {}
        for number, event in recording.events:
            if isinstance(event, Transfer | Bound | Unbound | Check):
                self._remaining.setdefault(event.addr, deque()).append((number, event))
        self._forgotten: set[int] = set()  # addresses whose removal is not recorded
        self._parameters: dict[int, str] = {}  # recorded, by address, for errors

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        """Return the recorded answers.  Errors: the recorded one; NotRecorded; EndOfRecord."""
        return self._play(None, messages)

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        """Do ``xfer`` for an SMBus operation."""
        message: Message = Read(addr, data) if isinstance(data, int) else Write(addr, data)
        return b"".join(self._play(Operation(size, command), [message]))

    def _play(self, operation: Operation | None, messages: Sequence[Message]) -> list[bytes]:
        addr = messages[0].addr
        if addr in self._forgotten:
            return [bytes(message.length) for message in messages if isinstance(message, Read)]
        number, transfer = self._next(addr, request(operation, messages))
        if (transfer.operation, transfer.messages) != (operation, tuple(messages)):
            raise self._other(number, transfer, request(operation, messages))
        self._remaining[addr].popleft()
        self.clock.reach(transfer.time)
        self.clock.sleep(transfer.duration)
        if transfer.error:
            fault = getattr(errno, transfer.error)
            text = f"i2c-{self.nr} {addr:#04x}: {transfer.error}, as recorded in line {number}"
            raise _CLASSES.get(fault, Error)(text, fault)
        return list(transfer.answers)

    def _next(self, addr: int, requested: str) -> tuple[int, Transfer]:
        if addr not in self._remaining:
            raise NotRecorded(
                f"{self._record.path} has no transfer to {addr:#04x} (request: {requested}); {self._has()}"
            )
        self.due(addr)  # a check that no transfer has reached
        if not self._remaining[addr]:
            raise EndOfRecord(f"the record {self._record.path} ends here for {addr:#04x} (request: {requested})")
        number, event = self._remaining[addr][0]
        if isinstance(event, Unbound):
            path = self._record.path
            raise EndOfRecord(
                f"the record {path} ends here for {addr:#04x}: line {number} unbinds it (request: {requested})"
            )
        if not isinstance(event, Transfer):
            where = f"{self._record.path}, line {number}"
            raise NotRecorded(f"{where}: a driver is bound to {addr:#04x} here, before the request {requested}; "
                              f"{self._has()}")  # fmt: skip
        return number, event

    def _other(self, number: int, transfer: Transfer, requested: str) -> NotRecorded:
        parameters = self._parameters.get(transfer.addr, "")
        return NotRecorded(
            f"{self._record.path}, line {number}: recorded for {transfer.addr:#04x} is {transfer.request()!r}, "
            f"requested is {requested!r}: the driver or its parameters are not those of the record{parameters}"
        )

    def _has(self) -> str:
        loads = sorted({f"i2cdrv load {device.chip} --addr {device.addr:#04x}" for device in self._record.bindings()})
        addresses = ", ".join(f"{addr:#04x}" for addr in sorted(self._remaining)) or "no address"
        return f"it has {addresses}" + (f", of {', '.join(loads)}" if loads else "")

    def due(self, addr: int, by_clock: bool = False) -> bool:
        """Return whether a check that time made due is recorded here; the clock does not matter."""
        left = self._remaining.get(addr)
        if not left or not isinstance(left[0][1], Check):
            return False
        left.popleft()
        return True

    # Which drivers are bound.

    def address_of(self, module: str, chip: str) -> int | None:
        """Return the address at which the module was bound to such a chip, else None.  Raises Invalid for several."""
        found = sorted({one.addr for one in self._record.bindings() if (one.module, one.chip) == (module, chip)})
        if len(found) > 1:
            places = ", ".join(f"{addr:#04x}" for addr in found)
            raise Invalid(f"{self._record.path} has {chip} at {places}: choose with --addr")
        return found[0] if found else None

    def bound(self, device: Bound) -> None:
        """Continue where a driver was bound to the address.  Raises NotRecorded if that was before the record began."""
        addr = device.addr
        left = self._remaining.get(addr, deque())
        if not any(isinstance(event, Bound) for _, event in left):
            if any(before.addr == addr for before in self._record.header.devices):
                raise NotRecorded(
                    f"{self._record.path} was begun when the driver of {addr:#04x} was bound already, so there is no "
                    f"probe in it; record one: i2cdrv load {device.module} --record FILE"
                )
            return
        while not isinstance(event := left.popleft()[1], Bound):
            pass
        self.clock.reach(event.time)
        self._forgotten.discard(addr)
        self._parameters[addr] = _format_parameters(event)

    def unbound(self, addr: int) -> None:
        """Continue where the driver was unbound.  If it never was, its transfers have no effect."""
        left = self._remaining.get(addr, deque())
        while left:
            if isinstance(left.popleft()[1], Unbound):
                return
        self._forgotten.add(addr)

    def claim(self, addr: int, *, force: bool = False) -> None:
        """Do nothing: no kernel driver uses an address of a record."""

    def close(self) -> None:
        """Do nothing."""


def _format_parameters(device: Bound) -> str:
    words = " ".join(f"{name}={value}" for name, value in device.parameters.items())
    return f", which was made with {device.module} {words}"


def open_record(path: Path) -> ReplayAdapter:
    """Open the bus in the file.  Errors: those of record.read."""
    recording = record.read(path)
    if recording.warning:
        log("warning", recording.warning)
    return ReplayAdapter(recording)


def parameters_of(path: Path, name: str, addr: int | None = None) -> dict[str, str]:
    """Return the parameters at the first binding of the module, or of the chip, of that name, at that address or any.

    ``debug`` is left out: it changes no transfer.  Errors: those of record.read.
    """
    wanted = name.replace("-", "_")
    bindings = [one for one in record.read(path).bindings() if addr in (None, one.addr)]
    found = next((one.parameters for one in bindings if wanted in (one.module, one.chip)), {})
    return {parameter: value for parameter, value in found.items() if parameter != "debug"}
