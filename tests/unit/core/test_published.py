"""Processes share the run directory: one serves a device, others read its last reading."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pytest

from i2cdrv.core import published
from i2cdrv.core.reading import Reading
from i2cdrv.driver.channel import Channel
from i2cdrv.driver.display import Unit
from i2cdrv.errors import Busy, ConfigLost, Error, Nack, Unknown
from i2cdrv.lib import ofdlock, rundir, trusted
from i2cdrv.lib.age import boot, boottime
from tests.support import readings

CELSIUS = Unit("°C", 2)
CHANNELS = (Channel("temp", CELSIUS),)


class Sample(NamedTuple):
    temp: Annotated[float, CELSIUS]


def reading(temp: float, ago: float = 0.0) -> Reading:
    return Reading("1-0048", "lm75", "tmp102", time.time(), boottime() - ago, CHANNELS, Sample(temp))


def test_a_reading_is_seen_with_its_chip_process_and_interval(tmp_path: Path) -> None:
    publication = published.Publication(tmp_path, "1-0048")
    publication.update(reading(-12.5), 2.0, "live")
    entry = published.last_reading(tmp_path, "1-0048")
    publication.close()
    assert entry["channels"] == {"temp": {"value": -12.5, "unit": "°C", "digits": 2}}
    assert (entry["chip"], entry["pid"], entry["interval"]) == ("tmp102", os.getpid(), 2.0)


def test_a_later_reading_replaces_the_earlier_one(tmp_path: Path) -> None:
    publication = published.Publication(tmp_path, "1-0048")
    for temp in (20.0, 21.0):
        publication.update(reading(temp), 1.0, "live")
    (entry,) = published.served(tmp_path)
    publication.close()
    assert entry["channels"]["temp"]["value"] == 21.0


def test_a_device_is_served_by_one_process_which_the_other_names(tmp_path: Path) -> None:
    publication = published.Publication(tmp_path, "1-0048")
    with pytest.raises(
        Busy, match=rf"1-0048 is served by another i2cdrv \(process {os.getpid()}\): i2cdrv read 1-0048"
    ):
        published.Publication(tmp_path, "1-0048")
    publication.close()
    published.Publication(tmp_path, "1-0048").close()


def test_devices_do_not_exclude_each_other(tmp_path: Path) -> None:
    publications = [published.Publication(tmp_path, device) for device in ("1-0048", "1-0049")]
    publications[1].update(reading(1.0), None, "live")
    assert [entry["device"] for entry in published.served(tmp_path)] == ["1-0048"]  # the content of the reading
    for publication in publications:
        publication.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_the_owner_of_the_directory_serves_a_device_after_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, owner = tmp_path / "run", 65534
    place.mkdir()
    monkeypatch.setattr(trusted, "SERVICE", (str(place),))
    os.chown(place, owner, owner)
    published.Publication(place, "1-0048").close()
    for path in (place / "devices", place / "devices/1-0048.reading"):
        assert (path.stat().st_uid, path.stat().st_gid) == (owner, owner)


def test_no_link_is_followed_to_a_file_of_another(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("theirs")
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices/1-0048.reading").symlink_to(other)
    with pytest.raises(Error, match="cannot be used"):
        published.Publication(tmp_path, "1-0048")
    assert other.read_text() == "theirs"


def test_an_unserved_device_is_unknown_and_the_served_ones_are_named(tmp_path: Path) -> None:
    with pytest.raises(Unknown, match=r"1-0076 is not served by a running i2cdrv \(no device is being served\)"):
        published.last_reading(tmp_path, "1-0076")
    publication = published.Publication(tmp_path, "1-0048")
    publication.update(reading(1.0), 1.0, "live")
    with pytest.raises(Unknown, match="served: 1-0048"):
        published.last_reading(tmp_path, "1-0076")
    publication.close()


def test_without_a_run_directory_nothing_is_served() -> None:
    assert list(published.served(None)) == []


def test_a_user_without_access_to_a_directory_sees_nothing_there(tmp_path: Path) -> None:
    publication = published.Publication(tmp_path, "1-0048")
    publication.update(reading(1.0), 1.0, "live")
    was = os.geteuid()
    tmp_path.chmod(0)
    os.seteuid(was or 65534)  # root may look everywhere
    try:
        seen = list(published.served(tmp_path))
    finally:
        os.seteuid(was)
        tmp_path.chmod(0o700)
    publication.close()
    assert seen == []


def test_an_old_reading_is_no_reading(tmp_path: Path) -> None:
    publication = published.Publication(tmp_path, "1-0048")
    publication.update(reading(1.0, ago=60), 1.0, "live")
    with pytest.raises(ConfigLost, match="the last sample of 1-0048 is 60 s old") as caught:
        published.last_reading(tmp_path, "1-0048")
    publication.close()
    assert caught.value.errno == errno.ENODATA


@pytest.mark.parametrize("step", [-36000.0, 36000.0])
def test_the_wall_clock_does_not_affect_the_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: float) -> None:
    publication, real = published.Publication(tmp_path, "1-0048"), time.time
    publication.update(reading(21.0), 1.0, "live")
    monkeypatch.setattr(time, "time", lambda: real() + step)
    assert published.last_reading(tmp_path, "1-0048")["channels"]["temp"]["value"] == 21.0
    publication.update(reading(21.0, ago=60), 1.0, "live")
    with pytest.raises(ConfigLost, match=rf"is 60 s old: process {os.getpid()} has stopped sampling"):
        published.last_reading(tmp_path, "1-0048")
    publication.close()


def test_the_time_that_the_machine_slept_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publication, real = published.Publication(tmp_path, "1-0048"), time.clock_gettime
    publication.update(reading(21.0), 60.0, "live")
    slept = {time.CLOCK_BOOTTIME: 7200.0}
    monkeypatch.setattr(time, "clock_gettime", lambda clock: real(clock) + slept.get(clock, 0.0))
    with pytest.raises(ConfigLost, match="is 7200 s old"):
        published.last_reading(tmp_path, "1-0048")
    publication.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"boot": "11111111-2222-3333-4444-555555555555 time:[4026531834]"}, {"boot": ""}, {"boot": None},
        {"boottime": 1e9}, {"interval": None},
    ],
    ids=str,
)  # fmt: skip
def test_a_file_whose_age_is_not_known_is_no_reading(tmp_path: Path, changes: dict[str, object]) -> None:
    """That of another boot, or of a container with a CLOCK_BOOTTIME of its own, has any age."""
    publication = published.Publication(tmp_path, "1-0048")
    publication.update(reading(1.0), 1.0, "live")
    (entry,) = published.served(tmp_path)
    readings.write(tmp_path, "1-0048", {**entry, **changes})
    with pytest.raises(ConfigLost, match="the age of the last sample of 1-0048 is not known") as caught:
        published.last_reading(tmp_path, "1-0048")
    publication.close()
    assert caught.value.errno == errno.ENODATA


def test_where_the_boot_is_not_known_no_file_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "boot", str)
    publication = published.Publication(tmp_path, "1-0048")
    publication.update(reading(1.0), 1.0, "live")
    with pytest.raises(ConfigLost, match="is not known"):
        published.last_reading(tmp_path, "1-0048")
    publication.close()


def test_an_error_is_passed_on_and_not_the_value_before_it(tmp_path: Path) -> None:
    publication = published.Publication(tmp_path, "1-0048")
    publication.update(reading(1.0), 1.0, "live")
    publication.update(reading(1.0)._replace(sample=None, error=Nack("0x48 did not acknowledge")), 1.0, "live")
    with pytest.raises(ConfigLost, match=r"1-0048 has no value: 0x48 did not acknowledge \(ENXIO\)"):
        published.last_reading(tmp_path, "1-0048")
    publication.close()


@pytest.mark.parametrize("content", [b"", b"{", b"1\n", b"1\n" + bytes(16), b"1\n\xff\xff\xff\xff" + bytes(100)])
def test_a_file_that_cannot_be_read_is_passed_over(tmp_path: Path, content: bytes) -> None:
    publication = published.Publication(tmp_path, "1-0048")
    readings.path_of(tmp_path, "1-0048").write_bytes(content)
    found = list(published.served(tmp_path))
    publication.close()
    assert found == []


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Error, match=f"{tmp_path}/file cannot be used: .*choose another with --run-dir") as caught:
        published.Publication(tmp_path / "file", "1-0048")
    assert caught.value.errno == errno.ENOTDIR


def test_the_usual_place_is_roots_or_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    uid = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert rundir.default() == Path("/run/i2cdrv")
    monkeypatch.setattr(os, "geteuid", lambda: uid or 1000)  # root's files are trusted by every user
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert rundir.default() == tmp_path / "i2cdrv"


def test_without_a_runtime_directory_there_is_a_private_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nobody_here = 4_000_000  # has no /run/user/4000000
    monkeypatch.setattr(os, "geteuid", lambda: nobody_here)
    for name in (None, str(tmp_path / "not there"), ""):
        monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
        if name is not None:
            monkeypatch.setenv("XDG_RUNTIME_DIR", name)
        assert rundir.default() == Path("/tmp/i2cdrv-4000000")


@pytest.mark.skipif(os.geteuid() != 0, reason="makes what belongs to another user")
def test_the_runtime_directory_of_another_user_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)  # after su, the variable is still the other user's
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert rundir.default() == Path("/tmp/i2cdrv-4000000")


def test_a_reader_cannot_keep_a_process_from_serving(tmp_path: Path) -> None:
    published.Publication(tmp_path, "1-0048").close()
    with (tmp_path / "devices/1-0048.reading").open("rb") as file:  # all that a member of the group may do with it
        fcntl.flock(file, fcntl.LOCK_EX)
        assert ofdlock.take(file.fileno(), shared=True)
        publication = published.Publication(tmp_path, "1-0048")
        publication.update(reading(1.0), None, "live")
        assert len(list(published.served(tmp_path))) == 1
        with pytest.raises(Busy):
            published.Publication(tmp_path, "1-0048")
        publication.close()


def test_a_full_directory_is_logged_when_it_begins_and_when_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publication = published.Publication(tmp_path, "1-0048")
    with monkeypatch.context() as patch:

        def full(*_: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        patch.setattr(os, "pwrite", full)
        for _ in range(50):
            publication.update(reading(1.0), None, "live")
    for _ in range(50):
        publication.update(reading(2.0), None, "live")
    publication.close()
    began, ended = capsys.readouterr().err.splitlines()
    assert "publishing failed" in began
    assert "No space left on device" in began
    assert "publishing works again" in ended


@pytest.mark.parametrize("kind", ["fifo", "link"])
def test_a_path_that_is_no_file_is_no_reading_and_blocks_no_reader(tmp_path: Path, kind: str) -> None:
    publication = published.Publication(tmp_path, "1-0048")
    path = readings.path_of(tmp_path, "1-0048")
    path.unlink()
    if kind == "fifo":
        os.mkfifo(path)
    else:
        (tmp_path / "elsewhere").write_text("{}")
        path.symlink_to(tmp_path / "elsewhere")
    assert list(published.served(tmp_path)) == []
    publication.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="makes what belongs to another user")
def test_files_that_another_user_publishes_are_not_trusted(tmp_path: Path) -> None:
    place = tmp_path / "run"
    published.Publication(place, "1-0048").close()
    os.chown(place, 65534, 65534)
    for look in (rundir.has_daemon, lambda run_dir: list(published.served(run_dir))):
        with pytest.raises(Error, match=f"{place} is not trusted: {place} belongs to .* not to root") as caught:
            look(place)
        assert caught.value.errno == errno.EPERM


def test_an_error_of_any_text_is_published(tmp_path: Path) -> None:
    """JSON has an escape for a surrogate that stands alone, and UTF-8 has no bytes."""
    publication = published.Publication(tmp_path, "1-0048")
    failed = reading(21.5)._replace(sample=None, error=Nack("\udc9b"))
    publication.update(failed, 1.0, "live")
    assert next(published.served(tmp_path))["message"] == "\udc9b"
    publication.close()


class Mixed(NamedTuple):
    temp: Annotated[float, CELSIUS]
    open: bool
    number: int


MIXED = (Channel("temp", CELSIUS), Channel("open", Unit(""), kind=bool), Channel("number", Unit(""), kind=int))


@pytest.mark.parametrize(
    ("channels", "sample"),
    [
        (CHANNELS, Sample(-0.1)),
        (CHANNELS, Sample(1e300)),
        (CHANNELS, Sample(Nack("no answer"))),  # type: ignore[arg-type]  # of a derived channel
        (CHANNELS, Sample(None)),  # type: ignore[arg-type]
        (MIXED, Mixed(21.123456789, True, 2**60)),
        ((), ()),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["", "garden"])
@pytest.mark.parametrize("interval", [None, 0.1, 3600.0])
def test_a_reader_finds_the_reading_that_the_process_prints(
    tmp_path: Path, channels: tuple[Channel, ...], sample: Any, name: str, interval: float | None
) -> None:
    found = reading(0.0)._replace(channels=channels, sample=sample, name=name)
    publication = published.Publication(tmp_path, "1-0048")
    publication.update(reading(1.0), 5.0, "suspect")
    publication.update(found, interval, "live")
    (entry,) = published.served(tmp_path)
    publication.close()
    own = {"pid": os.getpid(), "boot": boot(), "chip": "tmp102", "interval": interval, "state": "live"}
    assert entry == {**found.as_dict(), **own}


def test_a_reader_that_meets_the_writer_reads_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publication = published.Publication(tmp_path, "1-0048")
    publication.update(reading(1.0), 1.0, "live")
    path = readings.path_of(tmp_path, "1-0048")
    before = path.read_bytes()
    publication.update(reading(2.0), 1.0, "live")
    after = path.read_bytes()
    halves = iter([before[:-4] + after[-4:], after])
    monkeypatch.setattr(trusted, "read", lambda _: next(halves))
    assert next(published.served(tmp_path))["channels"]["temp"]["value"] == 2.0
    publication.close()


def test_a_description_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publication = published.Publication(tmp_path, "1-0048")
    publication.update(reading(1.0), 1.0, "live")
    written, pwrite = [], os.pwrite

    def noted(fd: int, data: bytes, at: int) -> int:
        written.append(at)
        return pwrite(fd, data, at)

    monkeypatch.setattr(os, "pwrite", noted)
    for temp in range(5):
        publication.update(reading(float(temp)), 1.0, "live")
    publication.close()
    assert len(written) == 5
    assert len(set(written)) == 1


def damaged(path: Path, damage: str) -> None:
    if damage == "truncated":
        path.write_bytes(b"")
    elif damage == "overwritten":
        path.write_bytes(b"garbage\n" * 100)
    else:
        path.unlink()
        if damage == "replaced":
            path.write_bytes(b"garbage")


@pytest.mark.parametrize("damage", ["truncated", "overwritten", "removed", "replaced"])
def test_a_file_that_a_person_has_damaged_is_written_again(tmp_path: Path, damage: str) -> None:
    publication = published.Publication(tmp_path, "1-0048")
    publication.update(reading(1.0), 1.0, "live")
    damaged(readings.path_of(tmp_path, "1-0048"), damage)
    publication.update(reading(2.0, ago=-published.CHECK_S), 1.0, "live")
    (entry,) = published.served(tmp_path)
    assert entry["channels"]["temp"]["value"] == 2.0
    with pytest.raises(Busy):
        published.Publication(tmp_path, "1-0048")
    publication.close()


def test_a_directory_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    readings.path_of(tmp_path, "1-0048").mkdir(parents=True)
    with pytest.raises(Error, match=r"1-0048.reading cannot be used: Is a directory; remove it"):
        published.Publication(tmp_path, "1-0048")
