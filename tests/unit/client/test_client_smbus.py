"""i2cdrv.SMBus through a service: smbus2's methods, its errors, and a service that goes away and comes back."""

from __future__ import annotations

import errno
import gc
import random
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest
import smbus2
from smbus2 import i2c_msg

from i2cdrv import SMBus

from .conftest import forked, forked_while_polling, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from i2cdrv.core.bus import Bus
    from i2cdrv.ipc.varlink import Server

LM75, BME280, BMP280, NOTHING = 0x48, 0x76, 0x77, 0x50


@pytest.fixture
def smbus(server: Server) -> Iterator[SMBus]:
    with SMBus(0) as smbus:
        yield smbus


def test_it_has_every_public_name_of_smbus2() -> None:
    theirs = {name for name in [*dir(smbus2.SMBus), *vars(smbus2.SMBus())] if not name.startswith("_")}
    ours = {name for name in [*dir(SMBus), *vars(SMBus())] if not name.startswith("_")}
    assert theirs <= ours


def test_registers_are_read_and_written(smbus: SMBus) -> None:
    """LM75B, table 7: the register of T_os has 80 °C after a reset, the configuration is 0."""
    assert smbus.read_byte_data(LM75, 0x01) == 0x00
    assert smbus.read_i2c_block_data(LM75, 0x03, 2) == [0x50, 0x00]
    assert smbus.read_word_data(LM75, 0x03) == 0x0050
    smbus.write_word_data(LM75, 0x03, 0x004B)
    smbus.write_byte(LM75, 0x03)
    assert smbus.read_byte(LM75) == 0x4B
    smbus.write_i2c_block_data(LM75, 0x03, [0x46, 0x80])
    write, read = i2c_msg.write(LM75, [0x03]), i2c_msg.read(LM75, 2)
    smbus.i2c_rdwr(write, read)
    assert bytes(read) == b"\x46\x80"


def test_a_driven_chip_is_busy_in_every_way(smbus: SMBus) -> None:
    for attempt in (
        lambda: smbus.read_byte_data(BME280, 0xD0),
        lambda: smbus.write_quick(BME280),
        lambda: smbus.i2c_rdwr(i2c_msg.read(BME280, 1)),
    ):
        with pytest.raises(OSError, match="0-0076 is bound to bme280") as caught:
            attempt()
        assert (type(caught.value), caught.value.errno) == (OSError, errno.EBUSY)


def test_force_shares_it_for_one_call_or_for_the_bus(smbus: SMBus) -> None:
    assert smbus.read_byte_data(BME280, 0xD0, force=True) == 0x60
    with SMBus(0, force=True) as forced:
        assert forced.read_byte_data(BME280, 0xD0) == 0x60
        with pytest.raises(OSError, match="bound"):
            forced.read_byte_data(BME280, 0xD0, force=False)


def test_a_chip_that_does_not_answer_is_an_oserror(smbus: SMBus) -> None:
    with pytest.raises(OSError, match="0x50 did not acknowledge") as caught:
        smbus.read_byte(NOTHING)
    assert caught.value.errno == errno.ENXIO


def test_a_missing_bus_is_file_not_found(server: Server) -> None:
    with pytest.raises(FileNotFoundError, match="/dev/i2c-7 is missing"):
        SMBus(7)


@pytest.mark.parametrize("bus", [1.0, b"1", None, [1]])
def test_a_bus_is_a_number_or_a_path(server: Server, bus: object) -> None:
    with pytest.raises(TypeError, match=r"Unexpected type\(bus\)"):
        SMBus().open(bus)  # type: ignore[arg-type]  # the mistake


def test_open_close_and_the_block(server: Server) -> None:
    smbus = SMBus()
    assert smbus.fd is None
    with pytest.raises(TypeError, match="not open"):
        smbus.read_byte(LM75)
    smbus.open("/dev/i2c-0")
    assert isinstance(smbus.fd, int)
    with smbus:
        smbus.pec = True
    smbus.close()
    assert (smbus.fd, smbus.pec) == (None, 0)


def test_a_restart_of_the_service_is_not_noticed(bus: Bus, run_dir: Path) -> None:
    with serving(bus, run_dir):
        smbus = SMBus(0)
        smbus.read_byte(LM75)
    with serving(bus, run_dir), smbus:
        assert smbus.read_byte_data(LM75, 0x01) == 0x00


def test_without_the_service_the_error_names_the_bus(bus: Bus, run_dir: Path) -> None:
    with serving(bus, run_dir):
        smbus = SMBus(0)
    with pytest.raises(FileNotFoundError, match=r"/dev/i2c-0 is missing.*no daemon runs"):
        smbus.read_byte(LM75)


def test_threads_of_a_program_may_share_it(smbus: SMBus) -> None:
    read: list[int] = []
    addresses = {BMP280: 0x58, LM75: 0x00}

    def program(addr: int, register: int) -> None:
        read.extend(smbus.read_byte_data(addr, register) - addresses[addr] for _ in range(100))

    threads = [threading.Thread(target=program, args=args) for args in ((BMP280, 0xD0), (LM75, 0x01))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read == 200 * [0]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Python closes interrupted sockets
def test_an_interrupted_transfer_leaves_no_reply_to_the_next_one(smbus: SMBus) -> None:
    """As Ctrl-C, or any other signal handler that raises, in a script that continues."""

    class Late(Exception):
        pass

    def interrupt(*_: object) -> None:
        raise Late

    chance, interrupted, right = random.Random(20261129), 0, 0
    previous = signal.signal(signal.SIGALRM, interrupt)
    try:
        for number in range(1500):
            register, value = ((0x01, 0x00), (0x03, 0x50))[number % 2]
            if number % 50 == 0:
                gc.collect()  # the sockets that were interrupted before any name referred to them
            try:
                try:
                    signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.00005, chance.choice((0.0005, 0.002, 0.02))))
                    read = smbus.read_i2c_block_data(LM75, register, 1)
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            except Late:
                interrupted += 1
            except OSError:  # new connections come faster than the server ends the interrupted ones
                time.sleep(0.01)
            else:
                assert read == [value]
                right += 1
    finally:
        signal.signal(signal.SIGALRM, previous)
    gc.collect()
    assert min(interrupted, right) > 10


def test_a_process_forked_during_a_transfer_can_do_transfers(smbus: SMBus) -> None:
    assert forked_while_polling(smbus) == 10 * [0]


@pytest.mark.parametrize(
    "attempt",
    [
        lambda smbus: smbus.i2c_rdwr(*[i2c_msg.write(LM75, [3])] * 43),
        lambda smbus: smbus.read_byte(-1),
        lambda smbus: smbus.read_byte(0x10000),
        lambda smbus: smbus.read_i2c_block_data(LM75, 0, -1),
    ],
    ids=["43 messages", "negative address", "long address", "negative length"],
)
def test_an_impossible_transfer_is_refused_and_the_next_one_works(
    smbus: SMBus, attempt: Callable[[SMBus], object]
) -> None:
    with pytest.raises(OSError, match=r"possible|7 bits") as caught:
        attempt(smbus)
    assert caught.value.errno == errno.EINVAL
    assert smbus.read_byte_data(LM75, 0x01) == 0x00


@pytest.mark.parametrize("address", [72.0, "0x48", None])
def test_an_address_that_is_no_number_is_named(smbus: SMBus, address: object) -> None:
    with pytest.raises(TypeError, match=f"address {address!r}: an integer is required"):
        smbus.read_byte(address)  # type: ignore[arg-type]  # the mistake


def test_closing_ends_a_transfer_of_another_thread(bus: Bus, smbus: SMBus) -> None:
    held, go, outcome = threading.Event(), threading.Event(), []

    def hold() -> None:
        held.set()
        go.wait(60)

    def read() -> None:
        with pytest.raises(OSError, match=r"service ended|closed") as caught:
            smbus.read_byte_data(LM75, 0x01)
        outcome.append(caught.value.errno)

    holder = threading.Thread(target=lambda: bus.run(hold, "test", timeout=60.0))
    reader = threading.Thread(target=read)
    holder.start()
    held.wait(60)
    reader.start()
    while not smbus.route.link._mutex.locked():  # type: ignore[union-attr]  # it has begun
        pass
    smbus.close()
    reader.join(20)
    go.set()
    holder.join()
    assert outcome


class Script(SMBus):
    """A subclass with names that a script is likely to choose."""

    def __init__(self, bus: int, addr: int) -> None:
        self.bus, self.addr, self.link, self.run_dir = bus, addr, None, "x"
        super().__init__(bus)

    def _write(self, register: int, value: int) -> None:
        self.write_byte_data(self.addr, register, value)


def test_a_subclass_may_use_names_of_its_own(server: Server) -> None:
    with Script(0, LM75) as script:
        script._write(0x01, 0x00)
        assert script.read_byte_data(LM75, 0x01) == 0x00


def test_a_forked_process_has_a_connection_of_its_own(smbus: SMBus) -> None:
    assert smbus.read_byte_data(BMP280, 0xD0) == 0x58
    assert forked(lambda: sum(smbus.read_byte_data(LM75, 0x01) != 0x00 for _ in range(50))) == 0
    assert smbus.read_byte_data(BMP280, 0xD0) == 0x58
