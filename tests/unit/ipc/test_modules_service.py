"""Parameters of running processes: found, shown and written over the control socket."""

from __future__ import annotations

import errno
import json
import os
import socket
from typing import TYPE_CHECKING, Any, cast

import pytest

from i2cdrv.cli import main as cli
from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.model import DriverCore
from i2cdrv.core.module import load
from i2cdrv.errors import Busy, Error, Invalid, Nack, Unknown
from i2cdrv.ipc import peers
from i2cdrv.ipc import socket as control_socket
from i2cdrv.ipc.services import devices as device_service
from i2cdrv.ipc.services import modules as module_service
from i2cdrv.ipc.varlink import Client, NoAnswer
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim import CHIPS, SimAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def adapter() -> SimAdapter:
    return SimAdapter({0x76: CHIPS["bme280"](temp=20.0)}, clock=VirtualClock())


@pytest.fixture
def loaded(adapter: SimAdapter) -> Iterator[LoadedModule]:
    """bme280, bound on a simulated bus."""
    bus = Bus(adapter)
    loaded = LoadedModule(load("bme280"))
    bus.bind(loaded, 0x76)
    bus.kthread.start()
    yield loaded
    bus.close()


@pytest.fixture
def run_dir(loaded: LoadedModule, tmp_path: Path) -> Iterator[Path]:
    core = DriverCore()
    for device in loaded.devices:
        core.adopt(cast("Any", device))
    interfaces = [module_service.interface([loaded], core), device_service.interface(core)]
    with control_socket.serve_process(tmp_path / "run", interfaces):
        yield tmp_path / "run"


def say(run_dir: Path, *words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = cli.main(["param", *words, "--run-dir", str(run_dir)])
    out, err = capsys.readouterr()
    return status, out, err


def test_all_parameters_are_shown_by_name(run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = say(run_dir, "bme280", capsys=capsys)
    assert status == 0
    assert out.splitlines() == [
        "debug=N", "mode=forced", "osrs_t=x1", "osrs_p=x1", "osrs_h=x1", "filter=off", "standby=ms1000"
    ]  # fmt: skip
    _, out, _ = say(run_dir, "bme280", "--json", capsys=capsys)
    assert json.loads(out)["standby"] == "ms1000"


def test_one_parameter_is_shown_bare(run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert say(run_dir, "bme280", "osrs_p", capsys=capsys) == (0, "x1\n", "")
    assert say(run_dir, "0-0076", "osrs-p", "--json", capsys=capsys) == (0, '"x1"\n', "")
    assert say(run_dir, "bmp280", "osrs_p", capsys=capsys) == (0, "x1\n", "")  # a chip of the module


def test_a_write_is_in_the_chip_when_the_command_returns(
    run_dir: Path, loaded: LoadedModule, adapter: SimAdapter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert say(run_dir, "bme280", "mode=normal", capsys=capsys) == (0, "", "")
    assert say(run_dir, "bme280", "osrs-p=x16", capsys=capsys) == (0, "", "")
    chip: Any = adapter.chips[0x76]
    chip.start(read=False)
    chip.write(0xF4)
    chip.start(read=True)
    assert chip.read() == 0b001_101_11  # BME280 §5.4.5: osrs_t x1, osrs_p x16, normal
    chip.stop()
    assert loaded.params.show("osrs_p") == b"x16\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["bme280", "osrs_p=x17"], "'x17' is not a value of osrs_p; accepted: x1, x2, x4, x8, x16 (did you mean x16?)"),
        (["bme280", "osr_p=x16"], "unknown parameter 'osr_p' (did you mean osrs_p?)"),
        (["bme280", "osr_p"], "bme280 has no parameter 'osr_p' to read (did you mean osrs_p?)"),
        (["bme280", "osrs_p="], "'' is not a value of osrs_p"),
        (
            ["bme28"],
            "no running i2cdrv has a module or a device bme28 (did you mean bme280?) (in use: bme280); i2cdrv list",
        ),
        (["1-0076"], "no running i2cdrv has a device 1-0076 (did you mean 0-0076?); there are: 0-0076"),
        (["garden"], "no running i2cdrv has a module or a device garden (in use: bme280); i2cdrv list shows all"),
        (["sht40"], "sht40 is not in use by a running i2cdrv (in use: bme280); load it: i2cdrv load sht40"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(
    run_dir: Path, loaded: LoadedModule, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    status, out, err = say(run_dir, *words, capsys=capsys)
    assert (status, out) == (1, "")
    assert err.startswith(f"i2cdrv: {sentence}")
    assert err.count("\n") == 1
    assert loaded.params.show("osrs_p") == b"x1\n"


def test_an_unplugged_chip_fails_the_command_with_its_errno_and_the_old_value_stands(
    run_dir: Path, loaded: LoadedModule, adapter: SimAdapter, capsys: pytest.CaptureFixture[str]
) -> None:
    adapter.detach(0x76)
    with pytest.raises(Nack) as caught:
        peers.find_module(run_dir, "bme280").store("osrs_p", b"x16")
    assert caught.value.errno == errno.ENXIO
    assert loaded.params.show("osrs_p") == b"x1\n"
    status, _, err = say(run_dir, "bme280", "osrs_p=x16", capsys=capsys)
    assert status == 1
    assert "0x76 did not acknowledge" in err.splitlines()[-1]


def test_bytes_that_are_no_text_come_through(run_dir: Path) -> None:
    with pytest.raises(Invalid, match=r"'\\\\xff,' is not a value of osrs_p"):
        peers.find_module(run_dir, "bme280").store("osrs_p", b"\xff,")


def test_arguments_for_a_module_that_another_process_has_loaded_are_refused(
    run_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["load", "bme280", "--bus", "sim", "--run-dir", str(run_dir), "--once"]
    assert cli.main([*words, "osrs_p=x16"]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    problem = "bme280 is loaded already; its parameters are set one by one: i2cdrv param bme280 osrs_p=x16"
    assert last == f"i2cdrv: {problem}; of one device: i2cdrv load --addr 0xNN, or i2cdrv param DEVICE"


def test_of_two_processes_the_device_selects_one(
    run_dir: Path, loaded: LoadedModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: 4_194_305)  # more than any process has
    with control_socket.serve_process(run_dir, [module_service.interface([LoadedModule(load("bme280"))])]):
        monkeypatch.setattr(os, "getpid", lambda: own)
        with pytest.raises(Busy, match="bme280 is served by 2 processes: name one of their devices: 0-0076"):
            peers.find_module(run_dir, "bme280")
        assert peers.find_module(run_dir, "0-0076").show()["osrs_p"] == b"x1"


def test_nothing_is_left_of_a_process_that_ended(loaded: LoadedModule, tmp_path: Path) -> None:
    with control_socket.serve_process(tmp_path, [module_service.interface([loaded])]):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_files_of_a_killed_process_are_ignored_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "control.4194305"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with pytest.raises(Unknown, match="no module is in use"):
        peers.find_module(tmp_path, "bme280")
    assert list(tmp_path.iterdir()) == []


def test_without_a_usable_run_directory_the_rest_continues(
    loaded: LoadedModule, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    with control_socket.serve_process(tmp_path / "file" / "run", [module_service.interface([loaded])]):
        assert "no control socket" in capsys.readouterr().err
    with pytest.raises(Unknown, match="no module is in use"):
        peers.find_module(None, "bme280")


def test_errors_keep_their_errno_on_the_way(run_dir: Path) -> None:
    remote = peers.find_module(run_dir, "bme280")
    with pytest.raises(Error) as caught:
        remote._replace(module="nix").show()
    assert caught.value.errno == errno.ENOENT


def test_a_process_that_hangs_is_named_and_the_others_answer(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def short(path: Path, timeout: float) -> Client:
        return Client(path, 0.1 if path.name == "control.1" else timeout)

    monkeypatch.setattr(peers, "Client", short)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(run_dir / "control.1"))
        silent.listen()
        assert [one.module for one in peers.loaded_modules(run_dir)] == ["bme280"]
        assert f"{run_dir}/control.1 did not answer within 0.1 s" in capsys.readouterr().err
        (run_dir / f"control.{os.getpid()}").rename(run_dir / "other")
        with pytest.raises(NoAnswer, match="did not answer within"):
            list(peers.loaded_modules(run_dir))
        (run_dir / "other").rename(run_dir / f"control.{os.getpid()}")
        (run_dir / "control.1").unlink()
