"""The methods of smbus2.SMBus over one transfer, compared with smbus2's own class and the kernel's rules."""

from __future__ import annotations

import errno
import inspect
from typing import TYPE_CHECKING, Any

import pytest
import smbus2
from hypothesis import given
from hypothesis import strategies as st

from i2cdrv.errors import BadChecksum, Nack, NotSupported
from i2cdrv.i2c.adapter import Functionality, Read, Size, Write
from i2cdrv.i2c.smbus import messages_of, operation_of
from i2cdrv.i2c.smbusapi import SMBusApi

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from i2cdrv.i2c.adapter import Message

ADDR = 0x5A
OWN = {"open", "close"}  # of the class that has a bus


class Bus(SMBusApi):
    """Writes down each transfer; answers in turn."""

    def __init__(self, *answers: str) -> None:
        super().__init__()
        self.answers = [bytes.fromhex(answer) for answer in answers]
        self.sent: list[list[Message]] = []
        self.forced: list[bool | None] = []

    def transfer(self, messages: Sequence[Message], force: bool | None) -> list[bytes]:
        self.sent.append(list(messages))
        self.forced.append(force)
        return [self.answers.pop(0) for message in messages if isinstance(message, Read)]


def methods() -> list[str]:
    return sorted(name for name in vars(smbus2.SMBus) if not name.startswith("_") and name not in OWN)


def test_smbus2_has_methods() -> None:
    assert len(methods()) >= 16  # the two tests below see each


@pytest.mark.parametrize("name", methods())
def test_each_method_of_smbus2_is_there_with_its_arguments(name: str) -> None:
    theirs, ours = getattr(smbus2.SMBus, name), getattr(SMBusApi, name)
    if isinstance(theirs, property):
        assert isinstance(ours, property)
        assert ours.fset
        return
    assert parameters(ours) == parameters(theirs)


def parameters(function: Callable[..., object]) -> list[tuple[str, object, object]]:
    return [(each.name, each.kind, each.default) for each in inspect.signature(function).parameters.values()]


W, R = Write, Read
# the messages of i2c_smbus_xfer_emulated (drivers/i2c/i2c-core-smbus.c)
OPERATIONS: list[tuple[str, tuple[Any, ...], list[str], list[Message], object]] = [
    ("write_quick", (), [], [W(ADDR, b"")], None),
    ("read_byte", (), ["7f"], [R(ADDR, 1)], 0x7F),
    ("write_byte", (0x12,), [], [W(ADDR, b"\x12")], None),
    ("read_byte_data", (0x10,), ["a5"], [W(ADDR, b"\x10"), R(ADDR, 1)], 0xA5),
    ("write_byte_data", (0x10, 0x55), [], [W(ADDR, b"\x10\x55")], None),
    ("read_word_data", (0x07,), ["d2 3a"], [W(ADDR, b"\x07"), R(ADDR, 2)], 0x3AD2),
    ("write_word_data", (0x02, 0xC807), [], [W(ADDR, b"\x02\x07\xc8")], None),
    ("process_call", (0x02, 0x0102), ["34 12"], [W(ADDR, b"\x02\x02\x01"), R(ADDR, 2)], 0x1234),
    ("read_block_data", (0x20,), ["02 aa bb" + 30 * " ff"], [W(ADDR, b"\x20"), R(ADDR, 33)], [0xAA, 0xBB]),
    ("write_block_data", (0x20, [1, 2]), [], [W(ADDR, b"\x20\x02\x01\x02")], None),
    ("block_process_call", (0x20, [9]), ["01 07" + 31 * " ff"], [W(ADDR, b"\x20\x01\x09"), R(ADDR, 33)], [7]),
    ("read_i2c_block_data", (0x88, 3), ["01 02 03"], [W(ADDR, b"\x88"), R(ADDR, 3)], [1, 2, 3]),
    ("write_i2c_block_data", (0x88, [5, 6]), [], [W(ADDR, b"\x88\x05\x06")], None),
]


@pytest.mark.parametrize(
    ("name", "arguments", "answers", "messages", "result"), OPERATIONS, ids=[each[0] for each in OPERATIONS]
)
def test_an_operation_has_the_kernels_messages(
    name: str, arguments: tuple[Any, ...], answers: list[str], messages: list[Message], result: object
) -> None:
    bus = Bus(*answers)
    assert getattr(bus, name)(ADDR, *arguments) == result
    assert bus.sent == [messages]
    assert bus.forced == [None]


def test_every_operation_is_tested() -> None:
    assert {each[0] for each in OPERATIONS} == {*methods()} - {"enable_pec", "pec", "i2c_rdwr"}


def test_force_reaches_the_transfer() -> None:
    bus = Bus()
    bus.write_byte(ADDR, 1, force=True)
    bus.write_byte(ADDR, 1, False)
    assert bus.forced == [True, False]


def test_numbers_are_cut_as_by_the_fields_of_smbus2() -> None:
    bus = Bus()
    bus.write_byte_data(ADDR, 0x1FF, -1)
    bus.write_word_data(ADDR, 1, -2)
    bus.write_i2c_block_data(ADDR, 1, [0x101])
    assert bus.sent == [[W(ADDR, b"\xff\xff")], [W(ADDR, b"\x01\xfe\xff")], [W(ADDR, b"\x01\x01")]]


@pytest.mark.parametrize("data", [[1] * 33, b"\x01" * 33])
@pytest.mark.parametrize("name", ["write_block_data", "block_process_call", "write_i2c_block_data"])
def test_a_block_has_at_most_32_bytes(name: str, data: Sequence[int]) -> None:
    bus = Bus()
    with pytest.raises(ValueError, match="32 bytes"):
        getattr(bus, name)(ADDR, 1, data)
    with pytest.raises(ValueError, match="32 bytes"):
        bus.read_i2c_block_data(ADDR, 1, 33)
    assert bus.sent == []


@pytest.mark.parametrize("value", ["1", 1.0, None])
def test_a_value_of_another_type_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError):
        Bus().write_byte_data(ADDR, 1, value)
    with pytest.raises(TypeError):
        Bus().write_i2c_block_data(ADDR, 1, [value])


def test_a_block_longer_than_possible_is_eproto() -> None:
    with pytest.raises(OSError, match="33 bytes") as caught:
        Bus("21" + 32 * "00").read_block_data(ADDR, 1)
    assert caught.value.errno == errno.EPROTO


# MLX90614 (3901090614), the examples of §8.4: RAM 0x07 is 0x3AD2, PEC 0x30; 0xC807 goes to EEPROM 0x02, PEC 0x48


def with_pec(*answers: str) -> Bus:
    bus = Bus(*answers)
    bus.pec = True
    return bus


def test_pec_is_off_until_it_is_turned_on() -> None:
    bus = Bus()
    assert bus.pec == 0
    bus.enable_pec()
    assert bus.pec == 1
    bus.enable_pec(False)
    assert bus.pec == 0


def test_pec_of_a_read_is_checked_and_removed() -> None:
    bus = with_pec("d2 3a 30", "d2 3a 31")
    assert bus.read_word_data(ADDR, 0x07) == 0x3AD2
    assert bus.sent == [[W(ADDR, b"\x07"), R(ADDR, 3)]]
    with pytest.raises(BadChecksum, match="0x5a") as caught:
        bus.read_word_data(ADDR, 0x07)
    assert caught.value.errno == errno.EBADMSG


def test_pec_of_a_write_is_added() -> None:
    bus = with_pec()
    bus.write_word_data(ADDR, 0x22, 0xC807)  # 0x20: EEPROM
    assert bus.sent == [[W(ADDR, b"\x22\x07\xc8\x48")]]


def test_pec_of_a_block_stands_behind_its_bytes() -> None:
    bus = with_pec("02 d2 3a f2" + 30 * " ff", "02 d2 3a f3" + 30 * " ff")  # f2: CRC-8/SMBUS of b4 07 b5 02 d2 3a
    assert bus.read_block_data(ADDR, 0x07) == [0xD2, 0x3A]
    assert bus.sent == [[W(ADDR, b"\x07"), R(ADDR, 34)]]
    with pytest.raises(BadChecksum):
        bus.read_block_data(ADDR, 0x07)


def test_quick_and_i2c_blocks_have_no_pec() -> None:
    bus = with_pec("01 02")
    bus.write_quick(ADDR)
    bus.write_i2c_block_data(ADDR, 1, [2])
    assert bus.read_i2c_block_data(ADDR, 1, 2) == [1, 2]
    assert bus.sent == [[W(ADDR, b"")], [W(ADDR, b"\x01\x02")], [W(ADDR, b"\x01"), R(ADDR, 2)]]


def test_pec_without_the_feature_is_refused() -> None:
    bus = Bus()
    bus.funcs = Functionality.I2C
    with pytest.raises(OSError, match="SMBUS_PEC is not a feature"):
        bus.enable_pec()


def test_i2c_rdwr_fills_the_messages_that_read() -> None:
    bus = Bus("01 02", "03")
    write, first, second = (
        smbus2.i2c_msg.write(ADDR, [0x88, 0x00]),
        smbus2.i2c_msg.read(ADDR, 2),
        smbus2.i2c_msg.read(0x10, 1),
    )
    bus.i2c_rdwr(write, first, second)
    assert bus.sent == [[W(ADDR, b"\x88\x00"), R(ADDR, 2), R(0x10, 1)]]
    assert (bytes(first), bytes(second)) == (b"\x01\x02", b"\x03")


def test_i2c_rdwr_without_messages_or_with_other_flags_is_refused() -> None:
    with pytest.raises(OSError, match="without a message") as caught:
        Bus().i2c_rdwr()
    assert caught.value.errno == errno.EINVAL
    ten_bit = smbus2.i2c_msg.read(ADDR, 1)
    ten_bit.flags |= 0x0010  # I2C_M_TEN
    with pytest.raises(NotSupported, match="0x0011"):
        Bus().i2c_rdwr(ten_bit)


def test_an_error_of_the_transfer_is_an_os_error() -> None:
    class Broken(SMBusApi):
        def transfer(self, messages: Sequence[Message], force: bool | None) -> list[bytes]:
            raise Nack("no answer")

    with pytest.raises(OSError, match="no answer") as caught:
        Broken().read_byte(ADDR)
    assert caught.value.errno == errno.ENXIO


@given(st.sampled_from(Size), st.integers(0, 255), st.binary(max_size=32) | st.integers(0, 32))
def test_the_operation_of_messages_has_these_messages(size: Size, command: int, data: bytes | int) -> None:
    messages = messages_of(ADDR, size, command, data)
    if messages[-1] == R(ADDR, 0) and len(messages) == 2:
        with pytest.raises(NotSupported):
            operation_of(messages)
        return
    if len(messages) == 1 and isinstance(messages[0], Read) and messages[0].length > 1:
        with pytest.raises(NotSupported):
            operation_of(messages)
        return
    assert messages_of(ADDR, *operation_of(messages)) == messages


@pytest.mark.parametrize(
    "messages",
    [
        [R(ADDR, 2)],
        [W(ADDR, b"\x01\x02"), R(ADDR, 1)],
        [W(ADDR, b"\x01"), R(0x10, 1)],
        [W(ADDR, b"\x01"), W(ADDR, b"\x02")],
    ],
)
def test_messages_that_no_operation_has_are_refused(messages: list[Message]) -> None:
    with pytest.raises(NotSupported, match="0x5a"):
        operation_of(messages)
