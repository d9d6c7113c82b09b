"""The tree on a real mount: programs must see the same as in sysfs (recorded on Linux 6.12 and 7.2)."""

from __future__ import annotations

import errno
import os
import select
import signal
import subprocess
import sys
import threading
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.model import DriverCore
from i2cdrv.core.module import load
from i2cdrv.errors import Error, Invalid
from i2cdrv.lib.clock import RealClock
from i2cdrv.sim import CHIPS, SimAdapter
from i2cdrv.sysfs import fuse
from i2cdrv.sysfs import tree as files
from i2cdrv.sysfs.kernfs import Attribute, Directory, Link, Tree
from tests.support import deadmounts, needs
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 60.0  # s; only a failing test needs them
CONTROL = Path(__file__).parent / "tree" / "control.sh"


pytestmark = needs.FUSE


class Cell:
    """A value that can be read and written; ``bad`` is refused."""

    def __init__(self, value: bytes = b"1\n") -> None:
        self.value = value
        self.shown = 0

    def show(self) -> bytes:
        self.shown += 1
        return self.value

    def store(self, data: bytes) -> None:
        if data.startswith(b"bad"):
            raise Invalid("bad")
        self.value = data


class Mounted:
    """A small tree and where it is mounted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cell = Cell()
        self.go, self.asked = threading.Event(), threading.Event()
        self.tree = Tree()
        root = self.tree.root
        self.value = root.add("value", Attribute(0o644, self.cell.show, self.cell.store))
        root.add("readonly", Attribute(0o444, lambda: b"ro\n", self.cell.store))
        root.add("writeonly", Attribute(0o200, lambda: b"wo\n", self.cell.store))
        root.add("slow", Attribute(0o644, self._slow, self.cell.store, show_waits=True, store_waits=True))
        root.add("broken", Attribute(0o444, self._broken))
        root.add("long", Attribute(0o444, lambda: bytes(range(256)) * 16))
        home = root.directory("many")
        for number in range(2000):
            home.add(f"{number}", Attribute(0o444, f"{number}\n".encode))
        root.add("link", Link("many/7"))
        path.mkdir()
        self.server = fuse.Server(self.tree, fuse.mount(path))
        self.server.start()

    def _slow(self) -> bytes:
        self.asked.set()
        assert self.go.wait(PATIENCE)
        return b"slow\n"

    def _broken(self) -> bytes:
        raise KeyError("a mistake")

    def close(self) -> None:
        self.go.set()
        fuse.unmount(self.path)
        self.server.join()


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Mounted]:
    mounted = Mounted(tmp_path / "sys")
    yield mounted
    mounted.close()


def refused(number: int) -> AbstractContextManager[object]:
    """The block fails with that errno."""
    return pytest.raises(OSError, match=rf"^\[Errno {number}\]")


def test_a_file_looks_as_in_sysfs(at: Mounted) -> None:
    found = (at.path / "value").stat()
    assert (found.st_size, oct(found.st_mode), found.st_nlink) == (4096, "0o100644", 1)
    assert oct((at.path / "many").stat().st_mode) == "0o40755"
    assert (at.path / "link").readlink() == Path("many/7")
    assert (at.path / "link").read_text() == "7\n"
    assert os.statvfs(at.path).f_blocks == 0


def test_reading_and_writing(at: Mounted) -> None:
    assert (at.path / "value").read_bytes() == b"1\n"
    (at.path / "value").write_bytes(b"22\n")
    assert at.cell.value == b"22\n"
    with (at.path / "value").open("ab", buffering=0) as file:
        file.write(b"x\n")  # appending is writing
    assert (at.path / "value").read_bytes() == b"x\n"


def test_bash_prints_the_error(at: Mounted) -> None:
    done = subprocess.run(["bash", "-c", "echo bad > value"], cwd=at.path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Invalid argument" in done.stderr
    assert (at.path / "value").read_bytes() == b"1\n"


def test_root_is_no_exception_to_the_mode(at: Mounted) -> None:
    for name, flags in (("readonly", os.O_WRONLY), ("readonly", os.O_RDWR), ("writeonly", os.O_RDONLY)):
        with refused(errno.EACCES):
            os.open(at.path / name, flags)


def test_a_read_is_rendered_at_the_beginning_of_the_file(at: Mounted) -> None:
    fd = os.open(at.path / "value", os.O_RDONLY)
    try:
        assert os.read(fd, 1) == b"1"
        at.cell.value = b"23456\n"
        assert os.read(fd, 10) == b"\n"
        assert os.read(fd, 10) == b""
        assert os.pread(fd, 100, 0) == b"23456\n"
        assert os.pread(fd, 2, 3) == b"56"
        assert os.pread(fd, 2, 600) == b""
        assert at.cell.shown == 2
    finally:
        os.close(fd)
    assert (at.path / "long").read_bytes() == bytes(range(256)) * 16


def test_one_write_is_one_store_wherever_it_stands(at: Mounted) -> None:
    fd = os.open(at.path / "value", os.O_WRONLY | os.O_TRUNC)
    try:
        assert os.pwrite(fd, b"7\n", 2) == 2
        assert at.cell.value == b"7\n"
        assert os.write(fd, b"x" * 5000) == 4096
        assert at.cell.value == b"x" * 4096
        assert os.write(fd, b"") == 0
        os.ftruncate(fd, 0)
        assert at.cell.value == b"x" * 4096
    finally:
        os.close(fd)


@pytest.mark.parametrize(
    ("change", "number"),
    [
        (lambda p: os.open(p / "new", os.O_CREAT | os.O_WRONLY), errno.EACCES),
        (lambda p: (p / "value").unlink(), errno.EPERM),
        (lambda p: (p / "new").mkdir(), errno.EPERM),
        (lambda p: (p / "many").rmdir(), errno.EPERM),
        (lambda p: (p / "value").rename(p / "new"), errno.EPERM),
        (lambda p: (p / "new").symlink_to("value"), errno.EPERM),
        (lambda p: next((p / "none").iterdir()), errno.ENOENT),
    ],
)
def test_programs_do_not_change_the_shape(at: Mounted, change: object, number: int) -> None:
    assert callable(change)
    with refused(number):
        change(at.path)


def test_a_mode_can_be_changed(at: Mounted) -> None:
    (at.path / "value").chmod(0o600)
    assert oct((at.path / "value").stat().st_mode) == "0o100600"


def test_tools_walk_through_without_complaint(at: Mounted) -> None:
    at.go.set()
    at.tree.root.remove("broken")
    for command in ("ls -lR . >/dev/null", "find . | wc -l", "grep -rh . many | wc -l",
                    "cat many/* | sort -n | tail -1"):  # fmt: skip
        done = subprocess.run(["sh", "-c", command], cwd=at.path, capture_output=True, text=True, check=True)
        assert done.stderr == ""
    assert sorted(int(path.name) for path in (at.path / "many").iterdir()) == list(range(2000))


def test_a_mistake_in_one_file_is_an_error_of_that_file(at: Mounted, capsys: pytest.CaptureFixture[str]) -> None:
    with refused(errno.EIO):
        (at.path / "broken").read_bytes()
    assert "a mistake" in capsys.readouterr().err
    assert (at.path / "value").read_bytes() == b"1\n"


def test_names_come_and_go_at_once(at: Mounted) -> None:
    new = at.path / "new"
    assert not new.exists()
    home = at.tree.root.directory("new")
    home.add("file", Attribute(0o444, lambda: b"here\n"))
    assert (new / "file").read_bytes() == b"here\n"
    fd = os.open(new / "file", os.O_RDONLY)
    at.tree.root.remove("new")
    until(lambda: not new.exists())  # a thread notifies the kernel
    with refused(errno.ENODEV):
        os.pread(fd, 10, 0)
    os.close(fd)


def test_the_number_of_links_follows_the_directories(at: Mounted) -> None:
    assert at.path.stat().st_nlink == 3
    at.tree.root.directory("one").directory("inner")
    until(lambda: at.path.stat().st_nlink == 4)
    assert (at.path / "one").stat().st_nlink == 3
    at.tree.root.remove("one")
    until(lambda: at.path.stat().st_nlink == 3)


def test_a_programs_changes_to_a_file_go_with_it(at: Mounted) -> None:
    os.utime(at.path / "value", (1, 2))
    (at.path / "value").chmod(0o4600)
    at.tree.removed(at.tree.root, "value", at.value)  # the kernel forgets the name, and looks it up again
    found = (at.path / "value").stat()
    assert (found.st_atime, found.st_mtime, oct(found.st_mode)) == (1, 2, "0o104600")
    at.tree.root.remove("value")
    at.tree.root.add("value", Attribute(0o644, at.cell.show))
    until(lambda: oct((at.path / "value").stat().st_mode) == "0o100644")


def test_a_reader_that_waits_for_a_chip_blocks_no_other(at: Mounted) -> None:
    answers: list[bytes] = []
    slow = threading.Thread(target=lambda: answers.append((at.path / "slow").read_bytes()))
    slow.start()
    assert at.asked.wait(PATIENCE)
    for _ in range(20):
        assert (at.path / "value").read_bytes() == b"1\n"
    assert answers == []
    at.go.set()
    slow.join(PATIENCE)
    assert answers == [b"slow\n"]


def test_a_reader_that_waits_can_be_killed(at: Mounted) -> None:
    reader = subprocess.Popen(["cat", "slow"], cwd=at.path, stdout=subprocess.PIPE)
    assert at.asked.wait(PATIENCE)
    reader.send_signal(signal.SIGTERM)
    assert reader.wait(PATIENCE) == -signal.SIGTERM
    assert reader.stdout is not None
    reader.stdout.close()


def test_a_reader_never_sees_half_a_write(at: Mounted) -> None:
    writer = "for n in range(10000): f = open('value', 'w'); f.write(str(n % 7) * 1000 + chr(10)); f.close()"
    writing = subprocess.Popen([sys.executable, "-c", writer], cwd=at.path)
    seen = 0
    while writing.poll() is None:
        text = (at.path / "value").read_bytes()
        assert text == b"1\n" or (len(text) == 1001 and len(set(text[:-1])) == 1)
        seen += 1
    assert writing.returncode == 0
    assert seen > 10


def test_poll_wakes_on_a_change_as_in_sysfs(at: Mounted) -> None:
    with (at.path / "value").open("rb", buffering=0) as file:
        file.read()
        poller = select.poll()
        poller.register(file, select.POLLPRI | select.POLLERR)
        assert poller.poll(0) == []
        waking = threading.Timer(0.05, at.tree.notify, (at.value,))
        waking.start()
        ((_, events),) = poller.poll(PATIENCE * 1000)
        assert events == select.POLLPRI | select.POLLERR
        file.seek(0)
        file.read()
        assert poller.poll(0) == []
        waking.join()


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_other_users_have_the_rights_of_the_mode(at: Mounted) -> None:
    def as_nobody(command: str) -> subprocess.CompletedProcess[str]:
        at.path.parent.chmod(0o755)
        return subprocess.run(["sh", "-c", f"cd {at.path} && {command}"], user=65534, group=65534, extra_groups=[],
                              capture_output=True, text=True, check=False)  # fmt: skip

    for parent in at.path.parents:
        if not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o001)
    assert as_nobody("cat value").stdout == "1\n"
    done = as_nobody("echo 2 > value")
    assert done.returncode
    assert "denied" in done.stderr
    assert as_nobody("chmod 666 value").returncode


def serve_until_killed(target: Path) -> None:
    """Leave a mount whose server was killed."""
    target.mkdir()
    serve = f"""
import time
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from i2cdrv.sysfs import fuse
from i2cdrv.sysfs.kernfs import Attribute, Tree
tree = Tree()
tree.root.add("value", Attribute(0o444, lambda: b"1\\n"))
fuse.Server(tree, fuse.mount(Path({str(target)!r}))).start()
print("up", flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", serve], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"up\n"
        target.stat()  # the kernel keeps its answer from now on, server or not
        server.kill()
    with refused(errno.ENOTCONN):
        next(target.iterdir())


def test_the_mount_of_a_killed_server_is_cleared_away(tmp_path: Path) -> None:
    target = tmp_path / "sys"
    serve_until_killed(target)
    tree = Tree()
    again = fuse.Server(tree, fuse.mount(target))
    again.start()
    assert Path("/proc/self/mountinfo").read_text().count(f" {target} ") == 1
    assert list(target.iterdir()) == []
    fuse.unmount(target)
    again.join()
    assert not os.path.ismount(target)


def test_a_killed_run_of_these_tests_does_not_spoil_the_next_one(tmp_path: Path, at: Mounted) -> None:
    target = tmp_path / "left behind"
    serve_until_killed(target)
    assert deadmounts.clear(tmp_path) == [str(target)]
    target.rmdir()
    assert deadmounts.clear(tmp_path) == [], "a mount with a server is left alone"
    assert os.path.ismount(at.path)


def test_a_place_that_cannot_be_mounted_is_named(tmp_path: Path) -> None:
    with pytest.raises(Error, match=r"none cannot be mounted|fusermount3"):
        fuse.mount(tmp_path / "none")


def test_the_control_files_answer_as_a_kernels(tmp_path: Path) -> None:
    """128 writes, each with its errno and the devices afterwards, against the record of i2c-stub and lm75."""
    chips = {addr: CHIPS["lm75"](temp=20.5) for addr in (0x48, 0x49)}
    adapter = SimAdapter(chips, nr=0, clock=RealClock())
    tree, core, bus = Tree(), DriverCore(), Bus(adapter)
    files.build(tree, core)
    core.add_bus(bus)
    core.add_driver(LoadedModule(load("lm75")))
    target = tmp_path / "sys"
    target.mkdir()
    server = fuse.Server(tree, fuse.mount(target))
    server.start()
    try:
        done = subprocess.run(["sh", CONTROL, target, "0"], capture_output=True, text=True, check=True, timeout=60)
    finally:
        fuse.unmount(target)
        server.join()
        core.remove_bus(0)
        bus.close()
    assert done.stdout.splitlines() == CONTROL.with_suffix(".recorded").read_text().splitlines()


def test_directories_are_read_as_they_were_opened(at: Mounted) -> None:
    with os.scandir(at.path / "many") as entries:
        first = next(entries).name
        home = at.tree.find("many")
        assert isinstance(home, Directory)
        home.remove("1999")
        names = {first, *(entry.name for entry in entries)}
    assert len(names) == 2000


def test_an_open_file_does_not_hold_up_the_end(tmp_path: Path) -> None:
    serve = f"""
from pathlib import Path
from i2cdrv.sysfs import fuse
from i2cdrv.sysfs.kernfs import Attribute, Tree
tree, target = Tree(), Path({str(tmp_path)!r})
tree.root.add("value", Attribute(0o444, lambda: b"1\\n"))
server = fuse.Server(tree, fuse.mount(target))
server.start()
print("up", flush=True)
input()
fuse.unmount(target)
server.join()
"""
    command = [sys.executable, "-c", serve]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"up\n"
        fd = os.open(tmp_path / "value", os.O_RDONLY)
        assert os.read(fd, 10) == b"1\n"
        server.communicate(b"\n", timeout=PATIENCE)
        assert server.returncode == 0
        with refused(errno.ENOTCONN):
            os.pread(fd, 10, 0)
        with suppress(OSError):
            os.close(fd)


STUB = '''
"""The two parameters of the kernel's i2c-stub."""
from typing import Annotated, NamedTuple
from i2cdrv import Celsius, Driver, param
from i2cdrv.driver.moduleparam import USHORT, Array, ulong
class Sample(NamedTuple):
    temp: Celsius
class I2cStub(Driver):
    funcs: ulong = param("override functionality bitfield", default=0, name="functionality")
    chip_addr: Annotated[tuple[int, ...], Array(USHORT, 10)] = param("chips", default=(0x48,), perm=0o444)
    async def sample(self) -> Sample:
        return Sample(0.0)
'''


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, and root again")
def test_the_files_of_parameters_answer_as_a_kernels(tmp_path: Path) -> None:
    """65 ways to use them, against the record of the kernel's own i2c-stub."""
    driver = tmp_path / "i2c_stub.py"
    driver.write_text(STUB)
    tree, core = Tree(), DriverCore()
    files.build(tree, core)
    core.add_driver(LoadedModule(load(str(driver))))
    target = Path("/run") / f"i2cdrv-test-{os.getpid()}"  # where other users may not go either
    target.mkdir()
    server = fuse.Server(tree, fuse.mount(target))
    server.start()
    script = CONTROL.with_name("parameters.sh")
    try:
        done = subprocess.run(["sh", script, target / "module" / "i2c_stub" / "parameters"], capture_output=True,
                              text=True, check=True, timeout=60)  # fmt: skip
    finally:
        fuse.unmount(target)
        server.join()
        target.rmdir()
    assert done.stdout.splitlines() == script.with_suffix(".recorded").read_text().splitlines()
