"""Faults of chips from their datasheets: lost settings, another chip, a slow chip."""

from __future__ import annotations

import pytest

from i2cdrv.errors import Nack
from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.sim import Chip, SimAdapter
from i2cdrv.sim.chips.bme280 import Bme280
from i2cdrv.sim.chips.lm75 import Lm75
from i2cdrv.sim.chips.mcp9808 import Mcp9808
from i2cdrv.sim.chips.sht4x import Sht4x


def bus_of(addr: int, chip: Chip) -> SimAdapter:
    return SimAdapter({addr: chip}, frequency=None)


def get(bus: SimAdapter, addr: int, pointer: int, length: int) -> str:
    return bus.xfer([Write(addr, bytes((pointer,))), Read(addr, length)])[0].hex(" ")


@pytest.mark.parametrize("words", ["brownout", "brownout count=1", "unplug for=1"])
def test_settings_are_lost_with_the_power(words: str) -> None:
    bus = bus_of(0x76, Bme280())
    bus.xfer([Write(0x76, b"\xf5\xa0")])  # config, BME280 §5.4.6
    assert get(bus, 0x76, 0xF5, 1) == "a0"
    bus.faults.inject(words, 0x76)
    bus.clock.sleep(1)
    assert get(bus, 0x76, 0xF5, 1) == "00"


def test_a_chip_starts_up_from_the_moment_of_the_dip() -> None:
    bus = bus_of(0x44, Sht4x())
    bus.faults.inject("brownout", 0x44)
    bus.clock.sleep(0.0005)  # power-up takes 1 ms
    with pytest.raises(Nack):
        bus.xfer([Write(0x44, b"\x89")])
    bus.clock.sleep(0.0005)
    bus.xfer([Write(0x44, b"\x89")])


def test_a_chip_starts_up_from_the_moment_it_is_plugged_in_again() -> None:
    bus = bus_of(0x48, Lm75(temp=25.0))
    bus.faults.inject("unplug for=2", 0x48)
    bus.clock.sleep(2.09)
    assert get(bus, 0x48, 0, 2) == "00 00"  # LM75: the first conversion takes 100 ms
    bus.clock.sleep(0.02)
    assert get(bus, 0x48, 0, 2) == "19 00"


def test_another_chip_in_its_place_feels_the_same_and_goes_again() -> None:
    chip = Bme280(temp=30.0, pressure=90_000.0, humidity=10.0)
    bus = bus_of(0x76, chip)
    bus.xfer([Write(0x76, b"\xf5\xa0")])
    with bus.faults.inject("swap=bmp280", 0x76) as fault:
        assert get(bus, 0x76, 0xD0, 1) == "58"  # BMP280 §4.3.1
        new = bus.chips[0x76]
        assert (new.value("temp"), new.value("pressure")) == (30.0, 90_000.0)
        assert get(bus, 0x76, 0xF5, 1) == "00"
        assert fault.hits == 2
        new.set(temp=-5.0)
    assert get(bus, 0x76, 0xD0, 1) == "60"  # BME280 §5.4.1
    assert get(bus, 0x76, 0xF5, 1) == "00"
    assert bus.chips[0x76] is chip
    assert (chip.value("temp"), chip.value("humidity")) == (-5.0, 10.0)


def test_another_chip_starts_up_from_the_moment_of_the_swap() -> None:
    bus = bus_of(0x44, Lm75())
    bus.faults.inject("swap=sht4x", 0x44)
    bus.clock.sleep(0.0005)  # power-up takes 1 ms
    with pytest.raises(Nack):
        bus.xfer([Write(0x44, b"\x89")])
    bus.faults.clear()
    bus.xfer([Read(0x44, 2)])
    bus.faults.inject("swap=sht4x", 0x44)
    bus.clock.sleep(0.0011)
    bus.xfer([Write(0x44, b"\x89")])


def test_faults_happen_in_the_order_of_time_even_without_transfers() -> None:
    bus = bus_of(0x76, Bme280())
    bus.faults.inject("unplug for=1", 0x76)
    bus.clock.sleep(2)
    bus.faults.inject("swap=bmp280", 0x76)
    bus.clock.sleep(2)
    assert get(bus, 0x76, 0xD0, 1) == "58"


def test_one_of_the_same_kind_is_another_one() -> None:
    bus = bus_of(0x76, Bme280())
    bus.xfer([Write(0x76, b"\xf5\xa0")])
    bus.faults.inject("swap=bme280 count=2", 0x76)
    assert [get(bus, 0x76, 0xF5, 1), get(bus, 0x76, 0xD0, 1)] == ["00", "60"]
    assert get(bus, 0x76, 0xF5, 1) == "00"


def test_a_slow_chip_is_slower_by_the_factor() -> None:
    bus = bus_of(0x44, Sht4x(temp=25.0, humidity=50.0))
    bus.faults.inject("slow=3", 0x44)
    bus.xfer([Write(0x44, b"\xfd")])  # 8.3 ms
    bus.clock.sleep(0.0248)
    with pytest.raises(Nack):
        bus.xfer([Read(0x44, 6)])
    bus.clock.sleep(0.0002)
    assert bus.xfer([Read(0x44, 6)])[0][:2].hex(" ") == "66 66"  # 25 °C: (25 + 45) / 175 × 65535


def test_a_slow_chip_is_as_fast_as_before_afterwards_and_its_time_never_jumps() -> None:
    bus = bus_of(0x44, Sht4x())
    bus.faults.inject("slow=2 for=0.01", 0x44)
    bus.xfer([Write(0x44, b"\xfd")])
    bus.clock.sleep(0.0132)  # 10 ms at half speed, 3.2 ms at full speed: 8.2 ms of 8.3
    with pytest.raises(Nack):
        bus.xfer([Read(0x44, 6)])
    bus.clock.sleep(0.0002)
    bus.xfer([Read(0x44, 6)])
    bus.xfer([Write(0x44, b"\xfd")])
    bus.clock.sleep(0.0083)
    bus.xfer([Read(0x44, 6)])


def test_a_slow_chip_converts_the_input_at_the_end_of_its_conversion() -> None:
    bus = bus_of(0x18, Mcp9808(temp=lambda time: time))
    bus.clock.sleep(9)
    bus.faults.inject("slow=4")
    bus.clock.sleep(20.5)  # a conversion of 250 ms each second: the last ended at 29.x s
    shown = int(get(bus, 0x18, 5, 2).replace(" ", ""), 16) & 0x1FFF
    assert 28.5 <= shown / 16 <= 29.5


def test_a_conversion_before_a_chip_became_slow_is_of_its_own_moment() -> None:
    bus = bus_of(0x18, Mcp9808(temp=lambda time: time))
    bus.clock.sleep(9.2)  # the last of the conversions, each of 250 ms, ended at 9 s
    bus.faults.inject("slow=100")
    assert int(get(bus, 0x18, 5, 2).replace(" ", ""), 16) & 0x1FFF == 9 * 16


def test_on_another_bus_a_slow_chip_is_like_others() -> None:
    chip = Mcp9808(temp=lambda time: time)
    bus = bus_of(0x18, chip)
    bus.faults.inject("slow=4")
    bus.clock.sleep(20)
    get(bus, 0x18, 5, 2)
    other = bus_of(0x18, bus.detach(0x18))
    other.clock.sleep(7)
    assert (chip.now(), chip.value("temp")) == (7.0, 7.0)


def test_a_brownout_of_a_slow_chip_leaves_it_slow() -> None:
    bus = bus_of(0x44, Sht4x())
    bus.faults.inject("slow=10", 0x44)
    bus.clock.sleep(5)
    bus.faults.inject("brownout", 0x44)
    bus.clock.sleep(0.009)
    with pytest.raises(Nack):
        bus.xfer([Write(0x44, b"\xfd")])  # power-up takes 10 × 1 ms
    bus.clock.sleep(0.001)
    bus.xfer([Write(0x44, b"\xfd")])
