"""The tree as plain files: pending writes, and accidents of their directory."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.model import DriverCore
from i2cdrv.core.module import load
from i2cdrv.errors import Busy
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim import CHIPS, SimAdapter
from i2cdrv.sysfs import tree as nodes
from i2cdrv.sysfs.kernfs import Attribute, Tree
from i2cdrv.sysfs.plainfiles import PlainFiles
from tests.support.needs import mounting
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from i2cdrv.core.device import Device

PATIENCE = 60.0  # s; only a failing test needs them


@contextmanager
def shown(tree: Tree, path: Path) -> Iterator[PlainFiles]:
    """The tree's files while the block runs."""
    files = PlainFiles(tree, path)
    files.start()
    try:
        yield files
    finally:
        files.stop()


@contextmanager
def tmpfs(path: Path, *options: str) -> Iterator[None]:
    """A file system of its own at the path."""
    mounting()
    subprocess.run(["mount", "-t", "tmpfs", *options, "none", str(path)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


class Held:
    """Attributes whose content is counted; after ``hold`` the next one read waits until ``go`` is set."""

    def __init__(self, count: int) -> None:
        self.tree = Tree()
        self.reads = 0
        self.value = 0
        self.go, self.waits = threading.Event(), threading.Event()
        self.go.set()
        self.attributes = [self.tree.root.add(f"{n}", Attribute(0o444, self._show)) for n in range(count)]

    def _show(self) -> bytes:
        self.reads += 1
        if not self.go.is_set():
            self.waits.set()
            assert self.go.wait(PATIENCE)
        return b"%d\n" % self.value

    def hold(self) -> None:
        """Let the writer wait inside the first attribute."""
        self.go.clear()
        self.tree.notify(self.attributes[0])
        assert self.waits.wait(PATIENCE)

    def change(self, times: int) -> None:
        for self.value in range(1, times + 1):
            for attribute in self.attributes:
                self.tree.notify(attribute)


def test_an_attribute_that_changes_often_is_written_once_for_all_its_changes(tmp_path: Path) -> None:
    held = Held(20)
    with shown(held.tree, tmp_path / "sys"):
        held.hold()
        before = held.reads
        held.change(400)  # 8 s at 50 Hz
        held.go.set()
        until(lambda: contents(tmp_path / "sys", 20) == [b"400\n"] * 20)
        assert held.reads == before + 20


def test_at_the_end_pending_writes_are_dropped(tmp_path: Path) -> None:
    held = Held(2000)
    with shown(held.tree, tmp_path / "sys"):
        held.hold()
        before = held.reads
        held.change(1)
        threading.Timer(0.05, held.go.set).start()  # while the end waits for the file under way
    assert held.reads == before
    assert list((tmp_path / "sys").iterdir()) == []


def test_the_end_does_not_wait_for_a_chip(tmp_path: Path) -> None:
    held = Held(1)
    with shown(held.tree, tmp_path / "sys"):
        held.hold()
    assert list((tmp_path / "sys").iterdir()) == []  # though the attribute is still being read
    held.go.set()


def test_names_that_come_and_go_leave_the_last_state(tmp_path: Path) -> None:
    held = Held(1)
    path, root = tmp_path / "sys", held.tree.root
    with shown(held.tree, path):
        held.hold()
        for round in range(50):
            home = root.directory("home")
            home.add("file", Attribute(0o444, partial(str(round).encode)))
            home.directory("inner").add("file", Attribute(0o444, lambda: b"x"))
            root.remove("home")
        home = root.directory("home")
        home.add("last", Attribute(0o444, lambda: b"here"))
        held.go.set()
        until((path / "home" / "last").exists)
        assert sorted(os.listdir(path / "home")) == ["last"]  # noqa: PTH208
        root.remove("home")
        until(lambda: not (path / "home").exists())


class Bound(NamedTuple):
    """A tree with an LM75 of 20.5 °C on bus 1, and the clock of that bus."""

    tree: Tree
    device: Device[Any]
    clock: VirtualClock


@pytest.fixture
def bound() -> Iterator[Bound]:
    clock = VirtualClock()
    adapter = SimAdapter({0x48: CHIPS["lm75"](temp=20.5)}, nr=1, clock=clock)
    tree, core, bus = Tree(), DriverCore(), Bus(adapter)
    nodes.build(tree, core)
    core.add_bus(bus)
    core.add_driver(LoadedModule(load("lm75")))
    device = core.new_device(1, "lm75", 0x48).device
    assert device is not None
    yield Bound(tree, device, clock)
    core.remove_bus(1)
    bus.close()


def test_a_value_that_has_grown_old_is_taken_away(tmp_path: Path, bound: Bound) -> None:
    """A bus thread that hangs takes no more samples, and nothing is notified."""
    tree, device, clock = bound
    value = tmp_path / "sys" / "class" / "hwmon" / "hwmon0" / "temp1_input"
    with shown(tree, tmp_path / "sys"):
        assert value.read_bytes() == b"20500\n"
        clock.sleep(3 * device.interval + 2)
        until(lambda: not value.exists())
        device.sample()
        until(value.exists)


def test_showing_a_value_causes_no_transfer(tmp_path: Path, bound: Bound) -> None:
    """Else a sample that is notified late would cause the next one, and so on."""
    tree, device, clock = bound
    with shown(tree, tmp_path / "sys"):
        taken = device.samples.latest
        value = tree.find("class/hwmon/hwmon0")
        assert value is not None
        clock.sleep(2 * device.interval)
        home = tree.find(f"devices/i2c-1/{device}/hwmon/hwmon0/temp1_input")
        assert isinstance(home, Attribute)
        home.read_latest()
        assert device.samples.latest is taken
        home.read()
        assert device.samples.latest is not taken


def test_a_directory_that_another_program_removes_is_written_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held, path = Held(3), tmp_path / "sys"
    held.tree.root.directory("home").add("file", Attribute(0o444, lambda: b"here"))
    with shown(held.tree, path):
        shutil.rmtree(path)
        until(lambda: (path / "home" / "file").exists() and (path / "2").exists())
        assert "tree removed by another program" in capsys.readouterr().err
        held.value = 5
        held.tree.notify(held.attributes[1])
        until(lambda: (path / "1").read_bytes() == b"5\n")


def test_a_mount_over_the_files_is_neither_written_nor_emptied(tmp_path: Path) -> None:
    held, path = Held(1), tmp_path / "sys"
    with shown(held.tree, path), tmpfs(path):
        (path / "mine").touch()
        before = held.reads
        held.tree.notify(held.attributes[0])
        until(lambda: held.reads > before)
        held.tree.root.add("new", Attribute(0o444, lambda: b"x"))
        held.tree.notify(held.attributes[0])
        until(lambda: held.reads > before + 1)
        assert os.listdir(path) == ["mine"]  # noqa: PTH208
    mounting()
    with tmpfs(path):
        (path / "mine").touch()
        with pytest.raises(Busy, match=rf"another file system is mounted there \(tmpfs\): umount {path}"):
            PlainFiles(held.tree, path).start()
        assert (path / "mine").exists()


def contents(path: Path, count: int) -> list[bytes]:
    """Return the contents of the files 0, 1, … that exist."""
    found: list[bytes] = []
    for number in range(count):
        with suppress(FileNotFoundError):
            found.append((path / f"{number}").read_bytes())
    return found


def fill(path: Path) -> None:
    """Take all the space that is left."""
    with path.open("wb", buffering=0) as ballast:
        while os.statvfs(path).f_bavail:
            ballast.write(bytes(4096))


def test_a_full_disk_is_logged_once_and_leaves_no_old_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, tree, text = tmp_path / "run" / "sys", Tree(), [b"old"]
    attributes = [tree.root.add(f"{n}", Attribute(0o444, lambda: text[0])) for n in range(8)]
    path.parent.mkdir()
    with tmpfs(path.parent, "-o", "size=128k"), shown(tree, path):
        fill(path.parent / "ballast")
        text[0] = bytes(3 * 4096)  # more than the old files leave
        for _ in range(3):
            for attribute in attributes:
                tree.notify(attribute)
            until(lambda: set(contents(path, 8)) <= {text[0]})
        assert len(contents(path, 8)) < 8
        (path.parent / "ballast").unlink()
        until(lambda: len(contents(path, 8)) == 8)
        lines: list[str] = []

        def complete() -> bool:
            lines.append(capsys.readouterr().err)
            return "tree complete again" in lines[-1]

        until(complete)
        assert "".join(lines).count("tree incomplete") == 1
