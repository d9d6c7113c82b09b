"""The promises of the harness, without a machine: caches that cannot be poisoned, guests that end, plain messages."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

from . import cache, tools
from .boot import Machine, boot, worst
from .cpus_kernel import PAYLOAD, uncompressed
from .guest import sensor
from .guest.placed import INPUTS, Placed, inputs, limits, placed
from .image import unpack_all
from .progress import Command, Failed, run
from .system import register
from .uml_kernel import CONFIG, assert_config


def build(scratch: Path, result: Path, text: str) -> None:
    (result / "file").write_text(text)
    if text == "bad":
        raise Failed("half of it")


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("I2CDRV_VM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "given_up", set())


def test_an_entry_is_built_once_for_each_input() -> None:
    first = cache.entry("thing", build, "one")
    (first / "file").write_text("kept")
    assert cache.entry("thing", build, "one") == first
    assert (first / "file").read_text() == "kept"
    assert (cache.entry("thing", build, "two") / "file").read_text() == "two"


def test_an_interrupted_build_leaves_nothing_and_is_not_tried_twice_in_a_run() -> None:
    with pytest.raises(Failed, match="half of it"):
        cache.entry("thing", build, "bad")
    assert list(cache.root().iterdir()) == []
    with pytest.raises(Failed, match="could not be built before"):
        cache.entry("thing", build, "bad")


def test_a_setting_that_did_not_take_is_named() -> None:
    wanted = "CONFIG_HWMON=y\n# CONFIG_REGULATOR is not set\nCONFIG_I2C=y\n"
    with pytest.raises(Failed, match=r": CONFIG_HWMON=y, CONFIG_REGULATOR$"):
        assert_config(wanted, "CONFIG_I2C=y\nCONFIG_REGULATOR=y\n")
    assert_config(CONFIG.read_text(), CONFIG.read_text())


def test_a_kernel_packed_in_another_way_is_refused(tmp_path: Path) -> None:
    kernel = tmp_path / "vmlinuz"
    kernel.write_bytes(bytes(PAYLOAD) + struct.pack("<II", 0x400, 9) + bytes(0x3B0) + b"\x1f\x8b is gzip")
    with pytest.raises(Failed, match=r"^vmlinuz is not a bzImage with zstd in it, but begins with 1f 8b "):
        uncompressed(kernel)


def guest(tmp_path: Path, script: str, limit: float = 10) -> tuple[int | None, list[str]]:
    asked: list[str] = []
    command: Command = ["sh", "-c", script]
    return boot(Machine("guest", command, tmp_path / "console", limit, {"temperature": asked.append})), asked


def test_a_guests_requests_are_answered_and_its_status_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guest(tmp_path, "echo @vm temperature -5; read a; echo it said $a; echo @vm exit 3") == (3, ["-5"])
    assert "guest| it said ok\n" in capsys.readouterr().out


def test_an_unknown_request_is_an_error_for_the_guest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    guest(tmp_path, "echo @vm humidity 5; read a; echo $a; echo @vm exit 0")
    assert "guest| error KeyError('humidity')\n" in capsys.readouterr().out


def test_a_guest_that_goes_away_shows_its_last_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert guest(tmp_path, "echo Kernel panic >&2") == (None, [])
    assert "Kernel panic" in capsys.readouterr().out


def test_a_guest_that_does_not_end_is_killed_with_its_children(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guest(tmp_path, "echo up; sleep 1000 & wait", limit=0.1) == (None, [])
    assert "still running after" in capsys.readouterr().out


def test_of_several_machines_the_worst_counts() -> None:
    assert worst([0, 0]) == 0
    assert worst([0, 2, 1]) == 2
    assert worst([2, None]) is None


@pytest.fixture
def deb(tmp_path: Path) -> Path:
    """A package with a library below /lib, as Debian 12's are."""
    tree = tmp_path / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    fields = {"Package": "libthing", "Version": "1.2", "Architecture": "arm64", "Multi-Arch": "same"}
    others = {"Maintainer": "nobody <nobody@example.org>", "Description": "thing"}
    lines = [f"{name}: {value}\n" for name, value in (fields | others).items()]
    (tree / "DEBIAN/control").write_text("".join(lines))
    (tree / "lib").mkdir()
    (tree / "lib/thing").write_text("thing")
    subprocess.run(["dpkg-deb", "--build", tree, tmp_path / "thing.deb"], check=True, stdout=subprocess.DEVNULL)
    return tmp_path / "thing.deb"


def test_a_root_keeps_its_links_when_packages_are_unpacked_into_it(deb: Path, tmp_path: Path) -> None:
    unpack_all([deb], tmp_path / "root")
    assert (tmp_path / "root/lib").is_symlink()
    assert (tmp_path / "root/usr/lib/thing").read_text() == "thing"


def test_dpkg_takes_registered_packages_for_installed(deb: Path, tmp_path: Path) -> None:
    register([deb], tmp_path / "dpkg")
    query = ["dpkg-query", f"--admindir={tmp_path / 'dpkg'}"]
    shown = subprocess.check_output([*query, "-W", "-f", "${binary:Package} ${Version} ${Status}"], text=True)
    assert shown == "libthing:arm64 1.2 install ok installed"
    assert subprocess.check_output([*query, "-L", "libthing:arm64"], text=True).split() == ["/.", "/lib", "/lib/thing"]


def test_a_failed_step_shows_its_first_errors_and_its_last_words(tmp_path: Path) -> None:
    words = ["sh", "-c", "echo 'x.c: error: no'; seq 100; exit 2"]
    with pytest.raises(Failed, match=r"(?s)making: exit status 2.*x\.c: error: no\n81\n.*\n100$"):
        run("making", [*words], tmp_path / "log")


def test_missing_programs_are_named_by_the_command_that_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "present", lambda program: program != "dtc")
    tools.check(["stub", "virtio"])
    with pytest.raises(Failed, match=r"apt-get install --no-install-recommends device-tree-compiler$"):
        tools.check(["pi"])


def test_the_backport_of_qemu_is_used_on_debian_12_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "on_bookworm", lambda: True)
    assert "qemu-system-arm/bookworm-backports" in tools.packages()
    monkeypatch.setattr(tools, "on_bookworm", lambda: False)
    assert {"qemu-system-arm", "qemu-system-common", "qemu-system-data"} < set(tools.packages())


def test_each_row_of_the_kernel_has_an_address_of_its_own() -> None:
    assert len({(place.bus, place.addr) for place in placed()}) == len(placed())


@pytest.mark.parametrize("place", placed(), ids=lambda place: place.name)
def test_inputs_of_a_kernels_driver_reach_both_ends_and_both_signs(place: Placed) -> None:
    found = inputs(place.row)
    assert len(found) == INPUTS
    for name, limit in limits(place.row).items():
        values = {one[name] for one in found}
        if isinstance(limit, tuple):
            assert (min(values), max(values)) == pytest.approx(limit)
            assert not limit[0] < 0 < limit[1] or {-1, 0, 1} <= {(value > 0) - (value < 0) for value in values}
        else:
            assert values == {limit}


def test_files_of_a_sensor_belong_to_channels() -> None:
    hwmon = {"temp1_input", "temp1_max", "update_interval", "in0_input", "name"}
    assert sensor.channels(hwmon, is_iio=False) == {"temp1", "in0"}
    iio = {"in_temp_raw", "in_temp_scale", "in_voltage0-voltage1_raw", "in_pressure_input", "in_accel_x_raw", "dev"}
    assert sensor.channels(iio, is_iio=True) == {"in_temp", "in_voltage0-voltage1", "in_pressure", "in_accel_x"}
    assert [sensor.kind(name) for name in ("in_accel_x", "temp1_input", "in0_input")] == ["in_accel", "temp", "in"]
