"""The adapter on /dev/i2c-N against a fake i2c-dev that reads the requests from memory, by the kernel's layout."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import itertools
import os
import struct
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2cdrv.errors import BadChecksum, Busy, Error, Invalid, Nack, NotSupported, TimedOut, Unknown
from i2cdrv.i2c.adapter import Adapter, Functionality, Message, Read, Size, Write
from i2cdrv.i2c.i2cdev import MAX_OF_SHAPE, MAX_SHAPES, I2cDevAdapter
from i2cdrv.i2c.plan import plan
from i2cdrv.lib.clock import RealClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_mock import MockerFixture

# include/uapi/linux/i2c-dev.h
SLAVE, SLAVE_FORCE, FUNCS, RDWR, SMBUS = 0x0703, 0x0706, 0x0705, 0x0707, 0x0720
RDWR_DATA = struct.Struct("@PI")  # struct i2c_rdwr_ioctl_data: msgs, nmsgs
MSG = struct.Struct("@HHHP")  # struct i2c_msg: addr, flags, len, buf
SMBUS_DATA = struct.Struct("@BBIP")  # struct i2c_smbus_ioctl_data: read_write, command, size, data
RD = 1

BCM2835 = 0x0EFF0009  # I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL
STUB = 0x0C7F0000  # reported by i2c-stub

W, R = Write, Read


class Chip:
    """The other end of an SMBus: keeps the bytes from the wire and has bytes to send."""

    def __init__(self, *gives: int) -> None:
        self.wire: list[str] = []
        self.gives = gives

    def take(self, *parts: int | str) -> None:
        self.wire.append(" ".join(part if isinstance(part, str) else f"{part:02x}" for part in parts))


@dataclass
class Short:
    """I2C_RDWR returns fewer messages than it got, as i2c-virtio does."""

    messages: int


class Kernel:
    """drivers/i2c/i2c-dev.c: every ioctl used here, and the results of the next transfers."""

    def __init__(self) -> None:
        self.funcs = BCM2835
        self.calls: list[tuple[Any, ...]] = []
        self.transfers: list[list[tuple[int, int, bytes]]] = []
        self.replies: deque[list[bytes] | int | Short] = deque()
        """Per transfer: what each read gets, or an errno, or how far it comes."""
        self.one_read_last = False
        self.bound: set[int] = set()
        self.chip = Chip()
        self.fault = 0

    def ioctl(self, fd: int, request: int, arg: Any) -> int:
        fcntl.fcntl(fd, fcntl.F_GETFD)  # a closed descriptor is refused
        requests: dict[int, Callable[[Any], int]] = {
            SLAVE: self.slave,
            SLAVE_FORCE: self.slave_force,
            FUNCS: self.give_funcs,
            RDWR: self.rdwr,
            SMBUS: self.smbus,
        }
        return requests[request](arg)

    def give_funcs(self, arg: ctypes.c_ulong) -> int:
        if not self.funcs:
            raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))
        arg.value = self.funcs
        return 0

    def slave(self, addr: int) -> int:
        self.calls.append(("slave", addr))
        if addr in self.bound:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        self.addr = addr
        return 0

    def slave_force(self, addr: int) -> int:
        self.calls.append(("slave_force", addr))
        self.addr = addr
        return 0

    def rdwr(self, arg: Any) -> int:
        array, count = RDWR_DATA.unpack_from(bytes(arg))
        raw = ctypes.string_at(array, count * MSG.size)
        messages = [(addr, flags, ctypes.string_at(buf, n), buf) for addr, flags, n, buf in MSG.iter_unpack(raw)]
        self.transfers.append([message[:3] for message in messages])
        reads = [(len(content), buf) for _, flags, content, buf in messages if flags & RD]
        if self.one_read_last and any(flags & RD for _, flags, *_ in messages[:-1]):
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        reply = self.replies.popleft() if self.replies else [b"\xa5" * n for n, _ in reads]
        if isinstance(reply, Short):
            return reply.messages
        if isinstance(reply, int):
            raise OSError(reply, os.strerror(reply))
        for (length, buf), data in zip(reads, reply, strict=True):
            assert len(data) == length
            ctypes.memmove(buf, data, length)
        return len(messages)

    def smbus(self, arg: Any) -> int:
        reading, command, size, data = SMBUS_DATA.unpack_from(bytes(arg))
        self.calls.append(("smbus", self.addr))
        if self.fault:
            raise OSError(self.fault, os.strerror(self.fault))
        bit = "R" if reading else "W"
        {0: self.quick, 1: self.byte, 2: self.byte_data, 3: self.word_data, 8: self.block}[size](bit, command, data)
        return 0

    # Documentation/i2c/smbus-protocol.rst, as the wire sees it

    def quick(self, bit: str, command: int, data: int) -> None:
        self.chip.take(self.addr, bit)

    def byte(self, bit: str, command: int, data: int) -> None:
        if bit == "W":
            self.chip.take(self.addr, "W", command)
        else:
            self.chip.take(self.addr, "R", self.give(data, 1))

    def byte_data(self, bit: str, command: int, data: int) -> None:
        if bit == "W":
            self.chip.take(self.addr, "W", command, ctypes.string_at(data, 1)[0])
        else:
            self.chip.take(self.addr, "W", command, self.addr, "R", self.give(data, 1))

    def word_data(self, bit: str, command: int, data: int) -> None:
        if bit == "W":
            (word,) = struct.unpack("=H", ctypes.string_at(data, 2))
            self.chip.take(self.addr, "W", command, word & 0xFF, word >> 8)
        else:
            low, high = self.chip.gives
            ctypes.memmove(data, struct.pack("=H", high * 256 + low), 2)
            self.chip.take(self.addr, "W", command, self.addr, "R", low, high)

    def block(self, bit: str, command: int, data: int) -> None:
        count, *content = ctypes.string_at(data, 34)
        if bit == "W":
            self.chip.take(self.addr, "W", command, *content[:count])
        else:
            given = self.chip.gives[:count]
            ctypes.memmove(data, bytes([len(given), *given]), len(given) + 1)
            self.chip.take(self.addr, "W", command, self.addr, "R", *given)

    def give(self, data: int, length: int) -> str:
        ctypes.memmove(data, bytes(self.chip.gives), length)
        return bytes(self.chip.gives).hex()


@pytest.fixture
def kernel(mocker: MockerFixture) -> Kernel:
    fake = Kernel()
    mocker.patch("smbus2.smbus2.ioctl", fake.ioctl)
    mocker.patch("i2cdrv.i2c.i2cdev.ioctl", fake.ioctl)
    return fake


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``sys`` and ``dev``: a bus of a Raspberry Pi 5 with a driver at 0x68, one of a Pi 4 and a mux channel of it."""
    root = tmp_path_factory.mktemp("machine")
    sys = root / "sys"
    (root / "dev").mkdir()
    for nr, name, place in (
        (1, "Synopsys DesignWare I2C adapter", "i2c-1"),
        (2, "bcm2835 (i2c@7e804000)", "i2c-2"),
        (3, "i2c-2-mux (chan_id 0)", "i2c-2/i2c-3"),
    ):
        adapter = sys / "devices" / place
        adapter.mkdir(parents=True)
        (adapter / "name").write_text(f"{name}\n")
        (root / f"dev/i2c-{nr}").touch()
        link(sys / f"bus/i2c/devices/i2c-{nr}", adapter)
        link(sys / f"class/i2c-dev/i2c-{nr}", adapter)
    (sys / "devices/i2c-1/1-0068").mkdir()
    (sys / "module/rtc_ds1307").mkdir(parents=True)
    link(sys / "bus/i2c/devices/1-0068", sys / "devices/i2c-1/1-0068")
    link(sys / "devices/i2c-1/1-0068/driver", sys / "bus/i2c/drivers/rtc-ds1307")
    link(sys / "bus/i2c/drivers/rtc-ds1307/module", sys / "module/rtc_ds1307")
    return root


def link(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


@pytest.fixture
def open_bus(kernel: Kernel, machine: Path) -> Iterator[Callable[[int | str], I2cDevAdapter]]:
    opened = []

    def opener(bus: int | str) -> I2cDevAdapter:
        opened.append(I2cDevAdapter(bus, sys=machine / "sys", dev=machine / "dev"))
        return opened[-1]

    yield opener
    for adapter in opened:
        adapter.close()


@pytest.fixture
def bus(open_bus: Callable[[int | str], I2cDevAdapter]) -> I2cDevAdapter:
    return open_bus(1)


@pytest.fixture
def pi4(open_bus: Callable[[int | str], I2cDevAdapter]) -> I2cDevAdapter:
    return open_bus(2)


@pytest.fixture
def stub(kernel: Kernel, open_bus: Callable[[int | str], I2cDevAdapter]) -> I2cDevAdapter:
    kernel.funcs = STUB
    return open_bus(1)


# The planner

A = W(0x10, b"a")
B = R(0x10, 2)


@pytest.mark.parametrize(
    ("messages", "one_read_last", "groups"),
    [
        ([], False, []),
        ([A, B], False, [[A, B]]),
        ([A, B, A, B], False, [[A, B, A, B]]),
        ([A, B], True, [[A, B]]),
        ([A, A, A, B], True, [[A, A, A, B]]),
        ([A, B, A, B], True, [[A, B], [A, B]]),
        ([B, B], True, [[B], [B]]),
        ([A, B, A], True, [[A, B], [A]]),
        ([A] * 43, False, [[A] * 42, [A]]),
        ([A] * 41 + [A, B], False, [[A] * 41, [A, B]]),
        ([A, B] * 21, False, [[A, B] * 21]),
        ([A, B] * 22, False, [[A, B] * 21, [A, B]]),
        ([B] * 43, False, [[B] * 42, [B]]),
        ([A, *[B] * 42], False, [[A, *[B] * 41], [B]]),
    ],
)
def test_plan(messages: list[Message], one_read_last: bool, groups: list[list[Message]]) -> None:
    assert plan(messages, one_read_last) == groups


MESSAGES = st.lists(st.sampled_from([A, W(0x77, b"xyz"), W(0x00, b""), B, R(0x77, 0)]), max_size=130)


@given(MESSAGES, st.booleans())
def test_a_plan_holds_the_same_messages_in_groups_the_kernel_takes(
    messages: list[Message], one_read_last: bool
) -> None:
    groups = plan(messages, one_read_last)
    assert [message for group in groups for message in group] == messages
    assert all(1 <= len(group) <= 42 for group in groups)
    for group, following in itertools.pairwise(groups):
        assert not (isinstance(group[-1], Write) and isinstance(following[0], Read)), "a read lost its register number"


@given(MESSAGES)
def test_one_read_last_means_it(messages: list[Message]) -> None:
    for group in plan(messages, one_read_last=True):
        assert not any(isinstance(message, Read) for message in group[:-1])


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (R(0x50, 8193), "0x50: a message of 8193 bytes; 0 … 8192 are possible"),
        (W(0x50, bytes(8193)), "0x50: a message of 8193 bytes; 0 … 8192 are possible"),
        (R(0x50, -1), "0x50: a message of -1 bytes; 0 … 8192 are possible"),
        (R(0x80, 1), "address 0x80 does not have 7 bits: 0x00 … 0x7f"),
        (W(-1, b""), "address -0x1 does not have 7 bits: 0x00 … 0x7f"),
    ],
)
def test_messages_that_i2c_dev_refuses_are_refused(
    bus: I2cDevAdapter, kernel: Kernel, message: Message, sentence: str
) -> None:
    with pytest.raises(Invalid) as caught:
        bus.xfer([message])
    assert caught.value.message == sentence
    assert caught.value.errno == errno.EINVAL
    assert not kernel.transfers


# I2C_RDWR


def test_write_and_read_are_one_transfer(bus: I2cDevAdapter, kernel: Kernel) -> None:
    kernel.replies.append([b"\x80\x00\x0c"])
    assert bus.xfer([W(0x76, b"\xf7"), R(0x76, 3)]) == [b"\x80\x00\x0c"]
    assert kernel.transfers == [[(0x76, 0, b"\xf7"), (0x76, RD, bytes(3))]]


def test_answers_come_in_order_and_other_addresses_go_along(bus: I2cDevAdapter, kernel: Kernel) -> None:
    kernel.replies.append([b"\x01\x02", b"\x03"])
    messages = (W(0x40, b"\x01"), R(0x40, 2), W(0x41, b"\x02\x03"), W(0x70, b""), R(0x7F, 1))
    assert bus.xfer(messages) == [b"\x01\x02", b"\x03"]
    assert kernel.transfers == [
        [(0x40, 0, b"\x01"), (0x40, RD, bytes(2)), (0x41, 0, b"\x02\x03"), (0x70, 0, b""), (0x7F, RD, b"\0")]
    ]


def test_a_write_brings_nothing(bus: I2cDevAdapter, kernel: Kernel) -> None:
    assert bus.xfer([W(0x76, b"\xf4\x00\x25")]) == []
    assert kernel.transfers == [[(0x76, 0, b"\xf4\x00\x25")]]


@pytest.mark.parametrize("length", [0, 1, 8192])
def test_every_length(bus: I2cDevAdapter, kernel: Kernel, length: int) -> None:
    data = bytes(range(256)) * 32
    kernel.replies.append([data[:length]])
    assert bus.xfer([W(0x50, data[:length]), R(0x50, length)]) == [data[:length]]
    assert kernel.transfers == [[(0x50, 0, data[:length]), (0x50, RD, bytes(length))]]


def test_a_second_transfer_of_the_same_shape_keeps_nothing_of_the_first(bus: I2cDevAdapter, kernel: Kernel) -> None:
    kernel.replies += [[b"\x11\x22"], [b"\x33\x44"]]
    first = bus.xfer([W(0x48, b"\x00"), R(0x48, 2)])
    assert bus.xfer([W(0x48, b"\x05"), R(0x48, 2)]) == [b"\x33\x44"]
    assert first == [b"\x11\x22"]
    assert kernel.transfers[1] == [(0x48, 0, b"\x05"), (0x48, RD, b"\0\0")]


def test_a_write_and_a_read_of_the_same_length_are_not_confused(bus: I2cDevAdapter, kernel: Kernel) -> None:
    assert bus.xfer([W(0x48, b"\x00\x01")]) == []
    assert bus.xfer([R(0x48, 2)]) == [b"\xa5\xa5"]
    assert [[flags for _, flags, _ in transfer] for transfer in kernel.transfers] == [[0], [RD]]


def test_hundreds_of_different_transfers(bus: I2cDevAdapter, kernel: Kernel) -> None:
    for length in [*range(1, 300), *range(1, 300)]:
        assert bus.xfer([W(0x50, b"\x00"), R(0x50, length)]) == [b"\xa5" * length]
    assert len(kernel.transfers) == 598
    assert len(bus._prepared.by_messages) <= MAX_SHAPES, "prepared transfers pile up"


def test_hundreds_of_different_bytes(bus: I2cDevAdapter, kernel: Kernel) -> None:
    sent = [bytes((number, 255 - number)) for number in range(256)] * 2
    for data in sent:
        assert bus.xfer([W(0x50, data), R(0x50, 1)]) == [b"\xa5"]
    assert kernel.transfers == [[(0x50, 0, data), (0x50, RD, b"\0")] for data in sent]
    assert len(bus._prepared.by_messages) == MAX_OF_SHAPE, "prepared transfers pile up"


def test_bytes_that_change_are_sent_as_they_are(bus: I2cDevAdapter, kernel: Kernel) -> None:
    data: Any = bytearray(b"\x01")  # a type checker refuses it
    for _ in range(2 * MAX_OF_SHAPE):
        bus.xfer([W(0x50, data)])
    data[0] = 2
    bus.xfer([W(0x50, data)])
    assert [transfer[0][2] for transfer in kernel.transfers] == [b"\x01"] * (2 * MAX_OF_SHAPE) + [b"\x02"]


def test_more_than_42_messages_are_several_transfers(bus: I2cDevAdapter, kernel: Kernel) -> None:
    kernel.replies += [[b"\x01"] * 21, [b"\x02"]]
    messages = [m for register in range(22) for m in (W(0x20, bytes([register])), R(0x20, 1))]
    assert bus.xfer(messages) == [b"\x01"] * 21 + [b"\x02"]
    assert [len(transfer) for transfer in kernel.transfers] == [42, 2]
    assert kernel.transfers[1] == [(0x20, 0, b"\x15"), (0x20, RD, b"\0")]


def test_a_transfer_needs_a_message(bus: I2cDevAdapter, kernel: Kernel) -> None:
    with pytest.raises(Invalid, match="i2c-1: a transfer without messages"):
        bus.xfer([])
    assert not kernel.transfers


@pytest.mark.parametrize(("done", "addr"), [(0, "0x70"), (1, "0x76"), (2, "0x76")])
def test_a_short_count_is_a_nack(bus: I2cDevAdapter, kernel: Kernel, done: int, addr: str) -> None:
    kernel.replies.append(Short(done))
    with pytest.raises(Nack) as caught:
        bus.xfer([W(0x70, b"\x01"), W(0x76, b"\xd0"), R(0x76, 1)])
    assert caught.value.message == (
        f"i2c-1 {addr}: no answer: no chip at this address, or it is busy or without power "
        f"({done} of 3 messages went through)"
    )
    assert caught.value.errno == errno.ENXIO


# The rule of i2c-bcm2835.c: one read, last

TWO_READS: list[Message] = [W(0x40, b"\x01"), R(0x40, 2), W(0x40, b"\x02"), R(0x40, 2)]
SPLIT = [[(0x40, 0, b"\x01"), (0x40, RD, bytes(2))], [(0x40, 0, b"\x02"), (0x40, RD, bytes(2))]]


def test_two_reads_are_one_transfer_where_that_works(bus: I2cDevAdapter, kernel: Kernel) -> None:
    bus.xfer(TWO_READS)
    assert kernel.transfers == [SPLIT[0] + SPLIT[1]]


@pytest.mark.parametrize("nr", [2, 3], ids=["bcm2835", "mux channel behind it"])
def test_bcm2835_gets_one_read_per_transfer(
    open_bus: Callable[[int | str], I2cDevAdapter], kernel: Kernel, nr: int
) -> None:
    adapter = open_bus(nr)
    kernel.one_read_last = True
    kernel.replies += [[b"\x01\x02"], [b"\x03\x04"]]
    assert adapter.xfer(TWO_READS) == [b"\x01\x02", b"\x03\x04"]
    assert kernel.transfers == SPLIT


def test_another_controller_with_the_rule_is_queried_once(bus: I2cDevAdapter, kernel: Kernel) -> None:
    kernel.one_read_last = True
    kernel.replies += [[b"\x01\x02"], [b"\x03\x04"], [b"\x05\x06"], [b"\x07\x08"]]
    assert bus.xfer(TWO_READS) == [b"\x01\x02", b"\x03\x04"]
    assert bus.xfer(TWO_READS) == [b"\x05\x06", b"\x07\x08"]
    assert kernel.transfers == [SPLIT[0] + SPLIT[1], *SPLIT, *SPLIT]


def test_a_refused_part_of_a_long_transfer_is_split_alone(bus: I2cDevAdapter, kernel: Kernel) -> None:
    kernel.replies += [[b"\xaa"] * 21, errno.EOPNOTSUPP, [b"\x01\x02"], [b"\x03\x04"]]
    head = [m for _ in range(21) for m in (W(0x20, b"\x00"), R(0x20, 1))]
    assert bus.xfer(head + TWO_READS) == [b"\xaa"] * 21 + [b"\x01\x02", b"\x03\x04"]
    assert [len(transfer) for transfer in kernel.transfers] == [42, 4, 2, 2]


@pytest.mark.parametrize("messages", [[W(0x40, b"\x01"), R(0x40, 2)], TWO_READS])
def test_a_message_that_cannot_be_split_further_is_not_supported(
    bus: I2cDevAdapter, kernel: Kernel, messages: list[Message]
) -> None:
    kernel.replies += [errno.EOPNOTSUPP] * 2
    with pytest.raises(NotSupported, match="i2c-1 0x40: the adapter cannot do this transfer"):
        bus.xfer(messages)


# The kernel's errors

NO_ANSWER = "no answer: no chip at this address, or it is busy or without power"
STRETCHING = "; bcm2835 is bad at clock stretching: use dtoverlay=i2c-gpio or a lower dtparam=i2c_arm_baudrate"
FAULTS = [
    (errno.ENXIO, Nack, NO_ANSWER),
    (errno.EREMOTEIO, Nack, NO_ANSWER),
    (errno.ENODEV, Nack, NO_ANSWER),
    (errno.ETIMEDOUT, TimedOut, "timed out: SDA or SCL is held low, or the chip stretched the clock too long"),
    (errno.EAGAIN, Error, "another master won the bus (arbitration lost); try again"),
    (errno.EBADMSG, BadChecksum, "the checksum (PEC) does not fit the data: noise, or the chip has no PEC"),
    (errno.EOPNOTSUPP, NotSupported, "the adapter cannot do this transfer; the kernel log may name its limit: dmesg"),
    (errno.EBUSY, Busy, "the bus stays busy: another master, or SDA is held low; power-cycle the chips"),
    (errno.EIO, Error, "the transfer broke off: check wires, pull-ups and power"),
    (errno.ESHUTDOWN, Error, "the adapter is suspended"),
    (errno.EINVAL, Invalid, "the kernel takes no such transfer"),
    (errno.ENOMEM, Error, "Cannot allocate memory"),
]


@pytest.mark.parametrize(("number", "kind", "cause"), FAULTS)
def test_faults_of_a_transfer(bus: I2cDevAdapter, kernel: Kernel, number: int, kind: type[Error], cause: str) -> None:
    kernel.replies.append(number)
    with pytest.raises(Error) as caught:
        bus.xfer([W(0x76, b"\xd0"), R(0x76, 1)])
    assert type(caught.value) is kind
    assert caught.value.errno == number
    assert caught.value.message == f"i2c-1 0x76: {cause}"
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize(("number", "kind", "cause"), FAULTS)
def test_faults_of_an_smbus_operation(
    stub: I2cDevAdapter, kernel: Kernel, number: int, kind: type[Error], cause: str
) -> None:
    kernel.fault = number
    with pytest.raises(Error) as caught:
        stub.smbus_xfer(0x48, Size.BYTE_DATA, 1, 1)
    assert type(caught.value) is kind
    assert caught.value.errno == number
    assert caught.value.message == f"i2c-1 0x48: {cause}"


@pytest.mark.parametrize("number", [errno.ETIMEDOUT, errno.EIO])
def test_bcm2835_is_suspected_of_clock_stretching(pi4: I2cDevAdapter, kernel: Kernel, number: int) -> None:
    kernel.replies.append(number)
    with pytest.raises(Error) as caught:
        pi4.xfer([R(0x62, 3)])
    assert caught.value.message.endswith(STRETCHING)


def test_a_fault_names_every_address_once(bus: I2cDevAdapter, kernel: Kernel) -> None:
    kernel.replies.append(errno.EREMOTEIO)
    with pytest.raises(Nack, match="i2c-1 0x70, 0x76: no answer"):
        bus.xfer([W(0x70, b"\x01"), W(0x76, b"\xd0"), R(0x76, 1)])


# SMBus operations: data in the order of the wire, which is low byte first

S = Size


class Operation(NamedTuple):
    size: Size
    command: int
    data: bytes | int
    wire: str
    """Of an SMBus adapter."""
    messages: list[tuple[int, int, bytes]]
    """Of an I2C adapter."""


OPERATIONS = [
    Operation(S.QUICK, 0x00, b"", "40 W", [(0x40, 0, b"")]),
    Operation(S.QUICK, 0x00, 0, "40 R", [(0x40, RD, b"")]),
    Operation(S.BYTE, 0x05, b"", "40 W 05", [(0x40, 0, b"\x05")]),
    Operation(S.BYTE, 0x00, 1, "40 R 12", [(0x40, RD, b"\0")]),
    Operation(S.BYTE_DATA, 0xD0, b"\x60", "40 W d0 60", [(0x40, 0, b"\xd0\x60")]),
    Operation(S.BYTE_DATA, 0xD0, 1, "40 W d0 40 R 12", [(0x40, 0, b"\xd0"), (0x40, RD, b"\0")]),
    Operation(S.WORD_DATA, 0x05, b"\x34\x12", "40 W 05 34 12", [(0x40, 0, b"\x05\x34\x12")]),
    Operation(S.WORD_DATA, 0x05, 2, "40 W 05 40 R 12 34", [(0x40, 0, b"\x05"), (0x40, RD, bytes(2))]),
    Operation(S.I2C_BLOCK_DATA, 0xFF, b"\x01", "40 W ff 01", [(0x40, 0, b"\xff\x01")]),
    Operation(S.I2C_BLOCK_DATA, 0x10, b"\x01\x02\x03", "40 W 10 01 02 03", [(0x40, 0, b"\x10\x01\x02\x03")]),
    Operation(S.I2C_BLOCK_DATA, 0xF7, 3, "40 W f7 40 R 12 34 56", [(0x40, 0, b"\xf7"), (0x40, RD, bytes(3))]),
]
GIVEN = b"\x12\x34\x56"


@pytest.mark.parametrize("op", OPERATIONS)
def test_operations_of_an_smbus_adapter(stub: I2cDevAdapter, kernel: Kernel, op: Operation) -> None:
    answer = GIVEN[: op.data] if isinstance(op.data, int) else b""
    kernel.chip.gives = tuple(answer)
    assert stub.smbus_xfer(0x40, op.size, op.command, op.data) == answer
    assert kernel.chip.wire == [op.wire]
    assert not kernel.transfers


@pytest.mark.parametrize("op", OPERATIONS)
def test_the_same_operations_as_messages(bus: I2cDevAdapter, kernel: Kernel, op: Operation) -> None:
    answer = GIVEN[: op.data] if isinstance(op.data, int) else b""
    kernel.replies.append([answer] if isinstance(op.data, int) else [])
    assert bus.smbus_xfer(0x40, op.size, op.command, op.data) == answer
    assert kernel.transfers == [op.messages]
    assert kernel.calls == [("slave", 0x40)]


def test_the_longest_block(stub: I2cDevAdapter, kernel: Kernel) -> None:
    block = bytes(range(0xE0, 0x100))
    kernel.chip.gives = tuple(block)
    assert stub.smbus_xfer(0x50, Size.I2C_BLOCK_DATA, 0, 32) == block
    stub.smbus_xfer(0x50, Size.I2C_BLOCK_DATA, 1, block)
    assert kernel.chip.wire[1] == "50 W 01 " + block.hex(" ")


@pytest.mark.parametrize("op", [op for op in OPERATIONS if isinstance(op.data, int)])
def test_an_old_answer_never_passes_for_a_new_one(stub: I2cDevAdapter, kernel: Kernel, op: Operation) -> None:
    assert isinstance(op.data, int)
    kernel.chip.gives = (0x12, 0x34, 0x56)[: op.data]
    stub.smbus_xfer(0x40, op.size, op.command, op.data)
    kernel.smbus = lambda arg: 0  # type: ignore[method-assign]  # a kernel that reports success and gives nothing
    assert stub.smbus_xfer(0x40, op.size, op.command, op.data) == bytes(op.data)


def test_a_block_that_comes_short_is_an_error(stub: I2cDevAdapter, kernel: Kernel) -> None:
    kernel.chip.gives = (1, 2)
    with pytest.raises(Error, match="i2c-1 0x50: only 2 of 8 bytes came") as caught:
        stub.smbus_xfer(0x50, Size.I2C_BLOCK_DATA, 0xFE, 8)
    assert caught.value.errno == errno.EIO


def test_presence_is_a_nack_also_where_the_kernel_only_counts(bus: I2cDevAdapter, kernel: Kernel) -> None:
    kernel.replies.append(Short(0))
    with pytest.raises(Nack):
        bus.smbus_xfer(0x40, Size.QUICK, 0, b"")


@pytest.mark.parametrize(
    ("size", "command", "data"),
    [
        (S.QUICK, 0, b"\x01"),
        (S.QUICK, 0, 1),
        (S.BYTE, 0, b"\x01"),
        (S.BYTE, 0, 2),
        (S.BYTE_DATA, 0, b""),
        (S.WORD_DATA, 0, b"\x01"),
        (S.WORD_DATA, 0, 1),
        (S.I2C_BLOCK_DATA, 0, b""),
        (S.I2C_BLOCK_DATA, 0, bytes(33)),
        (S.I2C_BLOCK_DATA, 0, 33),
        (S.I2C_BLOCK_DATA, 0, 0),
        (S.BYTE_DATA, 256, 1),
        (S.BYTE_DATA, -1, 1),
    ],
)
def test_operations_that_do_not_exist(
    stub: I2cDevAdapter, kernel: Kernel, size: Size, command: int, data: bytes | int
) -> None:
    with pytest.raises(Invalid, match=f"SMBus {size.name} of "):
        stub.smbus_xfer(0x40, size, command, data)
    assert not kernel.calls


@pytest.mark.parametrize(
    ("size", "data", "bit"),
    [
        (S.QUICK, b"", "SMBUS_QUICK"),
        (S.BYTE, b"", "SMBUS_WRITE_BYTE"),
        (S.BYTE, 1, "SMBUS_READ_BYTE"),
        (S.BYTE_DATA, b"\x01", "SMBUS_WRITE_BYTE_DATA"),
        (S.BYTE_DATA, 1, "SMBUS_READ_BYTE_DATA"),
        (S.WORD_DATA, b"\x01\x02", "SMBUS_WRITE_WORD_DATA"),
        (S.WORD_DATA, 2, "SMBUS_READ_WORD_DATA"),
        (S.I2C_BLOCK_DATA, b"\x01", "SMBUS_WRITE_I2C_BLOCK"),
        (S.I2C_BLOCK_DATA, 8, "SMBUS_READ_I2C_BLOCK"),
    ],
)
def test_a_missing_ability_of_the_adapter_is_named(
    open_bus: Callable[[int | str], I2cDevAdapter], kernel: Kernel, size: Size, data: bytes | int, bit: str
) -> None:
    kernel.funcs = STUB & ~Functionality[bit]
    with pytest.raises(NotSupported) as caught:
        open_bus(1).smbus_xfer(0x40, size, 0, data)
    assert caught.value.message == (
        f"i2c-1 (Synopsys DesignWare I2C adapter) lacks I2C_FUNC_{bit}: no such SMBus {size.name}"
    )
    assert not kernel.calls


def test_an_smbus_adapter_has_no_transfers(stub: I2cDevAdapter, kernel: Kernel) -> None:
    with pytest.raises(NotSupported) as caught:
        stub.xfer([R(0x40, 1)])
    assert caught.value.message == (
        "i2c-1 (Synopsys DesignWare I2C adapter) lacks I2C_FUNC_I2C: it has SMBus operations only"
    )
    assert not kernel.transfers


# Addresses with an owner


def test_an_address_is_selected_when_it_changes(stub: I2cDevAdapter, kernel: Kernel) -> None:
    for addr in (0x48, 0x48, 0x49, 0x48):
        stub.smbus_xfer(addr, Size.QUICK, 0, b"")
    s, q = "slave", "smbus"
    assert kernel.calls == [(s, 0x48), (q, 0x48), (q, 0x48), (s, 0x49), (q, 0x49), (s, 0x48), (q, 0x48)]


def test_a_claim_queries_the_kernel_each_time(bus: I2cDevAdapter, kernel: Kernel) -> None:
    bus.claim(0x48)
    bus.claim(0x48)
    assert kernel.calls == [("slave", 0x48)] * 2


def test_a_claim_does_not_misdirect_the_next_operation(stub: I2cDevAdapter, kernel: Kernel) -> None:
    kernel.bound = {0x68}
    stub.smbus_xfer(0x50, Size.QUICK, 0, b"")
    stub.claim(0x70)
    with pytest.raises(Busy):
        stub.claim(0x68)
    stub.smbus_xfer(0x50, Size.QUICK, 0, b"")
    assert kernel.chip.wire == ["50 W", "50 W"]


def test_a_claim_names_the_holder(bus: I2cDevAdapter, kernel: Kernel, machine: Path) -> None:
    kernel.bound = {0x68}
    with pytest.raises(Busy) as caught:
        bus.claim(0x68)
    sys = machine / "sys"
    assert caught.value.message == (
        f"i2c-1 0x68 is used by the kernel driver rtc-ds1307 (module rtc_ds1307): {sys}/bus/i2c/devices/1-0068; "
        f"take the chip from it: echo 1-0068 | sudo tee {sys}/bus/i2c/drivers/rtc-ds1307/unbind, or share it: "
        "i2cdrv load MODULE --bus 1 --addr 0x68 --force"
    )
    assert caught.value.errno == errno.EBUSY


def test_smbus_operations_name_the_holder_too(stub: I2cDevAdapter, kernel: Kernel) -> None:
    kernel.bound = {0x68}
    with pytest.raises(Busy, match="used by the kernel driver rtc-ds1307"):
        stub.smbus_xfer(0x68, Size.QUICK, 0, b"")
    assert not kernel.chip.wire


def test_force_queries_no_owner_until_it_is_revoked(stub: I2cDevAdapter, kernel: Kernel) -> None:
    kernel.bound = {0x68}
    stub.claim(0x68, force=True)
    assert kernel.calls == []
    stub.smbus_xfer(0x68, Size.QUICK, 0, b"")
    assert kernel.calls == [("slave_force", 0x68), ("smbus", 0x68)]
    with pytest.raises(Busy):
        stub.claim(0x68)
    with pytest.raises(Busy):
        stub.smbus_xfer(0x68, Size.QUICK, 0, b"")


def test_force_is_for_one_address(stub: I2cDevAdapter, kernel: Kernel) -> None:
    kernel.bound = {0x68, 0x69}
    stub.claim(0x68, force=True)
    with pytest.raises(Busy):
        stub.smbus_xfer(0x69, Size.QUICK, 0, b"")


@pytest.mark.parametrize("addr", [0x80, -1])
def test_an_address_has_seven_bits(bus: I2cDevAdapter, kernel: Kernel, addr: int) -> None:
    with pytest.raises(Invalid, match="does not have 7 bits"):
        bus.claim(addr)
    with pytest.raises(Invalid, match="does not have 7 bits"):
        bus.smbus_xfer(addr, Size.QUICK, 0, b"")
    assert not kernel.calls


def test_another_fault_of_a_claim(bus: I2cDevAdapter, mocker: MockerFixture) -> None:
    mocker.patch("i2cdrv.i2c.i2cdev.ioctl", side_effect=OSError(errno.ENODEV, "No such device"))
    with pytest.raises(Nack, match="i2c-1 0x40: no answer"):
        bus.claim(0x40)


# Opening and closing


def test_the_properties_of_an_adapter(open_bus: Callable[[int | str], I2cDevAdapter]) -> None:
    adapter: Adapter = open_bus("bcm2835")
    assert (adapter.nr, adapter.name, str(adapter)) == (2, "bcm2835 (i2c@7e804000)", "i2c-2")
    assert adapter.functionality == Functionality(BCM2835)
    assert Functionality.I2C in adapter.functionality
    assert Functionality.SMBUS_EMUL in adapter.functionality
    assert isinstance(adapter.clock, RealClock)


def test_close_gives_the_descriptor_back_once(bus: I2cDevAdapter, machine: Path) -> None:
    assert held_open(machine / "dev/i2c-1") == 1
    bus.close()
    bus.close()
    assert held_open(machine / "dev/i2c-1") == 0
    with pytest.raises(ValueError, match="file descriptor"):
        bus.xfer([R(0x40, 1)])


def held_open(path: Path) -> int:
    found = 0
    for fd in os.listdir("/proc/self/fd"):  # noqa: PTH208
        try:
            found += os.readlink(f"/proc/self/fd/{fd}") == str(path)  # noqa: PTH115
        except FileNotFoundError:
            continue  # the listing's own
    return found


def test_a_missing_bus(open_bus: Callable[[int | str], I2cDevAdapter], machine: Path) -> None:
    with pytest.raises(Unknown, match="i2c-9 is missing: buses here: i2c-1 ") as caught:
        open_bus(9)
    assert caught.value.errno == errno.ENOENT


def test_a_node_that_is_no_i2c_device_is_closed_again(
    open_bus: Callable[[int | str], I2cDevAdapter], kernel: Kernel, machine: Path
) -> None:
    kernel.funcs = 0
    with pytest.raises(Invalid, match="i2c-1 is not an I2C device") as caught:
        open_bus(1)
    assert caught.value.errno == errno.ENOTTY
    assert held_open(machine / "dev/i2c-1") == 0


# An smbus2 that does not fit the Python


OVERFLOW = SystemError("buffer overflow")


def test_an_smbus2_that_python_refuses_is_named_at_opening(machine: Path, mocker: MockerFixture) -> None:
    mocker.patch("smbus2.smbus2.ioctl", side_effect=OVERFLOW)
    with pytest.raises(Error, match=r"smbus2 [0-9.]+ does not work with Python 3.* install 'smbus2>=0.6'") as caught:
        I2cDevAdapter(1, sys=machine / "sys", dev=machine / "dev")
    assert caught.value.errno == errno.ENOSYS


@pytest.mark.parametrize("funcs", [BCM2835, STUB])
@pytest.mark.parametrize(
    "use",
    [
        lambda bus: bus.claim(0x48),
        lambda bus: bus.claim(0x48, force=True) or bus.smbus_xfer(0x48, Size.BYTE, 0, 1),
        lambda bus: bus.smbus_xfer(0x48, Size.BYTE_DATA, 0, 1),
        lambda bus: bus.smbus_xfer(0x48, Size.WORD_DATA, 0, b"ab"),
    ],
)
def test_and_at_each_later_request(
    kernel: Kernel,
    open_bus: Callable[[int | str], I2cDevAdapter],
    mocker: MockerFixture,
    use: Callable[[I2cDevAdapter], object],
    funcs: int,
) -> None:
    kernel.funcs = funcs
    bus = open_bus(1)
    mocker.patch("i2cdrv.i2c.i2cdev.ioctl", side_effect=OVERFLOW)
    with pytest.raises(Error, match="smbus2"):
        use(bus)


def test_and_at_a_transfer(bus: I2cDevAdapter, mocker: MockerFixture) -> None:
    mocker.patch("i2cdrv.i2c.i2cdev.ioctl", side_effect=OVERFLOW)
    with pytest.raises(Error, match="smbus2"):
        bus.xfer([W(0x48, b"\0"), R(0x48, 2)])
