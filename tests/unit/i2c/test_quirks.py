"""Adapters with their own limits: each refusal is learned, named, and never taken for a missing chip.

Figures: CH341 reads 26 bytes at once, CP2615 54 (i2c-cp2615.c); hid-cp2112.c answers EINVAL, out-of-tree drivers EIO.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, NamedTuple

import pytest

import i2cdrv
from i2cdrv import Register, u16
from i2cdrv.core import registry as buses
from i2cdrv.core.bus import Bus
from i2cdrv.core.detect import find_address, survey
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import load, of_class
from i2cdrv.driver.command import Command
from i2cdrv.driver.driver import Driver
from i2cdrv.driver.unit import Celsius
from i2cdrv.errors import Error, Nack, NoDevice, NotSupported
from i2cdrv.i2c.adapter import Functionality, Read, Write
from i2cdrv.i2c.quirks import QuirkyAdapter
from i2cdrv.sim import CHIPS, Chip, SimAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from i2cdrv.i2c.adapter import Message

ERRNOS = [errno.EOPNOTSUPP, errno.EINVAL, errno.EIO]
every_errno = pytest.mark.parametrize("number", ERRNOS, ids=errno.errorcode.get)


class Limited(SimAdapter):
    """A bus whose controller refuses some transfers; a NACK has the errno ``nack``."""

    number = errno.EOPNOTSUPP
    nack = errno.ENXIO
    reads = writes = 8192
    messages = 42
    quick = True
    refused = 0

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        if not self.takes(messages):
            self.refused += 1
            raise Error("refused", self.number)
        try:
            return super().xfer(messages)
        except Nack as nack:
            raise Nack(nack.message, self.nack) from None

    def takes(self, messages: Sequence[Message]) -> bool:
        lengths = {Read: self.reads, Write: self.writes}
        fit = all((len(bytes(m[1])) <= lengths[type(m)]) for m in messages)
        return fit and len(messages) <= self.messages and (self.quick or messages[0][1] != b"")


def limited(number: int, **limits: int) -> Limited:
    bus = Limited({0x76: CHIPS["bme280"](temp=-12.5), 0x18: CHIPS["mcp9808"](), 0x48: CHIPS["lm75"]()})
    bus.number = number
    vars(bus).update(limits)
    return bus


@pytest.fixture
def shared() -> Iterator[list[Bus]]:
    opened: list[Bus] = []
    yield opened
    for bus in opened:
        bus.put()


# Every limit, by every errno.

LIMITS: list[dict[str, int]] = [
    *[{"reads": reads} for reads in (26, 54, 31, 25, 16, 13, 128)],
    {"messages": 1},
    {"messages": 2},
    {"quick": False},
    {"writes": 2},
    {"messages": 1, "reads": 20, "quick": False, "writes": 2},
]
every_limit = pytest.mark.parametrize("limits", LIMITS, ids=str)


@every_errno
@every_limit
@pytest.mark.parametrize("nack", [errno.ENXIO, errno.EIO], ids=["NACK is ENXIO", "NACK is EIO"])
def test_a_chip_is_found_and_sampled(number: int, limits: dict[str, int], nack: int) -> None:
    with i2cdrv.open("bme280", limited(number, nack=nack, **limits)) as device:
        assert device.sample().temp == pytest.approx(-12.5, abs=0.02)


@every_errno
@every_limit
def test_the_chips_on_the_bus_are_shown(number: int, limits: dict[str, int], shared: list[Bus]) -> None:
    shared.append(buses.acquire(limited(number, **limits)))
    found = {one.addr: one for one in survey(shared[0])}
    assert sorted(found) == [0x18, 0x48, 0x76]
    assert found[0x76].chips == ("bme280",)
    assert found[0x76].sure
    assert found[0x18].sure


# Lengths.


@every_errno
@pytest.mark.parametrize("limit", [1, 8, 12])
def test_a_burst_that_must_be_coherent_is_not_split_and_the_limit_is_named(number: int, limit: int) -> None:
    with i2cdrv.open("bme280", limited(number, reads=limit), 0x76) as device:
        for _ in range(2):
            with pytest.raises(NotSupported, match=f"refuses a read of 13 bytes at once; it takes {limit}: ") as caught:
                device.sample()
            assert caught.value.errno == errno.EOPNOTSUPP
            assert "wir" not in caught.value.message


@every_errno
def test_the_limit_is_learned_once(number: int) -> None:
    adapter = limited(number, reads=26)
    quirky = QuirkyAdapter(adapter)
    with pytest.raises(NotSupported):
        quirky.xfer([Write(0x76, b"\x80"), Read(0x76, 64)])
    assert quirky.quirks.max_read_len == 26
    assert str(quirky.quirks) == "reads up to 26 bytes"
    adapter.refused = 0
    with pytest.raises(NotSupported):
        quirky.xfer([Write(0x76, b"\x80"), Read(0x76, 64)])
    assert adapter.refused == 1


def test_smbus_blocks_have_a_limit_too() -> None:
    class Blocks(SimAdapter):
        def smbus_xfer(self, *words: object) -> bytes:
            if words[-1] == 32:
                raise Error("refused", errno.EINVAL)
            return super().smbus_xfer(*words)  # type: ignore[arg-type]

    bus = Blocks({0x76: CHIPS["bme280"](temp=-12.5)}, functionality=Functionality.SMBUS_EMUL)
    with i2cdrv.open("bme280", bus, 0x76) as device:
        assert device.sample().temp == pytest.approx(-12.5, abs=0.02)


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EINVAL])
def test_a_write_that_is_too_long_is_not_shortened(number: int) -> None:
    quirky = QuirkyAdapter(limited(number, writes=2))
    with pytest.raises(NotSupported, match="refuses a write of 3 bytes at once: connect the chip to another adapter"):
        quirky.xfer([Write(0x18, b"\x02\x12\x34")])
    assert quirky.xfer([Write(0x18, b"\x02"), Read(0x18, 2)]) == [b"\0\0"]


def test_a_trimming_burst_in_parts_is_the_same() -> None:
    class Words(Register, addr=0x88, size=26, byteorder="little"):
        t1: int = u16(0x88)
        p9: int = u16(0x9E)

    class Reader(Driver):
        async def probe(self) -> None:
            self.words = self.regmap.read_confirmed(Words)

        async def sample(self) -> Sample:
            return Sample(float(self.words.t1 - self.words.p9))

    samples = set()
    for reads in (8192, 25, 7, 2, 1):
        bus = limited(errno.EOPNOTSUPP, reads=reads)
        bus.clock.sleep(1)
        with i2cdrv.open(Reader, bus, 0x76) as device:
            samples.add(device.sample())
    assert len(samples) == 1


# A NACK or a disturbance is no limit.


class Sample(NamedTuple):
    temp: Celsius


def test_an_absent_chip_is_absent_on_an_adapter_that_reports_eio() -> None:
    quirky = QuirkyAdapter(limited(errno.EOPNOTSUPP, nack=errno.EIO))
    absent: list[list[Message]] = [
        [Write(0x50, b"\0"), Read(0x50, 32)],
        [Read(0x50, 32)],
        [Write(0x50, b"\0\1\2")],
    ]
    for messages in absent:
        with pytest.raises(Nack):
            quirky.xfer(messages)
    assert str(quirky.quirks) == ""


@pytest.mark.parametrize("times", [1, 2])
def test_a_disturbance_is_no_limit(times: int) -> None:
    class Disturbed(SimAdapter):
        left = times

        def xfer(self, messages: Sequence[Message]) -> list[bytes]:
            if self.left and isinstance(messages[-1], Read) and messages[-1].length > 1:
                self.left -= 1
                raise Error("the transfer broke off", errno.EIO)
            return super().xfer(messages)

    quirky = QuirkyAdapter(Disturbed({0x76: CHIPS["bme280"]()}))
    assert len(quirky.xfer([Write(0x76, b"\x88"), Read(0x76, 26)])[0]) == 26
    assert str(quirky.quirks) == ""


def test_a_read_that_went_through_once_is_never_refused_for_its_length() -> None:
    adapter = limited(errno.EIO)
    quirky = QuirkyAdapter(adapter)
    quirky.xfer([Write(0x76, b"\x88"), Read(0x76, 26)])
    adapter.reads = 13  # a chip that always breaks off a long read from now on
    with pytest.raises(Error) as caught:
        quirky.xfer([Write(0x76, b"\x88"), Read(0x76, 26)])
    assert caught.value.errno == errno.EIO
    assert adapter.refused == 1


# Chips that answer no bare read.


class Silent(Chip):
    """A chip that acknowledges its address for a write, and a read only when it has an answer (SGP40, SHT4x)."""

    def power_on(self) -> None:
        self.taken: list[int] = []
        self.answer = b""

    def start(self, read: bool) -> bool:
        return bool(self.answer) or not read

    def write(self, byte: int) -> bool:
        self.taken.append(byte)
        self.answer = bytes.fromhex("BEEF92 123437") if byte == 0x89 else b""
        return True

    def read(self) -> int:
        first, self.answer = self.answer[0], self.answer[1:]
        return first


class Sgp(Driver):
    """Has neither an identity nor anything else to recognise."""

    addresses = (0x33, 0x59)

    async def sample(self) -> Sample:
        return Sample(0.0)


class Recogniser(Sgp):
    async def recognise(self) -> None:
        await Command(0x89, words=2, delay=0.001, reads=True).execute(self.client)


@pytest.mark.parametrize("addr", [0x33, 0x59])
@pytest.mark.parametrize("driver", [Sgp, Recogniser])
@pytest.mark.parametrize("limits", [{}, {"quick": False}], ids=str)
@every_errno
def test_a_chip_that_answers_no_read_is_found_by_name(
    addr: int, driver: type[Driver], limits: dict[str, int], number: int
) -> None:
    adapter = Limited({addr: Silent()})
    adapter.number = number
    vars(adapter).update(limits)
    assert find_address(Bus(adapter), of_class(driver)) == addr


def test_and_without_quick_writes_by_the_drivers_reads() -> None:
    bus = Bus(SimAdapter({0x44: Silent()}, functionality=Functionality.I2C | Functionality.SMBUS_BYTE))
    assert find_address(bus, load("sht4x")) == 0x44


def test_another_chip_that_answers_no_read_is_not_taken_for_it() -> None:
    class Other(Silent):
        def write(self, byte: int) -> bool:
            super().write(byte)
            self.answer = bytes(6)  # without a CRC
            return True

    bus = Bus(SimAdapter({0x44: Other()}, functionality=Functionality.I2C | Functionality.SMBUS_BYTE))
    with pytest.raises(NoDevice, match="this adapter sees only chips that answer a read"):
        find_address(bus, load("sht4x"))


def test_a_silent_chip_at_an_eeproms_or_a_multiplexers_address_is_neither() -> None:
    class There(Sgp):
        addresses = (0x53, 0x70)

    for addr in There.addresses:
        assert find_address(Bus(SimAdapter({addr: Silent()})), of_class(There)) == addr


def test_a_learned_limit_is_logged_once(capsys: pytest.CaptureFixture[str]) -> None:
    bus = Bus(limited(errno.EIO, messages=1))
    bus.bind(LoadedModule(load("mcp9808")), 0x18).sample()
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "adapter limit learned" in line]
    assert "one message per transfer" in line
