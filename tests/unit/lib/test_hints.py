"""Advice fits the system: no command that it does not have, by the names of os-release(5) of real systems."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from i2cdrv.cli import doctor
from i2cdrv.i2c import inventory
from i2cdrv.lib import hints
from tests.unit.cli.doctor.box import GROUP, Box

if TYPE_CHECKING:
    from pathlib import Path

SYSTEMS = {  # os-release of each, and the program that installs packages there
    "fedora": ('ID=fedora\nVERSION_ID=43\nPRETTY_NAME="Fedora Linux 43"\n', "dnf"),
    "rocky": ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "dnf"),
    "nixos": ('ID=nixos\nPRETTY_NAME="NixOS 25.05 (Warbler)"\n', "configuration.nix"),
    "alpine": ('ID=alpine\nPRETTY_NAME="Alpine Linux v3.22"\n', "apk"),
    "arch": ("ID=arch\n", "pacman"),
    "archarm": ("ID=archarm\nID_LIKE=arch\n", "pacman"),
    "opensuse": ('ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n', "zypper"),
    "unknown": ("ID=yocto\n", "install the package"),
}
DEBIANS = {
    "debian": "ID=debian\n",
    "raspbian": "ID=raspbian\nID_LIKE=debian\n",
    "ubuntu": "ID=ubuntu\nID_LIKE=debian\n",
}
FOREIGN = ("raspi-config", "apt ", "apt-get")
every_system = pytest.mark.parametrize("system", SYSTEMS)


@pytest.fixture
def box(tmp_path: Path, system: str) -> Box:
    """A Raspberry Pi without I2C, as its person installed that system."""
    found = Box(tmp_path)
    found.model("Raspberry Pi 4 Model B Rev 1.4")
    found.put("etc/os-release", SYSTEMS[system][0])
    found.programs = {}
    return found


@every_system
@pytest.mark.parametrize("node", ["none", "of root", "of a group", "of a group without a name"])
def test_no_advice_names_a_command_that_the_system_lacks(box: Box, system: str, node: str) -> None:
    if node != "none":
        box.adapter(1, "bcm2835 (i2c@7e804000)")
        (box.dev / "i2c-1").chmod(0o600 if node == "of root" else 0o660)
        box.can = errno.EACCES
        box.put("etc/group", f"i2c:x:{GROUP}:\n" if node == "of a group" else "")
    (box.dev / "fuse").unlink()
    fixes = [one.fix for one in box.found()]
    fault = OSError(errno.ENOENT if node == "none" else errno.EACCES, "")
    fixes.append(inventory.open_error(1, fault, sys=box.sys, dev=box.dev).message)
    assert not [fix for fix in fixes if any(word in fix for word in FOREIGN)]
    assert not [fix for fix in fixes if f"usermod -aG {GROUP}" in fix]
    if system == "alpine":
        assert not [fix for fix in fixes if "usermod" in fix or "groupadd" in fix]
    if system == "nixos":
        assert not [fix for fix in fixes if "/etc/udev" in fix or "modules-load.d" in fix or "usermod" in fix]


@every_system
def test_i2c_of_a_pi_is_switched_on_by_its_config_txt(box: Box, system: str) -> None:
    (box.root / "boot/efi").mkdir(parents=True)
    (fix,) = [one.fix for one in doctor.buses.i2c(box.machine())]
    assert rf"printf '[all]\ndtparam=i2c_arm=on\n' | sudo tee -a {box.root}/boot/efi/config.txt && sudo reboot" in fix
    assert ("hardware.i2c.enable = true;" in fix) == (system == "nixos")
    assert "sudo reboot" in fix.partition("#")[0]  # a shell runs nothing behind a comment


@every_system
def test_packages_come_by_the_systems_own_program(box: Box, system: str) -> None:
    assert SYSTEMS[system][1] in hints.install("fuse3", box.root)


@pytest.mark.parametrize("said", DEBIANS.values(), ids=DEBIANS)
def test_the_family_of_debian_has_apt(tmp_path: Path, said: str) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text(said)
    assert hints.install("fuse3", tmp_path) == "sudo apt install fuse3"
    assert hints.udev_rule(tmp_path) == "sudo apt install i2c-tools"
    assert hints.join_group_command("i2c", tmp_path) == "sudo usermod -aG i2c $USER"


@pytest.mark.parametrize(
    ("path", "others"),
    [
        ("boot/firmware/config.txt", ["boot/config.txt"]),
        ("boot/config.txt", []),
        ("boot/efi/extraconfig.txt", []),
        ("media/mmcblk0p1/usercfg.txt", ["media/mmcblk0p1/config.txt"]),
    ],
)
def test_the_file_of_the_firmware_is_the_existing_one(tmp_path: Path, path: str, others: list[str]) -> None:
    for name in (path, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert hints.config_txt(tmp_path) == tmp_path / path


def test_without_systemd_no_advice_is_for_it(tmp_path: Path) -> None:
    box = Box(tmp_path)
    (box.root / "run/systemd/system").rmdir()
    run = box.root / "run/i2cdrv"
    run.mkdir(parents=True)
    run.chmod(0o750)
    (run / "control").touch()  # left behind
    assert not [one.fix for one in box.found() if "systemctl" in one.fix]


def test_limits_of_an_adapter_in_use_are_shown(tmp_path: Path) -> None:
    box = Box(tmp_path)
    (box.root / "run/i2cdrv").mkdir(parents=True)
    (box.root / "run/i2cdrv").chmod(0o750)
    box.put("run/i2cdrv/sys/bus/i2c/devices/i2c-7/quirks", "reads up to 26 bytes\n")
    assert box.says("i2c-7: this adapter is limited to reads up to 26 bytes").grade == "note"
