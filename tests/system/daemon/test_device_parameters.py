"""Parameters of one device in the daemon: their precedence, over restarts and reloads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.cli import main as cli
from i2cdrv.driver.moduleparam import Origin
from i2cdrv.ipc import peers
from i2cdrv.sim import CHIPS
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Machine, Running

    Start = Callable[..., Running]

ADDRESSES = (0x40, 0x41, 0x44)
BOTH = """
devices:
  - {module: ina219, bus: sim, addr: 0x40, interval: 0.02}
  - {module: ina219, bus: sim, addr: 0x41, interval: 0.02, params: {shunt_ohms: 0.01}}
"""
OTHER = "devices: [{module: mcp9808, bus: sim, addr: 0x18}]"


@pytest.fixture(autouse=True)
def shunts(machine: Machine) -> None:
    """Three INA219 with 1 A each: through 0.1 Ω, and two times through 0.01 Ω."""
    for addr, ohms in zip(ADDRESSES, (0.1, 0.01, 0.01), strict=True):
        machine.adapters[0].attach(addr, CHIPS["ina219"](current=1.0, shunt_ohms=ohms))


def current(daemon: Running, addr: int) -> float:
    device = daemon.daemon.core.clients[f"0-{addr:04x}"].device
    assert device is not None
    return float(device.sample().current)


def currents(daemon: Running) -> list[float]:
    return [current(daemon, addr) for addr in (0x40, 0x41)]


def shown(daemon: Running, device: str, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, str]]:
    capsys.readouterr()
    assert daemon.says("param", device, "--json") == 0
    found: dict[str, dict[str, str]] = json.loads(capsys.readouterr().out)
    return found


def ohms(daemon: Running, device: str, capsys: pytest.CaptureFixture[str]) -> tuple[float, str]:
    found = shown(daemon, device, capsys)["shunt_ohms"]
    return round(float(found["value"]), 9), found["origin"]


def restart(daemon: Running) -> None:
    daemon.stop()
    daemon.start()


def test_two_ina219_with_different_shunts_read_right_after_a_restart_and_a_reload_too(daemon_of: Start) -> None:
    daemon = daemon_of(BOTH)
    assert currents(daemon) == pytest.approx([1.0, 1.0], abs=0.01)
    restart(daemon)
    assert currents(daemon) == pytest.approx([1.0, 1.0], abs=0.01)
    assert daemon.says("reload") == 0
    assert daemon.says("reload", "ina219") == 0
    assert currents(daemon) == pytest.approx([1.0, 1.0], abs=0.01)


def test_a_write_to_the_file_of_a_device_changes_that_device_only(daemon_of: Start, machine: Machine) -> None:
    machine.adapters[0].detach(0x40)
    machine.adapters[0].attach(0x40, CHIPS["ina219"](current=1.0, shunt_ohms=0.01))
    daemon = daemon_of(BOTH.replace(", params: {shunt_ohms: 0.01}", ""))
    tree = daemon.run_dir / "sys/bus/i2c/devices"
    assert currents(daemon) == pytest.approx([0.1, 0.1], abs=0.01)
    (tree / "0-0041/parameters/shunt_ohms").write_text("0.01\n")
    assert currents(daemon) == pytest.approx([0.1, 1.0], abs=0.01)
    assert (tree / "0-0040/parameters/shunt_ohms").read_text() == "0.1\n"
    assert (daemon.run_dir / "sys/module/ina219/parameters/shunt_ohms").read_text() == "0.1\n"
    restart(daemon)
    assert currents(daemon) == pytest.approx([0.1, 1.0], abs=0.01)


def test_a_write_to_the_module_reaches_the_devices_without_a_value_of_their_own(daemon_of: Start) -> None:
    daemon = daemon_of(BOTH)
    (daemon.run_dir / "sys/module/ina219/parameters/shunt_ohms").write_text("0.2")
    assert currents(daemon) == pytest.approx([0.5, 1.0], abs=0.01)
    tree = daemon.run_dir / "sys/bus/i2c/devices"
    assert [(tree / f"0-00{addr}/parameters/shunt_ohms").read_text() for addr in (40, 41)] == ["0.2\n", "0.01\n"]


# The table of precedence: each row is a change that makes its origin supply the value, over all rows above it.


def _options(daemon: Running) -> None:
    daemon.configure("options: {ina219: {shunt_ohms: 0.2}}\n")
    assert daemon.daemon.reload() is None


def _load_module(daemon: Running, *words: str) -> None:
    """Load the module without a device."""
    peers.need_daemon(daemon.run_dir).call("io.i2cdrv.Daemon.Load", {"module": "ina219", "parameters": list(words)})


def _load(daemon: Running) -> None:
    _load_module(daemon, "shunt_ohms=0.3")


def _module(daemon: Running) -> None:
    if "ina219" not in daemon.daemon.core.drivers:
        _load_module(daemon)
    assert daemon.says("param", "ina219", "shunt_ohms=0.4") == 0


def _params(daemon: Running) -> None:
    daemon.configure(daemon.file.read_text().replace("{}\n", "") + _devices("{shunt_ohms: 0.5}"))
    assert daemon.daemon.reload() is None


def _devices(params: str) -> str:
    return f"devices: [{{module: ina219, bus: sim, addr: 0x41, params: {params}}}]\n"


def _device(daemon: Running) -> None:
    assert daemon.says("param", "0-0041", "shunt_ohms=0.6") == 0


ROWS: dict[Origin, Callable[[Running], None]] = {
    Origin.OPTIONS: _options,
    Origin.LOAD: _load,
    Origin.MODULE: _module,
    Origin.PARAMS: _params,
    Origin.DEVICE: _device,
}
VALUES = dict(zip(Origin, (0.1, 0.2, 0.3, 0.4, 0.5, 0.6), strict=True))


def one_chip(daemon_of: Start, machine: Machine) -> Running:
    """Start a daemon that finds one INA219, at 0x41."""
    for addr in (0x40, 0x44):
        machine.adapters[0].detach(addr)
    return daemon_of("")


def _bound(daemon: Running) -> None:
    """Make sure that the module has a device at 0x41."""
    if "devices:" not in daemon.file.read_text() and "0-0041" not in daemon.daemon.core.clients:
        assert daemon.says("load", "ina219", "--bus", "sim", "--addr", "0x41") == 0
    until(lambda: daemon.state_of("0-0041") == "live")


def _set_rows(daemon: Running, last: Origin) -> None:
    """Set the value of each row of the table down to the last one."""
    for origin in (origin for origin in ROWS if origin <= last):
        if origin is Origin.DEVICE:
            _bound(daemon)
        ROWS[origin](daemon)
    _bound(daemon)


@pytest.mark.parametrize("last", list(Origin), ids=lambda origin: origin.word)
def test_each_row_of_the_table_wins_over_all_rows_above_it(
    daemon_of: Start, machine: Machine, capsys: pytest.CaptureFixture[str], last: Origin
) -> None:
    daemon = one_chip(daemon_of, machine)
    _set_rows(daemon, last)
    assert ohms(daemon, "0-0041", capsys) == (VALUES[last], last.word)


@pytest.mark.parametrize("last", list(Origin), ids=lambda origin: origin.word)
def test_each_row_of_the_table_wins_after_a_restart_too(
    daemon_of: Start, machine: Machine, capsys: pytest.CaptureFixture[str], last: Origin
) -> None:
    daemon = one_chip(daemon_of, machine)
    _set_rows(daemon, last)
    restart(daemon)
    _bound(daemon)
    kept = Origin.MODULE if last is Origin.LOAD else last  # the state file keeps both as set at run time
    assert ohms(daemon, "0-0041", capsys) == (VALUES[last], kept.word)


@pytest.mark.parametrize("lower", [Origin.DEFAULT, *list(ROWS)[:-1]], ids=lambda origin: origin.word)
def test_without_its_own_value_a_device_has_that_of_the_next_row(
    daemon_of: Start, machine: Machine, capsys: pytest.CaptureFixture[str], lower: Origin
) -> None:
    daemon = one_chip(daemon_of, machine)
    if lower in ROWS:
        ROWS[lower](daemon)
    _bound(daemon)
    _device(daemon)
    assert daemon.says("param", "0-0041", "shunt_ohms", "--unset") == 0
    assert ohms(daemon, "0-0041", capsys) == (VALUES[lower], lower.word)


def test_a_load_replaces_a_value_of_the_module_from_an_earlier_run(
    daemon_of: Start, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = one_chip(daemon_of, machine)
    _module(daemon)
    daemon.daemon.file.change(lambda state: state.modules.clear())  # as of a module that was in the configuration
    restart(daemon)
    _load(daemon)
    _bound(daemon)
    assert ohms(daemon, "0-0041", capsys) == (0.3, "load")


# Loading with an address.


def test_parameters_of_a_load_with_an_address_belong_to_that_device(
    daemon_of: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = daemon_of("")
    load = ["load", "ina219", "--bus", "sim", "--addr"]
    assert daemon.says(*load, "0x44", "shunt_ohms=0.01") == 0  # the first one, too
    assert daemon.says(*load, "0x40") == 0
    assert daemon.says(*load, "0x41", "shunt_ohms=0.01", "debug=1") == 0
    assert [current(daemon, addr) for addr in ADDRESSES] == pytest.approx([1.0] * 3, abs=0.01)
    assert (daemon.run_dir / "sys/module/ina219/parameters/shunt_ohms").read_text() == "0.1\n"
    assert shown(daemon, "0-0041", capsys)["debug"] == {"value": "Y", "origin": "device"}
    restart(daemon)
    assert [current(daemon, addr) for addr in ADDRESSES] == pytest.approx([1.0] * 3, abs=0.01)
    assert shown(daemon, "0-0044", capsys)["debug"] == {"value": "N", "origin": "default"}


def test_without_an_address_the_parameters_of_a_loaded_module_are_refused(
    daemon_of: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = daemon_of(BOTH)
    assert daemon.says("load", "ina219", "shunt_ohms=0.01", "--bus", "sim") == 1
    assert "ina219 is loaded already; its parameters are set one by one" in capsys.readouterr().err
    assert daemon.says("load", "ina219", "shunt_ohms=0.5", "--bus", "sim", "--addr", "0x41") == 1
    assert (
        "0-0041 is bound to ina219 already; its parameters are set one by one: i2cdrv param 0-0041 shunt_ohms=0.5"
        in capsys.readouterr().err
    )
    assert ohms(daemon, "0-0041", capsys) == (0.01, "params")


def test_a_device_that_waits_for_its_module_is_bound_with_the_parameters_of_the_load(
    daemon_of: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = daemon_of(OTHER)
    assert daemon.says("new-device", "ina219", "0x41", "--bus", "sim") == 0
    assert daemon.says("load", "ina219", "shunt_ohms=0.01", "--bus", "sim", "--addr", "0x41") == 0
    assert current(daemon, 0x41) == pytest.approx(1.0, abs=0.01)
    restart(daemon)
    assert ohms(daemon, "0-0041", capsys) == (0.01, "device")


def test_a_load_that_fails_changes_nothing(daemon_of: Start, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = daemon_of("")
    for words, message in (
        (["shunt_ohm=0.01", "--addr", "0x41"], "unknown parameter 'shunt_ohm' (did you mean shunt_ohms?)"),
        (["shunt_ohms=-1", "--addr", "0x41"], "'-1' is not a value of shunt_ohms"),
        (["shunt_ohms=0.01", "--addr", "0x4f"], "0x4f did not acknowledge"),
    ):
        assert daemon.says("load", "ina219", *words, "--bus", "sim") == 1
        assert message in capsys.readouterr().err
    state = daemon.daemon.file.state
    assert (daemon.daemon.core.drivers, state.devices, state.device_parameters, state.modules) == ({}, [], {}, [])


# The configuration.


def test_a_changed_params_is_in_the_chip_after_a_reload_and_replaces_a_value_set_at_run_time(
    daemon_of: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = daemon_of(BOTH)
    bound = daemon.daemon.core.clients["0-0041"].device
    assert daemon.says("param", "0-0041", "shunt_ohms=0.5") == 0
    assert daemon.says("reload") == 0
    assert ohms(daemon, "0-0041", capsys) == (0.5, "device")  # the configuration has not changed
    daemon.configure(BOTH.replace("0.01", "0.02"))
    assert daemon.says("reload") == 0
    assert ohms(daemon, "0-0041", capsys) == (0.02, "params")
    daemon.configure(BOTH.replace(", params: {shunt_ohms: 0.01}", ""))
    assert daemon.says("reload") == 0
    assert ohms(daemon, "0-0041", capsys) == (0.1, "default")
    assert daemon.daemon.core.clients["0-0041"].device is bound
    assert daemon.daemon.file.state.device_parameters == {}


def test_a_changed_params_replaces_a_value_of_an_earlier_run(
    daemon_of: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = daemon_of(BOTH)
    assert daemon.says("param", "0-0041", "shunt_ohms=0.5") == 0
    daemon.stop()
    daemon.configure(BOTH.replace("0.01", "0.02"))
    daemon.start()
    assert ohms(daemon, "0-0041", capsys) == (0.02, "params")
    assert daemon.daemon.file.state.device_parameters == {}


@pytest.mark.parametrize(
    ("params", "at", "message"),
    [
        ("{shunt_ohm: 0.01}", "shunt_ohm", ".shunt_ohm: unknown parameter (did you mean shunt_ohms?)"),
        ("{shunt_ohms: zero}", "zero", ".shunt_ohms: 'zero' is not a value of shunt_ohms"),
        ("{debug: 3.5}", "3.5", ".debug: '3.5' is not a value of debug"),
        ("{shunt-ohms: 1, shunt_ohms: 2}", "shunt_ohms: 2", ".shunt_ohms is already in line 4: keep one of them"),
        ("0.01", "0.01", ": expected a table, as in params: {debug: 1}"),
    ],
)
def test_a_mistake_in_params_is_reported_with_its_place_and_changes_nothing(
    daemon_of: Start, capsys: pytest.CaptureFixture[str], params: str, at: str, message: str
) -> None:
    daemon = daemon_of(BOTH)
    text = BOTH.replace("{shunt_ohms: 0.01}", params)
    daemon.configure(text)
    capsys.readouterr()
    assert daemon.says("reload") == 1
    line = text.splitlines()[3]
    place = f"{daemon.file}:4:{line.index(at, line.index('params')) + 1}"
    assert f"{place}: devices[1].params{message}" in capsys.readouterr().err
    assert currents(daemon) == pytest.approx([1.0, 1.0], abs=0.01)
    assert cli.main(["check", str(daemon.file)]) == 1


LOADED_ONLY = '''"""A chip at 0x48."""
from typing import NamedTuple
from i2cdrv import Celsius, Driver, param, reg_field

class Sample(NamedTuple):
    temp: Celsius

class Mine(Driver):
    addresses = (0x48,)
    fixed: int = param("for probe only", default=1, perm=0o444)

    async def probe(self) -> None:
        self.regmap.write(reg_field(0x01), self.fixed)

    async def sample(self) -> Sample:
        return Sample(float(self.fixed))
'''


def test_a_device_is_bound_again_for_a_changed_parameter_that_only_probe_takes(
    daemon_of: Start, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.adapters[0].attach(0x48, CHIPS["lm75"]())
    file = machine.sys.parent.parent / "mine.py"
    file.write_text(LOADED_ONLY)
    text = f"devices: [{{module: {file}, bus: sim, addr: 0x48, interval: 0.02, params: {{fixed: 2}}}}]\n"
    daemon = daemon_of(text)
    assert shown(daemon, "0-0048", capsys)["fixed"] == {"value": "2", "origin": "params"}
    assert daemon.says("param", "0-0048", "fixed=3") == 1
    assert "the parameter fixed of 0-0048 cannot be written" in capsys.readouterr().err
    daemon.configure(text.replace("fixed: 2", "fixed: 4"))
    assert daemon.says("reload") == 0
    until(lambda: daemon.state_of("0-0048") == "live")
    device = daemon.daemon.core.clients["0-0048"].device
    assert device is not None
    assert device.sample().temp == 4.0
    assert "binding again" in capsys.readouterr().err


def test_a_device_that_is_searched_for_has_its_params(daemon_of: Start, machine: Machine) -> None:
    for addr in (0x40, 0x44):
        machine.adapters[0].detach(addr)
    daemon = daemon_of("devices: [{module: ina219, bus: sim, params: {shunt-ohms: 0.01}}]")
    assert current(daemon, 0x41) == pytest.approx(1.0, abs=0.01)


# Devices that are absent, unbound or deleted.


def test_an_absent_device_keeps_its_parameters(
    daemon_of: Start, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = daemon_of(BOTH)
    assert daemon.says("param", "0-0041", "shunt_ohms=0.02") == 0
    chip = machine.adapters[0].chips[0x41]
    machine.adapters[0].detach(0x41)
    until(lambda: daemon.state_of("0-0041") == "absent")
    assert daemon.says("param", "0-0041", "shunt_ohms=0.03") == 1  # no chip takes it
    assert ohms(daemon, "0-0041", capsys) == (0.02, "device")
    daemon.stop()
    daemon.start()
    assert daemon.says("param", "0-0041") == 1
    err = capsys.readouterr().err
    assert "i2cdrv: 0-0041 has no driver: " in err
    assert "it keeps its parameters: i2cdrv bind 0-0041" in err
    machine.adapters[0].attach(0x41, chip)
    until(lambda: daemon.state_of("0-0041") == "live")
    assert ohms(daemon, "0-0041", capsys) == (0.02, "device")


def test_an_unbound_device_keeps_its_parameters_and_a_deleted_one_does_not(
    daemon_of: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = daemon_of(f"{OTHER}\nmodules: [ina219]")
    assert daemon.says("new-device", "ina219", "0x41", "--bus", "sim") == 0
    assert daemon.says("param", "0-0041", "shunt_ohms=0.02") == 0
    assert daemon.says("unbind", "0-0041") == 0
    assert not (daemon.run_dir / "sys/bus/i2c/devices/0-0041/parameters").exists()
    assert daemon.says("bind", "0-0041") == 0
    assert ohms(daemon, "0-0041", capsys) == (0.02, "device")
    assert daemon.says("delete-device", "0-0041") == 0
    assert daemon.says("new-device", "ina219", "0x41", "--bus", "sim") == 0
    assert ohms(daemon, "0-0041", capsys) == (0.1, "default")


def test_parameters_follow_the_name_of_a_bus_whose_number_changes(
    daemon_of: Start, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    chips = [{0x41: CHIPS["ina219"](current=1.0, shunt_ohms=ohms)} for ohms in (0.01, 0.1)]
    for nr, name, there in zip((3, 4), ("first", "second"), chips, strict=True):
        machine.plug(nr, name, there)
    daemon = daemon_of("devices: [{module: ina219, bus: first, addr: 0x41}, {module: ina219, bus: second, addr: 0x41}]")
    assert daemon.says("param", "3-0041", "shunt_ohms=0.01") == 0
    daemon.stop()
    machine.exchange_numbers(3, 4)
    daemon.start()
    assert ohms(daemon, "4-0041", capsys) == (0.01, "device")
    assert ohms(daemon, "3-0041", capsys) == (0.1, "default")


def test_debug_of_one_device_logs_the_transfers_of_that_device_only(
    daemon_of: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon = daemon_of(BOTH + "log: {level: debug}\n")
    assert daemon.says("param", "0-0041", "debug=1") == 0
    capsys.readouterr()
    logged = ""

    def seen() -> bool:
        nonlocal logged
        logged += capsys.readouterr().err
        return logged.count('"event": "transfer"') > 10

    until(seen)
    assert '"device": "0-0041"' in logged
    assert '"device": "0-0040"' not in logged


def test_a_state_file_of_an_earlier_version_loads(daemon_of: Start, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = daemon_of(BOTH)
    assert daemon.says("param", "ina219", "samples=x4") == 0
    state: dict[str, Any] = daemon.daemon.file.state.as_dict()
    daemon.stop()
    del state["device_parameters"]
    from i2cdrv.daemon import stateformat

    (daemon.run_dir / "state/state.json").write_bytes(stateformat.sealed(json.dumps(state).encode()))
    daemon.start()
    assert shown(daemon, "0-0040", capsys)["samples"] == {"value": "x4", "origin": "module"}
