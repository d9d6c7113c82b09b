"""Buses in /sys and /dev, on a copy of their layout with the real names."""

from __future__ import annotations

import errno
import grp
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from i2cdrv.cli import main as cli
from i2cdrv.errors import Busy, Error, Invalid, Unknown
from i2cdrv.i2c import inventory
from i2cdrv.i2c.inventory import BusInfo, Holder
from tests.support.kerneltree import Machine, link


@pytest.fixture
def empty(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def pi(empty: Machine) -> Machine:
    """A Raspberry Pi 4 with I2C on and a TCA9548A."""
    empty.model("Raspberry Pi 4 Model B Rev 1.5")
    empty.adapter(1, "bcm2835 (i2c@7e804000)")
    empty.adapter(20, "fef04500.i2c", "platform/soc/fef04500.i2c")
    empty.adapter(21, "fef09500.i2c", "platform/soc/fef09500.i2c")
    empty.adapter(4, "i2c-1-mux (chan_id 0)", "platform/soc/fe804000.i2c/i2c-1")
    empty.adapter(5, "i2c-1-mux (chan_id 1)", "platform/soc/fe804000.i2c/i2c-1")
    return empty


LIST = (
    "i2c-1 (bcm2835 (i2c@7e804000)), i2c-4 (i2c-1-mux (chan_id 0)), i2c-5 (i2c-1-mux (chan_id 1)), "
    "i2c-20 (fef04500.i2c), i2c-21 (fef09500.i2c)"
)

# Which buses there are


def test_buses_are_listed_by_number(pi: Machine) -> None:
    assert inventory.list_buses(sys=pi.sys, dev=pi.dev) == [
        BusInfo(1, "bcm2835 (i2c@7e804000)", pi.dev / "i2c-1"),
        BusInfo(4, "i2c-1-mux (chan_id 0)", pi.dev / "i2c-4"),
        BusInfo(5, "i2c-1-mux (chan_id 1)", pi.dev / "i2c-5"),
        BusInfo(20, "fef04500.i2c", pi.dev / "i2c-20"),
        BusInfo(21, "fef09500.i2c", pi.dev / "i2c-21"),
    ]


def test_without_i2c_dev_there_are_none(empty: Machine) -> None:
    assert inventory.list_buses(sys=empty.sys, dev=empty.dev) == []


def test_names(pi: Machine) -> None:
    assert inventory.adapter_name(1, sys=pi.sys) == "bcm2835 (i2c@7e804000)"
    assert inventory.adapter_name(99, sys=pi.sys) == "i2c-99"


def test_the_controller_is_the_root_of_the_mux_tree(pi: Machine) -> None:
    pi.adapter(6, "i2c-4-mux (chan_id 0)", "platform/soc/fe804000.i2c/i2c-1/i2c-4")
    names = [inventory.controller(nr, sys=pi.sys) for nr in (1, 4, 6, 20, 99)]
    assert names == ["bcm2835 (i2c@7e804000)"] * 3 + ["fef04500.i2c", "i2c-99"]


# The names of a bus for users


@pytest.mark.parametrize(
    ("word", "nr"),
    [
        ("1", 1),
        ("20", 20),
        ("7", 7),
        ("i2c-1", 1),
        ("/dev/i2c-21", 21),
        ("bcm2835 (i2c@7e804000)", 1),
        ("BCM2835", 1),
        ("chan_id 1", 5),
        ("fef09500.i2c", 21),
    ],
)
def test_words_for_a_bus(pi: Machine, word: str, nr: int) -> None:
    assert inventory.parse_bus(word, sys=pi.sys, dev=pi.dev) == nr


def test_a_link_to_a_node_is_that_bus(pi: Machine) -> None:
    (pi.dev / "sensors").symlink_to("i2c-20")
    assert inventory.parse_bus(str(pi.dev / "sensors"), sys=pi.sys, dev=pi.dev) == 20


def test_a_whole_name_is_not_ambiguous_with_a_longer_one(empty: Machine) -> None:
    empty.adapter(3, "rk3x-i2c", "a")
    empty.adapter(4, "rk3x-i2c-fast", "b")
    assert inventory.parse_bus("rk3x-i2c", sys=empty.sys, dev=empty.dev) == 3


@pytest.mark.parametrize(
    "word", ["", " ", "spi0", "/dev/null", "/dev/1", "I2C-7", "1/i2c-1", "i2c-dev", "-1", "1.0", "99999999"]
)
def test_words_for_no_bus(pi: Machine, word: str) -> None:
    with pytest.raises(Unknown) as caught:
        inventory.parse_bus(word, sys=pi.sys, dev=pi.dev)
    assert caught.value.message == (f"no bus {word!r}: give {inventory.WORDS}; buses here: {LIST}")
    assert caught.value.errno == errno.ENOENT


def test_a_word_where_there_is_no_bus(empty: Machine) -> None:
    with pytest.raises(Unknown, match=r"no bus 'bcm': .*; no I2C bus is here"):
        inventory.parse_bus("bcm", sys=empty.sys, dev=empty.dev)


def test_an_ambiguous_word(pi: Machine) -> None:
    with pytest.raises(Invalid) as caught:
        inventory.parse_bus("fef0", sys=pi.sys, dev=pi.dev)
    assert caught.value.message == (
        "bus 'fef0' is ambiguous, give the number or the location of one: i2c-20 (fef04500.i2c), i2c-21 (fef09500.i2c)"
    )


# Where a bus is plugged in


@pytest.fixture
def usb(pi: Machine) -> Machine:
    """Two adapters of one name, at ports 3 and 4 of a hub; a multiplexer at 0x70 of the first."""
    hub = "platform/scb/fd500000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0/usb1/1-1"
    pi.adapter(11, "MCP2221 usb-i2c bridge", f"{hub}/1-1.3/1-1.3:1.2/0003:04D8:00DD.0001")
    pi.adapter(12, "MCP2221 usb-i2c bridge", f"{hub}/1-1.4/1-1.4:1.2/0003:04D8:00DD.0002")
    pi.adapter(13, "i2c-11-mux (chan_id 2)", f"{hub}/1-1.3/1-1.3:1.2/0003:04D8:00DD.0001/i2c-11")
    mux = pi.client(11, 0x70)
    link(pi.sys / "bus/i2c/devices/i2c-13/mux_device", mux)
    return pi


def test_two_adapters_of_one_name_have_locations(usb: Machine) -> None:
    places = [inventory.location(nr, sys=usb.sys) for nr in (11, 12, 13)]
    assert places == ["usb-1-1.3", "usb-1-1.4", "usb-1-1.3-mux-0x70-chan-2"]
    assert [inventory.parse_bus(place, sys=usb.sys, dev=usb.dev) for place in places] == [11, 12, 13]


def test_an_ambiguous_name_is_answered_with_locations(usb: Machine) -> None:
    with pytest.raises(Invalid, match=r"i2c-11 \(MCP2221 .*\) at usb-1-1\.3, i2c-12 \(MCP2221 .*\) at usb-1-1\.4$"):
        inventory.parse_bus("MCP2221", sys=usb.sys, dev=usb.dev)


@pytest.mark.parametrize(("bus", "device"), [("pci", "0000:00:1f.4"), ("platform", "fe804000.i2c")])
def test_an_adapter_of_the_board_is_located_by_bus_and_device(empty: Machine, bus: str, device: str) -> None:
    empty.adapter(1, "an adapter", f"{bus}0/{device}")
    link(empty.sys / f"devices/{bus}0/{device}/subsystem", empty.sys / "bus" / bus)
    assert inventory.location(1, sys=empty.sys) == f"{bus}-{device}"


def test_a_client_is_no_usb_device(empty: Machine) -> None:
    empty.adapter(1, "i2c behind a bridge", "virtual/1-0068")
    assert inventory.location(1, sys=empty.sys) == ""
    assert inventory.location(99, sys=empty.sys) == ""


@pytest.mark.parametrize(
    ("wires", "parents", "header"),
    [
        ("bcm2835 (i2c@7e205000)", (2,), False),  # camera and display, by a mainline kernel's numbers
        ("bcm2835 (i2c@7e205000)", (2, 7), False),
        ("bcm2835 (i2c@7e804000)", (1, 22), True),  # a user's second multiplexer, at the number of the Pi's own
        ("i915 gmbus dpb", (5,), False),
    ],
)
def test_the_root_controller_decides_the_use_of_a_mux_channel(
    empty: Machine, wires: str, parents: tuple[int, ...], header: bool
) -> None:
    path, name = "platform/soc", wires
    for nr in (*parents, 30):
        empty.adapter(nr, name, path)
        path, name = f"{path}/i2c-{nr}", f"i2c-{nr}-mux (chan_id 1)"
    assert inventory.is_header_bus(inventory.adapter_name(30, sys=empty.sys)) == header
    (bus,) = [bus for bus in inventory.list_buses(sys=empty.sys, dev=empty.dev) if bus.nr == 30]
    assert inventory.is_header_bus(bus.name) == header


# Where sensors are


@pytest.mark.parametrize(
    "name",
    [
        "bcm2835 (i2c@7e804000)",
        "bcm2835 (i2c@fe205600)",
        "Synopsys DesignWare I2C adapter",
        "i2c-1-mux (chan_id 0)",
        "300000002.i2c",  # i2c-gpio overlay
        "rk3x-i2c",
        "mv64xxx_i2c adapter",
        "3160000.i2c",
        "i2c-tiny-usb at bus 001 device 004",
        "CP2112 SMBus Bridge on hidraw0",
        "MCP2221 usb-i2c bridge",
        "i2c_virtio at virtio bus 0",
        "SMBus stub driver",
        "OMAP I2C adapter",
    ],
)
def test_header_buses(name: str) -> None:
    assert inventory.is_header_bus(name)


@pytest.mark.parametrize(
    "name",
    [
        "bcm2835 (i2c@7e205000)",  # Raspberry Pi 0-4: HAT EEPROM, camera
        "i2c-22-mux (chan_id 0)",
        "bcm2835 (i2c@7e805000)",  # HDMI
        "fef04500.i2c",
        "fef09500.i2c",
        "107d508200.i2c",
        "107d508280.i2c",
        "i915 gmbus dpb",
        "AUX A/DDI A/PHY A",
        "DPDDC-B",
        "SDVO B DDC1",
        "AMDGPU DM i2c hw bus 0",
        "AMDGPU DM aux hw bus 1",
        "AMDGPU SMU 0",
        "Radeon i2c bit bus 0x90",
        "card0-DP-1",
        "NVIDIA i2c adapter 1 at 1:00.0",
        "NVIDIA GPU I2C adapter",
        "nvkm-0000:01:00.0-bus-0000",
        "nouveau-0000:01:00.0-0",
        "DesignWare HDMI",
        "msm hdmi i2c",
        "AST DDC bus",
        "PMIC I2C Adapter",
        "Tegra BPMP I2C adapter",
        "cros-ec-i2c-tunnel",
        "SMBus I801 adapter at efa0",
        "SMBus PIIX4 adapter port 0 at 0b00",
        "SMBus2 AMD8111 adapter at e000",
        "SiS96x SMBus adapter at 0xc000",
        "HAT EEPROM",
    ],
)
def test_other_buses(name: str) -> None:
    assert not inventory.is_header_bus(name)


# The holder of an address


def test_a_free_address_has_no_holder(pi: Machine) -> None:
    assert inventory.holder(1, 0x68, sys=pi.sys) is None
    assert inventory.holder(99, 0x68, sys=pi.sys) is None


def test_a_device_without_driver_holds_nothing(pi: Machine) -> None:
    pi.client(1, 0x68)
    assert inventory.holder(1, 0x68, sys=pi.sys) is None


def test_a_driver_in_a_module(pi: Machine) -> None:
    pi.client(1, 0x68, "rtc-ds1307", "rtc_ds1307")
    assert inventory.holder(1, 0x68, sys=pi.sys) == Holder(
        "1-0068", "rtc-ds1307", "rtc_ds1307", pi.sys / "bus/i2c/devices/1-0068", None
    )


def test_a_built_in_driver(pi: Machine) -> None:
    pi.client(1, 0x70, "pca954x")
    held = inventory.holder(1, 0x70, sys=pi.sys)
    assert held is not None
    assert (held.driver, held.module) == ("pca954x", None)


@pytest.mark.parametrize(
    ("directory", "shelf"),
    [("hwmon/hwmon2", "class/hwmon/hwmon2"), ("iio:device0", "bus/iio/devices/iio:device0")],
)
def test_the_files_of_the_kernel(pi: Machine, directory: str, shelf: str) -> None:
    (pi.client(1, 0x76, "bmp280", "bmp280_i2c") / directory).mkdir(parents=True)
    held = inventory.holder(1, 0x76, sys=pi.sys)
    assert held is not None
    assert held.files == pi.sys / shelf


@pytest.mark.parametrize(
    ("place", "asked", "found"),
    [(1, 1, True), (1, 4, True), (4, 1, True), (4, 4, True), (6, 1, True), (1, 6, True), (4, 5, False), (20, 1, False)],
    ids=["here", "mux parent", "channel", "on the channel", "channel of a channel", "two up", "sibling", "elsewhere"],
)
def test_an_address_is_one_in_parents_and_channels(pi: Machine, place: int, asked: int, found: bool) -> None:
    pi.adapter(6, "i2c-4-mux (chan_id 0)", "platform/soc/fe804000.i2c/i2c-1/i2c-4")
    pi.client(place, 0x48, "lm75", "lm75")
    held = inventory.holder(asked, 0x48, sys=pi.sys)
    assert (held is not None) is found
    assert not found or (held is not None and held.device == f"{place}-0048")


def test_the_error_names_the_holder_and_the_ways_out(pi: Machine) -> None:
    (pi.client(1, 0x48, "lm75", "lm75") / "hwmon/hwmon1").mkdir(parents=True)
    error = inventory.address_in_use_error(1, 0x48, sys=pi.sys)
    assert isinstance(error, Busy)
    assert error.errno == errno.EBUSY
    assert error.message == (
        f"i2c-1 0x48 is used by the kernel driver lm75 (module lm75): {pi.sys}/bus/i2c/devices/1-0048; "
        f"read the kernel's own files in {pi.sys}/class/hwmon/hwmon1, or take the chip from it: "
        f"echo 1-0048 | sudo tee {pi.sys}/bus/i2c/drivers/lm75/unbind, or share it: "
        "i2cdrv load MODULE --bus 1 --addr 0x48 --force"
    )


def test_the_advice_is_a_command_that_exists(pi: Machine) -> None:
    pi.client(1, 0x48, "lm75")
    words = inventory.address_in_use_error(1, 0x48, sys=pi.sys).message.partition("share it: i2cdrv ")[2].split()
    args = cli.parse(words)
    assert (args.command, args.addr, args.bus, args.force) == ("load", 0x48, "1", True)


def test_the_error_for_a_holder_on_a_channel(pi: Machine) -> None:
    pi.client(5, 0x1D, "adxl345_i2c")
    message = inventory.address_in_use_error(1, 0x1D, sys=pi.sys).message
    assert message.startswith("i2c-1 0x1d is used by the kernel driver adxl345_i2c: ")
    assert f"echo 5-001d | sudo tee {pi.sys}/bus/i2c/drivers/adxl345_i2c/unbind" in message


def test_the_error_when_firmware_named_the_device(pi: Machine) -> None:
    pi.client(1, 0x15, "elan_i2c", name="i2c-ELAN0000:00")
    assert inventory.address_in_use_error(1, 0x15, sys=pi.sys).message == (
        f"i2c-1 0x15 is used by a kernel driver (see {pi.sys}/bus/i2c/devices); share it: "
        "i2cdrv load MODULE --bus 1 --addr 0x15 --force"
    )


# Why a node does not open


def why_not(machine: Machine, nr: int, number: int) -> Error:
    fault = OSError(number, os.strerror(number))
    error = inventory.open_error(nr, fault, sys=machine.sys, dev=machine.dev)
    assert error.errno == number
    return error


def test_i2c_is_off_on_a_raspberry_pi(empty: Machine) -> None:
    empty.model("Raspberry Pi 4 Model B Rev 1.5")
    empty.adapter(20, "fef04500.i2c")
    empty.put("usr/bin/raspi-config", "")
    error = why_not(empty, 1, errno.ENOENT)
    assert type(error) is Unknown
    assert error.message == (
        f"{empty.dev}/i2c-1 is missing: on this Raspberry Pi 4 Model B Rev 1.5 run: "
        "sudo raspi-config nonint do_i2c 0; buses here: i2c-20 (fef04500.i2c)"
    )


def test_another_bus_of_a_raspberry_pi_is_missing(pi: Machine) -> None:
    assert why_not(pi, 3, errno.ENOENT).message == f"{pi.dev}/i2c-3 is missing: buses here: {LIST}"


def test_i2c_dev_is_not_loaded(empty: Machine) -> None:
    assert why_not(empty, 0, errno.ENOENT).message == (
        f"{empty.dev}/i2c-0 is missing: load the kernel's i2c-dev: sudo modprobe i2c-dev; no I2C bus is here"
    )


def test_another_board_has_no_such_bus(empty: Machine) -> None:
    empty.model("Radxa ROCK 5B")
    empty.adapter(0, "rk3x-i2c")
    assert why_not(empty, 1, errno.ENOENT).message == (f"{empty.dev}/i2c-1 is missing: buses here: i2c-0 (rk3x-i2c)")


def test_a_container_has_the_bus_but_not_its_node(pi: Machine) -> None:
    assert why_not(pi, 1, errno.ENOENT).message == (
        f"{pi.dev}/i2c-1 is missing: the kernel has this bus, so hand its node to the container: "
        f"--device {pi.dev}/i2c-1; buses here: {LIST}"
    )


@pytest.mark.parametrize("number", [errno.ENXIO, errno.ENODEV])
def test_a_node_without_adapter(empty: Machine, number: int) -> None:
    error = why_not(empty, 7, number)
    assert type(error) is Unknown
    assert error.message == (
        f"{empty.dev}/i2c-7 has no adapter behind it (unplugged, or its driver was unloaded); no I2C bus is here"
    )


NO_RULE = (
    "the udev rule that gives it to group i2c is missing: "
    "sudo apt install i2c-tools, then sudo usermod -aG i2c $USER and log in again"
)


@pytest.mark.parametrize(
    ("group", "mode", "step"),
    [
        ("i2c", 0o660, "sudo usermod -aG i2c $USER, then log in again"),
        ("dialout", 0o660, "sudo usermod -aG dialout $USER, then log in again"),
        ("root", 0o600, NO_RULE),
        ("root", 0o660, NO_RULE),
        ("i2c", 0o600, NO_RULE),
    ],
)
def test_no_permission(pi: Machine, monkeypatch: pytest.MonkeyPatch, group: str, mode: int, step: str) -> None:
    (pi.dev / "i2c-1").chmod(mode)
    pi.put("etc/os-release", "ID=raspbian\nID_LIKE=debian\n")
    monkeypatch.setattr(grp, "getgrgid", lambda gid: SimpleNamespace(gr_name=group))
    error = why_not(pi, 1, errno.EACCES)
    assert type(error) is Error
    assert error.message == f"no permission for {pi.dev}/i2c-1 (group {group}, mode {mode:04o}): {step}"


def test_a_group_without_name(pi: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(gid: int) -> None:
        raise KeyError(gid)

    monkeypatch.setattr(grp, "getgrgid", unknown)
    (pi.dev / "i2c-1").chmod(0o660)
    gid = (pi.dev / "i2c-1").stat().st_gid
    says = why_not(pi, 1, errno.EACCES).message
    assert f"(group {gid}, mode 0660): sudo groupadd -g {gid} i2c-{gid} && sudo usermod -aG i2c-{gid} $USER, " in says


def test_a_sandbox_forbids_the_node(pi: Machine) -> None:
    error = why_not(pi, 1, errno.EPERM)
    assert type(error) is Error
    assert error.message == (
        f"{pi.dev}/i2c-1 is forbidden to this service or container: DeviceAllow=char-i2c rw, or --device {pi.dev}/i2c-1"
    )


def test_no_i2c_device(pi: Machine) -> None:
    error = why_not(pi, 1, errno.ENOTTY)
    assert type(error) is Invalid
    assert error.message == f"{pi.dev}/i2c-1 is not an I2C device; buses here: {LIST}"


def test_any_other_fault(pi: Machine) -> None:
    error = why_not(pi, 1, errno.EMFILE)
    assert type(error) is Error
    assert error.message == f"{pi.dev}/i2c-1: Too many open files"
