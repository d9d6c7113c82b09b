"""Machines on which all is well; a test takes something away."""

from __future__ import annotations

from pathlib import Path

import pytest

from .box import Box


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A machine without any bus."""
    return Box(tmp_path)


@pytest.fixture
def pi3(box: Box) -> Box:
    """A Raspberry Pi 3 with all that is needed, as its owner."""
    box.model("Raspberry Pi 3 Model B Plus Rev 1.3")
    box.adapter(1, "bcm2835 (i2c@7e804000)", "platform/soc/3f804000.i2c")
    box.adapter(2, "bcm2835 (i2c@7e805000)", "platform/soc/3f805000.i2c")
    box.of_node(1, "soc/i2c@7e804000", 100_000)
    box.put("boot/firmware/config.txt", "# the firmware's\n\ndtparam=i2c_arm=on\n[cm4]\notg_mode=1\n[all]\n")
    return box


@pytest.fixture
def pi5(box: Box) -> Box:
    box.model("Raspberry Pi 5 Model B Rev 1.0")
    box.adapter(1, "Synopsys DesignWare I2C adapter", "platform/axi/1000120000.pcie/1f00074000.i2c")
    box.adapter(13, "107d508200.i2c", "platform/soc/107d508200.i2c")
    box.adapter(14, "107d508280.i2c", "platform/soc/107d508280.i2c")
    box.of_node(1, "axi/pcie@1000120000/rp1/i2c@74000", 100_000)
    box.put("boot/firmware/config.txt", "dtparam=i2c_arm=on\n")
    return box
