"""The simulated bus: transfers as they are on the wire, bit times included (NXP UM10204 §3.1).

All that happens on the wire happens in ``_start``, ``_send``, ``_receive`` and ``_stop``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from ..adapter import Functionality, Limits, Message, Read, Size, Write
from ..clock import Clock, VirtualClock
from ..errors import Busy, Error, Invalid, Nack, NotSupported, Unknown
from ..operation import messages_of, needed
from .chip import Chip

Recorder = Callable[[Sequence[Message], "list[bytes] | Error"], None]

POWERED = 1.0  # s that chips given to the constructor have had power: a machine boots before programs run
LIMITS = Limits()


class SimAdapter:
    """One bus segment with simulated chips on it; an Adapter.

    ``transactions`` (START to STOP), ``bytes`` (address and data bytes) and ``bus_time`` (s) count what was on the
    wire.  ``recorder``, when set, is called after every transfer with its messages and its outcome.
    """

    def __init__(
        self,
        chips: Mapping[int, Chip],
        *,
        nr: int = 0,
        name: str = "i2cdrv simulated bus",
        clock: Clock | None = None,
        frequency: float | None = 100_000,
        functionality: Functionality = Functionality.I2C | Functionality.SMBUS_EMUL,
    ) -> None:
        self._nr = nr
        self._name = name
        self._clock = VirtualClock() if clock is None else clock
        self._functionality = functionality
        self._bit_time = 1 / frequency if frequency else 0.0
        self._chips: dict[int, Chip] = {}
        self._edges = self._clocked = 0  # START and STOP conditions, and bytes, of the transfer under way
        self._selected: list[Chip] = []  # chips that were addressed in it
        self.transactions = self.bytes = 0
        self.bus_time = 0.0
        self.recorder: Recorder | None = None
        for addr, chip in chips.items():
            self._plug(addr, chip, POWERED)

    @property
    def nr(self) -> int:
        """Bus number: the N of i2c-N."""
        return self._nr

    @property
    def name(self) -> str:
        """What it is called in the tree."""
        return self._name

    @property
    def functionality(self) -> Functionality:
        """What it was told to be able to do."""
        return self._functionality

    @property
    def clock(self) -> Clock:
        """The time its chips live in."""
        return self._clock

    @property
    def chips(self) -> Mapping[int, Chip]:
        """The chips by address; attach and detach change it."""
        return MappingProxyType(self._chips)

    def attach(self, addr: int, chip: Chip) -> None:
        """Plug a chip in and give it power."""
        self._plug(addr, chip, 0.0)

    def detach(self, addr: int) -> Chip:
        """Unplug the chip; return it."""
        if addr not in self._chips:
            raise Unknown(f"no chip at {addr:#04x} on {self}; there are: {', '.join(map(hex, self._chips)) or 'none'}")
        return self._chips.pop(addr)

    def now(self) -> float:
        """The moment on the wire, in the clock's time; within a transfer it moves with every byte."""
        return self._clock.monotonic() + (9 * self._clocked + self._edges) * self._bit_time

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        """Send the messages as one combined transfer; return what each Read brought, in order."""
        if not self._functionality & Functionality.I2C:
            raise NotSupported(f"{self} does SMBus operations only, not plain messages")
        return self._transfer(messages)

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        """Do one SMBus operation; see Adapter.smbus_xfer."""
        if not self._functionality & needed(size, command, data):
            raise NotSupported(f"{self} cannot do SMBus {size.name} {'reads' if isinstance(data, int) else 'writes'}")
        return b"".join(self._transfer(messages_of(addr, size, command, data)))

    def claim(self, addr: int, *, force: bool = False) -> None:
        """Nothing else holds addresses on a simulated bus."""

    def close(self) -> None:
        """Nothing to give back."""

    def __str__(self) -> str:
        return f"i2c-{self._nr} ({self._name})"

    def _plug(self, addr: int, chip: Chip, powered: float) -> None:
        _check_address(addr)
        if addr in self._chips:
            raise Busy(f"{addr:#04x} on {self} has a chip already: {type(self._chips[addr]).__name__}; detach it first")
        chip.connect(self.now, powered)
        self._chips[addr] = chip

    def _transfer(self, messages: Sequence[Message]) -> list[bytes]:
        _check_messages(messages)
        try:
            received = self._run(messages)
        except Error as error:
            self._record(messages, error)
            raise
        self._record(messages, received)
        return received

    def _record(self, messages: Sequence[Message], outcome: list[bytes] | Error) -> None:
        if self.recorder is not None:
            self.recorder(messages, outcome)

    def _run(self, messages: Sequence[Message]) -> list[bytes]:
        received = []
        try:
            for nth, message in enumerate(messages, 1):
                if isinstance(message, Read):
                    received.append(self._receive(self._start(message.addr, True), message.length))
                else:
                    self._send(self._start(message.addr, False), message, nth)
        finally:
            self._stop()
        return received

    def _start(self, addr: int, read: bool) -> Chip:
        self._edges += 1
        self._clocked += 1
        chip = self._chips.get(addr)
        if chip is not None and chip not in self._selected:
            self._selected.append(chip)
        if chip is None or not chip.start(read):
            raise Nack(f"{addr:#04x} did not acknowledge its address ({'read' if read else 'write'}) on {self}")
        return chip

    def _send(self, chip: Chip, message: Write, nth: int) -> None:
        write = chip.write
        for at, byte in enumerate(message.data, 1):
            self._clocked += 1
            if not write(byte):
                raise Nack(
                    f"{message.addr:#04x} did not acknowledge data byte {at} of {len(message.data)}"
                    f" ({byte:#04x}) in message {nth} on {self}"
                )

    def _receive(self, chip: Chip, length: int) -> bytes:
        read = chip.read
        data = bytearray(length)
        for at in range(length):
            self._clocked += 1
            data[at] = read()
        return bytes(data)

    def _stop(self) -> None:
        self._edges += 1
        for chip in self._selected:
            chip.stop()
        self._selected.clear()
        self._account()

    def _account(self) -> None:
        duration = (9 * self._clocked + self._edges) * self._bit_time
        self.transactions += 1
        self.bytes += self._clocked
        self.bus_time += duration
        self._edges = self._clocked = 0
        if duration:
            self._clock.sleep(duration)


def _check_address(addr: int) -> None:
    if not 0 <= addr <= 0x7F:
        raise Invalid(f"{addr:#x} is not a 7-bit address: 0x00 to 0x7f")


def _check_messages(messages: Sequence[Message]) -> None:
    if not 1 <= len(messages) <= LIMITS.messages:
        raise Invalid(f"{len(messages)} messages in one transfer: 1 to {LIMITS.messages} are possible")
    for message in messages:
        _check_address(message.addr)
        length = message.length if isinstance(message, Read) else len(message.data)
        if not 0 <= length <= LIMITS.message_bytes:
            raise Invalid(f"a message of {length} bytes: 0 to {LIMITS.message_bytes} are possible")
