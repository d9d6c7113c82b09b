"""Registers of a chip over the bus: one verb, one transfer; ``update`` is four, and sees that it is so."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import uniform
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ..errors import NOT_ACKNOWLEDGED, ConfigLost, Disagreement, Error, NotConverted, NotSupported, TimedOut
from ..i2c.contention import two_chips
from .register import RegField, Register
from .regmapbus import regmap_bus
from .role import settings_lost

if TYPE_CHECKING:
    from ..i2c.client import Client
    from .role import Checks

T = TypeVar("T")
R = TypeVar("R", bound=Register)

MAX_READS = 6  # until some of them agree
RETRY_PAUSE_S = (0.0001, 0.0005)  # s before a read is tried again: no longer than a transfer takes
TRANSIENT_ERRNOS = (*NOT_ACKNOWLEDGED, errno.EIO, errno.EAGAIN)  # what a disturbance of the line looks like

MAX_READ_BYTES = 256  # bytes: all registers of a chip
WORD_BYTES = 2  # bytes of the widest single register


Reads = Sequence[tuple["RegField[Any] | type[Register]", bytes]]


class RegMap:
    """The registers of one client.

    It remembers what was read since ``begin``, so that it can be read again, and what was set, so that it can be seen
    whether it still is.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._bus = regmap_bus(client)
        # how often the chip had been given time before, and what the read brought
        self._seen: dict[RegField[Any] | type[Register], tuple[int, bytes]] = {}
        self._set: dict[RegField[Any], bytes] = {}
        # what was written last, and how registers read after it, by the first number written
        self._written: dict[int, tuple[bytes, Register | None]] = {}
        self._expected: dict[RegField[Any] | type[Register], tuple[int, int]] = {}  # word and mask of the settings
        self._marks: dict[RegField[Any] | type[Register], int] = {}  # the last conversion's
        self.settings_were_read = False  # what was read since ``begin`` had the settings in it, as they were written
        self.marked = False  # and a flag or a counter that distinguishes conversions
        self._step = MAX_READ_BYTES  # bytes that the adapter takes at once, as far as is known

    @overload
    def read(self, what: RegField[T]) -> T: ...
    @overload
    def read(self, what: type[R]) -> R: ...
    def read(self, what: RegField[T] | type[R]) -> T | R:
        """Return a field's value, or a whole register or burst: one transfer.

        Errors: ConfigLost, NotMeasured, Disagreement, NotConverted, OutOfRange or NoDevice for content that contradicts
        its declaration, once the chip is recognised.
        """
        data = self.get(what)
        if what.checks is not None and self._client.recognised:
            self._check(what, what.checks, data)
        return what.decode(data)

    def _check(self, what: RegField[Any] | type[Register], checks: Checks, data: bytes) -> None:
        word = int.from_bytes(data, what.byteorder)
        expected = self._expected.get(what)
        if expected is None:
            expected = self._expected[what] = self._settings(what, checks.settings)
        checks.check(word, *expected, self._client)
        if expected[1]:
            self.settings_were_read = True
        if checks.marks:
            self._compare_mark(what, checks.mark(word))

    def _compare_mark(self, what: RegField[Any] | type[Register], mark: int | None) -> None:
        """Raise NotConverted where the chip counts its conversions, and has not counted another one."""
        self.marked = True
        if mark is not None:
            if mark == self._marks.get(what):
                raise NotConverted(f"{self._client} has no new conversion: register {what.addr:#04x} counts none")
            self._marks[what] = mark

    def _settings(self, what: RegField[Any] | type[Register], settings: int) -> tuple[int, int]:
        """Return the bits that a register or burst reads after what was written, and where they are."""
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

        ``expect``: what the chip makes of it by itself, as a mode that ends after one conversion; its fields replace
        those that were written where later reads check ``setting`` bits.
        """
        if isinstance(what, Register):
            self._put(what.addr, what.encode(), expect)
        elif what.whole:
            self._put(what.addr, what.encode(value))  # type: ignore[arg-type]  # the overload asks for a value
        else:
            raise TypeError(f"{what} shares its register with other bits: use update")

    def update(self, field: RegField[T], value: T) -> None:
        """Change one field and keep the other bits of its register (regmap_update_bits), and see that it is so.

        Two reads, a write and a read: a bit that flipped on the wire would be written where nobody meant to, and may
        lock the chip.  Raises Disagreement if the reads differ, or the chip does not have the value then.
        """
        data = field.encode(value, self.read_until_equal(field, 2))
        self._put(field.addr, data)
        found = self.get(field)
        if not field.same(found, data):
            hint = two_chips(int.from_bytes(found, "big"), int.from_bytes(data, "big"))
            raise Disagreement(f"{field} of {self._client} is {found.hex()} after {data.hex()} was written{hint}")
        self._set[field] = data

    @overload
    def read_confirmed(self, what: RegField[T]) -> T: ...
    @overload
    def read_confirmed(self, what: type[R]) -> R: ...
    def read_confirmed(self, what: RegField[T] | type[R]) -> T | R:
        """Read a register, or a burst, that no conversion changes, until three reads agree.

        On an adapter with short reads it comes in parts.  Raises Disagreement.
        """
        return what.decode(self.read_until_equal(what, 3))

    def get_in_parts(self, what: RegField[Any] | type[Register]) -> bytes:
        """Read as ``get`` does; a burst that no conversion changes comes in parts where the adapter asks for that."""
        if not isinstance(what, type):
            return self.get(what)
        data = self._in_parts(what.addr, what.size)
        self._seen[what] = (self._client.waits, data)
        return data

    def _in_parts(self, addr: int, size: int) -> bytes:
        while True:
            step = min(self._step, size)
            try:
                return b"".join(self._fetch(addr + start, min(step, size - start)) for start in range(0, size, step))
            except NotSupported:
                if step == 1:
                    raise
                self._step = (step + 1) // 2

    def read_until_equal(self, what: RegField[Any] | type[Register], times: int) -> bytes:
        """Return the bytes that as many reads in a row have brought.  Raises Disagreement."""
        data, same = self.get_in_parts(what), 1
        for _ in range(MAX_READS - 1):
            before, data = data, self.get_in_parts(what)
            same = same + 1 if data == before else 1
            if same == times:
                return data
        raise Disagreement(f"register {what.addr:#04x} of {self._client} is another at each of {MAX_READS} reads")

    def matches_from_earlier(self, what: type[Register], data: bytes) -> bool:
        """Read a burst from one register earlier; return whether it is the same there."""
        if what.size <= WORD_BYTES or not what.addr:
            return True
        return what.same(self._in_parts(what.addr - 1, what.size + 1)[1:], data)

    # What the chip is set to.

    def clear(self) -> None:
        """Forget the chip's settings, but not the mark of its last conversion."""
        self._set.clear()
        self._written.clear()
        self._expected.clear()

    def snapshot(self, field: RegField[Any]) -> None:
        """Read what the field is set to, as if ``update`` had done it."""
        self._set[field] = self.get(field)

    def check_settings(self) -> None:
        """Read again what was set, or learnt.  Raises ConfigLost if it is not so, or if nothing that was read tells."""
        for field, data in self._set.items():
            found = self.get(field)
            if not field.same(found, data):
                raise settings_lost(f"{field} of {self._client} is {found.hex()}, not {data.hex()} as it was set")
        if self.all_bits_equal:
            raise ConfigLost(f"{self._client} reads all 0 or all 1: that also is what a line reads that is held")

    def is_bytewise(self, *fields: RegField[Any]) -> bool:
        """Return whether registers of two bytes, one after the other, overlap: an EEPROM or an RTC, made of bytes."""
        return all(self._overlap(first, second) for first, second in pairwise(fields))

    def _overlap(self, first: RegField[Any], second: RegField[Any]) -> bool:
        return self.get(first)[1:] == self.get(second)[:1]

    # What a sample is made of.

    def start_sample(self) -> None:
        """Forget what was read."""
        self._seen.clear()
        self.settings_were_read = self.marked = False

    @property
    def all_bits_equal(self) -> bool:
        """All bits that were read are 0, or all are 1: so it looks where a line is held, or nobody is there."""
        first = None
        for what, (_, data) in self._seen.items():
            level = what.level(data)
            if level is None or first not in (None, level):
                return False
            first = level
        return first is not None

    def reads_since_write(self) -> Reads:
        """What was read since the chip was last written to, or given time."""
        return [(what, data) for what, (waits, data) in self._seen.items() if waits == self._client.waits]

    def content(self) -> tuple[int, ...]:
        """Return the bits, without volatile ones, that were read since the chip was last written to, or given time."""
        return tuple([what.steady(data) for what, (waits, data) in self._seen.items() if waits == self._client.waits])

    def reread_matches(self, reads: Reads) -> bool:
        """Read that again; whether it is the same."""
        return all(what.same(self._bus.get(what.addr, what.size), data) for what, data in reads)

    async def poll(self, field: RegField[T], value: T, *, every: float, timeout: float) -> None:
        """Read until the field has the value, each ``every`` s (regmap_read_poll_timeout).  Raises TimedOut."""
        clock = self._client.adapter.clock
        limit = clock.monotonic() + timeout
        while (now := self.read(field)) != value:
            if clock.monotonic() >= limit:
                raise TimedOut(f"{field} of {self._client} is still {now!r}, not {value!r}, after {timeout} s")
            await self._client.sleep(every)

    def get(self, what: RegField[Any] | type[Register]) -> bytes:
        """Return the bytes of a field's register, or of a register or burst: one transfer, tried again if it fails."""
        data = self._fetch(what.addr, what.size)
        self._seen[what] = (self._client.waits, data)
        return data

    def _fetch(self, addr: int, size: int) -> bytes:
        try:
            return self._bus.get(addr, size)
        except Error as error:
            return self._get_again(addr, size, error)

    def _get_again(self, addr: int, size: int, error: Error) -> bytes:
        """Try a read again that failed, as often as the client allows; a read changes nothing."""
        client = self._client
        for _ in range(client.retries):
            if error.errno not in TRANSIENT_ERRNOS:
                break
            if client.steps is not None:
                client.steps.add("retries")
            client.adapter.clock.sleep(uniform(*RETRY_PAUSE_S))
            try:
                return self._bus.get(addr, size)
            except Error as again:
                error = again
        raise _at_register("read", addr, error) from error

    def _put(self, addr: int, data: bytes, expect: Register | None = None) -> None:
        self._seen.clear()
        if self._written.get(addr) != (data, expect):
            self._written[addr] = data, expect
            self._expected.clear()
        try:
            self._bus.put(addr, data)
        except Error as error:
            raise _at_register("write", addr, error) from error


def _at_register(verb: str, addr: int, error: Error) -> Error:
    """The same error, saying at which register."""
    return type(error)(f"{verb} of register {addr:#04x}: {error.message}", error.errno)
