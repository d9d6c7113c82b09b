"""Packet error codes of SMBus, with the numbers of datasheets and of the CRC catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from i2cdrv.driver.regfield import reg_field
from i2cdrv.driver.regmap import RegMap
from i2cdrv.errors import BadChecksum, NotSupported
from i2cdrv.i2c.adapter import Functionality, Read, Size, Write
from i2cdrv.i2c.client import Client
from i2cdrv.i2c.pec import PecAdapter
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.lib.counters import STEPS, Counters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from i2cdrv.i2c.adapter import Message

ADDR = 0x5A  # of an MLX90614
SMBUS = Functionality.SMBUS_WORD_DATA | Functionality.SMBUS_I2C_BLOCK
# MLX90614 (3901090614), the examples of §8.4: RAM 0x07 is 0x3AD2, PEC 0x30; 0xC807 goes to EEPROM 0x02, PEC 0x48
TO = reg_field(0x07, size=2, byteorder="little")
TO_ANSWER, TO_RAW = "d2 3a 30", 0x3AD2


class Smbus(NamedTuple):
    size: Size
    command: int
    data: bytes | int


class FakeAdapter:
    """Writes down each transfer; answers in turn."""

    nr, name = 1, "fake"

    def __init__(self, *answers: str, functionality: Functionality = Functionality.I2C) -> None:
        self.clock, self.functionality = VirtualClock(), functionality
        self.answers = [bytes.fromhex(answer) for answer in answers]
        self.transfers: list[Any] = []

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        self.transfers.append(list(messages))
        return [self.answers.pop(0) for message in messages if isinstance(message, Read)]

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        assert addr == ADDR
        self.transfers.append(Smbus(size, command, data))
        return self.answers.pop(0) if isinstance(data, int) else b""

    def claim(self, addr: int, *, force: bool = False) -> None: ...

    def close(self) -> None: ...


def client_on(adapter: FakeAdapter) -> Client:
    client = Client(adapter, ADDR, "mlx90614")
    client.use_pec()
    return client


def test_a_register_is_read_with_the_pec_of_the_datasheet() -> None:
    adapter = FakeAdapter(TO_ANSWER)
    assert RegMap(client_on(adapter)).read(TO) == TO_RAW
    assert adapter.transfers == [[Write(ADDR, b"\x07"), Read(ADDR, 3)]]


def test_a_register_is_written_with_the_pec_of_the_datasheet() -> None:
    adapter = FakeAdapter()
    RegMap(client_on(adapter)).write(reg_field(0x22, size=2, byteorder="little"), 0xC807)
    assert adapter.transfers == [[Write(ADDR, bytes.fromhex("22 07 c8 48"))]]


def test_an_adapter_without_plain_i2c_sends_the_same_bytes_as_a_block() -> None:
    adapter = FakeAdapter(TO_ANSWER, functionality=SMBUS)
    regmap = RegMap(client_on(adapter))
    assert regmap.read(TO) == TO_RAW
    regmap.write(reg_field(0x22, size=2, byteorder="little"), 0xC807)
    block = Size.I2C_BLOCK_DATA
    assert adapter.transfers == [Smbus(block, 0x07, 3), Smbus(block, 0x22, bytes.fromhex("07 c8 48"))]


@pytest.mark.parametrize("bit", range(24))
@pytest.mark.parametrize("functionality", [Functionality.I2C, SMBUS])
def test_any_flipped_bit_is_noticed(bit: int, functionality: Functionality) -> None:
    answer = int.from_bytes(bytes.fromhex(TO_ANSWER), "big") ^ 1 << bit
    with pytest.raises(BadChecksum, match=r"read of register 0x07: 0x5a on i2c-1: the PEC of .. .. is .., not .."):
        RegMap(client_on(FakeAdapter(answer.to_bytes(3, "big").hex(), functionality=functionality))).read(TO)


@pytest.mark.parametrize(("word", "sent"), [(0x0000, "2e 00 00 6f"), (0x005A, "2e 5a 00 e1")])
def test_the_address_of_the_chip_is_part_of_the_code(word: int, sent: str) -> None:
    """To address 0, as in Melexis' application note 390119061402, rev. 004, page 19."""
    adapter = FakeAdapter()
    client = Client(adapter, 0x00, "mlx90614")
    client.use_pec()
    RegMap(client).write(reg_field(0x2E, size=2, byteorder="little"), word)
    assert adapter.transfers == [[Write(0x00, bytes.fromhex(sent))]]


def test_a_wrong_pec_is_read_again_as_on_a_disturbed_line() -> None:
    adapter = FakeAdapter("d3 3a 30", TO_ANSWER)
    client = client_on(adapter)
    client.retries, client.steps = 2, Counters(STEPS)
    assert RegMap(client).read(TO) == TO_RAW
    assert client.steps["retries"] == 1


def test_reads_with_pec_count_as_checked() -> None:
    adapter = FakeAdapter(TO_ANSWER, _read("00 01"), _read("00 01", after="07"))
    client = client_on(adapter)
    regmap = RegMap(client)
    regmap.read(TO)
    assert client.read(2) == b"\x00\x01"
    assert client.write_read(b"\x07", 2) == b"\x00\x01"
    assert client.unchecked == 0
    assert regmap.reads_since_write() == []


def test_a_byte_alone_has_a_pec_as_well() -> None:
    adapter = FakeAdapter()
    client_on(adapter).write(b"\xff")  # MLX90614, §8.4.7: "Enter SLEEP mode" has the PEC 0xE8
    assert adapter.transfers == [[Write(ADDR, b"\xff\xe8")]]


def test_a_pec_covers_all_messages_of_a_transfer() -> None:
    adapter = FakeAdapter(_read("12"))
    answers = PecAdapter(adapter).xfer([Read(ADDR, 1)])
    assert answers == [b"\x12"]
    adapter = FakeAdapter()
    PecAdapter(adapter).xfer([Write(ADDR, b"123")])
    (written,) = adapter.transfers[0]
    assert written.data[:3] == b"123"
    assert written.data[3] == remainder(bytes((ADDR << 1,)) + b"123")


def test_an_smbus_adapter_without_blocks_reports_the_missing_ability() -> None:
    class Refuses(FakeAdapter):
        def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
            raise NotSupported(f"lacks {size.name}")

    with pytest.raises(NotSupported, match="I2C_BLOCK_DATA"):
        RegMap(client_on(Refuses(functionality=Functionality.SMBUS_WORD_DATA))).read(TO)


def test_the_reference_of_these_tests_is_that_of_the_catalogue() -> None:
    assert remainder(b"123456789") == 0xF4  # CRC-8/SMBUS, Catalogue of parametrised CRC algorithms


def _read(data: str, *, after: str = "") -> str:
    """An answer with its code, for a read behind a write or alone."""
    head = bytes((ADDR << 1,)) + bytes.fromhex(after) if after else b""
    wire = head + bytes((ADDR << 1 | 1,)) + bytes.fromhex(data)
    return f"{data} {remainder(wire):02x}"


def remainder(data: bytes) -> int:
    """Long division of the bits by x⁸ + x² + x + 1."""
    digits = [int(digit) for byte in (*data, 0) for digit in format(byte, "08b")]
    for i in range(len(digits) - 8):
        if digits[i]:
            for j, digit in enumerate((1, 0, 0, 0, 0, 0, 1, 1, 1)):
                digits[i + j] ^= digit
    return int("".join(map(str, digits[-8:])), 2)
