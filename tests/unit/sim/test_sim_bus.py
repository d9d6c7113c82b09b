"""The wire: order, acknowledgement, time, limits."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2cdrv.errors import Busy, Error, Invalid, Nack, NotSupported, Unknown
from i2cdrv.i2c.adapter import Adapter, Functionality, Message, Read, Size, Write
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim import Chip, SimAdapter
from i2cdrv.sim.chips.sht4x import Sht4x


class Tape(Chip):
    """Records its events; acknowledges ``patience`` bytes a message; reads count up."""

    def __init__(self, log: list[str] | None = None, name: str = "", patience: int = 9999) -> None:
        self.log = [] if log is None else log
        self.name = name
        self.patience = patience
        super().__init__()

    def start(self, read: bool) -> bool:
        self.at = 0
        self.log.append(self.name + ("R" if read else "W"))
        return self.patience >= 0

    def write(self, byte: int) -> bool:
        self.at += 1
        self.log.append(f"{self.name}{byte:02x}")
        return self.at <= self.patience

    def read(self) -> int:
        self.at += 1
        return self.at & 0xFF

    def stop(self) -> None:
        self.log.append(self.name + "P")


def bus_of(chips: dict[int, Chip], frequency: float | None = 100_000) -> SimAdapter:
    return SimAdapter(chips, frequency=frequency)


def test_is_an_adapter() -> None:
    adapter: Adapter = SimAdapter({}, nr=7)
    assert (adapter.nr, adapter.name) == (7, "i2cdrv simulated bus")
    assert isinstance(adapter.clock, VirtualClock)
    adapter.claim(0x40, force=False)
    adapter.close()


def test_the_kernel_calls_a_plain_adapter_emul() -> None:
    assert SimAdapter({}).functionality == Functionality.I2C | Functionality.SMBUS_EMUL


def test_messages_are_joined_by_repeated_starts_and_end_in_one_stop() -> None:
    log: list[str] = []
    bus = bus_of({0x10: Tape(log, "a"), 0x20: Tape(log, "b")})
    received = bus.xfer([Write(0x10, b"\x05"), Read(0x10, 3), Write(0x20, b""), Read(0x10, 0)])
    assert received == [b"\x01\x02\x03", b""]
    assert log == ["aW", "a05", "aR", "bW", "aR", "aP", "bP"]


@pytest.mark.parametrize(
    ("messages", "frequency", "count", "seconds"),
    [
        ([Write(0x10, b"\x05"), Read(0x10, 2)], 100_000, 5, 0.48e-3),  # 5 × 9 + S + Sr + P
        ([Write(0x10, b"\xf7"), Read(0x10, 8)], 100_000, 11, 1.02e-3),
        ([Write(0x10, b"\xf7"), Read(0x10, 8)], 400_000, 11, 0.255e-3),
        ([Read(0x10, 2)], 400_000, 3, 72.5e-6),
        ([Write(0x10, b"")], 100_000, 1, 0.11e-3),
        ([Write(0x10, b"\x05"), Read(0x10, 2)], None, 5, 0.0),
    ],
)
def test_a_transfer_takes_its_time_on_the_wire(
    messages: list[Message], frequency: float | None, count: int, seconds: float
) -> None:
    bus = bus_of({0x10: Tape()}, frequency=frequency)
    bus.xfer(messages)
    assert bus.clock.monotonic() == pytest.approx(seconds)
    assert (bus.transactions, bus.bytes) == (1, count)
    assert bus.bus_time == pytest.approx(seconds)


def test_time_moves_within_a_transfer() -> None:
    class Watch(Tape):
        def write(self, byte: int) -> bool:
            self.log.append(f"{self.now() * 1e6:.0f}")
            return True

    watch = Watch()
    bus_of({0x10: watch}).xfer([Write(0x10, b"\x00\x00")])
    assert watch.log == ["W", "190", "280", "P"]  # µs: S + 2 × 9 bits, 3 × 9 bits


def test_absent_address() -> None:
    bus = bus_of({0x10: Tape()})
    with pytest.raises(Nack, match=r"0x44 did not acknowledge its address \(write\) on i2c-0") as caught:
        bus.xfer([Write(0x44, b"\x01\x02")])
    assert caught.value.errno == errno.ENXIO
    assert (bus.transactions, bus.bytes) == (1, 1)
    assert bus.clock.monotonic() == pytest.approx(110e-6)


def test_a_chip_may_refuse_its_address() -> None:
    tape = Tape(patience=-1)
    with pytest.raises(Nack, match="address"):
        bus_of({0x10: tape}).xfer([Read(0x10, 2)])
    assert tape.log == ["R", "P"]


def test_nack_in_the_middle_keeps_the_earlier_bytes_and_sends_nothing_after() -> None:
    log: list[str] = []
    bus = bus_of({0x10: Tape(log, "a"), 0x20: Tape(log, "b", patience=1)})
    with pytest.raises(Nack, match=r"0x20 did not acknowledge data byte 2 of 3 \(0x0b\) in message 2 on i2c-0"):
        bus.xfer([Write(0x10, b"\x01"), Write(0x20, b"\x0a\x0b\x0c"), Write(0x10, b"\x02")])
    assert log == ["aW", "a01", "bW", "b0a", "b0b", "aP", "bP"]
    assert (bus.transactions, bus.bytes) == (1, 5)


def test_a_failed_transfer_leaves_nothing_behind() -> None:
    bus = bus_of({0x10: Tape()})
    with pytest.raises(Nack):
        bus.xfer([Write(0x44, b"\x01")])
    bus.xfer([Read(0x10, 2)])
    assert bus.bus_time == pytest.approx(110e-6 + 290e-6)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [Write(0x10, b"")] * 43,
        [Write(0x10, bytes(8193))],
        [Read(0x10, 8193)],
        [Read(0x10, -1)],
        [Read(0x80, 1)],
        [Write(-1, b"")],
    ],
)
def test_messages_that_do_not_fit_a_transfer_are_refused_before_the_wire(messages: list[Message]) -> None:
    bus = bus_of({0x10: Tape()})
    with pytest.raises(Invalid):
        bus.xfer(messages)
    assert (bus.transactions, bus.clock.monotonic()) == (0, 0.0)


def test_the_limits_themselves_are_possible() -> None:
    bus = bus_of({0x10: Tape()})
    bus.xfer([Write(0x10, b"")] * 42)
    bus.xfer([Write(0x10, bytes(8192)), Read(0x10, 8192)])
    assert bus.bytes == 42 + 2 * 8193


SMBUS = [
    (Size.QUICK, 0, b"", [Write(0x10, b"")], b""),
    (Size.QUICK, 0, 0, [Read(0x10, 0)], b""),
    (Size.BYTE, 0xFD, b"", [Write(0x10, b"\xfd")], b""),
    (Size.BYTE, 0, 1, [Read(0x10, 1)], b"\x01"),
    (Size.BYTE_DATA, 0x08, b"\x03", [Write(0x10, b"\x08\x03")], b""),
    (Size.BYTE_DATA, 0x08, 1, [Write(0x10, b"\x08"), Read(0x10, 1)], b"\x01"),
    (Size.WORD_DATA, 0x05, b"\x34\x12", [Write(0x10, b"\x05\x34\x12")], b""),
    (Size.WORD_DATA, 0x05, 2, [Write(0x10, b"\x05"), Read(0x10, 2)], b"\x01\x02"),
    (Size.I2C_BLOCK_DATA, 0xF7, b"\x01\x02\x03", [Write(0x10, b"\xf7\x01\x02\x03")], b""),
    (Size.I2C_BLOCK_DATA, 0xF7, 4, [Write(0x10, b"\xf7"), Read(0x10, 4)], b"\x01\x02\x03\x04"),
]


@pytest.mark.parametrize(("size", "command", "data", "messages", "received"), SMBUS)
def test_smbus_operations_are_messages(
    size: Size, command: int, data: bytes | int, messages: list[Message], received: bytes
) -> None:
    bus = SimAdapter({0x10: Tape()}, functionality=Functionality.SMBUS_EMUL)
    sent: list[Message] = []
    bus.transferred.add(lambda messages, outcome: sent.extend(messages))
    assert bus.smbus_xfer(0x10, size, command, data) == received
    assert sent == messages


@pytest.mark.parametrize(
    ("size", "command", "data"),
    [
        (Size.QUICK, 0, 1),
        (Size.BYTE, 0, 2),
        (Size.BYTE, 0, b"\x00"),
        (Size.BYTE_DATA, 0, b""),
        (Size.WORD_DATA, 0, 1),
        (Size.I2C_BLOCK_DATA, 0, 0),
        (Size.I2C_BLOCK_DATA, 0, 33),
        (Size.I2C_BLOCK_DATA, 0, b""),
        (Size.BYTE_DATA, 0x100, 1),
    ],
)
def test_smbus_operations_of_a_wrong_length_are_invalid(size: Size, command: int, data: bytes | int) -> None:
    with pytest.raises(Invalid, match=size.name):
        bus_of({0x10: Tape()}).smbus_xfer(0x10, size, command, data)


def test_an_smbus_controller_cannot_send_plain_messages() -> None:
    bus = SimAdapter({0x10: Tape()}, functionality=Functionality.SMBUS_BYTE)
    with pytest.raises(NotSupported):
        bus.xfer([Read(0x10, 1)])
    assert bus.smbus_xfer(0x10, Size.BYTE, 0, 1) == b"\x01"
    with pytest.raises(NotSupported, match="BYTE_DATA reads"):
        bus.smbus_xfer(0x10, Size.BYTE_DATA, 0, 1)


def test_read_and_write_bits_are_told_apart() -> None:
    bus = SimAdapter({0x10: Tape()}, functionality=Functionality.SMBUS_READ_WORD_DATA)
    assert bus.smbus_xfer(0x10, Size.WORD_DATA, 0, 2) == b"\x01\x02"
    with pytest.raises(NotSupported, match="WORD_DATA writes"):
        bus.smbus_xfer(0x10, Size.WORD_DATA, 0, b"\x00\x00")


def test_the_recorder_receives_results_and_failures() -> None:
    bus = bus_of({0x10: Tape()})
    heard: list[list[bytes] | Error] = []
    bus.transferred.add(lambda messages, outcome: heard.append(outcome))
    bus.xfer([Read(0x10, 2)])
    with pytest.raises(Nack):
        bus.xfer([Read(0x11, 2)])
    assert heard[0] == [b"\x01\x02"]
    assert isinstance(heard[1], Nack)


def test_hot_plug() -> None:
    bus = bus_of({})
    tape = Tape()
    bus.attach(0x10, tape)
    with pytest.raises(Busy, match=r"0x10 on i2c-0 .* has a chip already: Tape"):
        bus.attach(0x10, Tape())
    assert dict(bus.chips) == {0x10: tape}
    assert bus.detach(0x10) is tape
    with pytest.raises(Unknown, match="no chip at 0x10"):
        bus.detach(0x10)
    with pytest.raises(Nack):
        bus.xfer([Read(0x10, 1)])


def test_a_chip_is_plugged_in_by_name_and_with_its_inputs() -> None:
    bus = bus_of({})
    assert bus.attach(0x44, "sht4x", temp=-12.5).value("temp") == -12.5
    assert isinstance(bus.chips[0x44], Sht4x)
    assert bus.attach(0x45, Sht4x(), humidity=40.0).value("humidity") == 40.0
    with pytest.raises(Invalid, match=r"no simulated chip 'sht4' \(did you mean sht4x\?\)"):
        bus.attach(0x46, "sht4")


def test_an_address_has_seven_bits() -> None:
    with pytest.raises(Invalid, match="0x80"):
        bus_of({0x80: Tape()})
    bus_of({0x00: Tape(), 0x7F: Tape()})


def test_chips_of_the_constructor_are_awake_and_plugged_in_ones_wake_up() -> None:
    bus = bus_of({0x44: Sht4x()}, frequency=None)
    bus.xfer([Write(0x44, b"\xfd")])
    bus.attach(0x45, Sht4x())
    with pytest.raises(Nack):
        bus.xfer([Write(0x45, b"\xfd")])


@given(st.lists(st.one_of(st.binary(max_size=40), st.integers(0, 40)), min_size=1, max_size=42))
def test_every_byte_counts_once(data: list[bytes | int]) -> None:
    bus = bus_of({0x10: Tape()}, frequency=1.0)
    bus.xfer([Read(0x10, each) if isinstance(each, int) else Write(0x10, each) for each in data])
    length = sum(each if isinstance(each, int) else len(each) for each in data)
    assert bus.bytes == length + len(data)
    assert bus.clock.monotonic() == 9 * length + 10 * len(data) + 1
