"""The state file on disks that are full, forgetful, read-only or wrong: nothing half, nothing silent."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import stat
import subprocess
import sys
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.daemon.statefile import Override, RuntimeDevice, StateFile
from i2cdrv.daemon.stateformat import HEAD, sealed
from i2cdrv.errors import Error
from i2cdrv.ipc.peers import RemoteModule
from tests.support import needs
from tests.system.service.daemon import Service
from tests.system.service.writers import CONFIG, echo

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534
MNT_DETACH, MS_RDONLY, MS_REMOUNT = 2, 1, 32
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def written(path: Path) -> StateFile:
    """A file with one of everything in it."""
    file = StateFile(path)
    file.change(lambda state: state.modules.append("lm75"))
    file.change(lambda state: state.parameters.update(bme280={"osrs_p": Override("x16", "x4")}))
    file.change(lambda state: state.intervals.update({"0-0076": Override(0.5, 1.0)}))
    file.change(lambda state: state.devices.append(RuntimeDevice("tmp102", "sim", 0x49, userspace=True)))
    return file


def test_data_is_on_the_disk_before_the_name_and_the_name_before_the_acknowledgement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, done = written(tmp_path / "state.json"), []
    fsync, rename = os.fsync, Path.rename

    def synced(fd: int) -> None:
        done.append(f"fsync {Path(f'/proc/self/fd/{fd}').readlink().name}")
        fsync(fd)

    def renamed(self: Path, target: Path) -> Path:
        done.append(f"rename {self.name} {target.name}")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    file.change(lambda state: state.modules.append("ina219"))
    done.append("acknowledged")
    steps = ["fsync state.json.new", "rename state.json.new state.json", f"fsync {tmp_path.name}", "acknowledged"]
    assert done == steps


@pytest.mark.parametrize("call", ["fsync", "open", "write"])
def test_a_failed_write_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    file = written(tmp_path / "state.json")
    before, kept = (tmp_path / "state.json").read_bytes(), deepcopy(file.state)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(Error, match="cannot be written, so the change was not made"):
            file.change(lambda state: state.modules.append("ina219"))
    assert file.state == kept
    assert (tmp_path / "state.json").read_bytes() == before
    assert StateFile(tmp_path / "state.json").state == kept


@pytest.mark.parametrize("times", [1, 1000])
def test_a_change_that_is_refused_after_the_rename_is_not_there_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    for first in (False, True):
        path = tmp_path / f"{first}/state.json"
        file = StateFile(path) if first else written(path)
        before, kept = path.read_bytes() if path.exists() else None, deepcopy(file.state)
        fsync, left = os.fsync, [times]

        def failing(fd: int) -> None:
            if stat.S_ISDIR(os.fstat(fd).st_mode) and left[0]:  # noqa: B023  # it is called in this turn
                left[0] -= 1  # noqa: B023
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            fsync(fd)  # noqa: B023

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", failing)
            with pytest.raises(Error, match=r"so the change was not made: Input/output error$"):
                file.change(lambda state: state.modules.append("ina219"))
        assert left[0] < times
        assert file.state == kept
        assert StateFile(path).state == kept
        assert (path.read_bytes() if path.exists() else None) == before
        file.change(lambda state: state.modules.append("sht4x"))
        assert StateFile(path).state.modules == [*kept.modules, "sht4x"]
        assert [one.name for one in path.parent.iterdir()] == ["state.json"]


def test_a_disk_without_hard_links_takes_a_refused_change_back_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def linkless(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))  # as on vfat

    monkeypatch.setattr(os, "link", linkless)
    test_a_change_that_is_refused_after_the_rename_is_not_there_after_a_restart(tmp_path, monkeypatch, 1)


def test_a_change_that_cannot_be_reverted_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path / "state.json")
    fsync, rename = os.fsync, Path.rename

    def failing(fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        fsync(fd)

    def renamed(self: Path, target: Path) -> Path:
        if self.name.endswith(".old"):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", failing)
    monkeypatch.setattr(Path, "rename", renamed)
    with pytest.raises(Error, match="the change may be there after a restart"):
        file.change(lambda state: state.modules.append("ina219"))


def test_a_file_cut_anywhere_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    written(path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        file = StateFile(path)
        assert file.state.modules == []
        assert "damaged" in file.problem
        number = f"-{length}" if length else ""
        assert (tmp_path / f"state.json.corrupt{number}").read_bytes() == whole[:length]
        assert not path.exists()
    assert len(list(tmp_path.glob("*.corrupt*"))) == len(whole)  # none has replaced another


@pytest.mark.parametrize("content", [b"", b"\0" * 4096])
def test_an_empty_file_is_reported_as_empty(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.json").write_bytes(content)
    assert "it is empty, as after a power failure" in StateFile(tmp_path / "state.json").problem


def test_a_flipped_bit_anywhere_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    written(path)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(bytes([*whole[:at], whole[at] ^ 1 << at % 8, *whole[at + 1 :]]))
        assert "damaged" in StateFile(path).problem


KEPT: dict[str, Any] = {"modules": [], "parameters": {}, "intervals": {}, "devices": []}
DEVICE = {"module": "lm75", "bus": "sim", "addr": 72}
TEXTS: list[Any] = [5, None, [], "\ud800"]
INTERVALS: list[Any] = ["1", None, 0, -1, 1e308, float("nan"), True]
ADDRESSES: list[Any] = [None, "x", -1, 2**70, 1.5, []]
MODULES: list[Any] = [None, 5, "\udcff"]
PERIODS: list[Any] = ["x", 0, 5e-324]
NO_DEVICES: list[Any] = [None, [], {}, "x"]
WRONG: list[Any] = [
    [], 1, None, "x", {}, {**KEPT, "modules": 5}, {**KEPT, "modules": [5]}, {**KEPT, "modules": ["\ud800"]},
    {**KEPT, "parameters": []}, {**KEPT, "parameters": {"bme280": {"osrs_p": "x4"}}},
    *[{**KEPT, "parameters": {"bme280": {"osrs_p": {"value": value}}}} for value in TEXTS],
    {**KEPT, "parameters": {"bme280": {"osrs_p": {"value": "x4", "over": 3}}}},
    {**KEPT, "device_parameters": []}, {**KEPT, "device_parameters": {"0-0076": {"osrs_p": {"value": 4}}}},
    *[{**KEPT, "intervals": {"0-0076": {"value": value}}} for value in INTERVALS],
    {**KEPT, "intervals": {"0-0076": {"value": 1, "over": "1"}}},
    *[{**KEPT, "devices": [value]} for value in NO_DEVICES],
    *[{**KEPT, "devices": [{**DEVICE, "addr": value}]} for value in ADDRESSES],
    *[{**KEPT, "devices": [{**DEVICE, "module": value}]} for value in MODULES],
    *[{**KEPT, "devices": [{**DEVICE, "interval": value}]} for value in PERIODS],
    {**KEPT, "devices": [{**DEVICE, "force": "yes"}]},
]  # fmt: skip


@pytest.mark.parametrize("found", WRONG, ids=repr)
def test_wrong_types_with_a_right_checksum_are_put_aside(tmp_path: Path, found: Any) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(sealed(json.dumps(found).encode()))
    assert "damaged" in StateFile(path).problem


@pytest.mark.parametrize("body", [b"", b"\0", b"{", b"\xff", b"[" * 100_000, b'{"modules":' * 5000])
def test_no_json_with_a_right_checksum_is_put_aside(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(sealed(body))
    assert "damaged" in StateFile(path).problem


EXTRA: dict[str, Any] = {
    "modules": ["lm75"], "parameters": {"bme280": {"osrs_p": {"value": "x4", "over": "x1", "by": {"uid": 7}}}},
    "intervals": {"0-0076": {"value": 2.0, "over": 1.0, "jitter": None}},
    "devices": [{**DEVICE, "interval": None, "force": False, "force_addr": False, "force_id": False,
                 "userspace": True, "label": "attic", "unknown": 1}],
    "device_parameters": {"0-0076": {"osrs_p": {"value": "x2", "over": None, "by": "root"}}},
    "names": {"0-0076": {"value": "attic", "over": "", "since": 7}},
    "unknown": [1], "epoch": 5,
}  # fmt: skip


def test_fields_that_another_version_has_written_are_kept_at_every_level(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(sealed(json.dumps(EXTRA).encode()))
    StateFile(path).change(lambda state: state.modules.append("ina219"))
    file = StateFile(path)
    assert file.problem == ""
    file.change(lambda state: state.modules.append("sht4x"))
    file.change(lambda state: state.parameters["bme280"].update(osrs_p=Override("x16", "x1")))
    file.change(lambda state: state.intervals.update({"0-0076": Override(3.0, 1.0)}))
    file.change(lambda state: state.names.update({"0-0076": Override("garden", "")}))
    file.change(lambda state: state.device_parameters["0-0076"].update(osrs_p=Override("x8", "x1")))
    expected = deepcopy(EXTRA)
    expected["modules"] += ["ina219", "sht4x"]
    expected["parameters"]["bme280"]["osrs_p"]["value"] = "x16"
    expected["intervals"]["0-0076"]["value"] = 3.0
    expected["names"]["0-0076"]["value"] = "garden"
    expected["device_parameters"]["0-0076"]["osrs_p"].update(value="x8", over="x1")
    assert json.loads(path.read_bytes().partition(b"\n")[2]) == expected
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("head", [HEAD.replace(" 1 ", " 2 "), "i2cdrv-state 10 crc32c:", "i2cdrv-state 2"])
def test_a_later_format_is_left_untouched_and_nothing_can_be_changed(tmp_path: Path, head: str) -> None:
    path = tmp_path / "state.json"
    content = head.encode() + b"abc\n" + bytes(range(256)) if head.endswith(":") else head.encode()
    path.write_bytes(content)
    for _ in range(2):
        file = StateFile(path)
        assert (file.state.modules, file.state.devices) == ([], [])
        assert "which is newer than 1" in file.problem
        with pytest.raises(Error, match="run-time changes are refused; install the newer i2cdrv") as caught:
            file.change(lambda state: state.modules.append("lm75"))
        assert caught.value.errno == errno.EROFS
        assert file.state.modules == []
        file.change(lambda state: state.modules.clear())  # which changes nothing
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


@needs.FUSE
def test_a_daemon_with_a_later_format_serves_its_configuration_and_refuses_changes(tmp_path: Path) -> None:
    service = Service(tmp_path, CONFIG)
    service.state.parent.mkdir(parents=True)
    service.state.write_bytes(b"i2cdrv-state 2\n")
    try:
        service.start()
        assert len(service.call("Devices.ListDevices")["devices"]) == 2
        assert "run-time changes are refused" in service.call("Daemon.Status")["status"]
        remote = RemoteModule(service.client, "bme280", ())
        with pytest.raises(Error, match="run-time changes are refused"):
            remote.store("osrs_p", b"x16")
        assert remote.show()["osrs_p"] == b"x1"
        with pytest.raises(OSError, match="Read-only file system"):
            echo(service, "devices/i2c-0/new_device", "lm75 0x48")
        with pytest.raises(Error, match="run-time changes are refused"):
            service.call("Daemon.Load", module="lm75", parameters=[], bus="sim", address=0x48)
        assert len(service.call("Devices.ListDevices")["devices"]) == 2
        assert service.mistakes() == []
    finally:
        service.end()
    assert service.state.read_bytes() == b"i2cdrv-state 2\n"


@pytest.mark.parametrize("kind", ["fifo", "link", "device"])
def test_a_path_that_is_no_file_is_refused_without_waiting(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "state.json"
    if kind == "fifo":
        os.mkfifo(path)
    else:
        written(tmp_path / "other")
        path.symlink_to("/dev/null" if kind == "device" else tmp_path / "other")
    what = "it is a FIFO, not a regular file" if kind == "fifo" else f"{path} is a link, which is not followed here"
    with pytest.raises(Error, match=f"the state file {path} cannot be used: {what}; choose another directory"):
        StateFile(path)


@as_root
@pytest.mark.parametrize("of", ["state.json", "."])
def test_a_state_that_another_user_has_made_is_refused(tmp_path: Path, of: str) -> None:
    path = tmp_path / "state/state.json"
    written(path)
    os.chown(path.parent / of, NOBODY, NOBODY)
    with pytest.raises(
        Error, match=r"cannot be used: .* belongs to .*, not to root; choose another directory"
    ) as caught:
        StateFile(path)
    assert caught.value.errno == errno.EPERM


def refusal(service: Service, **options: Any) -> list[str]:
    """The lines of a daemon that does not start."""
    process = service.spawn(**options)
    assert process.wait(30) == 1
    return service.said().splitlines()


def test_a_directory_in_its_place_is_refused_in_a_line(tmp_path: Path) -> None:
    service = Service(tmp_path, CONFIG)
    service.state.mkdir(parents=True)
    assert refusal(service) == [
        f"i2cdrv: the state file {service.state} cannot be used: Is a directory; "
        "choose another directory with --state-dir"
    ]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    disk = tmp_path / "state"
    disk.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"none", os.fsencode(disk), b"tmpfs", 0, b"size=64k,mode=755"):
        pytest.skip("nothing can be mounted here")
    yield disk
    libc.umount2(os.fsencode(disk), MNT_DETACH)


@as_root
@needs.FUSE
def test_on_a_full_disk_a_write_is_refused_and_the_old_value_stands(tmp_path: Path, small_disk: Path) -> None:
    service = Service(tmp_path, CONFIG)
    try:
        service.start()
        remote, parameter = RemoteModule(service.client, "bme280", ()), service.tree / "module/bme280/parameters/osrs_p"
        remote.store("osrs_p", b"x4")
        echo(service, "devices/i2c-0/new_device", "lm75 0x48")
        kept = service.state.read_bytes()
        with (small_disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(bytes(4096))
        with pytest.raises(Error, match="so the change was not made: No space left on device"):
            remote.store("osrs_p", b"x16")
        for path, value in (
            ("module/bme280/parameters/osrs_p", "x16"),
            ("devices/i2c-0/0-0076/parameters/osrs_p", "x8"),
            ("devices/i2c-0/0-0076/update_interval", "777"),
            ("devices/i2c-0/new_device", "tmp102 0x49"),
            ("devices/i2c-0/delete_device", "0x48"),
        ):
            with pytest.raises(OSError, match="No space"):
                echo(service, path, value)
        with pytest.raises(Error, match="so the change was not made"):
            service.call("Daemon.Load", module="ina219", parameters=["samples=x4"], bus="sim", address=0x40)
        with pytest.raises(Error, match="so the change was not made"):
            service.call("Daemon.Unload", module="bme280")
        with pytest.raises(Error, match="so the change was not made"):
            service.call("Devices.DeleteDevice", device="0-0048")
        assert parameter.read_text() == (service.tree / "devices/i2c-0/0-0076/parameters/osrs_p").read_text() == "x4\n"
        assert (service.tree / "devices/i2c-0/0-0076/update_interval").read_text() == "500\n"
        devices = {one["device"] for one in service.call("Devices.ListDevices")["devices"]}
        assert devices == {"0-0076", "0-0041", "0-0048"}
        assert {one["name"] for one in service.call("Modules.ListModules")["modules"]} == {"bme280", "ina226", "lm75"}
        assert service.state.read_bytes() == kept
        (small_disk / "filler").unlink()
        remote.store("osrs_p", b"x16")
        assert b"x16" in service.state.read_bytes()
        echo(service, "devices/i2c-0/delete_device", "0x48")
        assert b"lm75" not in service.state.read_bytes()
        assert service.mistakes() == []
    finally:
        service.end()


@as_root
def test_a_disk_that_can_only_be_read_lets_the_daemon_start_and_refuses_writes(
    tmp_path: Path, small_disk: Path
) -> None:
    service = Service(tmp_path, CONFIG)
    written(service.state)
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.mount(b"none", os.fsencode(small_disk), b"tmpfs", MS_REMOUNT | MS_RDONLY, None) == 0
    try:
        service.start()
        assert (
            RemoteModule(service.client, "bme280", ()).show()["osrs_p"] == b"x1"
        )  # the configuration has another word now
        with pytest.raises(Error, match="so the change was not made: Read-only file system"):
            RemoteModule(service.client, "bme280", ()).store("osrs_p", b"x2")
        assert service.mistakes() == []
    finally:
        service.end()


@as_root
def test_an_unreadable_file_is_refused_in_a_line(shared_path: Path) -> None:
    path = shared_path / "state/state.json"
    written(path)
    path.chmod(0o600)
    script = f"""
import os
from pathlib import Path
from i2cdrv.daemon.statefile import StateFile
from i2cdrv.errors import Error
from i2cdrv.daemon.stateformat import HEAD, sealed
os.setuid({NOBODY})
try:
    StateFile(Path({str(path)!r}))
except Error as error:
    print(error.message)
"""
    (shared_path / "state").chmod(0o755)
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert said.stderr == ""
    why = f"the state file {path} cannot be used: Permission denied; choose another directory with --state-dir"
    assert said.stdout == f"{why}\n"
