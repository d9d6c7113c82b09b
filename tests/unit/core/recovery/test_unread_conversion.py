"""A sample that failed may leave a conversion in the chip that nothing has read; its values must not be published."""

import pytest

from i2cdrv.core.bus import Bus
from i2cdrv.core.force import Force
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import load
from i2cdrv.errors import Error
from i2cdrv.sim import CHIPS, SimAdapter

CHANNEL = {"bme280": "temp", "bmp280": "temp", "ina219": "voltage", "ina226": "voltage", "sht4x": "temp"}
MODULE = {"bmp280": "bme280"}


@pytest.mark.parametrize("fault", ["write-lost count=1", "write-lost count=2", "write-lost", "write-ignored"])
@pytest.mark.parametrize("chip", CHANNEL)
def test_the_conversion_of_a_failed_sample_is_never_published(chip: str, fault: str) -> None:
    channel = CHANNEL[chip]
    adapter = SimAdapter({0x40: CHIPS[chip](**{channel: 5.0})})
    device = Bus(adapter).bind(LoadedModule(load(MODULE.get(chip, chip))), 0x40, chip=chip, force=Force.ADDR)
    assert getattr(device.sample(), channel) == pytest.approx(5.0, abs=0.1)
    adapter.faults.inject("slow=1.9")
    adapter.chips[0x40].set(**{channel: 9.0})
    with pytest.raises(Error):
        device.sample()
    adapter.clock.sleep(20)  # the last conversion ends, late
    adapter.faults.clear()
    adapter.chips[0x40].set(**{channel: 12.0})
    adapter.faults.inject(fault)
    for _ in range(3):
        try:
            sample = device.sample()
        except Error:
            continue
        assert getattr(sample, channel) == pytest.approx(12.0, abs=0.1)


@pytest.mark.parametrize("chip", CHANNEL)
def test_the_next_sample_is_right_at_once_where_nothing_else_is_wrong(chip: str) -> None:
    channel = CHANNEL[chip]
    adapter = SimAdapter({0x40: CHIPS[chip](**{channel: 5.0})})
    device = Bus(adapter).bind(LoadedModule(load(MODULE.get(chip, chip))), 0x40, chip=chip, force=Force.ADDR)
    adapter.faults.inject("slow=1.9")
    with pytest.raises(Error):
        device.sample()
    adapter.clock.sleep(20)
    adapter.faults.clear()
    adapter.chips[0x40].set(**{channel: 12.0})
    assert getattr(device.sample(), channel) == pytest.approx(12.0, abs=0.1)
