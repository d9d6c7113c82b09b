"""An upgrade, and the way back to a machine that has never seen the package; then the same from the tree itself."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.system.systemd.booted.service import CONFIG, FILE, MCP9808

if TYPE_CHECKING:
    from tests.system.systemd.booted.service import Service
    from tests.system.systemd.machine import Machine

ROOT = Path(__file__).parents[4]
# the user's home was never made, and a user stays where a package is purged, as is Debian's custom
LEFT = ("find", "/", "-xdev", "-name", "*i2cdrv*", "-not", "-path", "/root/*", "-not", "-path", "/proc/*")
INSTALL = ("python3", "-m", "config.install")


def left(machine: Machine) -> list[str]:
    """Every file, on disk or in /run, that has the name in its own."""
    return sorted(machine.run(*LEFT, "-o", "-path", "/run/*i2cdrv*").stdout.split())


def test_an_upgrade_restarts_it_and_keeps_the_configuration(
    service: Service, machine: Machine, package: Path, tmp_path: Path
) -> None:
    service.serving(CONFIG)
    pid = service.pid
    subprocess.run(["dpkg-deb", "-R", package, tmp_path / "i2cdrv"], check=True)
    control = tmp_path / "i2cdrv/DEBIAN/control"
    control.write_text(control.read_text().replace("\nVersion: ", "\nVersion: 9"))
    subprocess.run(["dpkg-deb", "--build", tmp_path / "i2cdrv", tmp_path / "i2cdrv.deb"], check=True)
    machine.put(tmp_path / "i2cdrv.deb", "/root/newer.deb")
    machine.run("dpkg", "--install", "/root/newer.deb")
    service.until(service.answers)
    assert service.pid != pid
    assert machine.read(FILE) == CONFIG
    assert service.mounts() == ["fuse.i2cdrv"]


def test_removed_it_is_gone_but_for_the_configuration(service: Service, machine: Machine) -> None:
    machine.run("apt-get", "remove", "-qy", "i2cdrv")
    assert service.show("LoadState") == "not-found" or service.show("ActiveState") == "inactive"
    assert service.mounts() == []
    assert machine.read(FILE) == CONFIG
    assert machine.run("sh", "-c", "command -v i2cdrv", check=False).returncode != 0
    assert machine.run("python3", "-c", "import i2cdrv", check=False).returncode != 0


def test_purged_nothing_is_left_of_it(service: Service, machine: Machine) -> None:
    machine.run("apt-get", "purge", "-qy", "i2cdrv")
    assert left(machine) == []
    assert service.show("LoadState") == "not-found"
    assert machine.run("systemctl", "--failed", "--plain", "--no-legend").stdout == ""


def test_installed_again_it_runs(service: Service, machine: Machine) -> None:
    machine.run("apt-get", "install", "-qy", "--no-install-recommends", "/root/i2cdrv.deb")
    service.serving(CONFIG)
    machine.run("apt-get", "purge", "-qy", "i2cdrv")
    assert left(machine) == []


def test_make_install_does_the_same_and_make_uninstall_leaves_nothing(service: Service, machine: Machine) -> None:
    parts = ("CHANGELOG.md", "LICENSE", "README.md", "config", "drivers", "i2cdrv", "pyproject.toml", "udev")
    tar = subprocess.run(
        ["tar", "--exclude=__pycache__", "-cf", "-", *parts], cwd=ROOT, capture_output=True, check=True
    )
    place = Path(f"/proc/{machine.pid}/root/root/tree")
    place.mkdir()
    subprocess.run(["tar", "-xf", "-"], cwd=place, input=tar.stdout, check=True)
    machine.run("apt-get", "purge", "-qy", "python3-smbus2")
    said = machine.run("sh", "-ec", f"cd /root/tree; {' '.join(INSTALL)} install").stdout
    assert said.splitlines()[0] == "sudo apt install python3-smbus2"
    machine.run("sh", "-c", said.replace("sudo ", ""))  # the next step in its message; udevd does not run here
    service.serving(CONFIG)
    assert service.mounts() == ["fuse.i2cdrv"]
    assert service.reading(MCP9808)["status"] == "ok"
    assert machine.run("sh", "-c", "command -v i2cdrv").stdout == "/usr/local/bin/i2cdrv\n"
    machine.run("systemctl", "disable", "--now", "i2cdrv")
    said = machine.run("sh", "-ec", f"cd /root/tree; {' '.join(INSTALL)} uninstall").stdout
    assert said == f"{FILE} was changed, and stays\n"
    assert service.mounts() == []
    machine.run("rm", "-r", FILE, "/run/i2cdrv", "/var/lib/i2cdrv")
    assert left(machine) == ["/etc/i2cdrv"]
