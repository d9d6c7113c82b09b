"""Commands, their words and their CRC, with Sensirion's own numbers."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2cdrv.driver.command import Command, crc8, join_words, split_words
from i2cdrv.errors import BadChecksum, Nack
from i2cdrv.i2c.adapter import Functionality, Message, Read, Size, Write
from i2cdrv.i2c.client import Client
from i2cdrv.kthread.kthread import Kthread
from i2cdrv.lib.clock import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Sequence

ADDR = 0x44


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


def execute(adapter: FakeAdapter, command: Command) -> tuple[int, ...]:
    client = Client(adapter, ADDR, "fake")
    return Kthread(adapter.clock, "test").call(command.execute(client), "test", timeout=10)


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
    assert split_words(bytes.fromhex("beef92 000081")) == (0xBEEF, 0x0000)
    assert split_words(b"") == ()


@pytest.mark.parametrize("bit", range(24))
def test_any_flipped_bit_is_noticed(bit: int) -> None:
    with pytest.raises(BadChecksum) as caught:
        split_words((0xBEEF92 ^ 1 << bit).to_bytes(3, "big"))
    assert caught.value.errno == errno.EBADMSG


def test_a_bad_second_word_is_named_and_the_answer_shown() -> None:
    with pytest.raises(BadChecksum, match="word 1 of the answer be ef 92 00 00 82"):
        split_words(bytes.fromhex("beef92 000082"))


@pytest.mark.parametrize("level", [0x00, 0xFF])
def test_a_wire_that_stays_high_or_low_is_no_answer(level: int) -> None:
    with pytest.raises(BadChecksum):
        split_words(bytes([level] * 6))


@given(st.binary(min_size=3, max_size=9).filter(lambda data: len(data) % 3 == 0))
def test_any_answer_is_words_or_our_error(answer: bytes) -> None:
    triples = [answer[i : i + 3] for i in range(0, len(answer), 3)]
    if all(crc_by_division(triple[:2]) == triple[2] for triple in triples):
        assert split_words(answer) == tuple(triple[0] * 256 + triple[1] for triple in triples)
    else:
        with pytest.raises(BadChecksum):
            split_words(answer)


@given(st.lists(st.binary(min_size=2, max_size=2), min_size=1, max_size=3))
def test_words_with_the_remainder_of_the_division_are_accepted(words: list[bytes]) -> None:
    answer = b"".join(word + bytes([crc_by_division(word)]) for word in words)
    assert split_words(answer) == tuple(word[0] * 256 + word[1] for word in words)


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
