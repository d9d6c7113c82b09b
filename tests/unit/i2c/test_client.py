"""A chip's transfers, and their trace."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.errors import Error, Invalid, Nack
from i2cdrv.i2c.adapter import Functionality, Message, Read, Size, Write
from i2cdrv.i2c.client import MAX_PREPARED, Client, Sleep
from i2cdrv.lib.clock import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class FakeAdapter:
    """Records its requests; a transfer takes a quarter of a second; reads give 0, 1, 2 and so on."""

    nr = 3
    name = "fake"
    functionality = Functionality.I2C | Functionality.SMBUS_EMUL

    def __init__(self, fault: Error | None = None) -> None:
        self.clock = VirtualClock(100.0)
        self.fault = fault
        self.asked: list[object] = []

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        self._do(list(messages))
        return [bytes(range(message.length)) for message in messages if isinstance(message, Read)]

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        self._do((addr, size, command, data))
        return bytes(range(data)) if isinstance(data, int) else b""

    def _do(self, asked: object) -> None:
        self.asked.append(asked)
        self.clock.sleep(0.25)
        if self.fault is not None:
            raise self.fault

    def claim(self, addr: int, *, force: bool = False) -> None: ...

    def close(self) -> None: ...


class Recorder:
    def __init__(self) -> None:
        self.told: list[tuple[list[Message], list[bytes] | Error, float]] = []

    def __call__(self, messages: Sequence[Message], answers: list[bytes] | Error, seconds: float) -> None:
        self.told.append((list(messages), answers, seconds))


VERBS: list[tuple[Callable[[Client], object], object, object, list[Message], list[bytes]]] = [
    # the call, its result, the request to the adapter, the trace
    (lambda c: c.write(b"\xf4\x35"), None, [Write(0x76, b"\xf4\x35")], [Write(0x76, b"\xf4\x35")], []),
    (lambda c: c.read(2), b"\x00\x01", [Read(0x76, 2)], [Read(0x76, 2)], [b"\x00\x01"]),
    (
        lambda c: c.write_read(b"\xd0", 1),
        b"\x00",
        [Write(0x76, b"\xd0"), Read(0x76, 1)],
        [Write(0x76, b"\xd0"), Read(0x76, 1)],
        [b"\x00"],
    ),
    (
        lambda c: c.smbus_write(Size.WORD_DATA, 0x01, b"\x12\x34"),
        None,
        (0x76, Size.WORD_DATA, 0x01, b"\x12\x34"),
        [Write(0x76, b"\x01\x12\x34")],
        [],
    ),
    (
        lambda c: c.smbus_read(Size.I2C_BLOCK_DATA, 0xF7, 3),
        b"\x00\x01\x02",
        (0x76, Size.I2C_BLOCK_DATA, 0xF7, 3),
        [Write(0x76, b"\xf7"), Read(0x76, 3)],
        [b"\x00\x01\x02"],
    ),
]


@pytest.mark.parametrize(("verb", "result", "asked", "_wire", "_answers"), VERBS)
@pytest.mark.parametrize("traced", [False, True])
def test_a_verb_is_one_transfer_to_the_clients_address(
    verb: Callable[[Client], object], result: object, asked: object, _wire: object, _answers: object, traced: bool
) -> None:
    adapter = FakeAdapter()
    client = Client(adapter, 0x76, "bme280")
    client.trace = Recorder() if traced else None
    assert verb(client) == result
    assert adapter.asked == [asked]


@pytest.mark.parametrize(("verb", "_result", "_asked", "wire", "answers"), VERBS)
def test_a_trace_contains_the_transfer_the_answer_and_the_time(
    verb: Callable[[Client], object], _result: object, _asked: object, wire: list[Message], answers: list[bytes]
) -> None:
    client = Client(FakeAdapter(), 0x76, "bme280")
    client.trace = recorder = Recorder()
    verb(client)
    assert recorder.told == [(wire, answers, 0.25)]


@pytest.mark.parametrize(("verb", "_result", "_asked", "wire", "_answers"), VERBS)
def test_a_trace_contains_an_error_which_propagates(
    verb: Callable[[Client], object], _result: object, _asked: object, wire: list[Message], _answers: object
) -> None:
    fault = Nack("no answer")
    client = Client(FakeAdapter(fault), 0x76, "bme280")
    client.trace = recorder = Recorder()
    with pytest.raises(Nack) as caught:
        verb(client)
    assert caught.value is fault
    assert recorder.told == [(wire, fault, 0.25)]


@pytest.mark.parametrize(("verb", "_result", "_asked", "_wire", "_answers"), VERBS)
def test_without_a_trace_an_error_propagates_as_well(
    verb: Callable[[Client], object], _result: object, _asked: object, _wire: object, _answers: object
) -> None:
    with pytest.raises(Nack):
        verb(Client(FakeAdapter(Nack("no answer")), 0x76, "bme280"))


def test_bytes_that_change_are_sent_as_they_are_now() -> None:
    adapter = FakeAdapter()
    client: Any = Client(adapter, 0x76, "bme280")  # a driver may give it any bytes
    data = bytearray(b"\xf4\x35")
    client.write(data)
    data[1] = 0x36
    client.write(data)
    client.write(memoryview(data))
    sent: list[Any] = adapter.asked[1:]
    assert [bytes(messages[0].data) for messages in sent] == [b"\xf4\x36"] * 2


def test_each_of_many_transfers_is_sent_with_its_own_content() -> None:
    adapter = FakeAdapter()
    client = Client(adapter, 0x76, "bme280")
    contents = [bytes((number,)) for number in range(2 * MAX_PREPARED)]
    for content in contents * 2:
        client.write(content)
    assert adapter.asked == [[Write(0x76, content)] for content in contents * 2]


def test_a_read_and_a_write_of_the_same_number_differ() -> None:
    adapter = FakeAdapter()
    client = Client(adapter, 0x76, "bme280")
    client.write(b"\x02")
    client.read(2)
    assert adapter.asked == [[Write(0x76, b"\x02")], [Read(0x76, 2)]]


@pytest.mark.parametrize(("addr", "name"), [(0x76, "3-0076"), (0x08, "3-0008")])
def test_a_client_has_the_kernels_name(addr: int, name: str) -> None:
    assert str(Client(FakeAdapter(), addr, "bme280")) == name


@pytest.mark.parametrize("seconds", [0, 0.0083, 60])
def test_a_sleep_is_passed_to_the_awaiting_loop(seconds: float) -> None:
    sleep = Client(FakeAdapter(), 0x76, "bme280").sleep(seconds)
    assert list(sleep.__await__()) == [Sleep(seconds)]


def test_another_wait_is_checked_and_counted_as_the_first() -> None:
    client = Client(FakeAdapter(), 0x76, "bme280")
    assert [client.sleep(seconds).seconds for seconds in (0.5, 0.5, 0.25, 0.5)] == [0.5, 0.5, 0.25, 0.5]
    with pytest.raises(Invalid):
        client.sleep(61)
    with pytest.raises(Invalid):
        client.sleep(61)
    assert client.waits == 4


@pytest.mark.parametrize("seconds", [-0.001, 60.1, 1000, float("inf"), float("nan")])
def test_a_wait_longer_than_any_chip_needs_is_refused(seconds: float) -> None:
    with pytest.raises(Invalid, match=r"a wait of .* s; it must be 0 … 60 s") as caught:
        Client(FakeAdapter(), 0x76, "bme280").sleep(seconds)
    assert caught.value.errno == errno.EINVAL
