"""Registers over the bus: how many transfers, which bytes, which errors."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import pytest

from i2cdrv.driver.regfield import reg_field
from i2cdrv.driver.register import Register
from i2cdrv.driver.regmap import RegMap
from i2cdrv.driver.specifiers import bits, u16
from i2cdrv.errors import BadChecksum, ConfigLost, Disagreement, Error, Invalid, Nack, NotSupported, TimedOut
from i2cdrv.i2c.adapter import Functionality, Message, Read, Size, Write
from i2cdrv.i2c.client import Client
from i2cdrv.kthread.kthread import Kthread
from i2cdrv.lib.clock import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

F = Functionality
ADDR = 0x18
T = TypeVar("T")

BYTE = reg_field(0xD0)
WORD = reg_field(0x06, size=2)
LIMIT = reg_field(0x03, 12, 2, size=2, signed=True, scale=0.25)
NIBBLE = reg_field(0x74, 5, 2)
READY = reg_field(0xF3, 3, type=bool)


class Ctrl(Register, addr=0xF4):
    osrs: int = bits(7, 5)
    mode: int = bits(1, 0)


class Words(Register, addr=0x20, size=4):
    one: int = u16(0x20)
    two: int = u16(0x22)


class Long(Register, addr=0x80, size=70):
    first: int = bits(7, 0, at=0x80)
    last: int = bits(7, 0, at=0xC5)


class Smbus(NamedTuple):
    """One SMBus operation as the adapter received it."""

    size: Size
    command: int
    data: bytes | int


class FakeAdapter:
    """Writes down each transfer; answers with ``answers`` in turn, an Error is raised."""

    nr = 1
    name = "fake"

    def __init__(self, *answers: str | Error, functionality: Functionality = F.I2C) -> None:
        self.clock = VirtualClock()
        self.functionality = functionality
        self.answers = list(answers)
        self.transfers: list[Sequence[Message] | Smbus] = []
        self.times: list[float] = []

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        self.transfers.append(list(messages))
        return [self._answer(m.length) for m in messages if isinstance(m, Read)] or self._fault()

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        assert addr == ADDR
        self.transfers.append(Smbus(size, command, data))
        if isinstance(data, int):
            return self._answer(data)
        self._fault()
        return b""

    def _answer(self, length: int) -> bytes:
        self.times.append(self.clock.monotonic())
        answer = self.answers.pop(0)
        if isinstance(answer, Error):
            raise answer
        data = bytes.fromhex(answer)
        assert len(data) == length
        return data

    def _fault(self) -> list[bytes]:
        if self.answers and isinstance(self.answers[0], Error):
            raise self.answers[0]
        return []

    def claim(self, addr: int, *, force: bool = False) -> None: ...

    def close(self) -> None: ...


def regmap_on(adapter: FakeAdapter) -> RegMap:
    return RegMap(Client(adapter, ADDR, "fake"))


def run(adapter: FakeAdapter, work: Coroutine[Any, Any, T]) -> T:
    return Kthread(adapter.clock, "test").call(work, "test", timeout=1000)


# Plain I2C: one verb, one transfer.


def test_reading_a_field_is_one_combined_transfer() -> None:
    adapter = FakeAdapter("e3 05")
    assert regmap_on(adapter).read(WORD) == 0xE305
    assert adapter.transfers == [[Write(ADDR, b"\x06"), Read(ADDR, 2)]]


def test_reading_a_burst_is_one_combined_transfer() -> None:
    adapter = FakeAdapter("11" + "00" * 68 + "99")
    register = regmap_on(adapter).read(Long)
    assert (register.first, register.last) == (0x11, 0x99)
    assert adapter.transfers == [[Write(ADDR, b"\x80"), Read(ADDR, 70)]]


def test_writing_a_register_is_one_transfer() -> None:
    adapter = FakeAdapter()
    regmap_on(adapter).write(Ctrl(osrs=5, mode=3))
    regmap_on(adapter).write(Words(one=0x1234, two=0xABCD))
    assert adapter.transfers == [[Write(ADDR, b"\xf4\xa3")], [Write(ADDR, b"\x20\x12\x34\xab\xcd")]]


def test_writing_a_field_that_fills_its_register_is_one_transfer() -> None:
    adapter = FakeAdapter()
    regmap_on(adapter).write(BYTE, 0xB6)
    regmap_on(adapter).write(WORD, 0x8001)
    assert adapter.transfers == [[Write(ADDR, b"\xd0\xb6")], [Write(ADDR, b"\x06\x80\x01")]]


def test_writing_a_field_that_shares_its_register_is_a_mistake_and_sends_nothing() -> None:
    adapter = FakeAdapter()
    with pytest.raises(TypeError, match=r"register 0x74 bits 5:2 shares its register.*use update"):
        regmap_on(adapter).write(NIBBLE, 1)
    assert adapter.transfers == []


@pytest.mark.parametrize(("before", "after"), [("ff", "d7"), ("00", "14"), ("81", "95"), ("3c", "14")])
def test_update_reads_writes_keeps_the_other_bits_and_looks(before: str, after: str) -> None:
    adapter = FakeAdapter(before, before, after)
    regmap_on(adapter).update(NIBBLE, 5)
    assert adapter.transfers == [
        [Write(ADDR, b"\x74"), Read(ADDR, 1)],
        [Write(ADDR, b"\x74"), Read(ADDR, 1)],
        [Write(ADDR, b"\x74" + bytes.fromhex(after))],
        [Write(ADDR, b"\x74"), Read(ADDR, 1)],
    ]


@pytest.mark.parametrize(("found", "took"), [("15", True), ("d5", True), ("d7", True), ("10", False), ("00", False)])
def test_update_that_the_chip_did_not_take_is_an_error(found: str, took: bool) -> None:
    regmap = regmap_on(FakeAdapter("d1", "d1", found))
    if took:
        return regmap.update(NIBBLE, 5)
    with pytest.raises(Disagreement, match=f"is {found} after d5 was written") as caught:
        regmap.update(NIBBLE, 5)
    assert caught.value.errno == errno.EIO
    return None


def test_update_of_a_negative_limit_writes_the_datasheets_word() -> None:
    adapter = FakeAdapter("0000", "0000", "1f60")
    regmap_on(adapter).update(LIMIT, -10.0)
    assert adapter.transfers[2] == [Write(ADDR, bytes.fromhex("03 1f60"))]  # MCP9808 DS25095A §5.1.2


def test_a_value_out_of_range_raises_erange_and_nothing_is_written() -> None:
    adapter = FakeAdapter("0000", "0000", "00", "00")
    for verb, field, value in (("update", LIMIT, 300.0), ("update", NIBBLE, 16), ("write", WORD, 0x10000)):
        do: Any = getattr(regmap_on(adapter), verb)
        with pytest.raises(Invalid) as caught:
            do(field, value)
        assert caught.value.errno == errno.ERANGE
    assert adapter.transfers == 2 * [[Write(ADDR, b"\x03"), Read(ADDR, 2)]] + 2 * [
        [Write(ADDR, b"\x74"), Read(ADDR, 1)]
    ]


# Errors.


@pytest.mark.parametrize(
    "error",
    [
        Nack("no answer"),
        Nack("no answer", errno.EREMOTEIO),
        TimedOut("timed out"),
        BadChecksum("bad PEC"),
        Error("arbitration lost", errno.EAGAIN),
    ],
)
def test_an_error_names_the_register_and_keeps_its_class_and_errno(error: Error) -> None:
    with pytest.raises(type(error)) as caught:
        regmap_on(FakeAdapter(error)).read(WORD)
    assert type(caught.value) is type(error)
    assert caught.value.errno == error.errno
    assert caught.value.message == f"read of register 0x06: {error.message}"
    with pytest.raises(type(error), match="write of register 0xf4: ") as caught:
        regmap_on(FakeAdapter(error)).write(Ctrl(osrs=0, mode=0))
    assert caught.value.errno == error.errno


def test_an_update_whose_read_fails_writes_nothing() -> None:
    adapter = FakeAdapter(Nack("no answer"))
    with pytest.raises(Nack, match="read of register 0x74"):
        regmap_on(adapter).update(NIBBLE, 1)
    assert len(adapter.transfers) == 1


# poll.


def test_poll_ends_with_the_first_read_that_shows_the_value() -> None:
    adapter = FakeAdapter("00", "f7", "08")
    run(adapter, regmap_on(adapter).poll(READY, True, every=0.002, timeout=0.02))
    assert adapter.times == pytest.approx([0.0, 0.002, 0.004])


def test_poll_does_not_wait_when_the_value_is_there() -> None:
    adapter = FakeAdapter("08")
    run(adapter, regmap_on(adapter).poll(READY, True, every=0.002, timeout=0.02))
    assert adapter.clock.monotonic() == 0.0


def test_poll_ends_at_its_limit_and_reports_the_value_found() -> None:
    adapter = FakeAdapter(*["00"] * 100)
    with pytest.raises(TimedOut, match=r"register 0xf3 bit 3 of 1-0018 is still False, not True, after 0.5 s"):
        run(adapter, regmap_on(adapter).poll(READY, True, every=0.125, timeout=0.5))
    assert adapter.times == [0.0, 0.125, 0.25, 0.375, 0.5]


def test_poll_looks_once_more_at_its_limit() -> None:
    adapter = FakeAdapter("00", "00", "08")
    run(adapter, regmap_on(adapter).poll(READY, True, every=0.25, timeout=0.5))
    assert adapter.times == [0.0, 0.25, 0.5]


def test_poll_does_not_hide_an_error_of_the_bus() -> None:
    adapter = FakeAdapter("00", Nack("no answer"))
    with pytest.raises(Nack, match="read of register 0xf3"):
        run(adapter, regmap_on(adapter).poll(READY, True, every=0.25, timeout=0.5))


# Without plain I2C: the order of drivers/base/regmap/regmap-i2c.c.

ALL = F.SMBUS_EMUL
NO_BLOCK = ALL & ~F.SMBUS_I2C_BLOCK


def test_bytes_are_read_as_an_i2c_block() -> None:
    adapter = FakeAdapter("12345678", "60", functionality=ALL)
    assert regmap_on(adapter).read(Words).two == 0x5678
    assert regmap_on(adapter).read(BYTE) == 0x60
    assert adapter.transfers == [Smbus(Size.I2C_BLOCK_DATA, 0x20, 4), Smbus(Size.I2C_BLOCK_DATA, 0xD0, 1)]


def test_a_long_burst_is_read_in_blocks_of_32() -> None:
    adapter = FakeAdapter("11" * 32, "22" * 32, "33" * 6, functionality=ALL)
    register = regmap_on(adapter).read(Long)
    assert (register.first, register.last) == (0x11, 0x33)
    assert adapter.transfers == [
        Smbus(Size.I2C_BLOCK_DATA, 0x80, 32),
        Smbus(Size.I2C_BLOCK_DATA, 0xA0, 32),
        Smbus(Size.I2C_BLOCK_DATA, 0xC0, 6),
    ]


def test_bytes_are_read_one_by_one_where_there_are_no_blocks() -> None:
    adapter = FakeAdapter("12", "34", "56", "78", functionality=NO_BLOCK)
    register = regmap_on(adapter).read(Words)
    assert (register.one, register.two) == (0x1234, 0x5678)
    assert adapter.transfers == [Smbus(Size.BYTE_DATA, 0x20 + i, 1) for i in range(4)]


@pytest.mark.parametrize("functionality", [ALL, NO_BLOCK, F.SMBUS_WORD_DATA])
def test_a_register_of_16_bits_is_a_word_in_the_order_of_the_wire(functionality: Functionality) -> None:
    adapter = FakeAdapter("1f 60", functionality=functionality)
    regmap = regmap_on(adapter)
    assert regmap.read(WORD) == 0x1F60
    regmap.write(WORD, 0xABCD)
    assert adapter.transfers == [Smbus(Size.WORD_DATA, 0x06, 2), Smbus(Size.WORD_DATA, 0x06, b"\xab\xcd")]


def test_bytes_are_written_as_an_i2c_block() -> None:
    adapter = FakeAdapter(functionality=ALL)
    regmap_on(adapter).write(Words(one=0x1234, two=0xABCD))
    regmap_on(adapter).write(Ctrl(osrs=5, mode=3))
    assert adapter.transfers == [
        Smbus(Size.I2C_BLOCK_DATA, 0x20, b"\x12\x34\xab\xcd"),
        Smbus(Size.I2C_BLOCK_DATA, 0xF4, b"\xa3"),
    ]


def test_a_long_write_goes_out_in_blocks_of_32() -> None:
    adapter = FakeAdapter(functionality=ALL)
    regmap_on(adapter).write(Long(first=1, last=2))
    assert adapter.transfers == [
        Smbus(Size.I2C_BLOCK_DATA, 0x80, b"\x01" + bytes(31)),
        Smbus(Size.I2C_BLOCK_DATA, 0xA0, bytes(32)),
        Smbus(Size.I2C_BLOCK_DATA, 0xC0, bytes(5) + b"\x02"),
    ]


def test_bytes_are_written_one_by_one_where_there_are_no_blocks() -> None:
    adapter = FakeAdapter(functionality=NO_BLOCK)
    regmap_on(adapter).write(Words(one=0x1234, two=0xABCD))
    assert adapter.transfers == [
        Smbus(Size.BYTE_DATA, 0x20, b"\x12"),
        Smbus(Size.BYTE_DATA, 0x21, b"\x34"),
        Smbus(Size.BYTE_DATA, 0x22, b"\xab"),
        Smbus(Size.BYTE_DATA, 0x23, b"\xcd"),
    ]


@pytest.mark.parametrize(
    ("field", "functionality", "missing"),
    [
        (BYTE, F.SMBUS_WORD_DATA, "SMBUS_READ_BYTE_DATA"),
        (WORD, F.SMBUS_BYTE_DATA | F.SMBUS_I2C_BLOCK, "SMBUS_READ_WORD_DATA"),
        (BYTE, F.SMBUS_QUICK, "SMBUS_READ_BYTE_DATA"),
    ],
)
def test_an_adapter_that_cannot_read_such_registers_is_refused(
    field: Any, functionality: Functionality, missing: str
) -> None:
    adapter = FakeAdapter(functionality=functionality)
    with pytest.raises(
        NotSupported, match=rf"register 0x.. *: i2c-1 \(fake\) cannot do {missing}, which fake"
    ) as caught:
        regmap_on(adapter).read(field)
    assert caught.value.errno == errno.EOPNOTSUPP
    assert adapter.transfers == []


@pytest.mark.parametrize(("field", "missing"), [(BYTE, "SMBUS_WRITE_BYTE_DATA"), (WORD, "SMBUS_WRITE_WORD_DATA")])
def test_an_adapter_that_cannot_write_such_registers_is_refused(field: Any, missing: str) -> None:
    adapter = FakeAdapter(functionality=F.SMBUS_QUICK)
    with pytest.raises(NotSupported, match=missing):
        regmap_on(adapter).write(field, 1)
    assert adapter.transfers == []


def test_an_error_in_an_smbus_operation_names_the_register_too() -> None:
    with pytest.raises(Nack, match="read of register 0xd0: no answer"):
        regmap_on(FakeAdapter(Nack("no answer"), functionality=ALL)).read(BYTE)


# fetch.


def test_fetch_writes_the_number_waits_and_reads_without_a_repeated_start() -> None:
    adapter = FakeAdapter("1234 5678")
    words = run(adapter, regmap_on(adapter).fetch(Words, after=0.015))
    assert (words.one, words.two) == (0x1234, 0x5678)
    assert adapter.transfers == [[Write(ADDR, b"\x20")], [Read(ADDR, 4)]]
    assert adapter.times[-1] == pytest.approx(0.015)


def test_fetch_of_a_field_and_its_bytes_count_as_unchecked() -> None:
    adapter = FakeAdapter("1f60")
    regmap, client = regmap_on(adapter), Client(adapter, ADDR, "fake")
    assert run(adapter, regmap.fetch(LIMIT, after=0.1)) == -10.0
    regmap = RegMap(client)
    adapter.answers = ["1f60"]
    run(adapter, regmap.fetch(LIMIT, after=0.1))
    assert client.unchecked == 1
    assert regmap.reads_since_write() == []  # a second read would begin another conversion


def test_fetch_checks_the_settings_in_its_bytes() -> None:
    class Config(Register, addr=0x20, size=2, setting=True):
        mode: int = bits(15, 0)

    adapter = FakeAdapter("1234")
    regmap = regmap_on(adapter)
    regmap.write(Config(mode=0x1235))
    with pytest.raises(ConfigLost):
        run(adapter, regmap.fetch(Config, after=0.1))


def test_a_failed_fetch_names_the_register_and_is_not_repeated() -> None:
    adapter = FakeAdapter(Nack("still busy"))
    client = Client(adapter, ADDR, "fake")
    client.retries = 2
    with pytest.raises(Nack, match="fetch of register 0x20: still busy"):
        run(adapter, RegMap(client).fetch(Words, after=0.015))
    assert len(adapter.transfers) == 1


# Reads that a write overtakes.


class Status(Register, addr=0x30):
    ready: bool = bits(7, ready=True)
    mode: int = bits(6, 0, setting=True)


@pytest.mark.parametrize(
    ("reads", "lost"),
    [((), 0), ((Status,), 0), ((WORD,), 1), ((Words,), 1), ((Status, WORD), 1)],
)
def test_a_write_makes_the_values_read_before_it_unrepeatable(reads: Sequence[Any], lost: int) -> None:
    """They need the confirmation of other samples; a register whose content is known does not."""
    answers = {Status: "80", WORD: "12 34", Words: "00 01 00 02"}
    client = Client(FakeAdapter(*(answers[each] for each in reads)), ADDR, "fake")
    regmap = RegMap(client)
    regmap.start_sample()
    for each in reads:
        regmap.read(each)
    regmap.write(BYTE, 1)
    regmap.write(BYTE, 2)
    assert client.unchecked == lost
