"""One chip at one address on one adapter (struct i2c_client): its transfers, and the time it may wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Never, Protocol, TypeVar

from ..errors import DriverFault, Ejected, Error, Invalid, NotSupported
from .adapter import Read, Size, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from ..lib.counters import Counters
    from .adapter import Adapter, Message

T = TypeVar("T")

MAX_SLEEP_S = 60.0  # no chip needs more, and a wrong unit must not stop a bus
MAX_PREPARED = 64  # transfers of one message that are kept; a chip has a handful

NOT_SENT_TEXT = (
    "its command of two bytes was not sent, for it is a write to another chip; i2cdrv load {name} --addr {addr:#04x} "
    "sends it"
)


class Sleep(NamedTuple):
    """A wait of a driver; the kthread leaves the bus free for this many seconds."""

    seconds: float

    def __await__(self) -> Generator[Sleep, None, None]:
        yield self


class Trace(Protocol):
    """A function that is called with each transfer of a client."""

    def __call__(self, messages: Sequence[Message], answers: list[bytes] | Error, seconds: float) -> None: ...


class Client:
    """Address, name and transfers of one chip."""

    def __init__(self, adapter: Adapter, addr: int, name: str) -> None:
        self.adapter = adapter
        self.addr = addr
        self.name = name
        self.recognised = True  # False until the driver has recognised its chip: until then nothing is written
        self.in_survey = False  # the user has not named such a chip
        self.trace: Trace | None = None
        self.waits = 0  # sleeps of the driver so far
        self.pec = False  # each transfer has a PEC (``use_pec``)
        self.unchecked = 0  # reads without a checksum: their sample has to be repeated
        self.fixed_answers: dict[tuple[int, ...], object] = {}  # constant ones, by the words: an earlier sensor's stay
        self.fetched: dict[object, tuple[int, ...]] = {}  # the latest answers of other commands, by the command
        self.is_replayed = getattr(adapter, "is_replayed", True)  # a record decides when a check is due, or may do so
        self.retries = 0  # times that a read is tried again
        self.steps: Counters | None = None  # where that is counted
        self.ejected: Error | None = None  # why the driver was ejected; from then on no transfer reaches the bus
        self._prepared: dict[bytes | int, Sequence[Message]] = {}  # by the bytes to send, or the length of a read
        self._last_sleep = Sleep(0.0)

    def __str__(self) -> str:
        """Return the kernel's name of the device, for example ``1-0076``."""
        return f"{self.adapter.nr}-{self.addr:04x}"

    def use_pec(self) -> None:
        """Add a PEC to each transfer, and check that of each answer (I2C_CLIENT_PEC)."""
        from .pec import PecAdapter  # few chips have it

        self.adapter, self.pec = PecAdapter(self.adapter), True

    def write(self, data: bytes) -> None:
        """Send bytes: one transfer.  Raises DriverFault before the chip is recognised."""
        if not self.recognised:
            self._refuse_write()
        self.transfer(self._alone(data))

    def ask(self, opcode: bytes) -> None:
        """Send a read command that changes nothing, by its datasheet: one transfer, also to an unrecognised chip.

        Raises NotSupported for more than one byte in a survey, because another chip may take the second as a value.
        """
        if self.in_survey and len(opcode) > 1:
            raise NotSupported(NOT_SENT_TEXT.format(name=self.name, addr=self.addr))
        self.transfer(self._alone(opcode))

    def read(self, length: int) -> bytes:
        """Take ``length`` bytes: one transfer.  Nothing checks them without PEC, so a jump is measured again."""
        self.unchecked += not self.pec
        return self.transfer(self._alone(length))[0]

    def write_read(self, data: bytes, length: int) -> bytes:
        """Send bytes and, after a repeated START, take ``length`` bytes: one transfer.  Unchecked, as in ``read``.

        Raises DriverFault for more than a register number before the chip is recognised.
        """
        if len(data) > 1 and not self.recognised:
            self._refuse_write()
        self.unchecked += not self.pec
        return self.transfer((Write(self.addr, data), Read(self.addr, length)))[0]

    def read_checked(self, length: int, check: Callable[[bytes], T], *, after: bytes = b"") -> T:
        """Read bytes that carry their CRC; return the result of ``check``: one transfer.

        ``check`` raises BadChecksum for bytes that do not fit; ``after``: bytes to send first, as in ``write_read``.
        """
        if len(after) > 1 and not self.recognised:
            self._refuse_write()
        messages = (Write(self.addr, after), Read(self.addr, length)) if after else self._alone(length)
        return check(self.transfer(messages)[0])

    def _alone(self, content: Any) -> Sequence[Message]:
        """Return a transfer of one message: bytes to send, or the length of a read.  It is made once."""
        try:
            return self._prepared[content]
        except (KeyError, TypeError, ValueError):  # the last two: of bytes that can change, such as a bytearray
            messages = (Read(self.addr, content) if isinstance(content, int) else Write(self.addr, content),)
        if isinstance(content, bytes | int) and len(self._prepared) < MAX_PREPARED:
            self._prepared[content] = messages
        return messages

    def transfer(self, messages: Sequence[Message]) -> list[bytes]:
        """Send the messages: one transfer, for a caller that can read a register again (RegMap)."""
        if self.ejected is not None:
            raise Ejected(self.ejected)
        if self.trace is None:
            return self.adapter.xfer(messages)
        return self._traced(messages, self.trace)

    def _traced(self, messages: Sequence[Message], trace: Trace) -> list[bytes]:
        start = self.adapter.clock.monotonic()
        try:
            answers = self.adapter.xfer(messages)
        except Error as error:
            trace(messages, error, self.adapter.clock.monotonic() - start)
            raise
        trace(messages, answers, self.adapter.clock.monotonic() - start)
        return answers

    def smbus_write(self, size: Size, command: int, data: bytes) -> None:
        """Do one SMBus write; ``data`` in the order of the wire.  Raises DriverFault before the chip is recognised."""
        if not self.recognised:
            self._refuse_write()
        self._smbus(size, command, data)

    def smbus_read(self, size: Size, command: int, length: int) -> bytes:
        """Do one SMBus read of ``length`` bytes, in the order of the wire.  Unchecked, as in ``read``."""
        self.unchecked += not self.pec
        return self.smbus_read_register(size, command, length)

    def smbus_read_register(self, size: Size, command: int, length: int) -> bytes:
        """Do ``smbus_read`` for a caller that can read the register again (RegMap)."""
        return self._smbus(size, command, length)

    def _smbus(self, size: Size, command: int, data: bytes | int) -> bytes:
        if self.ejected is not None:
            raise Ejected(self.ejected)
        if self.trace is None:
            return self.adapter.smbus_xfer(self.addr, size, command, data)
        return self._traced_smbus(size, command, data, self.trace)

    def _traced_smbus(self, size: Size, command: int, data: bytes | int, trace: Trace) -> bytes:
        head, start = bytes((command,)), self.adapter.clock.monotonic()
        wire: list[Message] = [Write(self.addr, head + data)] if isinstance(data, bytes) else [Write(self.addr, head)]
        if isinstance(data, int):
            wire.append(Read(self.addr, data))
        try:
            answer = self.adapter.smbus_xfer(self.addr, size, command, data)
        except Error as error:
            trace(wire, error, self.adapter.clock.monotonic() - start)
            raise
        trace(wire, [answer] if isinstance(data, int) else [], self.adapter.clock.monotonic() - start)
        return answer

    def is_due(self, *, by_clock: bool) -> bool:
        """Return whether a check that time makes due is due now; in a record, whether it was due there."""
        decide = getattr(self.adapter, "due", None)
        return by_clock if decide is None else decide(self.addr, by_clock)

    def _refuse_write(self) -> Never:
        raise DriverFault(
            f"the driver writes to {self} before it has recognised a {self.name} there: another chip would be "
            "changed; read an identity, a reset value or reserved bits first, in recognise()"
        )

    def sleep(self, seconds: float) -> Sleep:
        """Await the result to let ``seconds`` pass, with the bus free.  Raises Invalid above 60 s."""
        if seconds != self._last_sleep.seconds:  # a driver nearly always waits as long as before
            if not 0 <= seconds <= MAX_SLEEP_S:
                raise Invalid(f"a wait of {seconds} s; it must be 0 … {MAX_SLEEP_S:.0f} s")
            self._last_sleep = Sleep(seconds)
        self.waits += 1
        return self._last_sleep
