"""Declared soft resets, and conversions on demand, as conversations."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import pytest

import i2cdrv
from i2cdrv import Celsius, Command, Driver, NoDevice, NotConverted, Range, Register, Reset, TimedOut, bits, reg_field
from i2cdrv.driver.regmap import RegMap
from i2cdrv.i2c.client import Client

from ..drivers.wire import conversation

ADDR = 0x48
RESET, BUSY, CONFIG = reg_field(0x0E), reg_field(0x0F, 0, type=bool), reg_field(0x01, size=2)


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 125, accuracy=1.0)]


class Chip(Driver):
    addresses = (ADDR,)

    async def probe(self) -> None:
        self.regmap.write(reg_field(0x0D), 1)

    async def sample(self) -> Sample:
        return Sample(20.0)


def opened(talk: str, soft_reset: Reset) -> None:
    driver = type("Chip", (Chip,), {"soft_reset": soft_reset})
    with conversation(ADDR, talk) as bus:
        i2cdrv.open(driver, bus=bus, addr=ADDR).close()


def test_the_chip_is_reset_before_probe() -> None:
    opened("0E B6\nwait 3 ms\n0D 01", Reset({RESET: 0xB6}, settle=0.003))


def test_a_command_resets_the_chip() -> None:
    opened("30 A2\nwait 1 ms\n0D 01", Reset(Command(0x30A2, size=2, delay=0.001)))


def test_probe_waits_until_the_chip_is_ready() -> None:
    opened("0E B6\n0F > 01\nwait 2 ms\n0F > 01\nwait 2 ms\n0F > 00\n0D 01", Reset({RESET: 0xB6}, until={BUSY: False}))


def test_a_chip_that_is_never_ready_is_timed_out() -> None:
    with pytest.raises(TimedOut, match=r"register 0x0f bit 0 of .* is still True, not False, after 0.004 s"):
        opened(
            "0E B6" + "\n0F > 01\nwait 2 ms" * 2 + "\n0F > 01", Reset({RESET: 0xB6}, until={BUSY: False}, timeout=0.004)
        )


def test_a_chip_that_keeps_its_settings_through_a_reset_is_another_chip() -> None:
    with pytest.raises(NoDevice, match=r"is no .*: register 0x01 reads 0x1234 after a reset, not 0x399f"):
        opened("01 80 00\n01 > 12 34", Reset({CONFIG: 0x8000}, gives={CONFIG: 0x399F}))


class Control(Register, addr=0x04):
    mode: int = bits(1, 0)


class Progress(Register, addr=0x03, size=2):
    busy: bool = bits(3, at=0x03)
    mode: int = bits(1, 0, at=0x04)


IDLE = Progress(busy=False, mode=0)
START = "04 01\n"
ENDED, BEGUN, WAIT = "03 > 00 00\n", "03 > 08 01\n", "wait 10 ms\n"
VALUE = "00 > 14"


def run(talk: str, *, must_prove: bool) -> None:
    with conversation(ADDR, talk) as bus:
        client: Any = Client(bus, ADDR, "chip")
        regmap = RegMap(client)
        regmap.must_prove = must_prove
        conversion = regmap.one_shot(Control(mode=1), 0.01, idle=IDLE)
        for pause in conversion.__await__():
            bus.clock.sleep(pause.seconds)
        assert regmap.read(reg_field(0x00)) == 20
        assert regmap.ran_one_shot
        regmap.start_sample()
        assert not regmap.ran_one_shot


def test_a_conversion_is_one_write_and_one_wait() -> None:
    run(START + WAIT + VALUE, must_prove=False)


def test_a_conversion_that_must_be_proven_is_seen_to_begin() -> None:
    run(START + BEGUN + WAIT + VALUE, must_prove=True)


def test_a_conversion_that_ended_before_the_look_is_started_again() -> None:
    run(START + ENDED + WAIT + START + BEGUN + WAIT + VALUE, must_prove=True)


def test_a_chip_that_acknowledges_and_stays_asleep_has_not_converted() -> None:
    with pytest.raises(NotConverted, match="7-0048 does not measure: it acknowledges the command and stays asleep"):
        run((START + ENDED + WAIT) * 2 + START + ENDED, must_prove=True)
