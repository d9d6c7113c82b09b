"""The helper that mounts as root for a service that may not: from a namespace of its own to where all see it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from i2cdrv.daemon import mounter, mounthelper
from i2cdrv.lib import mountpoint
from i2cdrv.sysfs.fuse import Server
from i2cdrv.sysfs.kernfs import Attribute, Tree

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 60.0  # s; only a failing test needs them
# Started as systemd starts it, in a private mount namespace; process 1, whose mounts every process sees, is
# a shell here: the machine's own one may have rights that this test has not.
OF_ITS_OWN = 'mount -t proc proc /proc; exec "$@"'
AS_SYSTEMD = f"unshare --mount --propagation private sh -ec '{OF_ITS_OWN}' - \"$@\"; exit $?"
HELPER = ["unshare", "--pid", "--fork", "sh", "-c", AS_SYSTEMD, "-", sys.executable, "-m", "i2cdrv.daemon.mounthelper"]


def _why_not() -> str:
    if not os.access("/dev/fuse", os.W_OK):
        return "no /dev/fuse"
    done = subprocess.run(["unshare", "--pid", "--fork", "--mount", "true"], check=False, capture_output=True)
    return done.stderr.decode()


needs_fuse = pytest.mark.skipif(bool(_why_not()), reason=_why_not())


class Manager(threading.Thread):
    """A service manager, as far as sd_notify(3) goes: keeps descriptors by name, and lifts barriers."""

    def __init__(self, address: Path) -> None:
        super().__init__(daemon=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(address))
        self.environment = {**os.environ, "NOTIFY_SOCKET": str(address)}
        self.kept: dict[str, list[int]] = {}

    def run(self) -> None:
        while True:
            data, fds, _, _ = socket.recv_fds(self._socket, 4096, 4)
            words = dict(line.split("=", 1) for line in data.decode().split("\n"))
            if "END" in words:
                return
            if "BARRIER" in words:
                os.close(fds[0])
            elif "FDSTORE" in words:
                self.kept.setdefault(words["FDNAME"], []).extend(fds)
            elif "FDSTOREREMOVE" in words:
                self.drop(words["FDNAME"])

    def drop(self, name: str) -> None:
        for fd in self.kept.pop(name, []):
            os.close(fd)

    def end(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaker:
            speaker.sendto(b"END=1", self._socket.getsockname())
        self.join()
        self._socket.close()
        for name in list(self.kept):
            self.drop(name)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(tmp_path / "notify")
    manager.start()
    yield manager
    manager.end()


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    target = tmp_path / "with a space" / "sys"
    target.parent.mkdir()
    yield target
    for _ in mountpoint.mounted(str(target)):
        mountpoint.detach(str(target), force=True)


def helped(manager: Manager | None, action: str, target: Path) -> str:
    """The helper's messages."""
    env = {**os.environ, "NOTIFY_SOCKET": ""} if manager is None else manager.environment
    done = subprocess.run(
        [*HELPER, action, str(target)], env=env, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert (done.returncode, done.stdout) == (0, "")  # the service is to start, whatever has happened
    return done.stderr


@needs_fuse
def test_its_mounts_are_seen_by_all_and_served_by_the_receiver_of_the_descriptor(
    manager: Manager, target: Path
) -> None:
    assert helped(manager, "mount", target) == ""
    assert mountpoint.mounted(str(target)) == ["fuse.i2cdrv"]
    assert list(manager.kept) == ["tree"]
    (fd,) = manager.kept.pop("tree")
    tree = Tree()
    tree.root.add("value", Attribute(0o444, lambda: b"21\n"))
    server = Server(tree, fd)
    server.start()
    assert (target / "value").read_bytes() == b"21\n"
    assert helped(manager, "unmount", target) == ""
    server.join()
    assert list(target.iterdir()) == []


@needs_fuse
def test_an_unserved_mount_is_replaced_and_blocks_no_process(manager: Manager, target: Path) -> None:
    helped(manager, "mount", target)
    with subprocess.Popen(["ls", str(target)], stderr=subprocess.PIPE, text=True) as waiting:  # for an answer
        assert helped(manager, "mount", target) == ""
        assert mountpoint.mounted(str(target)) == ["fuse.i2cdrv"]
        assert [len(fds) for fds in manager.kept.values()] == [1]
        assert helped(manager, "unmount", target) == ""
        _, said = waiting.communicate(timeout=PATIENCE)
    assert mountpoint.mounted(str(target)) == []
    assert manager.kept == {}
    # it came to the first tree, to the second one, or to none
    assert said == "" or "connection abort" in said or "not connected" in said


@needs_fuse
def test_a_tree_whose_server_has_died_is_replaced(manager: Manager, target: Path) -> None:
    helped(manager, "mount", target)
    manager.drop("tree")
    with suppress(OSError):
        target.stat()
    assert helped(manager, "mount", target) == ""
    assert mountpoint.mounted(str(target)) == ["fuse.i2cdrv"]
    assert helped(manager, "unmount", target) == ""


@needs_fuse
def test_a_new_mount_point_belongs_to_the_owner_of_its_directory(manager: Manager, target: Path) -> None:
    os.chown(target.parent, 65534, 65533)
    helped(manager, "mount", target)
    helped(manager, "unmount", target)
    assert (target.stat().st_uid, target.stat().st_gid) == (65534, 65533)


@needs_fuse
def test_a_link_is_not_followed(manager: Manager, target: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    target.symlink_to(elsewhere)
    said = f"i2cdrv: cannot mount {target}: {target} is a link, which is not followed here\n"
    assert helped(manager, "mount", target) == said
    assert mountpoint.mounted(str(elsewhere)) == []
    assert manager.kept == {}


@needs_fuse
def test_a_run_directory_that_is_a_link_of_another_user_is_not_entered(manager: Manager, tmp_path: Path) -> None:
    victim, shared = tmp_path / "victim", tmp_path / "shared"
    victim.mkdir()
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "run").symlink_to(victim)
    os.chown(shared / "run", 65534, 65534, follow_symlinks=False)
    assert "run is a link" in helped(manager, "mount", shared / "run/sys")
    assert list(victim.iterdir()) == []


@needs_fuse
def test_the_mount_of_another_program_stays(manager: Manager, target: Path) -> None:
    target.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", str(target)], check=True)
    try:
        expected = f"something else is mounted there (tmpfs); first: umount {target}"
        for action in ("mount", "unmount"):
            assert helped(manager, action, target) == f"i2cdrv: cannot {action} {target}: {expected}\n"
        assert mountpoint.mounted(str(target)) == ["tmpfs"]
    finally:
        subprocess.run(["umount", str(target)], check=True)


@needs_fuse
def test_without_a_service_manager_nothing_is_mounted(target: Path) -> None:
    assert "no service manager to store it" in helped(None, "mount", target)
    assert mountpoint.mounted(str(target)) == []


@needs_fuse
def test_a_manager_that_does_not_take_it_leaves_no_mount(manager: Manager, target: Path, tmp_path: Path) -> None:
    manager.environment["NOTIFY_SOCKET"] = str(tmp_path / "gone")
    assert (
        helped(manager, "mount", target) == f"i2cdrv: cannot mount {target}: the service manager does not accept it\n"
    )
    assert mountpoint.mounted(str(target)) == []


class Socket(threading.Thread):
    """A socket of systemd: the helper is started for each connection, which is its input."""

    def __init__(self, address: Path, target: Path) -> None:
        super().__init__(daemon=True)
        self._target, self.said = target, ""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(address))
        self._listener.listen()

    def run(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            command = [*HELPER, "mount-again", str(self._target)]
            done = subprocess.run(command, stdin=connection.fileno(), capture_output=True, text=True, check=False)
            self.said = done.stderr

    def end(self) -> None:
        self.join(PATIENCE)
        self._listener.close()


@needs_fuse
@pytest.mark.parametrize("covered", [False, True])
def test_a_service_that_requests_it_has_its_tree_mounted_again(target: Path, tmp_path: Path, covered: bool) -> None:
    if covered:
        target.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "none", str(target)], check=True)
    helper = Socket(tmp_path / "mount", target)
    helper.start()
    fd = mounter.mount_again(str(tmp_path / "mount"))
    helper.end()
    assert helper.said == ""
    assert mountpoint.mounted(str(target)) == ["tmpfs"] * covered + ["fuse.i2cdrv"]
    tree = Tree()
    tree.root.add("value", Attribute(0o444, lambda: b"21\n"))
    server = Server(tree, fd)
    server.start()
    assert (target / "value").read_bytes() == b"21\n"
    mountpoint.detach(str(target))
    server.join()


@needs_fuse
def test_a_service_that_is_not_helped_logs_where_to_look(target: Path, tmp_path: Path) -> None:
    target.symlink_to(tmp_path)
    helper = Socket(tmp_path / "mount", target)
    helper.start()
    with pytest.raises(OSError, match="the helper could not mount it: journalctl -u 'i2cdrv-mount"):
        mounter.mount_again(str(tmp_path / "mount"))
    helper.end()
    assert "cannot mount-again" in helper.said
    assert mountpoint.mounted(str(tmp_path)) == []
    with pytest.raises(OSError, match="No such file or directory: journalctl"):
        mounter.mount_again(str(tmp_path / "none"))


def test_without_fuse_it_logs_that_and_the_service_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mountpoint, "enter_namespace_of", lambda pid: None)
    monkeypatch.setattr(mountpoint, "DEVICE", str(tmp_path / "fuse"))
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    assert mounthelper.main(["mount", str(tmp_path / "sys")]) == 0
    expected = f"i2cdrv: cannot mount {tmp_path}/sys: {tmp_path}/fuse: No such file or directory\n"
    assert capsys.readouterr() == ("", expected)


@pytest.mark.parametrize("arguments", [[], ["mount"], ["umount", "/run/i2cdrv/sys"], ["mount", "/run/a", "/run/b"]])
def test_other_words_are_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert mounthelper.main(arguments) == 2
    assert capsys.readouterr().err.startswith("usage: ")


def test_it_imports_little() -> None:
    # -S: an editable install's own finder, which lives in site-packages, would import more
    code = "import sys; sys.path.insert(0, sys.argv[1]); import i2cdrv.daemon.mounthelper; print(*sorted(sys.modules))"
    heavy = {"typing", "pathlib", "subprocess", "socket", "json", "i2cdrv.sysfs.fuse", "i2cdrv.errors", "structlog"}
    home = str(Path(mounthelper.__file__).parents[2])
    done = subprocess.run([sys.executable, "-ISc", code, home], capture_output=True, text=True, check=True)
    modules = done.stdout.split()
    assert "i2cdrv.daemon.mounthelper" in modules
    assert set(modules) & heavy == set()
