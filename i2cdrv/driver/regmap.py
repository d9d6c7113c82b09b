"""Registers of a chip over the bus: each verb is one transfer, except ``update``, which also confirms the change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ..errors import ConfigLost, Disagreement, Error, NotConverted, NotSupported, TimedOut
from ..i2c.contention import two_chips
from .regfield import RegField
from .register import Register
from .retry import RetryingBus
from .role import settings_lost

if TYPE_CHECKING:
    from ..i2c.client import Client
    from .role import Checks

T = TypeVar("T")
R = TypeVar("R", bound=Register)

MAX_READS = 6  # in search of equal reads
MAX_STARTS = 3  # of a conversion, to see it begin; only a busy machine looks too late

MAX_READ_BYTES = 256  # all registers of a chip
WORD_BYTES = 2  # the widest single register


Reads = Sequence[tuple["RegField[Any] | type[Register]", int]]  # registers and their bits (``steady``)


class RegMap:
    """The registers of one client.

    It remembers the reads since ``start_sample``, to repeat them, and the settings, to check them.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._bus = RetryingBus(client)
        # by register: the number of waits before the read, and its bits without volatile bits
        self._seen: dict[RegField[Any] | type[Register], tuple[int, int]] = {}
        self._set: dict[RegField[Any], bytes] = {}
        # the last write by its first register number, and how registers read after it
        self._written: dict[int, tuple[bytes, Register | None]] = {}
        self._expected: dict[RegField[Any] | type[Register], tuple[int, int]] = {}  # word and mask of the settings
        self._marks: dict[RegField[Any] | type[Register], int] = {}  # of the last conversion
        self.settings_were_read = False  # since ``start_sample``, and they were right
        self.marked = False  # a read had a flag or a counter that distinguishes conversions
        self.ran_one_shot = False  # since ``start_sample``
        self.must_prove = False  # each conversion of ``one_shot`` has to be seen to begin
        self._step = MAX_READ_BYTES  # bytes that the adapter is known to take at once

    @overload
    def read(self, what: RegField[T]) -> T: ...
    @overload
    def read(self, what: type[R]) -> R: ...
    def read(self, what: RegField[T] | type[R]) -> T | R:
        """Return a field's value, or a whole register or burst: one transfer.

        Errors: ConfigLost, NotMeasured, Disagreement, NotConverted, OutOfRange or NoDevice for content that contradicts
        its declaration, once the chip is recognised.
        """
        try:
            data = self._bus.get_once(what.addr, what.size)
        except Error as error:
            data = self._bus.get_again(what.addr, what.size, error)
        word = int.from_bytes(data, what.byteorder)
        self._seen[what] = self._client.waits, word & what.steady_mask
        if what.checks is not None and self._client.recognised:
            self._check(what, what.checks, word)
        return what.of_word(word)

    @overload
    async def fetch(self, what: RegField[T], *, after: float) -> T: ...
    @overload
    async def fetch(self, what: type[R], *, after: float) -> R: ...
    async def fetch(self, what: RegField[T] | type[R], *, after: float) -> T | R:
        """Read a register that the chip fills first: its number, ``after`` s, then a read without the number.

        The bus is free meanwhile.  The bytes cannot be read twice, so without PEC a value that jumps is measured again.
        Errors: as ``read``; NotSupported, because it needs plain I2C.
        """
        word = int.from_bytes(await self._bus.fetch(what.addr, what.size, after), what.byteorder)
        if what.checks is not None and self._client.recognised:
            self._check(what, what.checks, word)
        return what.of_word(word)

    def _check(self, what: RegField[Any] | type[Register], checks: Checks, word: int) -> None:
        expected = self._expected.get(what)
        if expected is None:
            expected = self._expected[what] = self._settings(what, checks.settings)
        written, mask = expected
        checks.check(word, written, mask, self._client)
        if mask:
            self.settings_were_read = True
        if checks.marks:
            self._compare_mark(what, checks.mark(word))

    def _compare_mark(self, what: RegField[Any] | type[Register], mark: int | None) -> None:
        """Raise NotConverted if the chip counts its conversions, and the count is the same."""
        self.marked = True
        if mark is not None:
            if mark == self._marks.get(what):
                raise NotConverted(f"{self._client} has no new conversion: register {what.addr:#04x} counts none")
            self._marks[what] = mark

    def _settings(self, what: RegField[Any] | type[Register], settings: int) -> tuple[int, int]:
        """Return the word that a register or burst reads after the last writes, and the mask of its known bits."""
        word = mask = 0
        for addr, data, bits in self._expectations():
            first = addr - what.addr
            if 0 <= first <= what.size - len(data):
                shift = 8 * (first if what.byteorder == "little" else what.size - len(data) - first)
                placed = int.from_bytes(bits, what.byteorder) << shift
                word = word & ~placed | int.from_bytes(data, what.byteorder) << shift & placed
                mask |= placed
        return word, mask & settings

    def _expectations(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield register number, content, and the bits of it that count."""
        for addr, (data, expect) in self._written.items():
            yield addr, data, b"\xff" * len(data)
            if expect is not None:
                yield expect.addr, expect.encode(), expect.declared_bits()

    @overload
    def write(self, what: Register, *, expect: Register | None = None) -> None: ...
    @overload
    def write(self, what: RegField[T], value: T) -> None: ...
    def write(self, what: Register | RegField[T], value: T | None = None, *, expect: Register | None = None) -> None:
        """Write a whole register, or a field that fills its register: one transfer.

        ``expect``: the content after the chip has acted on the write, such as a mode that ends by itself.  Its fields
        replace the written bits when later reads check ``setting`` bits.
        """
        if isinstance(what, Register):
            self._put(what.addr, what.encode(), expect)
        elif what.whole:
            self._put(what.addr, what.encode(value))  # type: ignore[arg-type]  # the overload needs a value
        else:
            raise TypeError(f"{what} shares its register with other bits: use update")

    async def one_shot(self, start: Register, duration: float, *, idle: Register) -> None:
        """Write the register that starts one conversion, and wait ``duration`` s for its end.

        ``idle``: how the registers read once the chip has ended the conversion by itself.  Raises NotConverted if the
        chip must show that the conversion begins, and reads so at once.
        """
        self.ran_one_shot = True
        for _ in range(MAX_STARTS):
            self.write(start, expect=idle)
            begun = self.must_prove and self.read(type(idle))
            await self._client.sleep(duration)
            if not begun or begun != idle:
                return
        raise NotConverted(f"{self._client} does not measure: it acknowledges the command and stays asleep")

    def update(self, field: RegField[T], value: T) -> None:
        """Change one field, keep the other bits of its register (regmap_update_bits), and confirm the change.

        This takes two equal reads, a write and a read: a bit that flipped on the wire would otherwise be written back,
        and might lock the chip.  Raises Disagreement if the reads differ, or the chip does not take the value.
        """
        data = field.encode(value, self.read_until_equal(field, 2))
        self._put(field.addr, data)
        found = self.get(field)
        if field.steady(found) != field.steady(data):
            hint = two_chips(int.from_bytes(found, "big"), int.from_bytes(data, "big"))
            raise Disagreement(f"{field} of {self._client} is {found.hex()} after {data.hex()} was written{hint}")
        self._set[field] = data

    @overload
    def read_confirmed(self, what: RegField[T]) -> T: ...
    @overload
    def read_confirmed(self, what: type[R]) -> R: ...
    def read_confirmed(self, what: RegField[T] | type[R]) -> T | R:
        """Read a register, or a burst, that no conversion changes, until three reads agree.

        An adapter that only does short reads reads a burst in parts.  Raises Disagreement.
        """
        return what.decode(self.read_until_equal(what, 3))

    def get_in_parts(self, what: RegField[Any] | type[Register]) -> bytes:
        """Read as ``get`` does; a burst comes in parts if the adapter needs that."""
        if not isinstance(what, type):
            return self.get(what)
        data = self._in_parts(what.addr, what.size)
        self._seen[what] = self._client.waits, what.steady(data)
        return data

    def _in_parts(self, addr: int, size: int) -> bytes:
        while True:
            step = min(self._step, size)
            try:
                return b"".join(self._bus.get(addr + start, min(step, size - start)) for start in range(0, size, step))
            except NotSupported:
                if step == 1:
                    raise
                self._step = (step + 1) // 2

    def read_until_equal(self, what: RegField[Any] | type[Register], times: int) -> bytes:
        """Return the bytes that this many reads in a row agree on.  Raises Disagreement."""
        data, same = self.get_in_parts(what), 1
        for _ in range(MAX_READS - 1):
            before, data = data, self.get_in_parts(what)
            same = same + 1 if data == before else 1
            if same == times:
                return data
        raise Disagreement(f"register {what.addr:#04x} of {self._client} differs at each of {MAX_READS} reads")

    def matches_from_earlier(self, what: type[Register], data: bytes) -> bool:
        """Read a burst from one register earlier; return whether its bytes are the same."""
        if what.size <= WORD_BYTES or not what.addr:
            return True
        return what.steady(self._in_parts(what.addr - 1, what.size + 1)[1:]) == what.steady(data)

    # Settings.

    def clear(self) -> None:
        """Forget the chip's settings, but not the mark of its last conversion."""
        self._set.clear()
        self._written.clear()
        self._expected.clear()

    def snapshot(self, field: RegField[Any]) -> None:
        """Read the field and remember it as a setting, as ``update`` does."""
        self._set[field] = self.get(field)

    def check_settings(self) -> None:
        """Read the settings again.  Raises ConfigLost if one has changed, or if all bits read the same."""
        for field, data in self._set.items():
            found = self.get(field)
            if field.steady(found) != field.steady(data):
                raise settings_lost(f"{field} of {self._client} is {found.hex()}, not {data.hex()} as it was set")
        if self.all_bits_equal:
            raise ConfigLost(f"{self._client} reads all 0 or all 1, as a line that is held does")

    def is_bytewise(self, *fields: RegField[Any] | type[Register]) -> bool:
        """Return whether registers of two bytes, one after the other, overlap: an EEPROM or an RTC, made of bytes."""
        return all(self._overlap(first, second) for first, second in pairwise(fields))

    def _overlap(self, first: RegField[Any] | type[Register], second: RegField[Any] | type[Register]) -> bool:
        return self.get(first)[1:] == self.get(second)[:1]

    # The reads of a sample.

    def start_sample(self) -> None:
        """Forget the reads of the last sample."""
        self._seen.clear()
        self.settings_were_read = self.marked = self.ran_one_shot = False

    @property
    def all_bits_equal(self) -> bool:
        """Whether all bits that were read are 0, or all are 1: so a held line reads, and an address without a chip."""
        first = None
        for what, (_, bits) in self._seen.items():
            level = 0 if not bits else 1 if bits == what.steady_mask else None
            if level is None or first not in (None, level):
                return False
            first = level
        return first is not None

    def reads_since_write(self) -> Reads:
        """Return the reads since the last write to the chip, or the last wait, unless their PEC has confirmed them."""
        now = -1 if self._client.pec else self._client.waits
        return [(what, bits) for what, (waits, bits) in self._seen.items() if waits == now]

    def content(self) -> tuple[int, ...]:
        """Return the bits of these reads, without volatile bits."""
        now = self._client.waits
        found: tuple[int, ...] = ()
        for waits, bits in self._seen.values():
            if waits == now:
                found += (bits,)  # mostly the only one: a comprehension is a call before Python 3.12
        return found

    def reread_matches(self, reads: Reads) -> bool:
        """Repeat the reads; return whether the bits are the same."""
        return all(what.steady(self._bus.get_once(what.addr, what.size)) == bits for what, bits in reads)

    async def poll(self, field: RegField[T], value: T, *, every: float, timeout: float) -> None:
        """Read until the field has the value, each ``every`` s (regmap_read_poll_timeout).  Raises TimedOut."""
        clock = self._client.adapter.clock
        limit = clock.monotonic() + timeout
        while (now := self.read(field)) != value:
            if clock.monotonic() >= limit:
                raise TimedOut(f"{field} of {self._client} is still {now!r}, not {value!r}, after {timeout} s")
            await self._client.sleep(every)

    def get(self, what: RegField[Any] | type[Register]) -> bytes:
        """Return the bytes of a field's register, or of a register or burst: one transfer, repeated if it fails."""
        data = self._bus.get(what.addr, what.size)
        self._seen[what] = self._client.waits, what.steady(data)
        return data

    def _put(self, addr: int, data: bytes, expect: Register | None = None) -> None:
        if self._seen and not all(what.is_fully_checked() for what in self._seen):
            self._client.unchecked += not self._client.pec  # these bytes cannot be read again
        self._seen.clear()
        if self._written.get(addr) != (data, expect):
            self._written[addr] = data, expect
            self._expected.clear()
        self._bus.put(addr, data)
