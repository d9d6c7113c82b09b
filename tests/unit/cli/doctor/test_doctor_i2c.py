"""Whole machines, whether they have I2C, and which users may use it; each command literally."""

from __future__ import annotations

import errno

import pytest

from i2cdrv.cli.doctor import Grade

from .box import GROUP, KEEP, OVERLAY, Box, slower

# Machines on which all is well


def test_a_raspberry_pi_3_with_all_that_is_needed(pi3: Box) -> None:
    assert pi3.to_do() == []
    (stretching,) = pi3.notes()
    assert "BNO055, BNO085, CCS811, MCP9600, SCD30" in stretching.text
    assert OVERLAY in stretching.text
    assert stretching.fix == slower(pi3)
    texts = [one.text for one in pi3.found()]
    assert "Linux 6.12.47+rpt-rpi-v8, Debian GNU/Linux 13 (trixie)" in texts
    assert "Raspberry Pi 3 Model B Plus Rev 1.3" in texts
    assert "i2c-1 (bcm2835 (i2c@7e804000)): you may use it; plain I2C and SMBus" in texts
    assert "i2c-1: a transfer ends after its first read, so i2cdrv splits transfers that read twice" in texts
    assert "i2c-1: clocked at 100 kHz" in texts
    assert "left alone, as the display's or the board's own: i2c-2 (bcm2835 (i2c@7e805000))" in texts
    assert "none holds a chip on a bus for sensors" in texts


def test_a_raspberry_pi_5(pi5: Box) -> None:
    assert pi5.to_do() == []
    assert pi5.notes() == []
    assert (
        pi5.says("waits for chips that stretch the clock; clocks a held data line free by itself").text[:6] == "i2c-1:"
    )
    assert pi5.says("clocked at").text == "i2c-1: clocked at 100 kHz"
    assert pi5.says("left alone").text.endswith("i2c-13 (107d508200.i2c), i2c-14 (107d508280.i2c)")


def test_raspberry_pi_os_and_debians_point_release(pi3: Box) -> None:
    pi3.put("etc/debian_version", "13.2\n")
    pi3.put("etc/rpi-issue", "Raspberry Pi reference 2025-10-01\nGenerated using pi-gen\n")
    assert pi3.says("Linux").text.endswith("Debian 13.2, Raspberry Pi OS of 2025-10-01")
    pi3.put("etc/debian_version", "trixie/sid\n")
    assert "sid" not in pi3.says("Linux").text


# I2C itself


def test_a_raspberry_pi_on_which_i2c_is_switched_off(box: Box) -> None:
    box.model("Raspberry Pi 4 Model B Rev 1.5")
    box.adapter(20, "fef04500.i2c", "platform/soc/fef04500.i2c")
    box.put("boot/firmware/config.txt", "#dtparam=i2c_arm=on\n[pi5]\ndtparam=i2c_arm=on\n")
    assert box.to_do() == ["sudo raspi-config nonint do_i2c 0"]
    assert box.says("switched off").text == "I2C is switched off on this Raspberry Pi 4 Model B Rev 1.5"


@pytest.mark.parametrize("line", ["dtparam=i2c_arm=on", "dtparam=spi=on,i2c=on", "dtparam=i2c1  # pins 3 and 5"])
@pytest.mark.parametrize("place", ["boot/firmware/config.txt", "boot/config.txt"])
def test_a_raspberry_pi_that_was_not_started_since(box: Box, line: str, place: str) -> None:
    box.model("Raspberry Pi 4 Model B Rev 1.5")
    box.put(place, f"dtparam=i2c_arm=off\n{line}\n")
    assert box.to_do() == ["sudo reboot"]
    assert str(box.root / place) in box.says("not been read since: restart").text


def test_without_i2c_dev_it_is_loaded_now_and_at_each_start(box: Box) -> None:
    box.put("etc/modules", "")
    assert box.to_do() == ["sudo modprobe i2c-dev", KEEP.format(etc=box.root / "etc")]


def test_a_pi_whose_bus_has_no_node_yet(pi3: Box) -> None:
    for entry in (pi3.sys / "class/i2c-dev").iterdir():
        entry.unlink()
    (pi3.sys / "class/i2c-dev").rmdir()
    assert pi3.to_do() == ["sudo modprobe i2c-dev"]
    assert pi3.says("for sensors: ").text == "for sensors: i2c-1 (bcm2835 (i2c@7e804000))"


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("etc/modules-load.d/sensors.conf", "i2c_dev\n"),
        ("usr/lib/modules-load.d/i2c.conf", "i2c-dev\n"),
        ("lib/modules/6.12.47+rpt-rpi-v8/modules.builtin", "kernel/drivers/i2c/i2c-dev.ko\n"),
    ],
)
def test_the_files_that_load_i2c_dev_at_the_next_start(pi3: Box, path: str, content: str) -> None:
    pi3.put("etc/modules", "# i2c-dev\n")
    keep = KEEP.format(etc=pi3.root / "etc")
    assert keep in [one.fix for one in pi3.notes()]
    pi3.put(path, content)
    assert keep not in [one.fix for one in pi3.notes()]


def test_a_laptop_with_the_displays_buses_only(box: Box) -> None:
    box.adapter(0, "i915 gmbus dpb", "pci0000:00/0000:00:02.0")
    box.adapter(1, "AUX A/DDI A/PHY A", "pci0000:00/0000:00:02.0/drm/card0")
    box.adapter(2, "SMBus I801 adapter at efa0", "pci0000:00/0000:00:1f.4")
    box.client(2, 0x50, "ee1004", "ee1004")
    box.can = errno.EACCES  # no test opens these nodes
    assert box.to_do() == ["i2cdrv load bme280 --bus sim"]
    assert "plug in a USB adapter" in box.says("no bus for sensors").text
    assert "none holds a chip on a bus for sensors" in [one.text for one in box.found()]


# The users that may use it


def test_a_person_outside_the_group(pi3: Box) -> None:
    pi3.put("etc/group", f"i2c:x:{GROUP}:\n")
    (pi3.dev / "i2c-1").chmod(0o660)
    pi3.can = errno.EACCES
    assert pi3.to_do() == ["sudo usermod -aG i2c $USER"]
    assert ":i2c, mode 0660): join group i2c, then log in again" in pi3.says("no permission for").text


def test_a_person_that_joined_the_group_after_the_login(pi3: Box) -> None:
    (pi3.dev / "i2c-1").chmod(0o660)
    pi3.can = errno.EACCES
    assert pi3.to_do() == ["newgrp i2c"]


@pytest.mark.parametrize(("group", "mode"), [("root", 0o600), ("root", 0o660), ("i2c", 0o600)])
@pytest.mark.parametrize("member", [True, False])
def test_without_the_udev_rule(pi3: Box, group: str, mode: int, member: bool) -> None:
    other = f"i2c:x:4712:{'anna' if member else ''}\n" if group == "root" else ""
    pi3.put("etc/group", f"{group}:x:{GROUP}:{'anna' if member else ''}\n{other}")
    (pi3.dev / "i2c-1").chmod(mode)
    pi3.can = errno.EACCES
    assert pi3.to_do() == ["sudo apt install i2c-tools", "newgrp i2c" if member else "sudo usermod -aG i2c $USER"]


def test_without_the_udev_rule_nor_the_group(pi3: Box) -> None:
    pi3.put("etc/group", f"root:x:{GROUP}:\n")
    (pi3.dev / "i2c-1").chmod(0o600)
    pi3.can = errno.EACCES
    assert pi3.to_do() == ["sudo apt install i2c-tools", "sudo usermod -aG i2c $USER"]


def test_a_container_without_nodes(pi3: Box) -> None:
    pi3.put(".dockerenv", "")
    (pi3.dev / "i2c-1").unlink()
    (pi3.dev / "fuse").unlink()
    pi3.can = errno.ENOENT
    assert pi3.to_do() == [f"docker run --device {pi3.dev}/i2c-1 …"]
    assert pi3.says("plain read-only files").fix == f"docker run --device {pi3.dev}/fuse --cap-add SYS_ADMIN …"
    assert pi3.says("plain read-only files").grade is Grade.NOTE


def test_a_container_of_a_host_without_i2c(box: Box) -> None:
    box.put("run/.containerenv", "")
    box.put("etc/modules", "")
    assert box.to_do() == ["sudo modprobe i2c-dev"]
    assert box.says("i2c-dev").text.startswith("on the host: ")


@pytest.mark.parametrize(
    ("number", "fix"),
    [(errno.EPERM, "docker run --device {dev}/i2c-1 …"), (errno.ENXIO, "sudo dmesg | grep -i i2c")],
)
def test_other_reasons_why_a_node_does_not_open(pi3: Box, number: int, fix: str) -> None:
    pi3.can = number
    assert pi3.to_do() == [fix.format(dev=pi3.dev)]
