"""A device with a name, labels, corrections and a dew point, under that name in every face of a daemon."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.cli.completion.grammar import program
from i2cdrv.cli.completion.kinds import items
from i2cdrv.cli.completion.line import Candidate
from i2cdrv.core import published
from i2cdrv.sim import CHIPS
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Machine, Running

    Start = Callable[..., Running]

GARDEN = """\
devices:
  - module: bme280
    bus: sim
    addr: 0x76
    interval: 0.05
    name: garden
    channels:
      temp: {label: Attic, offset: -5, scale: 2}
      dew_point: dew_point(temp, humidity)
  - {module: mcp9808, bus: sim, addr: 0x18, interval: 0.05}
"""
SUSPECT = "warning: garden (0-0076): suspect was=live"
SATURATED = {"temp": 20.0, "humidity": 100.0}  # °C and %: the corrected 35 °C are the dew point, too


@pytest.fixture
def garden(daemon_of: Start, machine: Machine) -> Running:
    machine.adapters[0].chips[0x76].set(**SATURATED)
    daemon = daemon_of(GARDEN)
    until(lambda: daemon.state_of("0-0076") == daemon.state_of("0-0018") == "live")
    return daemon


def output(daemon: Running, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return the standard output of a command that succeeds."""
    capsys.readouterr()
    assert daemon.says(*words) == 0
    return capsys.readouterr().out


def failure(daemon: Running, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return the error of a command that fails."""
    capsys.readouterr()
    assert daemon.says(*words) == 1
    return capsys.readouterr().err


def row(daemon: Running, capsys: pytest.CaptureFixture[str], device: str) -> str:
    """Return the line of a device in ``i2cdrv list``, with single blanks."""
    lines = output(daemon, capsys, "list").splitlines()
    return " ".join(next(line for line in lines if line.startswith(device)).split())


def names(daemon: Running) -> dict[str, str]:
    return {device: client.label for device, client in daemon.daemon.core.clients.items()}


def test_list_shows_the_name_the_label_and_the_dew_point(garden: Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert row(garden, capsys, "Device") == "Device Name Chip State"
    found = row(garden, capsys, "0-0076")
    assert found.startswith("0-0076 garden bme280 live Attic 3")
    assert ", dew_point 3" in found
    assert row(garden, capsys, "0-0018").startswith("0-0018 mcp9808 live temp ")


def test_read_accepts_the_name_and_shows_corrected_values(
    garden: Running, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    lines = output(garden, capsys, "read", "garden").splitlines()
    assert [line.split(" ")[0] for line in lines] == ["Attic", "pressure", "humidity", "dew_point"]
    for word in ("temp", "Attic", "dew_point"):
        assert float(output(garden, capsys, "read", "garden", word)) == pytest.approx(35, abs=0.5)


def test_read_raw_shows_the_measured_values(garden: Running, capsys: pytest.CaptureFixture[str]) -> None:
    lines = output(garden, capsys, "read", "garden", "--raw").splitlines()
    assert [line.split(" ")[0] for line in lines] == ["temp", "pressure", "humidity"]
    assert float(output(garden, capsys, "read", "garden", "temp", "--raw")) == pytest.approx(20, abs=0.3)
    assert "has no channel 'dew_point'; it has: temp, pressure" in failure(
        garden, capsys, "read", "garden", "dew_point", "--raw"
    )


def test_json_has_the_name_the_label_and_corrected_values(garden: Running, capsys: pytest.CaptureFixture[str]) -> None:
    read = json.loads(output(garden, capsys, "read", "garden", "--json"))
    watched = json.loads(output(garden, capsys, "watch", "garden", "--count", "1", "--json"))
    listed = json.loads(output(garden, capsys, "list", "--json"))["devices"]
    (device,) = [one for one in listed if one["device"] == "0-0076"]
    for reading in (read, watched, device["reading"]):
        assert (reading["device"], reading["name"]) == ("0-0076", "garden")
        assert reading["channels"]["temp"]["label"] == "Attic"
        assert reading["channels"]["temp"]["value"] == pytest.approx(35, abs=0.5)
        assert reading["channels"]["dew_point"]["value"] == pytest.approx(35, abs=0.5)
    assert device["name"] == "garden"
    assert "name" not in next(one for one in listed if one["device"] == "0-0018")


def test_the_published_file_has_them_too(garden: Running) -> None:
    (found,) = (one for one in published.served(garden.run_dir) if one["device"] == "0-0076")
    assert (found["name"], found["channels"]["temp"]["label"]) == ("garden", "Attic")
    assert found["channels"]["temp"]["value"] == pytest.approx(35, abs=0.5)


def test_watch_shows_the_name_and_the_label(garden: Running, capsys: pytest.CaptureFixture[str]) -> None:
    line = output(garden, capsys, "watch", "garden", "--count", "1", "--plain")
    assert " garden bme280: Attic 3" in line
    assert "graden is not served by a running i2cdrv (did you mean garden?)" in failure(
        garden, capsys, "watch", "graden"
    )


def test_a_misspelt_name_is_recognised(garden: Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no served device, module or chip is called 'graden' (did you mean garden?)" in failure(
        garden, capsys, "read", "graden"
    )
    assert "no running i2cdrv has a device graden (did you mean garden?)" in failure(garden, capsys, "unbind", "graden")


def test_the_tree_has_labels_and_corrected_values(garden: Running) -> None:
    device = garden.run_dir / "sys/bus/i2c/devices/0-0076"
    (hwmon,), (iio,) = device.glob("hwmon/hwmon*"), device.glob("iio:device*")
    assert {(home / "label").read_text() for home in (device, hwmon, iio)} == {"garden\n"}
    assert (hwmon / "temp1_label").read_text() == (iio / "in_temp_label").read_text() == "Attic\n"
    assert (hwmon / "temp2_label").read_text() == (iio / "in_temp1_label").read_text() == "dew_point\n"
    for file in (hwmon / "temp1_input", hwmon / "temp2_input", iio / "in_temp_input", iio / "in_temp1_input"):
        assert float(file.read_text()) == pytest.approx(35_000, abs=500)
    assert not (garden.run_dir / "sys/bus/i2c/devices/0-0018/label").exists()


def test_log_lines_have_the_name(garden: Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert garden.says("sim", "fault", "garden", "nack", "for=0.5") == 0
    until(lambda: garden.state_of("0-0076") == "live" and SUSPECT in output(garden, capsys, "log"))
    found = [json.loads(line) for line in output(garden, capsys, "log", "--json").splitlines()]
    assert any(one.get("event") == "suspect" and one["values"].get("name") == "garden" for one in found)


def test_the_log_of_one_device_is_found_by_its_address_and_by_each_name_that_it_had(
    garden: Running, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    assert garden.says("sim", "fault", "garden", "nack", "for=2") == 0
    until(lambda: SUSPECT in output(garden, capsys, "log"))
    until(lambda: " live was=" in output(garden, capsys, "log", "garden", "-n", "1"))  # it logs nothing more
    assert garden.says("sim", "fault", "0-0018", "nack", "for=2") == 0
    until(lambda: "warning: 0-0018: " in output(garden, capsys, "log"))
    assert garden.says("name", "garden", "terrace") == 0
    until(lambda: output(garden, capsys, "log", "terrace") == output(garden, capsys, "log", "0-0076"))
    lines = output(garden, capsys, "log", "terrace").splitlines()
    assert all(" (0-0076): " in line for line in lines)
    assert output(garden, capsys, "log", "garden").splitlines() == [line for line in lines if "garden (" in line]
    assert "0-0018" not in "".join(lines)
    assert output(garden, capsys, "log", "terrace", "-n", "1").splitlines() == lines[-1:]
    found = failure(garden, capsys, "log", "terace")
    assert "no running i2cdrv has a device terace (did you mean terrace?)" in found


def test_faults_have_the_name_of_their_device(garden: Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert garden.says("sim", "fault", "garden", "slow=1.5") == garden.says("sim", "fault", "0-0018", "slow=1.5") == 0
    lines = output(garden, capsys, "sim", "fault").splitlines()
    assert [line.partition(" slow=1.5: ")[0].strip() for line in lines] == ["garden (0-0076)", "0-0018"]
    found = [json.loads(line) for line in output(garden, capsys, "sim", "fault", "--json").splitlines()]
    assert [(one["target"], one.get("name")) for one in found] == [("0-0076", "garden"), ("0-0018", None)]


def test_every_command_for_a_device_accepts_the_name(garden: Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert output(garden, capsys, "param", "garden", "osrs_t") == "x1\n"
    assert " garden (0-0076) " in output(garden, capsys, "trace", "garden", "--count", "1")
    assert json.loads(output(garden, capsys, "trace", "garden", "--count", "1", "--json"))["name"] == "garden"
    assert garden.says("sim", "fault", "garden", "nack", "count=1") == 0
    assert garden.says("unbind", "garden") == 0
    assert garden.state_of("0-0076") == "unbound"
    assert row(garden, capsys, "0-0076") == "0-0076 garden bme280 unbound no driver is bound to it"
    assert garden.says("bind", "garden") == 0
    assert "bme280 reloaded: 0-0076" in output(garden, capsys, "reload", "garden")
    assert (garden.run_dir / "sys/bus/i2c/devices/0-0076/label").read_text() == "garden\n"
    (garden.run_dir / "sys/bus/i2c/drivers/bme280/unbind").write_text("garden")
    assert garden.state_of("0-0076") == "unbound"


def test_a_shell_offers_names_and_derived_channels(garden: Running) -> None:
    def words(*line: str) -> list[str]:
        found = items(program(), ["--run-dir", str(garden.run_dir), *line])
        return [one.word for one in found if isinstance(one, Candidate)]

    for command in (("unbind",), ("watch",), ("trace",), ("name",), ("sim", "fault")):
        assert {"garden", "0-0076", "0-0018"} <= set(words(*command, "")), command
    until(lambda: words("read", "garden", "") == ["temp", "pressure", "humidity", "dew_point"])
    assert "osrs_p=" in words("param", "garden", "")


def test_a_name_at_run_time_survives_a_restart_until_it_is_unset(
    garden: Running, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    assert garden.says("name", "0-0018", "attic") == garden.says("name", "garden", "terrace") == 0
    assert names(garden) == {"0-0076": "terrace", "0-0018": "attic"}
    assert output(garden, capsys, "name", "0-0076") == "terrace\n"
    assert (garden.run_dir / "sys/bus/i2c/devices/0-0018/label").read_text() == "attic\n"
    garden.stop()
    garden.start()
    until(lambda: names(garden) == {"0-0076": "terrace", "0-0018": "attic"})
    assert garden.says("name", "terrace", "--unset") == garden.says("name", "attic", "--unset") == 0
    assert names(garden) == {"0-0076": "garden", "0-0018": ""}
    assert not (garden.run_dir / "sys/bus/i2c/devices/0-0018/label").exists()
    assert "name" not in json.loads(output(garden, capsys, "read", "0-0018", "--json"))


def test_a_changed_configuration_replaces_a_name_of_run_time(garden: Running) -> None:
    assert garden.says("name", "garden", "terrace") == 0
    garden.configure(GARDEN.replace("interval: 0.05", "interval: 0.06"))
    assert garden.says("reload") == 0
    assert names(garden)["0-0076"] == "terrace"
    garden.configure(GARDEN.replace("name: garden", "name: hut"))
    assert garden.says("reload") == 0
    assert names(garden)["0-0076"] == "hut"
    assert "terrace" not in garden.daemon.file.path.read_text()


def test_a_configuration_without_the_name_removes_it(garden: Running, capsys: pytest.CaptureFixture[str]) -> None:
    garden.configure(GARDEN.replace("    name: garden\n", ""))
    assert garden.says("reload") == 0
    assert names(garden)["0-0076"] == ""
    assert not (garden.run_dir / "sys/bus/i2c/devices/0-0076/label").exists()
    assert "name" not in json.loads(output(garden, capsys, "read", "0-0076", "--json"))
    assert row(garden, capsys, "0-0076").startswith("0-0076 bme280 live Attic 3")


def test_a_name_of_run_time_that_the_configuration_gives_to_another_device_stays(
    garden: Running, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    assert garden.says("name", "0-0018", "attic") == 0
    garden.configure(GARDEN.replace("name: garden", "name: attic"))
    assert garden.says("reload") == 0
    assert names(garden) == {"0-0076": "", "0-0018": "attic"}
    assert "warning: garden (0-0076): name taken wanted=attic by=0-0018" in output(garden, capsys, "log")
    assert not (garden.run_dir / "sys/bus/i2c/devices/0-0076/label").exists()


def test_an_absent_device_loses_its_name_of_run_time_to_a_present_one(daemon_of: Start, machine: Machine) -> None:
    machine.plug(3, "first", {0x18: CHIPS["mcp9808"]()})
    daemon = daemon_of("devices: [{module: mcp9808, bus: first, addr: 0x18}, {module: bme280, bus: sim, addr: 0x76}]")
    assert daemon.says("name", "3-0018", "attic") == 0
    daemon.stop()
    machine.unplug(3)
    daemon.start()
    until(lambda: daemon.state_of("0-0076") == "live")
    assert daemon.says("name", "0-0076", "attic") == 0
    assert names(daemon) == {"0-0076": "attic"}
    assert list(daemon.daemon.file.state.names) == ["0-0076"]


def test_two_devices_exchange_their_names(garden: Running) -> None:
    text = GARDEN + "    name: attic\n"
    text = text.replace("{module: mcp9808, bus: sim, addr: 0x18, interval: 0.05}\n", "module: mcp9808\n    bus: sim\n"
                        "    addr: 0x18\n    interval: 0.05\n")  # fmt: skip
    garden.configure(text)
    assert garden.says("reload") == 0
    assert names(garden) == {"0-0076": "garden", "0-0018": "attic"}
    garden.configure(text.replace("garden", "tmp").replace("attic", "garden").replace("tmp", "attic"))
    assert garden.says("reload") == 0
    assert names(garden) == {"0-0076": "attic", "0-0018": "garden"}


def test_a_reload_changes_corrections_of_a_device_that_stays_bound(garden: Running) -> None:
    device = garden.daemon.core.clients["0-0076"].device
    home = garden.run_dir / "sys/bus/i2c/devices/0-0076"
    garden.configure(GARDEN.replace("Attic, offset: -5, scale: 2", "Cellar").replace("      dew_point", "      dew"))
    assert garden.says("reload") == 0
    assert garden.daemon.core.clients["0-0076"].device is device
    (hwmon,) = home.glob("hwmon/hwmon*")
    assert [(hwmon / f"temp{number}_label").read_text() for number in (1, 2)] == ["Cellar\n", "dew\n"]
    assert float((hwmon / "temp1_input").read_text()) == pytest.approx(20_000, abs=300)
    garden.configure(GARDEN[: GARDEN.index("    channels:")])
    assert garden.says("reload") == 0
    assert sorted(one.name for one in hwmon.glob("temp*")) == ["temp1_input", "temp1_label"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("garden", "garden is the name of 0-0076 already: choose another"),
        ("bmp280", "'bmp280' cannot name a device: it is the name of a module or chip"),
        ("i2c-1", "'i2c-1' cannot name a device: it is the name of a bus"),
        ("0-0076", "'0-0076' cannot name a device: it is the name of an address"),
        ("two words", "'two words' cannot name a device: a name is a letter and then letters, digits, - _ or ."),
    ],
)
def test_a_name_that_is_taken_is_refused(
    garden: Running, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:  # fmt: skip
    assert message in failure(garden, capsys, "name", "0-0018", name)
    assert names(garden)["0-0018"] == ""


def test_a_name_needs_a_device_and_unset_takes_none(garden: Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no device graden (did you mean garden?); there are: 0-0076, garden, 0-0018" in failure(
        garden, capsys, "name", "graden", "hut"
    )
    assert "--unset removes the name and takes none" in failure(garden, capsys, "name", "garden", "hut", "--unset")
    assert garden.says("name", "0-0018") == 0
    assert "0-0018 has no name" in capsys.readouterr().err


def test_a_limit_in_the_tree_compares_with_the_corrected_value(garden: Running, machine: Machine) -> None:
    text = GARDEN.replace("{module: mcp9808, bus: sim, addr: 0x18,", "{module: mcp9808, bus: sim, addr: 0x18, "
                          "channels: {temp: {offset: 10}},")  # fmt: skip
    garden.configure(text)
    assert garden.says("reload") == 0
    (hwmon,) = (garden.run_dir / "sys/bus/i2c/devices/0-0018").glob("hwmon/hwmon*")
    (hwmon / "temp1_max").write_text("35000")
    assert (hwmon / "temp1_max").read_text() == "35000\n"
    device: Any = garden.daemon.core.clients["0-0018"].device
    assert device.show("temp_max") == 25.0


def test_a_device_with_a_mistake_in_its_formula_is_missing_with_its_place(daemon_of: Start, tmp_path: Path) -> None:
    daemon = daemon_of(GARDEN.replace("dew_point(temp, humidity)", "dew_point(temp, pressure)"))
    until(lambda: daemon.state_of("0-0018") == "live")
    (missing,) = daemon.status()["missing"]
    assert missing["name"] == "garden"
    assert missing["reason"] == (
        f"{tmp_path}/i2cdrv.yaml:9:34: devices[0].channels.dew_point: pressure (Pa) is no humidity; "
        "the chip has humidity"
    )
    (one,) = daemon.daemon.manager.prober.missing()
    one.due = time.monotonic() + 3600  # a search is far away
    daemon.configure(GARDEN)
    assert daemon.says("reload") == 0
    until(lambda: daemon.state_of("0-0076") == "live")


def test_a_reload_with_a_mistake_changes_nothing(garden: Running, capsys: pytest.CaptureFixture[str]) -> None:
    garden.configure(GARDEN.replace("offset: -5", "ofset: -5"))
    said = failure(garden, capsys, "reload")
    assert "i2cdrv.yaml:8:28: devices[0].channels.temp: unknown key 'ofset' (did you mean offset?)" in said
    assert float(output(garden, capsys, "read", "garden", "temp")) == pytest.approx(35, abs=0.5)


def test_a_name_follows_the_name_of_a_bus_whose_number_changes(daemon_of: Start, machine: Machine) -> None:
    chips = [{0x18: CHIPS["mcp9808"]()}, {0x18: CHIPS["mcp9808"]()}]
    for nr, name, there in zip((3, 4), ("first", "second"), chips, strict=True):
        machine.plug(nr, name, there)
    text = "devices: [{module: mcp9808, bus: first, addr: 0x18}, {module: mcp9808, bus: second, addr: 0x18}]"
    daemon = daemon_of(text)
    assert daemon.says("name", "3-0018", "attic") == 0
    daemon.stop()
    machine.exchange_numbers(3, 4)
    daemon.start()
    until(lambda: names(daemon) == {"4-0018": "attic", "3-0018": ""})


def test_the_name_of_an_absent_device_is_taken(
    daemon_of: Start, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    daemon = daemon_of("devices: [{module: mcp9808, bus: sim, addr: 0x18}, {module: bme280, bus: far, name: hut}]")
    until(lambda: daemon.state_of("0-0018") == "live")
    assert "hut is the name of the bme280 on bus far already" in failure(daemon, capsys, "name", "0-0018", "hut")
    assert row(daemon, capsys, "-").startswith("- hut bme280 missing on bus far: ")


def test_after_the_unload_of_its_module_the_name_of_a_device_is_no_name_of_a_module(
    garden: Running, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    assert garden.says("unload", "bme280") == 0
    for command in (["param", "garden"], ["param", "garden", "osrs_p=x2"], ["reload", "garden"]):
        assert failure(garden, capsys, *command) == (
            "i2cdrv: no running i2cdrv has a module or a device garden (in use: mcp9808); i2cdrv list shows all\n"
        )
    loaded = failure(garden, capsys, "param", "bme280")
    assert loaded == "i2cdrv: bme280 is not in use by a running i2cdrv (in use: mcp9808); load it: i2cdrv load bme280\n"
