"""The abilities of each bus, its clock, and the kernel's own drivers there."""

from __future__ import annotations

import pytest

from i2cdrv.cli.doctor import Grade
from i2cdrv.core.module import load_all
from i2cdrv.i2c.adapter import Functionality
from tests.support.kerneltree import link

from .box import Box, slower

STUB = Functionality(0x0C7F0000)  # stub_func in i2c-stub.c


# The abilities of the buses


def test_an_adapter_for_smbus_only_names_the_modules_that_cannot_work_there(box: Box) -> None:
    box.adapter(0, "SMBus stub driver", "virtual/i2c")
    box.can = STUB
    (limited,) = box.notes()
    plain_only = [found.name for found in load_all() if found.driver.functionality & Functionality.I2C]
    assert "sht4x" in plain_only
    assert "bme280" not in plain_only
    assert limited.text == (
        "i2c-0 (SMBus stub driver): you may use it; SMBus operations only: quick, byte, byte data, word data, I2C "
        f"block; not usable here: {', '.join(plain_only)}"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("MCP2221 usb-i2c bridge", "a write and a read of one chip; 50 … 400 kHz"),
        ("CP2112 SMBus Bridge on hidraw0", "every failure is EIO"),
        ("i2c-ch341-usb at bus 001 device 004", "more than 31 bytes at once"),
    ],
)
def test_usb_adapters(box: Box, name: str, text: str) -> None:
    box.adapter(7, name, "pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0")
    assert box.says(text).text.startswith("i2c-7: ")
    assert box.to_do() == []


def test_two_gpios_are_known_by_their_driver(pi3: Box) -> None:
    pi3.adapter(3, "i2c-gpio-3", "platform/i2c-gpio-3")
    link(pi3.sys / "devices/platform/i2c-gpio-3/driver", pi3.sys / "bus/platform/drivers/i2c-gpio")
    (pi3.sys / "bus/platform/drivers/i2c-gpio").mkdir(parents=True)
    assert pi3.says("two GPIOs").text.startswith("i2c-3: ")


def test_each_adapter_has_its_advice_for_a_line_that_is_held(pi5: Box) -> None:
    assert pi5.says("when a line is held").text == (
        "i2c-1: when a line is held: switch the chips' power off and on; the controller has clocked the line nine "
        "times in vain"
    )


def test_mux_channels_are_as_their_parent(pi3: Box) -> None:
    pi3.adapter(4, "i2c-1-mux (chan_id 0)", "platform/soc/3f804000.i2c/i2c-1")
    (pi3.client(1, 0x70, "pca954x") / "channel-0").mkdir()
    assert len(pi3.notes()) == 1  # of the clock, once
    assert pi3.says("i2c-4 (i2c-1-mux (chan_id 0)): you may use it").grade is Grade.OK
    assert pi3.says("1-0070").grade is Grade.OK


# The clock


def test_the_clock_of_a_node_that_the_adapter_does_not_name(box: Box) -> None:
    box.model("Raspberry Pi Zero W Rev 1.1")
    box.adapter(1, "bcm2835 (i2c@7e804000)", "platform/soc/20804000.i2c")
    box.put("sys/firmware/devicetree/base/soc/i2c@7e804000/clock-frequency", bytes((0, 6, 0x1A, 0x80)))
    assert box.says("clocked at").text == "i2c-1: clocked at 400 kHz"


def test_the_clock_of_config_txt_without_another_source(box: Box) -> None:
    box.model("Raspberry Pi Zero W Rev 1.1")
    box.adapter(1, "bcm2835 (i2c@7e804000)", "platform/soc/20804000.i2c")
    assert not any("clocked at" in one.text for one in box.found())
    box.put("boot/config.txt", "dtparam=i2c_arm=on,i2c_arm_baudrate=50000\n[pi4]\ndtparam=i2c_arm_baudrate=1\n")
    assert box.says("clocked at").text == "i2c-1: clocked at 50 kHz"


def test_a_slow_bus_is_slow_enough(pi3: Box) -> None:
    (pi3.sys / "firmware/devicetree/base/soc/i2c@7e804000/clock-frequency").write_bytes((10_000).to_bytes(4, "big"))
    assert pi3.notes() == []
    assert pi3.says("slow enough").grade is Grade.OK


def test_how_long_the_controller_waits(pi3: Box) -> None:
    pi3.put("sys/module/i2c_bcm2835/parameters/clk_tout_ms", "35\n")
    assert "loses bits, and it waits 35 ms at most; " in pi3.notes()[0].text


def test_a_clock_that_is_too_fast_for_most(pi5: Box) -> None:
    (pi5.sys / "firmware/devicetree/base/axi/pcie@1000120000/rp1/i2c@74000/clock-frequency").write_bytes(
        (1_000_000).to_bytes(4, "big")
    )
    assert [one.fix for one in pi5.notes()] == [slower(pi5, "dtparam=i2c_arm_baudrate=400000")]


def test_a_clock_that_was_not_read_since(pi5: Box) -> None:
    pi5.put("boot/firmware/config.txt", "dtparam=i2c_arm=on\ndtparam=i2c_arm_baudrate=400000\n")
    (note,) = pi5.notes()
    assert note.fix == "sudo reboot"
    assert "sets 400000 Hz" in note.text


# The kernel's own drivers


def test_a_clock_chip_that_an_overlay_gives_to_the_kernel(pi3: Box) -> None:
    pi3.put("boot/firmware/config.txt", "dtparam=i2c_arm=on\n\n[pi3]\ndtoverlay=i2c-rtc,ds3231,wakeup-source\n")
    device = pi3.client(1, 0x68, "rtc-ds1307", "rtc_ds1307")
    (device / "name").write_text("ds3231\n")
    held = pi3.says("1-0068")
    assert held.grade is Grade.NOTE
    assert held.fix == f"echo 1-0068 | sudo tee {pi3.sys}/bus/i2c/drivers/rtc-ds1307/unbind"
    assert held.text.startswith("1-0068 is held by the kernel's rtc-ds1307 (module rtc_ds1307); this happens at each ")
    assert (
        "remove dtoverlay=i2c-rtc,ds3231,wakeup-source (line 4 of section [pi3]) from "
        f"{pi3.root}/boot/firmware/config.txt" in held.text
    )
    assert pi3.to_do() == []


def test_a_sensor_that_the_kernel_measures(pi3: Box) -> None:
    device = pi3.client(1, 0x76, "bmp280", "bmp280_i2c")
    (device / "name").write_text("bme280\n")
    (device / "iio:device0").mkdir()
    held = pi3.says("1-0076")
    assert f"; its readings: {pi3.sys}/bus/iio/devices/iio:device0; i2cdrv refuses it" in held.text
    assert "config.txt" not in held.text
    assert held.fix == f"echo 1-0076 | sudo tee {pi3.sys}/bus/i2c/drivers/bmp280/unbind"


@pytest.mark.parametrize(
    ("driver", "name", "text"),
    [("i2c_hid_acpi", "i2c-ELAN0000:00", "the firmware's own device"), ("dummy", "", "another address of a chip")],
)
def test_chips_that_should_stay_with_the_kernel(pi3: Box, driver: str, name: str, text: str) -> None:
    pi3.client(1, 0x15, driver, name=name)
    assert (pi3.says(text).grade, pi3.says(text).fix) == (Grade.OK, "")
