"""Commands of this system that give a user access to a bus, for error messages and ``i2cdrv doctor``.

The system is identified by os-release(5).  ``root``: the directory of its files.
"""

from __future__ import annotations

import grp
from pathlib import Path

ROOT = Path("/")

LOAD_I2C_DEV = "sudo modprobe i2c-dev"
RASPI_CONFIG = "sudo raspi-config nonint do_i2c 0"
DTPARAM = "dtparam=i2c_arm=on"
RULE = 'SUBSYSTEM=="i2c-dev", GROUP="i2c", MODE="0660"'

INSTALL = {  # by ID or ID_LIKE
    "debian": "sudo apt install",
    "ubuntu": "sudo apt install",
    "fedora": "sudo dnf install",
    "rhel": "sudo dnf install",
    "arch": "sudo pacman -S",
    "alpine": "sudo apk add",
    "suse": "sudo zypper install",
    "opensuse": "sudo zypper install",
    "gentoo": "sudo emerge",
    "void": "sudo xbps-install -S",
}
RULE_PACKAGES = ("debian", "ubuntu")  # their i2c-tools contain the group and the udev rule
CONFIG_TXT = (  # Debian 12 and later; openSUSE, Fedora; Alpine; Debian before, Arch
    *("boot/firmware/config.txt", "boot/efi/extraconfig.txt", "boot/efi/config.txt", "media/mmcblk0p1/usercfg.txt"),
    *("media/mmcblk0p1/config.txt", "boot/usercfg.txt", "boot/config.txt"),
)


def systems(root: Path = ROOT) -> tuple[str, ...]:
    """Return the ID of the system and the IDs it resembles (ID_LIKE); empty if os-release has none."""
    for name in ("etc/os-release", "usr/lib/os-release"):
        try:
            lines = (root / name).read_text("utf-8", "replace").splitlines()
        except OSError:
            continue
        fields = {key: value.strip("\"'") for key, _, value in (line.partition("=") for line in lines)}
        return tuple(f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".split())
    return ()


def is_nixos(root: Path = ROOT) -> bool:
    """Return whether files in /etc are made from a configuration, so that no command may change them."""
    return "nixos" in systems(root)


def nixos(*settings: str) -> str:
    """Return the command that applies settings on NixOS."""
    return f"sudoedit /etc/nixos/configuration.nix && sudo nixos-rebuild switch  # {' '.join(settings)}"


def install(package: str, root: Path = ROOT) -> str:
    """Return the command that installs a package, or a sentence that names it where the system is unknown."""
    if is_nixos(root):
        return nixos(f"environment.systemPackages = [ pkgs.{package} ];")
    command = next((INSTALL[name] for name in systems(root) if name in INSTALL), None)
    return f"{command} {package}" if command else f"install the package {package}"


def udev_rule(root: Path = ROOT) -> str:
    """Return the command that gives the nodes of buses to group i2c."""
    if is_nixos(root):
        return nixos("hardware.i2c.enable = true;")
    if any(name in RULE_PACKAGES for name in systems(root)):
        return install("i2c-tools", root)
    if "alpine" in systems(root):  # mdev; udev where it is installed reads its rules as well
        return "sudo addgroup -S i2c; echo 'i2c-[0-9]+ root:i2c 660' | sudo tee -a /etc/mdev.conf && sudo mdev -s"
    write = f"echo '{RULE}' | sudo tee /etc/udev/rules.d/60-i2c.rules"
    return f"sudo groupadd -rf i2c && {write} && sudo udevadm control --reload && sudo udevadm trigger -s i2c-dev"


def keep_i2c_dev(root: Path = ROOT) -> str:
    """Return the command that loads i2c-dev at each start."""
    if is_nixos(root):
        return nixos("hardware.i2c.enable = true;")
    return f"echo i2c-dev | sudo tee {root / 'etc/modules-load.d/i2c-dev.conf'}"


def enable_on_pi(root: Path = ROOT, *, raspi_config: bool | None = None) -> str:
    """Return the command that enables I2C on a Raspberry Pi; ``raspi_config``: whether that program is installed."""
    if raspi_config is None:
        raspi_config = (root / "usr/bin/raspi-config").exists()
    if raspi_config:
        return RASPI_CONFIG
    if is_nixos(root):
        command, mark, setting = nixos("hardware.i2c.enable = true;").partition("  # ")
        return f"{command} && {add_line(config_txt(root), DTPARAM)}{mark}{setting}"
    return add_line(config_txt(root), DTPARAM)


def config_txt(root: Path = ROOT) -> Path:
    """Return the file that the firmware of a Raspberry Pi reads, or where it would be."""
    places = [root / place for place in CONFIG_TXT]
    there = [place for place in places if place.exists()]
    possible = [place for place in places if place.name == "config.txt" and place.parent.is_dir()]
    return [*there, *possible, places[0]][0]


def add_line(path: Path, line: str) -> str:
    """Return the command that adds a line for every model and reboots, because it is read only then."""
    return rf"printf '[all]\n{line}\n' | sudo tee -a {path} && sudo reboot"


def join_group_command(group: str, root: Path = ROOT) -> str:
    """Return the command that adds the caller to a group; a number is a group without a name and gets one."""
    if group.isdecimal():
        named = f"i2c-{group}"
        make = f"sudo addgroup -g {group} {named}" if "alpine" in systems(root) else f"sudo groupadd -g {group} {named}"
        return f"{make} && {join_group_command(named, root)}"
    if is_nixos(root):
        return nixos(f'users.users.$USER.extraGroups = [ "{group}" ];')
    if "alpine" in systems(root):
        return f"sudo addgroup $USER {group}"
    return f"sudo usermod -aG {group} $USER"


def how_to_get_access(path: Path) -> str:
    """Return the command that gives the caller access to that path, by its group or that of a directory above."""
    for place in (path, *path.parents):
        try:
            number = place.stat().st_gid
            group = grp.getgrgid(number).gr_name
        except (OSError, KeyError):
            continue
        return f"{join_group_command(group)}, then log in again" if number else "try it with sudo"
    return "try it with sudo"
