"""MLX90614 against its datasheet: the example of a read with PEC, the conversion, the error flag, one zone or two."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import i2cdrv
from i2cdrv.errors import BadChecksum, Disagreement, NoDevice, OutOfRange
from i2cdrv.i2c.adapter import Functionality
from i2cdrv.sim import SimAdapter
from i2cdrv.sim.chips.mlx90614 import Mlx90614, Mlx90614b

from .facts import Facts
from .wire import conversation, smbus_word

FACTS = {"mlx90614": Facts(2, 12), "mlx90614b": Facts(3, 18)}  # it converts continuously

ADDR = 0x5A
EXAMPLE = "07 > D2 3A 30\n"  # the example of §8.4 of the datasheet: T_OBJ1 is 0x3AD2
CONSTANTS = {0x25: 0x9FB4, 0x24: 0xFFFF, 0x3C: 0x1111, 0x3D: 0x2222, 0x3E: 0x3333, 0x3F: 0x4444}


def read(command: int, number: int) -> str:
    return f"{command:02X} > {smbus_word(ADDR, command, number)}\n"


def probe(config: int = 0x9FB4) -> str:
    known = {**CONSTANTS, 0x25: config}
    return read(0x25, config) + "".join(2 * read(command, number) for command, number in known.items())


VERIFY = "".join(read(command, number) for command, number in CONSTANTS.items())
AMBIENT = read(0x06, 14765)  # 22.15 °C: 14765 · 0.02 K


def test_the_example_of_the_datasheet_has_the_pec_of_the_long_division() -> None:
    assert read(0x07, 0x3AD2) == EXAMPLE


def test_conversation_of_probe_and_sample() -> None:
    with (
        conversation(ADDR, f"{probe()} {AMBIENT} {EXAMPLE} {VERIFY}") as bus,
        i2cdrv.open("mlx90614", bus=bus, addr=ADDR) as device,
    ):
        sample = device.sample()
    assert sample.ambient == pytest.approx(22.15)
    assert sample.object == pytest.approx(0x3AD2 * 0.02 - 273.15)  # 28.01 °C


@pytest.mark.parametrize(
    ("raw", "temp"),
    [(0x27AD, -70.01), (0x7FFF, 382.19)],  # application note 390119061402, page 14
)
def test_the_ends_of_the_scale(raw: int, temp: float) -> None:
    with (
        conversation(ADDR, f"{probe()} {AMBIENT} {read(0x07, raw)} {VERIFY}") as bus,
        i2cdrv.open("mlx90614", bus=bus, addr=ADDR) as device,
    ):
        if temp > 380:  # of the specification
            with pytest.raises(OutOfRange):
                device.sample()
        else:
            assert device.sample().object == pytest.approx(temp)


def test_a_wrong_pec_is_read_again_at_once() -> None:
    broken = "07 > D2 3B 30\nwait 0.1 … 0.5 ms\n"
    with (
        conversation(ADDR, f"{probe()} {AMBIENT} {broken} {EXAMPLE} {VERIFY}") as bus,
        i2cdrv.open("mlx90614", bus=bus, addr=ADDR) as device,
    ):
        assert device.sample().object == pytest.approx(28.01)


def test_the_error_flag_of_a_temperature_is_no_value() -> None:
    again = f"wait 1 … 5 ms\n {AMBIENT} {read(0x07, 0x8000)}"
    talk = f"{probe()} {AMBIENT} {read(0x07, 0x8000)} {again} {again}"
    with (
        conversation(ADDR, talk) as bus,
        i2cdrv.open("mlx90614", bus=bus, addr=ADDR) as device,
        pytest.raises(Disagreement),
    ):
        device.sample()


def test_a_chip_with_two_zones_has_another_name() -> None:
    with (
        conversation(ADDR, read(0x25, 0x9FF4)) as bus,
        pytest.raises(NoDevice, match="an mlx90614 with two zones: load mlx90614b"),
    ):
        i2cdrv.open("mlx90614", bus=bus, addr=ADDR)
    with conversation(ADDR, read(0x25, 0x9FB4)) as bus, pytest.raises(NoDevice, match="with one zone"):
        i2cdrv.open("mlx90614b", bus=bus, addr=ADDR)


def test_another_chip_without_pec_is_refused() -> None:
    with conversation(ADDR, 3 * "25 > B4 9F FF\nwait 0.1 … 0.5 ms\n") as bus:
        bus.lines.pop()
        with pytest.raises(BadChecksum):
            i2cdrv.open("mlx90614", bus=bus, addr=ADDR)


@given(ambient=st.floats(-39.9, 124.9), target=st.floats(-69.9, 379.9), second=st.floats(-69.9, 379.9))
@settings(max_examples=25, deadline=None)
def test_samples_the_simulated_values(ambient: float, target: float, second: float) -> None:
    bus = SimAdapter({ADDR: Mlx90614b(ambient=ambient, object=target, object2=second)})
    with i2cdrv.open("mlx90614b", bus=bus, addr=ADDR) as device:
        sample = device.sample()
    assert tuple(sample) == pytest.approx((ambient, target, second), abs=0.0101)


@pytest.mark.parametrize("functionality", [Functionality.I2C, Functionality.SMBUS_EMUL])
def test_lost_power_gives_no_wrong_value_on_any_adapter(functionality: Functionality) -> None:
    chip = Mlx90614(object=90.0)
    bus = SimAdapter({ADDR: chip}, functionality=functionality)
    with i2cdrv.open("mlx90614", bus=bus, addr=ADDR) as device:
        assert device.sample().object == pytest.approx(90.0, abs=0.0101)
        chip.power_cycle(bus.clock.monotonic())
        assert device.sample().object == pytest.approx(90.0, abs=0.0101)
