"""The simulated bus: an adapter with chips on its own wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from ..errors import Busy, Error, Invalid, NotSupported, Unknown
from ..i2c.adapter import Functionality, Limits, Message, Read, Size
from ..i2c.smbus import messages_of, needed
from ..lib import validate
from ..lib.clock import Clock, RealClock, VirtualClock
from ..lib.listeners import Listeners
from .catalog import CHIPS, chip_class, parse_chip
from .chip import Chip, Value
from .faults import Faults
from .inputs import follow
from .wire import Counts, Wire

T = TypeVar("T")

SIMULATED_BUS = "i2cdrv simulated bus"  # the name of its adapter
MIN_FREQUENCY_HZ = 1.0  # a slower transfer would never end
BOOT_TIME_S = 1.0  # for which the chips of the constructor have had power: a machine boots before programs run
ADAPTER_LIMITS = Limits()
STANDARD_CHIPS = {
    0x18: "mcp9808",
    0x40: "ina219",
    0x41: "ina226",
    0x44: "sht4x",
    0x48: "lm75",
    0x49: "tmp102",
    0x76: "bme280",
    0x77: "bmp280",
}


class SimAdapter(Counts):
    """One bus segment with simulated chips on it; an Adapter.

    ``transactions``, ``bytes`` and ``bus_time`` count the traffic on the wire.  ``transferred``: listeners, which are
    called after every transfer with its messages and its outcome.  ``faults``: the injected faults, none at first.
    """

    def __init__(
        self,
        chips: Mapping[int, Chip],
        *,
        nr: int = 0,
        name: str = SIMULATED_BUS,
        clock: Clock | None = None,
        frequency: float | None = 100_000,
        functionality: Functionality = Functionality.I2C | Functionality.SMBUS_EMUL,
    ) -> None:
        self._nr = validate.integer("nr", nr, range(1 << 20))
        self._name = validate.text("name", name, "text")
        self._functionality = _checked("functionality", functionality, Functionality)
        rate = None if frequency is None else validate.number("frequency", frequency, MIN_FREQUENCY_HZ)
        self._wire = Wire(str(self), VirtualClock() if clock is None else _checked_clock(clock), rate)
        self._chips = self._wire.chips
        self.faults = Faults(self._wire)
        self.transferred: Listeners[Sequence[Message], list[bytes] | Error] = Listeners()
        for addr, chip in _checked("chips", chips, Mapping).items():
            self._plug(addr, _checked("chip", chip, Chip), BOOT_TIME_S)

    @property
    def nr(self) -> int:
        """Bus number: the N of i2c-N."""
        return self._nr

    @property
    def name(self) -> str:
        """The adapter's name in the tree."""
        return self._name

    @property
    def functionality(self) -> Functionality:
        """The abilities that the constructor was given."""
        return self._functionality

    @property
    def clock(self) -> Clock:
        """The clock of its chips."""
        return self._wire.clock

    @property
    def chips(self) -> Mapping[int, Chip]:
        """The chips by address; attach and detach change it."""
        return MappingProxyType(self._chips)

    def attach(self, addr: int, chip: Chip | str, **inputs: Value) -> Chip:
        """Plug in and power a chip, or a new chip of that name with these inputs; return it."""
        if isinstance(chip, str):
            chip = chip_class(chip)(**inputs)
        else:
            _checked("chip", chip, Chip).set(**inputs)
        self._plug(addr, chip, 0.0)
        return chip

    def detach(self, addr: int) -> Chip:
        """Unplug the chip; return it."""
        _check_address(addr)
        if addr not in self._chips:
            raise Unknown(f"no chip at {addr:#04x} on {self}; there are: {', '.join(map(hex, self._chips)) or 'none'}")
        return self._chips.pop(addr)

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        """Send the messages as one combined transfer; return the bytes of each Read, in order."""
        if not self._functionality & Functionality.I2C:
            raise NotSupported(f"{self} does SMBus operations only, not plain messages")
        return self._transfer(messages)

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        """Do one SMBus operation; see Adapter.smbus_xfer."""
        if not self._functionality & needed(size, command, data):
            raise NotSupported(f"{self} cannot do SMBus {size.name} {'reads' if isinstance(data, int) else 'writes'}")
        return b"".join(self._transfer(messages_of(addr, size, command, data)))

    def claim(self, addr: int, *, force: bool = False) -> None:
        """Accept any address: no other program uses a simulated bus."""

    def close(self) -> None:
        """Do nothing: a simulated bus holds no resources."""

    def __str__(self) -> str:
        return f"i2c-{self._nr} ({self._name})"

    def _plug(self, addr: int, chip: Chip, powered: float) -> None:
        _check_address(addr)
        if addr in self._chips:
            raise Busy(f"{addr:#04x} on {self} has a chip already: {type(self._chips[addr]).__name__}; detach it first")
        chip.connect(self._wire.now, powered)
        self._chips[addr] = chip

    def _transfer(self, messages: Sequence[Message]) -> list[bytes]:
        _check_messages(messages)
        try:
            received = self.faults.run(messages)
        except Error as error:
            self.transferred(messages, error)
            raise
        self.transferred(messages, received)
        return received


def named_bus(word: str, clock: Clock) -> SimAdapter:
    """Return the bus of the word ``sim``, or ``sim:CHIP;CHIP…`` with a word of ``parse_chip`` for each chip.

    Errors: those of ``parse_chip``; Invalid for two chips at one address.
    """
    words = word.partition(":")[2]
    return bus_with(words.split(";"), clock) if words else standard_bus(clock)


def bus_with(words: Sequence[str], clock: Clock) -> SimAdapter:
    """Return a bus with these chips.  Errors: as ``named_bus``."""
    chips: dict[int, Chip] = {}
    for word in words:
        addr, chip = parse_chip(word)
        if addr in chips:
            raise Invalid(f"{word!r}: there is a chip at {addr:#04x} already: {type(chips[addr]).__name__}")
        chips[addr] = chip
    return SimAdapter(chips, clock=clock, frequency=None if isinstance(clock, RealClock) else 100_000)


def standard_bus(clock: Clock, *, nr: int = 0) -> SimAdapter:
    """Return the bus of ``--bus sim``: eight common chips, all under the same conditions."""
    chips = {addr: CHIPS[name]() for addr, name in STANDARD_CHIPS.items()}
    for chip in chips.values():
        follow(chip)
    return SimAdapter(chips, nr=nr, clock=clock, frequency=None if isinstance(clock, RealClock) else 100_000)


def _check_address(addr: object) -> None:
    if isinstance(addr, bool) or not isinstance(addr, int):
        raise Invalid(f"{validate.shown(addr)} is not a 7-bit address: 0x00 to 0x7f")
    if not 0 <= addr <= 0x7F:
        raise Invalid(f"{addr:#x} is not a 7-bit address: 0x00 to 0x7f")


def _checked(name: str, value: T, kind: type) -> T:
    """Return the value if it is of the kind.  Raises Invalid."""
    if not isinstance(value, kind):
        raise Invalid(f"{name}={validate.shown(value)}: accepted: a {kind.__name__}")
    return value


def _checked_clock(clock: Clock) -> Clock:
    if not all(callable(getattr(clock, name, None)) for name in ("monotonic", "boottime", "sleep", "wait")):
        raise Invalid(f"clock={validate.shown(clock)}: accepted: VirtualClock(), or RealClock()")
    return clock


def _check_messages(messages: Sequence[Message]) -> None:
    if not 1 <= len(messages) <= ADAPTER_LIMITS.messages:
        raise Invalid(f"{len(messages)} messages in one transfer: 1 to {ADAPTER_LIMITS.messages} are possible")
    for message in messages:
        _check_address(message.addr)
        length = message.length if isinstance(message, Read) else len(message.data)
        if not 0 <= length <= ADAPTER_LIMITS.message_bytes:
            raise Invalid(f"a message of {length} bytes: 0 to {ADAPTER_LIMITS.message_bytes} are possible")
