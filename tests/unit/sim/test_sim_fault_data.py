"""Faults of writes and of answers: bytes that are lost, shifted, old or stuck; a second chip."""

from __future__ import annotations

import pytest

from i2cdrv.errors import Busy, Nack
from i2cdrv.i2c.adapter import Message, Read, Write
from i2cdrv.sim import Chip, SimAdapter
from i2cdrv.sim.chips.bme280 import Bme280
from i2cdrv.sim.chips.lm75 import Lm75
from i2cdrv.sim.chips.sht4x import Sht4x
from i2cdrv.sim.sharedaddress import SharedAddress

ADDR = 0x10


class Registers(Chip):
    """A pointer and sixteen registers of one byte, which move on by themselves; register N holds 0xN0 at first."""

    def power_on(self) -> None:
        self.held = [n << 4 for n in range(16)]
        self.pointer = 0
        self.first = True

    def start(self, read: bool) -> bool:
        self.first = True
        return True

    def write(self, byte: int) -> bool:
        if self.first:
            self.pointer = byte & 15
        else:
            self.held[self.pointer] = byte
            self.pointer = (self.pointer + 1) & 15
        self.first = False
        return True

    def read(self) -> int:
        self.pointer = (self.pointer + 1) & 15
        return self.held[self.pointer - 1]


@pytest.fixture
def chip() -> Registers:
    return Registers()


@pytest.fixture
def bus(chip: Registers) -> SimAdapter:
    return SimAdapter({ADDR: chip}, frequency=None)


def get(bus: SimAdapter, pointer: int, length: int = 1) -> str:
    return bus.xfer([Write(ADDR, bytes((pointer,))), Read(ADDR, length)])[0].hex(" ")


def put(bus: SimAdapter, *data: int) -> None:
    bus.xfer([Write(ADDR, bytes(data))])


def test_a_lost_write_is_acknowledged_and_changes_nothing(bus: SimAdapter) -> None:
    fault = bus.faults.inject("write-lost count=1", ADDR)
    assert get(bus, 3) == "30"
    put(bus, 3, 0x55)
    assert (fault.hits, fault.active) == (1, False)
    assert get(bus, 3) == "30"
    put(bus, 3, 0x55)
    assert get(bus, 3) == "55"


def test_a_lost_write_needs_a_chip_that_acknowledges() -> None:
    bus = SimAdapter({}, frequency=None)
    bus.faults.inject("write-lost")
    with pytest.raises(Nack):
        put(bus, 3, 0x55)


def test_an_ignored_write_sets_the_register_number_only(bus: SimAdapter, chip: Registers) -> None:
    bus.faults.inject("write-ignored", ADDR)
    put(bus, 5, 0x55, 0x66)
    assert chip.pointer == 5
    assert get(bus, 5, 2) == "50 60"


def test_an_ignored_command_has_no_answer() -> None:
    bus = SimAdapter({0x44: Sht4x()}, frequency=None)
    bus.faults.inject("write-ignored", 0x44)
    bus.xfer([Write(0x44, b"\xfd")])
    bus.clock.sleep(0.01)
    with pytest.raises(Nack):
        bus.xfer([Read(0x44, 6)])


def test_a_lost_register_number_leaves_the_one_of_before(bus: SimAdapter) -> None:
    assert get(bus, 9, 2) == "90 a0"
    with bus.faults.inject("pointer-lost", ADDR) as fault:
        assert get(bus, 3) == "b0"
        assert fault.hits == 1
        put(bus, 2, 0x22)  # no read follows, so it is not concerned
    assert get(bus, 2) == "22"


def test_another_program_writes_once_or_the_given_number_of_times(bus: SimAdapter, chip: Registers) -> None:
    fault = bus.faults.inject("meddle=0311", ADDR)
    assert get(bus, 3) == "11"
    assert not fault.active
    put(bus, 3, 0x55)
    assert get(bus, 3) == "55"
    bus.faults.inject("meddle=0311 after=1 count=2", ADDR)
    assert [get(bus, 3) for _ in range(3)] == ["55", "11", "11"]
    chip.held[3] = 0x33
    assert get(bus, 3) == "33"


def test_one_bit_of_one_register_is_misread_and_always_the_same(bus: SimAdapter) -> None:
    bus.faults.inject("misread=0x04 seed=1", ADDR)
    assert get(bus, 3, 2) == "30 40"
    found = int(get(bus, 4, 2).replace(" ", ""), 16)
    assert (found ^ 0x4050).bit_count() == 1
    assert get(bus, 4, 2).replace(" ", "") == f"{found:04x}"


def test_each_bit_of_a_register_is_misread_with_some_seed(bus: SimAdapter) -> None:
    found = set()
    for seed in range(60):
        with bus.faults.inject(f"misread=0x00 seed={seed}", ADDR):
            found.add(get(bus, 0))
    assert found == {f"{1 << bit:02x}" for bit in range(8)}


@pytest.mark.parametrize(
    ("word", "arrived"),
    [
        ("shift=8", "ff a0 b0"),  # one byte late
        ("shift=-8", "b0 c0 d0"),  # one byte early
        ("shift=1", "d0 58 60"),  # 1 1010 0000 1011 0000 1100
        ("shift=-1", "41 61 81"),  # 010 0000 1011 0000 1100 0000 1
        ("shift=-12", "0c 0d 0e"),
    ],
)
def test_an_answer_is_shifted(bus: SimAdapter, word: str, arrived: str) -> None:
    bus.faults.inject(word, ADDR)
    assert get(bus, 10, 3) == arrived


def test_an_answer_is_torn_between_two_reads(bus: SimAdapter) -> None:
    put(bus, 8, 1, 1, 1)
    bus.faults.inject("torn", ADDR)
    assert get(bus, 8, 3) == "01 01 01", "nothing was read before"
    put(bus, 8, 2, 2, 2)
    assert get(bus, 8, 3) in ("01 02 02", "01 01 02")
    assert get(bus, 8, 3) == "02 02 02"


def test_a_read_brings_the_answer_of_the_one_before(bus: SimAdapter) -> None:
    get(bus, 2)
    bus.faults.inject("repeat", ADDR)
    assert get(bus, 4, 2) == "40 50"
    assert get(bus, 8, 2) == "40 50"
    assert get(bus, 1) == "80"
    assert get(bus, 12, 2) == "10 d0"


def test_registers_read_as_at_first(bus: SimAdapter) -> None:
    with bus.faults.inject("stale", ADDR):
        assert get(bus, 2) == "20"
        put(bus, 2, 0x77)
        assert (get(bus, 2), get(bus, 3)) == ("20", "30")
    assert get(bus, 2) == "77"


def test_a_bit_is_stuck_in_one_direction(bus: SimAdapter) -> None:
    with bus.faults.inject("read-stuck=4:0", ADDR):
        put(bus, 3, 0x12)
        assert get(bus, 3, 3) == "02 40 40"
    assert get(bus, 3) == "12"
    with bus.faults.inject("write-stuck=0:1 at=1", ADDR):
        put(bus, 4, 0x10)
    assert get(bus, 4) == "11"


def test_two_chips_at_one_address_are_a_wired_and() -> None:
    one, other = Registers(), Registers()
    bus = SimAdapter({ADDR: SharedAddress(one, other)}, frequency=None)
    one.held[2], other.held[2] = 0b1100, 0b1010
    assert get(bus, 2) == "08"
    put(bus, 2, 0x55)
    assert (one.held[2], other.held[2]) == (0x55, 0x55)


def test_one_of_two_chips_at_an_address_is_enough_for_an_acknowledgement() -> None:
    bus = SimAdapter({0x44: SharedAddress(Sht4x(), Lm75(temp=25.0))}, frequency=None)
    bus.clock.sleep(1)
    bus.xfer([Write(0x44, b"\x00")])  # no command of an SHT4x; the LM75's temperature
    assert bus.xfer([Read(0x44, 2)]) == [b"\x19\x00"]


def test_a_second_chip_comes_and_goes() -> None:
    bus = SimAdapter({0x48: Lm75(temp=25.0)}, frequency=None)
    bus.clock.sleep(1)
    temp: list[Message] = [Write(0x48, b"\0"), Read(0x48, 2)]
    with bus.faults.inject("both=lm75", 0x48):
        bus.clock.sleep(1)
        assert bus.xfer(temp) == [b"\x10\x00"]  # 25 is 0b11001, and 22, which a new one has, 0b10110
        with pytest.raises(Busy, match="both=lm75 on 0x48 rules out swap=tmp102: clear it first"):
            bus.faults.inject("swap=tmp102", 0x48)
    assert bus.xfer(temp) == [b"\x19\x00"]


def test_a_twin_has_the_settings_and_other_constants() -> None:
    bus = SimAdapter({0x76: Bme280(temp=30.0, pressure=90_000.0)}, frequency=None)
    bus.xfer([Write(0x76, b"\xf5\xa0\xf4\x25")])
    bus.clock.sleep(0.1)
    trim: list[Message] = [Write(0x76, b"\x88"), Read(0x76, 26)]
    config: list[Message] = [Write(0x76, b"\xf5"), Read(0x76, 1)]
    own = bus.xfer(trim)
    with bus.faults.inject("twin=1", 0x76) as fault:
        assert bus.xfer(config) == [b"\xa0"]
        assert bus.xfer(trim) != own
        bus.xfer([Write(0x76, b"\xf5\x40")])
        assert fault.hits == 3
    assert bus.xfer(trim) == own
    assert bus.xfer(config) == [b"\xa0"], "the twin got what was written"


def test_a_multiplexer_switches_between_transfers() -> None:
    bus = SimAdapter({0x48: Lm75(temp=-10.0)}, frequency=None)
    bus.clock.sleep(1)
    bus.faults.inject("twin=0.5 seed=1", 0x48)
    bus.clock.sleep(1)
    found = [bus.xfer([Write(0x48, b"\0"), Read(0x48, 2)])[0] for _ in range(100)]
    assert set(found) == {b"\xf6\x00", b"\x16\x00"}
    assert 30 < found.count(b"\x16\x00") < 70


def test_a_twin_of_an_sht4x_has_another_serial_number() -> None:
    chip = Sht4x()
    assert chip.twin().serial != chip.serial


@pytest.mark.parametrize("words", ["write-lost", "write-ignored", "write-stuck=0:1"])
def test_a_fault_of_writes_begins_after_the_transfers_that_are_spared(bus: SimAdapter, words: str) -> None:
    bus.faults.inject(f"{words} after=1", ADDR)
    put(bus, 7, 0x66)
    assert get(bus, 7) == "66"
    put(bus, 7, 0x68)
    assert get(bus, 7) == ("69" if words.startswith("write-stuck") else "66")
