"""Two chips at one address: the bus carries the AND of their bits (UM10204, 3.1.1), and errors report it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import i2cdrv
from i2cdrv import reg_field
from i2cdrv.driver.regmap import RegMap
from i2cdrv.errors import BadChecksum, Disagreement, NoDevice
from i2cdrv.i2c.adapter import Functionality
from i2cdrv.i2c.client import Client
from i2cdrv.i2c.contention import two_chips
from i2cdrv.sim import SimAdapter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from i2cdrv.i2c.adapter import Message

TWO = "perhaps two chips have this address"


class Both(SimAdapter):
    """Two buses whose chips all receive everything, and answer together."""

    def __init__(self, addr: int, one: str, other: str) -> None:
        super().__init__({}, functionality=Functionality.I2C | Functionality.SMBUS_EMUL)
        self.other = SimAdapter({}, clock=self.clock, frequency=None)
        self.attach(addr, one)
        self.other.attach(addr, other)
        self.clock.sleep(1)

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        pairs = zip(super().xfer(messages), self.other.xfer(messages), strict=True)
        return [bytes(a & b for a, b in zip(*pair, strict=True)) for pair in pairs]


@pytest.mark.parametrize(
    ("found", "expected", "suspect"),
    [(0x40, 0x60, True), (0x40, 0x58, True), (0x60, 0x60, False), (0x00, 0x60, False), (0x61, 0x60, False)],
)
def test_the_and_of_two_words_is_less_than_each(found: int, expected: int, suspect: bool) -> None:
    assert bool(two_chips(found, expected)) == suspect


def test_an_identity_that_is_an_and_is_named() -> None:
    with pytest.raises(NoDevice, match=f"reads 0x40, not 0x60; {TWO}"):
        i2cdrv.open("bme280", Both(0x76, "bme280", "bmp280"), 0x76)


def test_a_checksum_that_two_serial_numbers_spoil_is_named() -> None:
    bus = Both(0x44, "sht4x", "sht4x")
    words = (
        bytes.fromhex("BEEF92 123437"),
        bytes.fromhex("0102179E8F 01".replace(" ", "")),
    )  # two with CRCs of their own
    bus.chips[0x44].read = iter(100 * words[0]).__next__  # type: ignore[method-assign]
    bus.other.chips[0x44].read = iter(100 * words[1]).__next__  # type: ignore[method-assign]
    with pytest.raises(BadChecksum, match="or two chips at this address"):
        i2cdrv.open("sht4x", bus, 0x44)


def test_a_setting_that_comes_back_as_an_and_is_named() -> None:
    class Kept(SimAdapter):
        def xfer(self, messages: Sequence[Message]) -> list[bytes]:
            return [b"\x24"] if len(messages) == 2 else []

    with pytest.raises(Disagreement, match=f"is 24 after 27 was written; {TWO}"):
        RegMap(Client(Kept({}), 0x76, "bme280")).update(reg_field(0xF4, 1, 0), 3)
