"""Which way the tree is shown, and plain files where there is no FUSE."""

from __future__ import annotations

import os
import select
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.model import DriverCore
from i2cdrv.core.module import load
from i2cdrv.errors import Error, NoDevice
from i2cdrv.lib import mountpoint, mountwatch
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim import CHIPS, SimAdapter
from i2cdrv.sysfs import fuse, mounted
from i2cdrv.sysfs import tree as files
from i2cdrv.sysfs.kernfs import Attribute, Link, Tree
from tests.support import needs
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 60.0  # s; only a failing test needs them


@pytest.fixture
def no_fuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def mount(_path: Path) -> int:
        raise Error("/dev/fuse cannot be used: No such file or directory", 2)

    monkeypatch.setattr(fuse, "mount", mount)


def small() -> tuple[Tree, Attribute, list[bytes]]:
    tree, value = Tree(), [b"1\n"]
    home = tree.root.directory("home")
    attribute = home.add("value", Attribute(0o644, lambda: value[0], lambda _data: None))
    home.add("control", Attribute(0o200, None, lambda _data: None))
    home.add("link", Link("value"))
    return tree, attribute, value


@pytest.mark.usefixtures("no_fuse")
def test_without_fuse_there_are_plain_files_to_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree, attribute, value = small()
    target = tmp_path / "run" / "sys"
    with mounted.mounted_tree(tree, target):
        assert "plain read-only files" in capsys.readouterr().err
        assert (target / "home" / "value").read_bytes() == b"1\n"
        assert (target / "home" / "link").read_bytes() == b"1\n"
        assert oct((target / "home" / "value").stat().st_mode & 0o777) == "0o444"  # a shell's write is refused
        assert not (target / "home" / "control").exists()
        value[0] = b"2\n"
        tree.notify(attribute)
        until(lambda: (target / "home" / "value").read_bytes() == b"2\n")
        tree.root.directory("new").add("file", Attribute(0o444, lambda: b"here\n"))
        until((target / "new" / "file").exists)
        tree.root.remove("home")
        until(lambda: not (target / "home").exists())
    assert list(target.iterdir()) == []


@pytest.mark.usefixtures("no_fuse")
def test_a_plain_file_is_never_half_written(tmp_path: Path) -> None:
    tree, attribute, value = small()
    path = tmp_path / "sys" / "home" / "value"
    with mounted.mounted_tree(tree, tmp_path / "sys"):
        stop = threading.Event()

        def change() -> None:
            for number in range(500):
                value[0] = b"%d" % (number % 10) * 999 + b"\n"
                tree.notify(attribute)
            stop.set()

        writer = threading.Thread(target=change)
        writer.start()
        while not stop.is_set():
            text = path.read_bytes()
            assert text == b"1\n" or (len(text) == 1000 and len(set(text)) == 2)
        writer.join()


@pytest.mark.usefixtures("no_fuse")
def test_a_value_that_cannot_be_verified_is_absent(tmp_path: Path) -> None:
    adapter = SimAdapter({0x48: CHIPS["lm75"](temp=20.5)}, nr=1, clock=VirtualClock())
    tree, core, bus = Tree(), DriverCore(), Bus(adapter)
    files.build(tree, core)
    core.add_bus(bus)
    core.add_driver(LoadedModule(load("lm75")))
    client = core.new_device(1, "lm75", 0x48)
    with mounted.mounted_tree(tree, tmp_path / "sys"):
        path = tmp_path / "sys" / "class" / "hwmon" / "hwmon0" / "temp1_input"
        assert path.read_bytes() == b"20500\n"
        assert client.device is not None
        chip = adapter.detach(0x48)
        with pytest.raises(Error):
            client.device.sample()
        until(lambda: not path.exists())
        adapter.attach(0x48, chip)
        client.device.sample()
        until(path.exists)
        assert path.read_bytes() == b"20500\n"
    core.remove_bus(1)
    bus.close()


def test_one_process_shows_its_tree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "sys"
    with mounted.mounted_tree(Tree(), target):
        capsys.readouterr()
        with mounted.mounted_tree(Tree(), target):
            assert f"no tree at {target}: another process shows its tree there" in capsys.readouterr().err
        assert target.exists()


def test_an_unusable_place_stops_no_process(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    with mounted.mounted_tree(Tree(), tmp_path / "file" / "sys"):
        assert "no tree at" in capsys.readouterr().err


@pytest.mark.skipif(not os.access("/dev/fuse", os.W_OK) or os.geteuid() != 0, reason="/dev/fuse cannot be used here")
def test_with_fuse_it_is_mounted_and_taken_away(tmp_path: Path) -> None:
    tree, _, _ = small()
    with mounted.mounted_tree(tree, tmp_path / "sys"):
        assert os.path.ismount(tmp_path / "sys")
        assert (tmp_path / "sys" / "home" / "value").read_bytes() == b"1\n"
    assert not os.path.ismount(tmp_path / "sys")


def test_a_device_that_was_bound_before_is_taken_in(tmp_path: Path) -> None:
    adapter = SimAdapter({0x48: CHIPS["lm75"](temp=20.5)}, nr=1, clock=VirtualClock())
    tree, core, bus = Tree(), DriverCore(), Bus(adapter)
    device = bus.bind(LoadedModule(load("lm75")), 0x48)
    files.build(tree, core)
    client = core.adopt(device)
    assert core.drivers_autoprobe
    assert client.device is device
    assert b"DRIVER=lm75" in tree.find("devices/i2c-1/1-0048/uevent").read()  # type: ignore[union-attr]
    core.unbind("lm75", "1-0048")
    assert not bus.devices
    with pytest.raises(NoDevice):
        device.sample()
    core.bind("lm75", "1-0048")
    bus.close()


class Lost:
    """A tree that is shown with FUSE, and its log."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path, self._capsys, self._said = path, capsys, ""
        self.tree, self.attribute, self.value = small()

    def logged(self, words: str) -> bool:
        self._said += self._capsys.readouterr().err
        return words in self._said

    def shows(self, text: bytes) -> bool:
        with suppress(OSError):
            return (self.path / "home" / "value").read_bytes() == text
        return False


@pytest.fixture
def lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Lost]:
    needs.fuse()
    needs.mounting()
    monkeypatch.setattr(mountwatch, "PAUSE_S", 0.01)
    shown = Lost(tmp_path / "run" / "sys", capsys)
    with mounted.mounted_tree(shown.tree, shown.path):
        yield shown
    while mountpoint.mounted(str(shown.path)):
        mountpoint.detach(str(shown.path))


def test_a_tree_that_is_unmounted_is_mounted_again(lost: Lost) -> None:
    for text in (b"2\n", b"3\n", b"4\n"):
        subprocess.run(["umount", "-l", str(lost.path)], check=True)
        lost.value[0] = text
        until(lambda: lost.shows(lost.value[0]))
        until(lambda: mountpoint.mounted(str(lost.path)) == [mountpoint.TYPE])
    until(lambda: lost.logged("tree unmounted or hidden, mounted again"))


def test_a_file_that_is_open_when_the_tree_is_unmounted_is_served_still(lost: Lost) -> None:
    with (lost.path / "home" / "value").open("rb", buffering=0) as file:
        subprocess.run(["umount", "-l", str(lost.path)], check=True)
        until(lambda: lost.shows(b"1\n"))
        lost.value[0] = b"2\n"
        assert file.read() == b"2\n"
        poll = select.poll()
        poll.register(file, select.POLLPRI)
        lost.tree.notify(lost.attribute)
        assert poll.poll(PATIENCE * 1000)


@pytest.mark.parametrize("above", [False, True])
def test_a_tree_that_is_covered_is_mounted_over_the_cover(lost: Lost, above: bool) -> None:
    """Also where the mount covers a directory on the way to it."""
    covered = lost.path.parent if above else lost.path
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "none", str(covered)], check=True)
    try:
        until(lambda: lost.shows(b"1\n"))
        until(lambda: lost.logged("mounted again"))
        if not above:
            assert mountpoint.mounted(str(lost.path)) == [mountpoint.TYPE, "tmpfs", mountpoint.TYPE]
            assert lost.logged("covered by another mount (tmpfs)")
    finally:
        subprocess.run(["umount", "-l", str(covered)], check=True)
    until(lambda: lost.shows(b"1\n"))


def test_the_target_of_a_link_is_neither_covered_nor_emptied(tmp_path: Path) -> None:
    victim, path = tmp_path / "victim", tmp_path / "run" / "sys"
    (victim / "home").mkdir(parents=True)
    path.parent.mkdir()
    path.symlink_to(victim)
    with mounted.mounted_tree(Tree(), path):
        assert path.is_symlink()
        assert mountpoint.mounted(str(victim)) == []
        assert (victim / "home").is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="makes what belongs to another user")
def test_nothing_is_shown_in_a_directory_of_another_user(tmp_path: Path) -> None:
    path = tmp_path / "run" / "sys"
    path.parent.mkdir()
    os.chown(path.parent, 65534, 65534)
    with mounted.mounted_tree(Tree(), path):
        assert list(path.parent.iterdir()) == []


def test_a_tree_that_cannot_be_mounted_again_is_logged_once(lost: Lost, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[Path] = []

    def mount(path: Path) -> int:
        attempts.append(path)
        raise Error(f"{path} cannot be mounted: Operation not permitted", 1)

    with monkeypatch.context() as context:
        context.setattr(fuse, "mount", mount)
        subprocess.run(["umount", "-l", str(lost.path)], check=True)
        until(lambda: len(attempts) > 3)
    until(lambda: lost.shows(b"1\n"))
    until(lambda: lost.logged("mounted again"))
    assert lost._said.count("not mounted again") == 1


def test_other_mounts_are_no_reason_to_mount_again(lost: Lost, tmp_path: Path) -> None:
    before = mountpoint.mount_id(str(lost.path))
    (tmp_path / "other").mkdir()
    for _ in range(3):
        subprocess.run(["mount", "-t", "tmpfs", "none", str(tmp_path / "other")], check=True)
        subprocess.run(["umount", str(tmp_path / "other")], check=True)
    assert mountpoint.mount_id(str(lost.path)) == before
    assert not lost.logged("again")
