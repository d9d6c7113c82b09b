"""Commands, their words and their CRC, with Sensirion's own numbers."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2cdrv.driver.command import Command, Crc, join_words
from i2cdrv.driver.register import Register
from i2cdrv.driver.specifiers import bits, reserved
from i2cdrv.errors import BadChecksum, Disagreement, Invalid, Nack
from i2cdrv.i2c.adapter import Functionality, Message, Read, Size, Write
from i2cdrv.i2c.client import Client
from i2cdrv.kthread.kthread import Kthread
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.lib.crc import crc8

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

ADDR = 0x44
T = TypeVar("T")


class FakeAdapter:
    """Records the writes and their times; answers reads in turn."""

    nr = 1
    name = "fake"
    functionality = Functionality.I2C

    def __init__(self, *answers: str) -> None:
        self.clock = VirtualClock()
        self.answers = [bytes.fromhex(answer) for answer in answers]
        self.transfers: list[tuple[float, Sequence[Message]]] = []

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        self.transfers.append((self.clock.monotonic(), list(messages)))
        return [self.answers.pop(0) for message in messages if isinstance(message, Read)]

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        raise AssertionError("commands are plain messages")

    def claim(self, addr: int, *, force: bool = False) -> None: ...

    def close(self) -> None: ...


def execute(adapter: FakeAdapter, command: Command, *args: int) -> tuple[int, ...]:
    return run(adapter, command.execute(Client(adapter, ADDR, "fake"), *args))


def run(adapter: FakeAdapter, work: Coroutine[Any, Any, T]) -> T:
    return Kthread(adapter.clock, "test").call(work, "test", timeout=10)


@pytest.mark.parametrize(
    ("data", "crc"),
    [
        ("beef", 0x92),  # SHT4x, "Checksum calculation"
        ("0000", 0x81),  # Sensirion's application notes
        ("313233343536373839", 0xF7),  # check value of CRC-8/NRSC-5 in the catalogue of parametrised CRC algorithms
        ("", 0xFF),
    ],
)
def test_the_crc_is_the_published_one(data: str, crc: int) -> None:
    assert crc8(bytes.fromhex(data)) == crc


def test_an_answer_is_split_into_words_without_their_crc() -> None:
    assert Crc().words(bytes.fromhex("beef92 000081")) == (0xBEEF, 0x0000)
    assert Crc().words(b"") == ()


@pytest.mark.parametrize("bit", range(24))
def test_any_flipped_bit_is_noticed(bit: int) -> None:
    with pytest.raises(BadChecksum) as caught:
        Crc().words((0xBEEF92 ^ 1 << bit).to_bytes(3, "big"))
    assert caught.value.errno == errno.EBADMSG


def test_a_bad_second_word_is_named_and_the_answer_shown() -> None:
    with pytest.raises(BadChecksum, match="word 1 of the answer be ef 92 00 00 82"):
        Crc().words(bytes.fromhex("beef92 000082"))


@pytest.mark.parametrize("level", [0x00, 0xFF])
def test_a_wire_that_stays_high_or_low_is_no_answer(level: int) -> None:
    with pytest.raises(BadChecksum):
        Crc().words(bytes([level] * 6))


@given(st.binary(min_size=3, max_size=9).filter(lambda data: len(data) % 3 == 0))
def test_any_answer_is_words_or_our_error(answer: bytes) -> None:
    triples = [answer[i : i + 3] for i in range(0, len(answer), 3)]
    if all(crc_by_division(triple[:2]) == triple[2] for triple in triples):
        assert Crc().words(answer) == tuple(triple[0] * 256 + triple[1] for triple in triples)
    else:
        with pytest.raises(BadChecksum):
            Crc().words(answer)


@given(st.lists(st.binary(min_size=2, max_size=2), min_size=1, max_size=3))
def test_words_with_the_remainder_of_the_division_are_accepted(words: list[bytes]) -> None:
    answer = b"".join(word + bytes([crc_by_division(word)]) for word in words)
    assert Crc().words(answer) == tuple(word[0] * 256 + word[1] for word in words)


def crc_by_division(data: bytes) -> int:
    """Long division of the bits, the first eight inverted (initialisation 0xFF), by x⁸ + x⁵ + x⁴ + 1."""
    digits = [int(digit) for byte in (*data, 0) for digit in format(byte, "08b")]
    digits[:8] = [1 - digit for digit in digits[:8]]
    for i in range(len(digits) - 8):
        if digits[i]:
            for j, digit in enumerate((1, 0, 0, 1, 1, 0, 0, 0, 1)):
                digits[i + j] ^= digit
    return int("".join(map(str, digits[-8:])), 2)


def test_words_are_joined_with_the_first_one_most_significant() -> None:
    assert join_words(0x0F1A, 0x2B3C) == 0x0F1A2B3C
    assert join_words(0x8000) == 0x8000
    assert join_words(0, 0, 1) == 1


def test_a_measurement_is_a_write_a_wait_and_a_read() -> None:
    adapter = FakeAdapter("beef92 000081")
    assert execute(adapter, Command(0xFD, words=2, delay=0.0083)) == (0xBEEF, 0x0000)
    assert adapter.transfers == [(0.0, [Write(ADDR, b"\xfd")]), (0.0083, [Read(ADDR, 6)])]


def test_a_command_without_words_is_a_write_and_its_wait() -> None:
    adapter = FakeAdapter()
    assert execute(adapter, Command(0x94, delay=0.001)) == ()
    assert adapter.transfers == [(0.0, [Write(ADDR, b"\x94")])]
    assert adapter.clock.monotonic() == 0.001


def test_a_command_without_delay_does_not_wait() -> None:
    adapter = FakeAdapter("000081")
    execute(adapter, Command(0xE7, words=1))
    assert adapter.transfers == [(0.0, [Write(ADDR, b"\xe7")]), (0.0, [Read(ADDR, 3)])]


def test_an_opcode_of_two_bytes_goes_out_with_its_high_byte_first() -> None:
    adapter = FakeAdapter("beef92")
    execute(adapter, Command(0x202F, words=1, delay=0.01, size=2))
    assert adapter.transfers[0][1] == [Write(ADDR, b"\x20\x2f")]


def test_a_bad_crc_in_an_answer_is_bad_checksum() -> None:
    with pytest.raises(BadChecksum):
        execute(FakeAdapter("beef93"), Command(0xFD, words=1))


def test_a_chip_that_does_not_answer_is_a_nack() -> None:
    class Absent(FakeAdapter):
        def xfer(self, messages: Sequence[Message]) -> list[bytes]:
            raise Nack("nobody is there")

    with pytest.raises(Nack, match="nobody"):
        execute(Absent(), Command(0x94, delay=0.001))


# Arguments, and other checksums


@pytest.mark.parametrize(
    ("opcode", "args", "sent"),
    [
        (0x241D, (0x07E6,), "24 1d 07 e6 48"),  # set_temperature_offset, 5.4 °C (SCD4x, §3.6.1)
        (0x2427, (1950,), "24 27 07 9e 09"),  # set_sensor_altitude, 1,950 m (SCD4x, §3.6.3)
        (0x260F, (0x8000, 0x6666), "26 0f 80 00 a2 66 66 93"),  # sgp40_measure_raw, 50 %RH and 25 °C (SGP40, table 11)
    ],
)
def test_each_argument_is_followed_by_its_crc_as_the_datasheets_show_it(
    opcode: int, args: tuple[int, ...], sent: str
) -> None:
    adapter = FakeAdapter()
    assert execute(adapter, Command(opcode, size=2, args=len(args)), *args) == ()
    assert adapter.transfers == [(0.0, [Write(ADDR, bytes.fromhex(sent))])]


def test_arguments_of_a_chip_without_crc_are_sent_without() -> None:
    adapter = FakeAdapter()
    execute(adapter, Command(0x10, args=1, crc=None), 0x1234)
    assert adapter.transfers[0][1] == [Write(ADDR, bytes.fromhex("10 12 34"))]


@pytest.mark.parametrize("args", [(), (1, 2)])
def test_another_number_of_arguments_is_a_mistake_of_the_driver(args: tuple[int, ...]) -> None:
    adapter = FakeAdapter()
    with pytest.raises(TypeError, match=f"command 0x241d takes 1 arguments, not {len(args)}"):
        execute(adapter, Command(0x241D, size=2, args=1), *args)
    assert adapter.transfers == []


@pytest.mark.parametrize("value", [-1, 0x10000, 0.5])
def test_an_argument_that_is_no_word_is_refused_before_anything_is_sent(value: Any) -> None:
    adapter = FakeAdapter()
    with pytest.raises(Invalid, match=f"command 0x2427: argument {value} is outside 0 … 0xffff"):
        execute(adapter, Command(0x2427, size=2, args=1), value)
    assert adapter.transfers == []


@pytest.mark.parametrize(
    ("crc", "data", "check"),
    [
        (Crc(start=0), "683a", 0x7C),  # HTU21D(F), "CRC checksum calculation"
        (Crc(start=0), "4e85", 0x6B),  # the same
        (Crc(), "abcd", 0x6F),  # HDC302x, §8.5.6
        (Crc(0x07, start=0, frame=True), "313233343536373839", 0xF4),  # CRC-8/SMBUS, Catalogue of parametrised CRCs
        (Crc(0x07, start=0, final=0x55, frame=True), "313233343536373839", 0xA1),  # CRC-8/I-432-1, the same
        (Crc(0x31, start=0, frame=True), "dc", 0x79),  # HTU21D(F), "CRC checksum calculation"
    ],
)
def test_the_crc_of_other_chips_is_the_published_one(crc: Crc, data: str, check: int) -> None:
    raw = bytes.fromhex(data)
    assert crc.add(raw) == raw + bytes((check,))
    assert crc.remove(raw + bytes((check,))) == raw
    assert crc.length(len(raw)) == len(raw) + 1
    for bit in range(8 * len(raw) + 8):
        with pytest.raises(BadChecksum):
            crc.remove((int.from_bytes(raw + bytes((check,)), "big") ^ 1 << bit).to_bytes(len(raw) + 1, "big"))


FRAME = Crc(frame=True)


def test_words_with_one_crc_behind_all_of_them() -> None:
    frame = bytes.fromhex("1234 5678")
    adapter = FakeAdapter((frame + bytes((crc_by_division(frame),))).hex())
    assert execute(adapter, Command(0xE0, words=2, crc=FRAME)) == (0x1234, 0x5678)
    assert adapter.transfers[1][1] == [Read(ADDR, 5)]


def test_words_without_crc_are_unchecked_reads() -> None:
    adapter = FakeAdapter("1234 5678", "000081")
    client = Client(adapter, ADDR, "fake")
    assert run(adapter, Command(0xE0, words=2, crc=None).execute(client)) == (0x1234, 0x5678)
    assert client.unchecked == 1
    run(adapter, Command(0xE0, words=1).execute(client))
    assert client.unchecked == 1


# Answers that are no words


class Status(Register, addr=0, size=2):
    mode: int = bits(7, 4, at=0)
    always = reserved(0)
    ready: int = bits(10, 1)


def test_an_answer_of_bytes_is_a_register_with_fields() -> None:
    adapter = FakeAdapter("30 06 95")
    command = Command(0xAC3300, size=3, delay=0.08, crc=FRAME)
    answer = run(adapter, command.fetch(Client(adapter, ADDR, "fake"), Status))
    assert (answer.mode, answer.ready) == (3, 3)
    assert adapter.transfers == [(0.0, [Write(ADDR, b"\xac\x33\x00")]), (0.08, [Read(ADDR, 3)])]


def test_the_latest_answer_to_another_command_is_no_measurement() -> None:
    """A chip that repeats its status, 0xBEEF with its CRC, where it should send a measurement."""

    class Status(Register, addr=0, size=2):
        code: int = bits(15, 0)

    status, measure = Command(0xF32D, size=2, reads=True), Command(0x2400, size=2, words=2)
    adapter = FakeAdapter("beef92", "beef92 beef92", "000081 beef92")
    client = Client(adapter, ADDR, "fake")
    assert run(adapter, status.fetch(client, Status)).code == 0xBEEF
    with pytest.raises(Disagreement, match="1-0044 answers another command: it has missed 0x2400"):
        run(adapter, measure.execute(client))
    assert run(adapter, measure.execute(client)) == (0x0000, 0xBEEF)


def test_a_constant_repeated_in_place_of_a_status_is_refused_and_not_learned() -> None:
    """A refused answer that was kept as the status would make the constant "another command's" ever after."""

    class Status(Register, addr=0, size=2):
        code: int = bits(15, 0)

    status = Command(0xF32D, size=2, reads=True)
    adapter = FakeAdapter("beef92", "000081")
    client = Client(adapter, ADDR, "fake")
    client.fixed_answers[0xBEEF,] = Command(0x3780, words=1)
    with pytest.raises(Disagreement, match="1-0044 answers another command: it has missed 0xf32d"):
        run(adapter, status.fetch(client, Status))
    assert client.fetched == {}
    assert run(adapter, status.fetch(client, Status)).code == 0


def test_a_register_contradicted_by_its_answer_is_refused() -> None:
    adapter = FakeAdapter("30 07")
    with pytest.raises(Disagreement, match="impossible"):
        run(adapter, Command(0x71, crc=None).fetch(Client(adapter, ADDR, "fake"), Status))
