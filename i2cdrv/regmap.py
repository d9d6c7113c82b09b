"""Registers of a chip over the bus: one verb, one transfer; ``update`` alone is two.

On an adapter without plain I2C the calls are chosen in the order of drivers/base/regmap/regmap-i2c.c: 8-bit registers
by I2C block, else by byte; 16-bit registers (size 2) by word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar, overload

from .adapter import Functionality, Size
from .errors import Error, NotSupported, TimedOut
from .register import RegField, Register

if TYPE_CHECKING:
    from .client import Client

T = TypeVar("T")
R = TypeVar("R", bound=Register)

BLOCK = 32  # bytes of one I2C block transfer (I2C_SMBUS_BLOCK_MAX)
_POINTER = tuple(bytes((addr,)) for addr in range(256))


class _Access(Protocol):
    def get(self, addr: int, size: int) -> bytes: ...
    def put(self, addr: int, data: bytes) -> None: ...


class _Plain:
    """Write the register's number, then read or write its bytes, in one combined transfer."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, addr: int, size: int) -> bytes:
        return self._client.write_read(_POINTER[addr], size)

    def put(self, addr: int, data: bytes) -> None:
        self._client.write(_POINTER[addr] + data)


class _Smbus:
    """The same through SMBus calls, for adapters that have nothing else."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._can = client.adapter.functionality

    def get(self, addr: int, size: int) -> bytes:
        if size == 2:  # noqa: PLR2004, RUF100  # one 16-bit register
            self._need(Functionality.SMBUS_READ_WORD_DATA)
            return self._client.smbus_read(Size.WORD_DATA, addr, 2)
        if self._can & Functionality.SMBUS_READ_I2C_BLOCK:
            starts = range(0, size, BLOCK)
            return b"".join(self._block(addr + start, min(BLOCK, size - start)) for start in starts)
        self._need(Functionality.SMBUS_READ_BYTE_DATA)
        return b"".join(self._client.smbus_read(Size.BYTE_DATA, addr + i, 1) for i in range(size))

    def _block(self, addr: int, size: int) -> bytes:
        return self._client.smbus_read(Size.I2C_BLOCK_DATA, addr, size)

    def put(self, addr: int, data: bytes) -> None:
        if len(data) == 2:  # noqa: PLR2004, RUF100
            self._need(Functionality.SMBUS_WRITE_WORD_DATA)
            self._client.smbus_write(Size.WORD_DATA, addr, data)
        elif self._can & Functionality.SMBUS_WRITE_I2C_BLOCK:
            for start in range(0, len(data), BLOCK):
                self._client.smbus_write(Size.I2C_BLOCK_DATA, addr + start, data[start : start + BLOCK])
        else:
            self._need(Functionality.SMBUS_WRITE_BYTE_DATA)
            for i, byte in enumerate(data):
                self._client.smbus_write(Size.BYTE_DATA, addr + i, bytes((byte,)))

    def _need(self, functionality: Functionality) -> None:
        if not self._can & functionality:
            adapter = self._client.adapter
            raise NotSupported(
                f"i2c-{adapter.nr} ({adapter.name}) cannot do {functionality.name}, which {self._client.name} needs"
            )


class RegMap:
    """The registers of one client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        plain = client.adapter.functionality & Functionality.I2C
        self._bus: _Access = _Plain(client) if plain else _Smbus(client)

    @overload
    def read(self, what: RegField[T]) -> T: ...
    @overload
    def read(self, what: type[R]) -> R: ...
    def read(self, what: RegField[T] | type[R]) -> T | R:
        """A field's value, or a whole register or burst: one transfer."""
        return what.decode(self._get(what.addr, what.size))

    @overload
    def write(self, what: Register) -> None: ...
    @overload
    def write(self, what: RegField[T], value: T) -> None: ...
    def write(self, what: Register | RegField[T], value: T | None = None) -> None:
        """A whole register, or a field that fills its register: one transfer."""
        if isinstance(what, Register):
            self._put(what.addr, what.encode())
        elif what.whole:
            self._put(what.addr, what.encode(value))  # type: ignore[arg-type]  # the overload asks for a value
        else:
            raise TypeError(f"{what} shares its register with other bits: use update")

    def update(self, field: RegField[T], value: T) -> None:
        """Change one field and keep the other bits of its register: a read and a write (regmap_update_bits)."""
        data = self._get(field.addr, field.size)
        self._put(field.addr, field.encode(value, data))

    async def poll(self, field: RegField[T], value: T, *, every: float, timeout: float) -> None:
        """Read until the field has the value, each ``every`` s (regmap_read_poll_timeout).  Raises TimedOut."""
        clock = self._client.adapter.clock
        limit = clock.monotonic() + timeout
        while (now := self.read(field)) != value:
            if clock.monotonic() >= limit:
                raise TimedOut(f"{field} of {self._client} is still {now!r}, not {value!r}, after {timeout} s")
            await self._client.sleep(every)

    def _get(self, addr: int, size: int) -> bytes:
        try:
            return self._bus.get(addr, size)
        except Error as error:
            raise _at_register("read", addr, error) from error

    def _put(self, addr: int, data: bytes) -> None:
        try:
            self._bus.put(addr, data)
        except Error as error:
            raise _at_register("write", addr, error) from error


def _at_register(verb: str, addr: int, error: Error) -> Error:
    """The same error, saying at which register."""
    return type(error)(f"{verb} of register {addr:#04x}: {error.message}", error.errno)
