"""Files that another user can make or change are not trusted; files of root and the caller are."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import stat
import tempfile
from pathlib import Path

import pytest

from i2cdrv.lib import pathwalk, trusted
from i2cdrv.lib.trusted import Untrusted

MALLORY = 65533
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="makes what belongs to another user")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of the caller."""
    file = tmp_path / "file"
    file.write_text("mine")
    return file


def give(path: Path) -> None:
    os.chown(path, MALLORY, MALLORY, follow_symlinks=False)


def test_files_of_the_caller_are_trusted(tmp_path: Path, file: Path) -> None:
    trusted.check_directory(tmp_path)
    assert trusted.read(file) == b"mine"
    trusted.check_code(file)


def test_a_name_is_meant_from_the_working_directory(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file.parent / "inner").mkdir()
    monkeypatch.chdir(file.parent / "inner")
    assert trusted.read("../file") == b"mine"
    assert trusted.read("./../inner/../file") == b"mine"


@pytest.mark.parametrize("owners", [(), (MALLORY,)])
def test_a_file_that_others_can_write_is_not_believed(file: Path, owners: tuple[int, ...]) -> None:
    for mode, whom in ((0o646, "every user: chmod o-w"), (0o666, "every user")):
        file.chmod(mode)
        with pytest.raises(Untrusted, match=f"{file} can be written by {whom}") as caught:
            trusted.check_code(file, owners)
        assert caught.value.errno == errno.EPERM
    with pytest.raises(Untrusted):
        trusted.read(file)


def test_a_directory_that_others_can_write_is_not_passed(file: Path) -> None:
    outer = file.parent / "outer"
    (outer / "inner").mkdir(parents=True)
    (outer / "inner/file").write_text("mine")
    outer.chmod(0o777)
    with pytest.raises(Untrusted, match=f"{outer} can be written by every user: chmod o-w {outer}"):
        trusted.read(outer / "inner/file")
    outer.chmod(0o1777)  # no user can replace another's file there
    assert trusted.read(outer / "inner/file") == b"mine"
    with pytest.raises(Untrusted, match=f"{outer} can be written by every user$"):
        trusted.check_directory(outer)  # but every user can add to it
    with pytest.raises(Untrusted):
        trusted.make_directory(outer)


@as_root
@pytest.mark.parametrize("path", ["outer", "outer/inner", "outer/inner/file"])
def test_files_of_another_user_are_not_trusted(tmp_path: Path, path: str) -> None:
    (tmp_path / "outer/inner").mkdir(parents=True)
    (tmp_path / "outer/inner/file").write_text("")
    give(tmp_path / path)
    with pytest.raises(Untrusted, match=rf"{tmp_path / path} belongs to .*{MALLORY}.*, not to root"):
        trusted.read(tmp_path / "outer/inner/file")


@as_root
def test_a_sticky_directory_does_not_protect_files_of_another_user(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    for name in ("run", "file"):
        (shared / name).mkdir() if name == "run" else (shared / name).write_text("{}")
        give(shared / name)
    with pytest.raises(Untrusted, match="belongs to"):
        trusted.make_directory(shared / "run")
    with pytest.raises(Untrusted, match="belongs to"):
        trusted.make_directory(shared / "run/inner")
    assert list((shared / "run").iterdir()) == []
    with pytest.raises(Untrusted, match="belongs to"):
        trusted.read(shared / "file")


@as_root
def test_code_that_a_person_names_may_be_anybodys_but_its_writers_are_checked(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "chip.py").write_text("")
    give(home)
    give(home / "chip.py")
    trusted.check_code(home / "chip.py", {MALLORY})
    with pytest.raises(Untrusted, match="belongs to"):
        trusted.check_code(home / "chip.py")
    os.chown(home, MALLORY - 1, MALLORY - 1)  # this user could put another file there
    with pytest.raises(Untrusted, match="belongs to"):
        trusted.check_code(home / "chip.py", {MALLORY})


# Links.


def test_own_links_lead_to_files_but_not_to_directories_that_are_believed(tmp_path: Path, file: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "store").mkdir()
    (tmp_path / "store/real").write_text("immutable")
    (tmp_path / "static").symlink_to("store")  # as NixOS: /etc/x -> /etc/static/x -> /nix/store/…
    (tmp_path / "etc/x").symlink_to("../static/real")
    assert trusted.read_configuration(tmp_path / "etc/x") == b"immutable"
    with pytest.raises(Untrusted, match="etc/x is a link, which is not followed here"):
        trusted.read(tmp_path / "etc/x")
    with pytest.raises(Untrusted, match="static is a link"):
        trusted.check_directory(tmp_path / "static")
    (tmp_path / "absolute").symlink_to(file)
    assert trusted.read_configuration(tmp_path / "absolute") == b"mine"


def test_a_store_that_a_group_adds_to_is_passed(tmp_path: Path) -> None:
    store = tmp_path / "store"
    (store / "hash").mkdir(parents=True)
    (store / "hash/file").write_text("immutable")
    (store / "hash/file").chmod(0o444)
    store.chmod(0o1775)  # root:nixbld
    assert trusted.read(store / "hash/file") == b"immutable"


@as_root
def test_a_link_of_another_is_not_followed(tmp_path: Path, file: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "link").symlink_to(file)
    give(shared / "link")
    with pytest.raises(Untrusted, match="shared/link belongs to"):
        trusted.read_configuration(shared / "link")
    with pytest.raises(Untrusted, match="shared/link belongs to"):
        trusted.check_code(shared / "link")


@as_root
def test_the_path_of_a_link_is_checked_too(tmp_path: Path, file: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/file").write_text("")
    give(tmp_path / "theirs")
    (tmp_path / "link").symlink_to("theirs/file")
    with pytest.raises(Untrusted, match="theirs belongs to"):
        trusted.read_configuration(tmp_path / "link")


def test_links_that_turn_in_a_circle_have_an_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links") as caught:
        trusted.read_configuration(tmp_path / "a")
    assert caught.value.errno == errno.ELOOP


def test_a_link_in_a_checked_directory(tmp_path: Path, file: Path) -> None:
    trusted.check_no_link(file)
    trusted.check_no_link(tmp_path / "not there")
    (tmp_path / "sys").symlink_to(tmp_path)
    with pytest.raises(Untrusted, match="sys is a link"):
        trusted.check_no_link(tmp_path / "sys")


# Other kinds of files, which must not be waited for.


def test_a_path_that_is_no_regular_file_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path, number, what in (
        (tmp_path / "fifo", errno.EINVAL, "it is a FIFO, not a regular file"),
        (Path("/dev/null"), errno.EINVAL, "it is a device, not a regular file"),
        (tmp_path, errno.EISDIR, "Is a directory"),
        (tmp_path / "none", errno.ENOENT, "No such file"),
        (tmp_path / "fifo/x", errno.ENOTDIR, "Not a directory"),
    ):
        with pytest.raises(OSError, match=what) as caught:
            trusted.read(path)
        assert caught.value.errno == number
    with pytest.raises(NotADirectoryError):
        trusted.check_directory(tmp_path / "fifo")


# Directories that are made.


def test_missing_directories_are_made_and_no_other_user_can_write_to_them(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        trusted.make_directory(tmp_path / "a/b", 0o700)
        trusted.make_directory(tmp_path / "a/b", 0o700)
    finally:
        os.umask(old)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "a", tmp_path / "a/b")] == [0o700, 0o700]
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="Not a directory"):
        trusted.make_directory(tmp_path / "file/x")


@as_root
def test_only_the_service_trusts_its_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "run"
    run.mkdir()
    give(run)
    with pytest.raises(Untrusted):
        trusted.check_directory(run)
    monkeypatch.setattr(trusted, "SERVICE", (str(run),))
    trusted.make_directory(run / "devices")
    assert (run / "devices").stat().st_uid == MALLORY
    (tmp_path / "run2").mkdir()
    give(tmp_path / "run2")
    for elsewhere in (f"{run}2", f"{run}/../run2"):  # which begins like it
        with pytest.raises(Untrusted):
            trusted.check_directory(elsewhere)


@as_root
def test_a_configuration_of_the_user_behind_sudo_is_believed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    give(file)
    with pytest.raises(Untrusted):
        trusted.read_configuration(file)
    monkeypatch.setenv("SUDO_UID", str(MALLORY))
    assert trusted.read_configuration(file) == b"mine"
    with pytest.raises(Untrusted):
        trusted.read(file)  # a file of the service itself is not


# Groups: with umask 002, all that a user makes is writable by the group that has the user's name.


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch, file: Path) -> list[str]:
    """Members of the group of ``file``, which may write to it.  Its owner has the group as the primary one."""
    uid, gid, members = os.geteuid(), 54321, list[str]()
    me = pwd.struct_passwd(("me", "x", uid, gid, "", "/", "/bin/sh"))
    everybody = [me, pwd.struct_passwd(("root", "x", 0, 0, "", "/", "/bin/sh"))]
    monkeypatch.setattr(pwd, "getpwuid", lambda _: me)
    monkeypatch.setattr(pwd, "getpwall", lambda: everybody)
    monkeypatch.setattr(grp, "getgrgid", lambda _: grp.struct_group(("friends", "x", gid, members)))
    real = os.fstat

    def fstat(fd: int) -> os.stat_result:
        facts = real(fd)
        if stat.S_ISREG(facts.st_mode):  # only root could give it to that group
            facts = os.stat_result((*facts[:5], gid, *facts[6:]))
        return facts

    monkeypatch.setattr(os, "fstat", fstat)
    file.chmod(0o664)
    return members


def test_a_group_of_the_owner_alone_may_write(file: Path, group: list[str]) -> None:
    assert trusted.read(file) == b"mine"
    group.append("me")
    assert trusted.read(file) == b"mine"


def test_a_group_with_another_member_may_not(file: Path, group: list[str]) -> None:
    group.append("other")
    with pytest.raises(Untrusted, match=f"{file} can be written by group friends: chmod g-w {file}"):
        trusted.read(file)


@pytest.mark.usefixtures("group")
def test_a_group_that_another_has_as_the_primary_one_may_not(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = pwd.struct_passwd(("other", "x", 7, 54321, "", "/", "/bin/sh"))
    everybody = [*pwd.getpwall(), other]
    monkeypatch.setattr(pwd, "getpwall", lambda: everybody)
    with pytest.raises(Untrusted, match="group friends"):
        trusted.read(file)


@pytest.mark.usefixtures("group")
def test_a_group_whose_bits_stand_for_an_access_list_may_not(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "listxattr", lambda _: ["system.posix_acl_access"])
    with pytest.raises(Untrusted, match="group friends"):
        trusted.read(file)


# Races: another user exchanges things while they are checked.


@as_root
def test_a_file_exchanged_during_the_check_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as home:
        shared = Path(home, "shared")
        shared.mkdir()
        shared.chmod(0o1777)
        (shared / "run").mkdir()
        (shared / "theirs").mkdir()
        give(shared / "theirs")
        real = os.open

        def exchanging(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
            if path == "run" and (shared / "theirs").exists():  # the moment before it is opened
                (shared / "run").rename(shared / "away")
                (shared / "theirs").rename(shared / "run")
            return real(path, flags, mode, dir_fd=dir_fd)

        monkeypatch.setattr(os, "open", exchanging)
        with pytest.raises(Untrusted, match="run belongs to"):
            trusted.check_directory(shared / "run")


def test_a_file_is_read_that_was_checked_whatever_has_its_name_now(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = pathwalk.Walk.to_file

    def exchanged(walk: pathwalk.Walk) -> None:
        real(walk)
        file.rename(file.with_name("checked"))
        file.write_text("theirs")

    monkeypatch.setattr(pathwalk.Walk, "to_file", exchanged)
    assert trusted.read(file) == b"mine"


def descriptors() -> list[str]:
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


def test_no_descriptor_is_left_open(tmp_path: Path, file: Path) -> None:
    (tmp_path / "link").symlink_to(file)
    before = descriptors()
    trusted.read_configuration(tmp_path / "link")
    trusted.make_directory(tmp_path / "x/y")
    for bad in (tmp_path / "none/x", tmp_path / "link", tmp_path):
        with pytest.raises(OSError, match=r"No such file|link|directory"):
            trusted.read(bad)
    assert descriptors() == before
