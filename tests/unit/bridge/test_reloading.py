"""Libraries whose files have changed are read again on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import i2cdrv
from i2cdrv.core import module, reload
from i2cdrv.errors import Error

from .libraries import ADDR, bus_with, until_none_is_left

if TYPE_CHECKING:
    from .conftest import Write

EDITED = "class Edited:\n    def __init__(self, i2c, address=0x18): ...\n    temperature = {}\n"


def test_a_reload_reads_a_library_again(write: Write) -> None:
    write("adafruit_edited", EDITED.format("5.0"))
    with i2cdrv.open("adafruit:edited", bus=bus_with(), addr=ADDR) as device:
        bus, loaded = device.bus, device.loaded
        write("adafruit_edited", EDITED.format("105.0"))
        assert device.sample().temp == 5.0
        assert reload.reload(loaded).devices == ["0-0018"]
        assert bus.devices[ADDR].sample().temp == 105.0
        assert module.load("adafruit:edited").driver is loaded.module.driver
    until_none_is_left()


@pytest.mark.parametrize("text", ["class Edited: ...\n", "1 +", "raise ValueError\n"])
def test_a_bad_edit_leaves_the_old_library(write: Write, text: str) -> None:
    write("adafruit_edited", EDITED.format("5.0"))
    with i2cdrv.open("adafruit:edited", bus=bus_with(), addr=ADDR) as device:
        write("adafruit_edited", text)
        with pytest.raises(Error, match="the loaded driver stays: fix the file, then: i2cdrv reload adafruit:edited"):
            reload.reload(device.loaded)
        assert device.sample().temp == 5.0
