"""Faults on the wire: the bytes for the controller, the events of the chip, begin and end."""

from __future__ import annotations

import errno
import threading

import pytest

from i2cdrv.errors import Busy, Error, Invalid, Nack, TimedOut, Unknown
from i2cdrv.i2c.adapter import Message, Read, Write
from i2cdrv.sim import Chip, SimAdapter
from tests.support.effort import times

ADDR, OTHER = 0x10, 0x20


class Counter(Chip):
    """Records its events; reads count up from 0x41."""

    def __init__(self) -> None:
        self.log: list[str] = []
        super().__init__()

    def power_on(self) -> None:
        self.log.append("on")

    def start(self, read: bool) -> bool:
        self.at = 0x40
        self.log.append("R" if read else "W")
        return True

    def write(self, byte: int) -> bool:
        self.log.append(f"{byte:02x}")
        return True

    def read(self) -> int:
        self.at += 1
        self.log.append("r")
        return self.at

    def stop(self) -> None:
        self.log.append("P")

    @property
    def seen(self) -> str:
        """Return the events since the last call."""
        said = " ".join(self.log)
        self.log.clear()
        return said


@pytest.fixture
def chip() -> Counter:
    return Counter()


@pytest.fixture
def bus(chip: Counter) -> SimAdapter:
    bus = SimAdapter({ADDR: chip, OTHER: Counter()}, frequency=None)
    chip.log.clear()
    return bus


BURST: list[Message] = [Write(ADDR, b"\xf7"), Read(ADDR, 4)]
STORE: list[Message] = [Write(ADDR, b"\x01\x02\x03")]
GOOD = [b"ABCD"]


def test_nack_is_that_of_an_absent_chip_and_the_chip_sees_nothing(bus: SimAdapter, chip: Counter) -> None:
    bus.faults.inject("nack", ADDR)
    with pytest.raises(Nack, match=r"0x10 did not acknowledge its address \(write\) on i2c-0 ") as caught:
        bus.xfer(BURST)
    assert caught.value.errno == errno.ENXIO
    assert chip.seen == ""
    assert bus.xfer([Read(OTHER, 1)]) == [b"A"]
    assert (bus.transactions, bus.bytes) == (2, 3)


def test_nack_at_a_byte_is_at_the_next_address(bus: SimAdapter, chip: Counter) -> None:
    bus.faults.inject("nack at=1", ADDR)
    with pytest.raises(Nack, match=r"its address \(read\)"):
        bus.xfer(BURST)
    assert chip.seen == "W f7 P"
    bus.xfer(STORE)  # it has no address after its first byte
    assert chip.seen == "W 01 02 03 P"


@pytest.mark.parametrize(("word", "at", "seen"), [("nack-data", 1, "W P"), ("nack-data at=2", 3, "W 01 02 P")])
def test_nack_data_keeps_the_byte_from_the_chip(bus: SimAdapter, chip: Counter, word: str, at: int, seen: str) -> None:
    bus.faults.inject(word, ADDR)
    for _ in range(2):
        with pytest.raises(Nack, match=rf"data byte {at} of 3 \(0x0{at}\) in message 1"):
            bus.xfer(STORE)
        assert chip.seen == seen


def test_nack_data_has_nothing_to_do_with_a_read(bus: SimAdapter) -> None:
    fault = bus.faults.inject("nack-data count=1", ADDR)
    assert bus.xfer([Read(ADDR, 2)]) == [b"AB"]
    assert (fault.hits, fault.transfers_left) == (0, 1)
    with pytest.raises(Nack):
        bus.xfer(STORE)
    assert (fault.hits, fault.active) == (1, False)


@pytest.mark.parametrize("addr", [ADDR, OTHER, 0x33])
def test_a_stuck_sda_acknowledges_every_address_and_reads_as_zero(bus: SimAdapter, chip: Counter, addr: int) -> None:
    bus.faults.inject("stuck-sda")
    assert bus.xfer([Write(addr, b"\x05\x06"), Read(addr, 3)]) == [b"\x00\x00\x00"]
    assert chip.seen == ""
    assert bus.bytes == 7  # two addresses, two bytes there, three back


def test_sda_that_sticks_within_a_burst_keeps_the_earlier_bytes(bus: SimAdapter, chip: Counter) -> None:
    fault = bus.faults.inject("stuck-sda at=3")
    assert bus.xfer(BURST) == [b"AB\x00\x00"]
    assert chip.seen == "W f7 R r r"  # and no STOP
    assert bus.xfer(BURST) == [bytes(4)]
    assert chip.seen == ""
    assert fault.hits == 2
    fault.clear()
    assert bus.xfer(BURST) == GOOD
    assert chip.seen == "W f7 R r r r r P"


def test_sda_that_sticks_within_a_write_keeps_the_rest_from_the_chip(bus: SimAdapter, chip: Counter) -> None:
    bus.faults.inject("stuck-sda at=1 count=1", ADDR)
    bus.xfer(STORE)
    assert chip.seen == "W 01"
    bus.xfer(STORE)
    assert chip.seen == "W 01 02 03 P"


def test_a_transfer_that_is_too_short_is_not_the_one(bus: SimAdapter) -> None:
    bus.faults.inject("stuck-sda at=4 count=1", ADDR)
    assert bus.xfer([Read(ADDR, 4)]) == GOOD
    assert bus.xfer(BURST) == [b"ABC\x00"]
    assert bus.xfer(BURST) == GOOD


def test_a_stuck_scl_times_out_after_a_second_of_the_clock(bus: SimAdapter, chip: Counter) -> None:
    bus.faults.inject("stuck-scl")
    with pytest.raises(TimedOut, match=r"0x10 on i2c-0 .*SCL is held low") as caught:
        bus.xfer(BURST)
    assert caught.value.errno == errno.ETIMEDOUT
    assert (bus.clock.monotonic(), bus.bus_time, chip.seen) == (1.0, 1.0, "")


def test_scl_that_sticks_within_a_transfer_has_let_the_bytes_before_pass(bus: SimAdapter, chip: Counter) -> None:
    bus.faults.inject("stuck-scl at=2 count=1", ADDR)
    with pytest.raises(TimedOut):
        bus.xfer(STORE)
    assert chip.seen == "W 01 02"
    assert bus.xfer(BURST) == GOOD


@pytest.mark.parametrize(("word", "seen"), [("arbitration", ""), ("arbitration at=2", "W 01 02 P")])
def test_a_lost_arbitration(bus: SimAdapter, chip: Counter, word: str, seen: str) -> None:
    bus.faults.inject(word)
    with pytest.raises(Error, match="arbitration lost") as caught:
        bus.xfer(STORE)
    assert caught.value.errno == errno.EAGAIN
    assert chip.seen == seen


def test_a_busy_bus_has_no_transfer_on_it(bus: SimAdapter, chip: Counter) -> None:
    bus.faults.inject("busy count=1")
    with pytest.raises(Busy, match=r"i2c-0 .*is busy") as caught:
        bus.xfer(STORE)
    assert caught.value.errno == errno.EBUSY
    assert (bus.transactions, chip.seen) == (0, "")
    bus.xfer(STORE)


@pytest.mark.parametrize("messages", [BURST, STORE, [Write(ADDR, b"")]])
def test_a_stretched_clock_makes_the_transfer_longer(chip: Counter, messages: list[Message]) -> None:
    plain, stretched = SimAdapter({ADDR: Counter()}), SimAdapter({ADDR: chip})
    stretched.faults.inject("stretch=35", ADDR)
    assert stretched.xfer(messages) == plain.xfer(messages)
    assert stretched.clock.monotonic() - plain.clock.monotonic() == pytest.approx(0.035)
    assert stretched.bus_time - plain.bus_time == pytest.approx(0.035)


@pytest.mark.parametrize(("word", "seen"), [("stretch=35.1", "W P"), ("stretch=400 at=2", "W 01 02 P")])
def test_a_clock_stretched_beyond_35_ms_is_an_io_error(bus: SimAdapter, chip: Counter, word: str, seen: str) -> None:
    bus.faults.inject(word, ADDR)
    with pytest.raises(Error, match="35 ms") as caught:
        bus.xfer(STORE)
    assert caught.value.errno == errno.EIO
    assert bus.clock.monotonic() == pytest.approx(0.035)
    assert chip.seen == seen


def test_every_bit_flips_at_rate_1_and_the_chip_sees_the_flipped_byte(bus: SimAdapter, chip: Counter) -> None:
    bus.faults.inject("bitflip=1", ADDR)
    assert bus.xfer(BURST) == [bytes(byte ^ 0xFF for byte in b"ABCD")]
    bus.xfer(STORE)
    assert chip.seen == "W 08 R r r r r P W fe fd fc P"


def test_no_bit_flips_at_rate_0(bus: SimAdapter) -> None:
    fault = bus.faults.inject("bitflip=0 count=2", ADDR)
    assert [bus.xfer(BURST), bus.xfer(BURST)] == [GOOD, GOOD]
    assert (fault.hits, fault.active) == (0, False)


def test_bits_flip_as_often_as_they_should_and_again_with_the_same_seed() -> None:
    class Low(Counter):
        def read(self) -> int:
            return 0x00

    def noise(words: str) -> bytes:
        bus = SimAdapter({ADDR: Low()}, frequency=None)
        with bus.faults.inject(words, ADDR) as fault:
            received = bus.xfer([Read(ADDR, 8000)])[0]
        assert fault.hits == 1
        return received

    flipped = sum(byte.bit_count() for byte in noise("bitflip=0.01"))
    assert 640 - 5 * 25.2 < flipped < 640 + 5 * 25.2  # 64,000 bits: mean 640, standard deviation 25.2
    assert noise("bitflip=0.01 seed=3") == noise("bitflip=0.01 seed=3") != noise("bitflip=0.01 seed=4")


def test_unplugged_between_transfers(bus: SimAdapter, chip: Counter) -> None:
    with bus.faults.inject("unplug", ADDR) as fault:
        for _ in range(2):
            with pytest.raises(Nack, match="0x10 did not acknowledge its address"):
                bus.xfer(BURST)
        assert bus.xfer([Read(OTHER, 1)]) == [b"A"]
        assert fault.hits == 2
    assert chip.seen == ""
    assert bus.xfer(BURST) == GOOD
    assert chip.seen == "on W f7 R r r r r P"


def test_a_chip_unplugged_within_a_read_no_longer_pulls_sda_low(bus: SimAdapter, chip: Counter) -> None:
    bus.faults.inject("unplug at=3 count=1", ADDR)
    assert bus.xfer(BURST) == [b"AB\xff\xff"]
    assert chip.seen == "W f7 R r r"
    assert bus.xfer(BURST) == GOOD
    assert chip.seen == "on W f7 R r r r r P"


def test_unplugged_within_a_write_the_next_byte_is_not_acknowledged(bus: SimAdapter, chip: Counter) -> None:
    bus.faults.inject("unplug at=1", ADDR)
    with pytest.raises(Nack, match="data byte 2 of 3"):
        bus.xfer(STORE)
    assert chip.seen == "W 01"


def test_a_whole_bus_is_unplugged_and_back(bus: SimAdapter) -> None:
    bus.faults.inject("unplug for=1")
    for addr in (ADDR, OTHER):
        with pytest.raises(Nack):
            bus.xfer([Read(addr, 1)])
    bus.clock.sleep(1.0)
    assert bus.xfer([Read(ADDR, 1), Read(OTHER, 1)]) == [b"A", b"A"]


def test_a_chip_in_the_place_of_an_unplugged_one_keeps_it(bus: SimAdapter, chip: Counter) -> None:
    fault = bus.faults.inject("unplug", ADDR)
    with pytest.raises(Nack):
        bus.xfer(BURST)
    new = Counter()
    bus.attach(ADDR, new)
    assert bus.xfer(BURST) == GOOD
    fault.clear()
    bus.xfer(BURST)
    assert bus.chips[ADDR] is new


def test_brownout_is_a_single_one_at_once(bus: SimAdapter, chip: Counter) -> None:
    fault = bus.faults.inject("brownout", ADDR)
    assert list(bus.faults) == []
    bus.xfer(STORE)
    bus.xfer(STORE)
    assert chip.seen == "on W 01 02 03 P W 01 02 03 P"
    assert fault.hits == 1


def test_brownout_of_a_bus_is_one_of_all_its_chips(bus: SimAdapter, chip: Counter) -> None:
    other = bus.chips[OTHER]
    assert isinstance(other, Counter)
    other.log.clear()
    bus.faults.inject("brownout")
    bus.xfer([Read(ADDR, 1)])
    assert (chip.seen, other.seen) == ("on R r P", "on")


def test_brownout_within_a_burst_the_chip_does_not_know_that_it_was_addressed(bus: SimAdapter, chip: Counter) -> None:
    bus.faults.inject("brownout at=2", ADDR)
    assert bus.xfer(BURST) == [b"A\xff\xff\xff"]
    assert chip.seen == "W f7 R r on"
    assert bus.xfer(BURST) == GOOD
    assert chip.seen == "W f7 R r r r r P"


def test_brownout_before_a_repeated_start_the_chip_answers_again(bus: SimAdapter, chip: Counter) -> None:
    bus.faults.inject("brownout at=1 count=2", ADDR)
    assert [bus.xfer(BURST) for _ in range(3)] == [GOOD] * 3
    assert chip.seen == "W f7 on R r r r r P W f7 on R r r r r P W f7 R r r r r P"


# When it begins and ends.


def _outcomes(bus: SimAdapter, times: int, pause: float = 0.0) -> str:
    """One letter a transfer: good, or bad."""
    said = ""
    for _ in range(times):
        try:
            bus.xfer(BURST)
            said += "g"
        except Nack:
            said += "b"
        bus.clock.sleep(pause)
    return said


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("nack", "bbbbbbbb"),
        ("nack count=3", "bbbggggg"),
        ("nack after=2", "ggbbbbbb"),
        ("nack after=2 count=3", "ggbbbggg"),
        ("nack for=2.5", "bbbggggg"),  # at 0, 1, 2 s
        ("nack for=2.5 count=2", "bbgggggg"),
        ("nack for=2.5 count=5", "bbbggggg"),
        ("nack after=2 for=2.5", "ggbbbggg"),  # its time begins with it
        ("unplug after=2 for=1.5", "ggbbgggg"),
        ("unplug after=1 count=1", "gbgggggg"),
    ],
)
def test_duration(bus: SimAdapter, words: str, outcome: str) -> None:
    bus.faults.inject(words, ADDR)
    assert _outcomes(bus, 8, pause=1.0) == outcome
    assert len(list(bus.faults)) == (1 if outcome.endswith("b") else 0)


def test_only_transfers_to_the_chip_are_counted(bus: SimAdapter) -> None:
    fault = bus.faults.inject("nack after=1 count=1", ADDR)
    for _ in range(3):
        bus.xfer([Read(OTHER, 1)])
    assert (_outcomes(bus, 3), fault.hits) == ("gbg", 1)


def test_faults_are_listed_cleared_and_independent(bus: SimAdapter) -> None:
    bus.faults.inject("nack", ADDR)
    bus.faults.inject("nack", OTHER)
    bus.faults.inject("stretch=1")
    assert [str(fault) for fault in bus.faults] == [
        "nack on 0x10", "nack on 0x20", "stretch=1 on i2c-0 (i2cdrv simulated bus)"
    ]  # fmt: skip
    assert [str(fault) for fault in bus.faults.clear(OTHER)] == ["nack on 0x20"]
    assert bus.xfer([Read(OTHER, 1)]) == [b"A"]
    assert bus.clock.monotonic() == pytest.approx(0.001)
    assert len(bus.faults.clear()) == 2
    assert _outcomes(bus, 1) == "g"
    assert bus.faults.clear() == []


def test_the_remaining_transfers_and_seconds_are_shown(bus: SimAdapter) -> None:
    fault = bus.faults.inject("nack for=5 count=3", ADDR)
    _outcomes(bus, 1, pause=2.0)
    assert (fault.transfers_left, fault.seconds_left, fault.hits) == (2, 3.0, 1)
    plain = bus.faults.inject("nack", ADDR)
    assert (plain.transfers_left, plain.seconds_left) == (None, None)


def test_a_transfer_costs_nothing_more_once_the_faults_are_over(bus: SimAdapter) -> None:
    before = bus.faults.run
    bus.faults.inject("nack count=2", ADDR)
    assert bus.faults.run != before
    assert _outcomes(bus, 3) == "bbg"
    assert bus.faults.run == before


def test_a_fault_that_began_and_ended_between_two_transfers_has_happened(bus: SimAdapter, chip: Counter) -> None:
    bus.faults.inject("unplug for=1", ADDR)
    bus.clock.sleep(5)
    assert bus.xfer(BURST) == GOOD
    assert chip.seen == "on W f7 R r r r r P"


def test_other_threads_inject_while_one_transfers(bus: SimAdapter) -> None:
    done = threading.Event()
    hits: list[int] = []
    faults = times(200, 30)

    def other() -> None:
        for _ in range(faults):
            with bus.faults.inject("bitflip=0", ADDR), bus.faults.inject("nack count=1", ADDR) as nack:
                while nack.active:
                    pass
            hits.append(nack.hits)
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    said = ""
    while not done.is_set():
        said += _outcomes(bus, 20)
    thread.join()
    assert hits == [1] * faults
    assert said.count("b") == faults
    assert _outcomes(bus, 3) == "ggg"


@pytest.mark.parametrize(
    ("words", "addr", "kind", "sentence"),
    [
        ("nack", 0x33, Unknown, r"no chip at 0x33 on i2c-0 \(i2cdrv simulated bus\); there are: 0x10, 0x20$"),
        ("swap=lm75", None, Invalid, "swap is for one chip, not for all of i2c-0"),
        ("nock", ADDR, Invalid, r"no fault 'nock' \(did you mean nack\?\)"),
    ],
)
def test_impossible_faults_are_refused(
    bus: SimAdapter, words: str, addr: int | None, kind: type[Error], sentence: str
) -> None:
    with pytest.raises(kind, match=sentence):
        bus.faults.inject(words, addr)
    assert list(bus.faults) == []


def test_a_chip_is_in_one_place_at_a_time(bus: SimAdapter) -> None:
    fault = bus.faults.inject("unplug", ADDR)
    for words, addr in (("unplug", ADDR), ("unplug", None), ("swap=lm75", ADDR)):
        with pytest.raises(Busy, match=r"unplug on 0x10 rules out .*: clear it first"):
            bus.faults.inject(words, addr)
    with pytest.raises(Nack):
        bus.xfer(BURST)
    bus.faults.inject("nack", ADDR)  # it is still known
    bus.faults.inject("unplug", OTHER)
    fault.clear()
    bus.faults.inject("swap=lm75", ADDR)
