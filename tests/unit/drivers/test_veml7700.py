"""VEML7700 against its documents, 84286 and 84323."""

from __future__ import annotations

import pytest

import i2cdrv
from i2cdrv.errors import NoDevice, OutOfRange
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.veml7700 import Veml6030, Veml7700

from .facts import Facts
from .wire import conversation

FACTS = dict.fromkeys(("veml7700", "veml6030"), Facts(3, 15, ("00", "01 00", "01 00")))  # ALS_SD

IDENTITY = "07 > 81 C4\n03 > 00 00\n"
PROBE = f"""
    {IDENTITY}
    00 01 10  # gain 1/8, 100 ms, shut down
    00 00 10
    03 > 00 00
    03 > 00 00
    03 00 00  # no power-saving
    03 > 00 00
    wait 122.5 ms
    05 > D0 07  # a result
    03 > 00 00
    03 > 00 00
    03 00 00
    03 > 00 00
"""
SLEEP = "00 > 00 10\n00 > 00 10\n00 01 10\n00 > 01 10\n"
TABLE = {  # "Resolution and maximum detection range", lx in a count, from 800 to 25 ms
    "x2": (0.0042, 0.0084, 0.0168, 0.0336, 0.0672, 0.1344),
    "x1": (0.0084, 0.0168, 0.0336, 0.0672, 0.1344, 0.2688),
    "x1_4": (0.0336, 0.0672, 0.1344, 0.2688, 0.5376, 1.0752),
    "x1_8": (0.0672, 0.1344, 0.2688, 0.5376, 1.0752, 2.1504),
}
TIMES = ("ms800", "ms400", "ms200", "ms100", "ms50", "ms25")


def read(light: str, white: str) -> str:
    return f"04 > {light}\n05 > {white}\n00 > 00 10\n"


def test_conversation_of_probe_and_sample() -> None:
    once = read("E8 03", "D0 07")
    talk = PROBE + 2 * once + IDENTITY + "03 > 00 00\n" + once + SLEEP
    with conversation(0x10, talk) as bus, i2cdrv.open("veml7700", bus=bus, addr=0x10) as device:
        assert device.sample() == pytest.approx((537.6, 1075.2))


@pytest.mark.parametrize("gain", TABLE)
@pytest.mark.parametrize("time", TIMES)
def test_resolution_of_each_gain_and_integration(gain: str, time: str) -> None:
    step = TABLE[gain][TIMES.index(time)]
    bus = SimAdapter({0x48: Veml6030(light=200.2 * step, white=100 * step)})
    with i2cdrv.open("veml6030", bus=bus, addr=0x48, gain=gain, integration=time) as device:
        assert device.sample() == pytest.approx((200 * step, 100 * step))


@pytest.mark.parametrize("lux", [1000.0, 2_000.0, 10_000.0, 50_000.0, 110_000.0])
def test_light_above_1000_lx_is_corrected(lux: float) -> None:
    bus = SimAdapter({0x10: Veml7700(light=lux)})
    with i2cdrv.open("veml7700", bus=bus, addr=0x10) as device:
        assert device.sample().light == pytest.approx(lux, rel=2e-4 if lux > 1000 else 6e-4)


def test_saturation_of_one_channel_is_an_error_with_the_next_step() -> None:
    bus = SimAdapter({0x10: Veml7700(light=900.0, white=3000.0)})
    with i2cdrv.open("veml7700", bus=bus, addr=0x10, gain="x2") as device:
        with pytest.raises(
            OutOfRange, match=r"white is beyond 2202, the end .*: set a smaller gain or a shorter integration"
        ):
            device.sample()
        bus.chips[0x10].set(light=3000.0, white=900.0)
        bus.clock.sleep(1.0)
        with pytest.raises(OutOfRange, match=r"light is beyond 2202 lx, the end of the converter: set a smaller gain"):
            device.sample()
        bus.chips[0x10].set(light=900.0, white=3000.0)
        device.set_param("gain", "x1_8")
        assert device.sample().white == pytest.approx(3000.0, abs=0.3)


def test_a_reset_is_noticed_in_the_sample_that_it_spoils() -> None:
    chip = Veml7700(light=500.0)
    bus = SimAdapter({0x10: chip})
    with i2cdrv.open("veml7700", bus=bus, addr=0x10) as device:
        device.sample()
        chip.power_on()
        assert device.sample().light == pytest.approx(500.0, abs=0.3)
        assert device.recovery.steps["reprobes"] == 1


@pytest.mark.parametrize("words", ["07 > 82 C4", "07 > 81 C4\n03 > 08 00"])
def test_another_chip_is_recognised_by_reading_alone(words: str) -> None:
    with conversation(0x10, words) as bus, pytest.raises(NoDevice):
        i2cdrv.open("veml7700", bus=bus, addr=0x10)
