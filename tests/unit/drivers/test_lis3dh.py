"""LIS3DH against its datasheet, DocID17530 rev. 2 (2016)."""

from __future__ import annotations

from math import sin, tau
from typing import TYPE_CHECKING, Any

import pytest

import i2cdrv
from i2cdrv.errors import NoDevice, OutOfRange
from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.sim import CHIPS, SimAdapter
from i2cdrv.sim.chips.lis3dh import Lis3dh

from .facts import Facts
from .wire import conversation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from i2cdrv.core.reading import Reading
    from i2cdrv.i2c.adapter import Message

FACTS = {"lis3dh": Facts(1, 17, ("20", "F0", "00"))}  # ODR = 0

MG = 9.80665e-3  # m/s²
HEAD = "77 00 00 88 00 00"  # 400 Hz, all axes; BDU, ±2 g, high resolution (§8.8 … §8.13)


def probe(head: str = HEAD, wait: str = "17.5 … 17.6") -> str:
    """Identity, boot, settings, the seven conversions of the turn-on time (table 10)."""
    return f"""
    0F > 33  # WHO_AM_I (§8.5)
    wait 5 … 5.1 ms
    A0 {head}  # 0x80: the register number steps (§6.1.1)
    wait {wait} ms
    """


def burst(axes: str, head: str = HEAD, status: str = "0F") -> str:
    """CTRL_REG1 … 6, REFERENCE, STATUS_REG with ZYXDA, and the axes, low byte first."""
    return f"A0 > {head} 00 {status} {axes}\n"


VERIFY = "0F > 33\n"
SLEEP = "A0 07\n"  # power-down (table 31)


@pytest.mark.parametrize(
    ("axes", "digits"),
    [
        ("00 00 00 00 00 40", (0, 0, 1024)),
        ("10 00 F0 FF 00 C0", (1, -1, -1024)),
        ("E0 7F 10 80 80 3E", (2046, -2047, 1000)),
        ("50 05 B0 FA 00 E0", (85, -85, -512)),
    ],
)
@pytest.mark.parametrize(
    ("scale", "ctrl4", "mg"), [("g2", "88", 1), ("g4", "98", 2), ("g8", "A8", 4), ("g16", "B8", 12)]
)
def test_conversation_and_the_sensitivity_of_the_sheet(
    axes: str, digits: Sequence[int], scale: str, ctrl4: str, mg: int
) -> None:
    """Table 4: 1, 2, 4 and 12 mg a digit of 12 bits, which stand on the left."""
    head = f"77 00 00 {ctrl4} 00 00"
    with (
        conversation(0x18, probe(head) + burst(axes, head) + VERIFY + SLEEP) as bus,
        i2cdrv.open("lis3dh", bus=bus, addr=0x18, scale=scale) as device,
    ):
        if mg == 12 and max(map(abs, digits)) > 16000 / 12:
            with pytest.raises(OutOfRange):  # beyond ±16 g, where the sheet promises nothing
                device.sample()
        else:
            accel: Any = device.sample().accel
            assert accel == pytest.approx([digit * mg * MG for digit in digits], abs=1e-9)
            assert (accel.x, accel.y, accel.z) == accel


@pytest.mark.parametrize("axes", ["F0 7F 00 00 00 00", "00 00 00 80 00 00", "00 00 00 00 F0 7F"])
def test_an_axis_at_its_end_is_an_error(axes: str) -> None:
    with (
        conversation(0x19, probe() + burst(axes) + SLEEP) as bus,
        i2cdrv.open("lis3dh", bus=bus, addr=0x19) as device,
        pytest.raises(OutOfRange, match=r"accel_[xyz] is at the end of its converter"),
    ):
        device.sample()


RATES = {  # table 31
    **{"hz1": ("17", 1), "hz10": ("27", 10), "hz25": ("37", 25), "hz50": ("47", 50)},
    **{"hz100": ("57", 100), "hz200": ("67", 200), "hz400": ("77", 400), "hz1344": ("97", 1344)},
}


@pytest.mark.parametrize("rate", RATES)
def test_rates_and_the_turn_on_time(rate: str) -> None:
    ctrl1, hertz = RATES[rate]
    talk = probe(f"{ctrl1} 00 00 88 00 00", f"{7e3 / hertz - 0.001} … {7e3 / hertz + 0.1}") + SLEEP
    with conversation(0x18, talk) as bus:
        i2cdrv.open("lis3dh", bus=bus, addr=0x18, rate=rate).close()


def test_a_result_that_is_not_new_is_read_again() -> None:
    old, new = burst("00 00 00 00 00 40", status="00"), burst("00 00 00 00 00 41", status="0F")
    talk = probe() + old + "wait 2 … 6.1 ms\n" + new + VERIFY + SLEEP
    with conversation(0x18, talk) as bus, i2cdrv.open("lis3dh", bus=bus, addr=0x18) as device:
        assert device.sample().accel.z == pytest.approx(1040 * MG)


@pytest.mark.parametrize("words", ["32", "3F", "00", "FF"])
def test_another_chip_is_recognised_by_reading_alone(words: str) -> None:
    with conversation(0x18, f"0F > {words}") as bus, pytest.raises(NoDevice):
        i2cdrv.open("lis3dh", bus=bus, addr=0x18)


# A board that is shaken


def shaken(**more: Any) -> Disturbed:
    """9 m/s² along x, five times a second, and gravity along z."""
    return Disturbed({0x18: Lis3dh(accel_x=curve, **more)}, frequency=400_000)


def curve(time: float) -> float:
    return 9.0 * sin(tau * 5 * time)


class Disturbed(SimAdapter):
    """``flip``: a bit of the answer to read number ``at`` that is wrong."""

    flip = at = -1
    reads = 0

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        answers = super().xfer(messages)
        if any(isinstance(one, Read) and one.length == 14 for one in messages):
            self.reads += 1
            if self.reads == self.at:
                (data,) = answers
                answers = [(int.from_bytes(data, "big") ^ 1 << self.flip).to_bytes(14, "big")]
        return answers


def test_shaken_at_5_hz_and_sampled_at_200_hz_it_takes_one_transfer_a_sample_without_an_error() -> None:
    bus = shaken()
    readings: list[tuple[float, Reading]] = []
    with i2cdrv.open("lis3dh", bus=bus, addr=0x18) as device:
        device.sample()
        bus.clock.sleep(0.005)
        before, began = bus.transactions, bus.clock.monotonic()
        device.poll(0.005, lambda reading: readings.append((bus.clock.monotonic(), reading)))
        device.bus.kthread.run(began + 8.0 - bus.clock.monotonic())
    cost = bus.transactions - before
    assert len(readings) == pytest.approx(1600, abs=10)
    assert [reading.error for _, reading in readings if reading.error is not None] == []
    assert cost == len(readings) + 1  # power-down at the end
    assert [device.recovery.steps[each] for each in ("retries", "rereads", "reprobes")] == [0, 0, 0]
    for time, reading in readings:
        x = reading.sample.accel.x
        ages = (microseconds / 1e6 for microseconds in range(0, 3500, 10))  # there is a conversion each 2.5 ms
        assert min(abs(x - curve(time - age)) for age in ages) < 0.7 * MG


@pytest.mark.parametrize("bit", range(48))
def test_a_bit_that_flips_in_its_settings_is_detected(bit: int) -> None:
    """The first six bytes of a burst; the sample comes from a chip that was set up again."""
    bus = shaken(accel_y=-3.0)
    with i2cdrv.open("lis3dh", bus=bus, addr=0x18) as device:
        for _ in range(3):
            bus.clock.sleep(0.005)
            device.sample()
        bus.clock.sleep(0.005)
        bus.flip, bus.at = 8 * 14 - 1 - bit, bus.reads + 1
        assert device.sample().accel.y == pytest.approx(-3.0, abs=MG)
        assert device.recovery.steps["reprobes"] == 1


@pytest.mark.parametrize("bit", [*range(64, 68), *range(80, 84), *range(96, 100)])
def test_a_bit_below_the_lowest_of_an_axis_is_read_again(bit: int) -> None:
    """An axis has 12 bits, and 0000 below (§3.2.1); a line that is held in the middle of a burst reads as 1111."""
    bus = shaken(accel_y=-3.0)
    with i2cdrv.open("lis3dh", bus=bus, addr=0x18) as device:
        device.sample()
        bus.clock.sleep(0.005)
        bus.flip, bus.at = 8 * 13 - bit // 8 * 8 + bit % 8, bus.reads + 1
        assert device.sample().accel.y == pytest.approx(-3.0, abs=MG)
        assert device.recovery.steps["retries"] >= 1  # and perhaps once more, if it is not new by then
        assert device.recovery.steps["reprobes"] == 0


@pytest.mark.parametrize("word", ["A0 57", "A0 07", "A0 7F", "A1 08", "A3 98", "A3 80", "A3 C8", "A4 40"])
def test_settings_that_another_program_changes_are_detected_at_once(word: str) -> None:
    bus = shaken(accel_y=-3.0)
    with i2cdrv.open("lis3dh", bus=bus, addr=0x18) as device:
        device.sample()
        bus.xfer([Write(0x18, bytes.fromhex(word))])
        bus.clock.sleep(0.005)
        assert device.sample().accel.y == pytest.approx(-3.0, abs=MG)
        assert device.recovery.steps["reprobes"] == 1


def test_an_mcp9808_and_a_lis3dh_are_told_apart() -> None:
    bus = SimAdapter({0x18: CHIPS["mcp9808"](), 0x19: Lis3dh()})
    with pytest.raises(NoDevice, match="not a lis3dh"):
        i2cdrv.open("lis3dh", bus=bus, addr=0x18)
    with pytest.raises(NoDevice, match="not a mcp9808"):
        i2cdrv.open("mcp9808", bus=bus, addr=0x19)
    with i2cdrv.open("lis3dh", bus=bus) as device:
        assert device.client.addr == 0x19
