"""The files that i2cdrv reads, the Python it runs on, and the repair of both."""

from __future__ import annotations

import errno
import os
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from i2cdrv.cli import doctor
from i2cdrv.cli.doctor import Finding, Grade, host
from i2cdrv.daemon.stateformat import sealed
from tests.support.checkout import ROOT

from .box import Box

# Files


def test_a_configuration_with_a_mistake(pi5: Box) -> None:
    pi5.put("etc/i2cdrv/i2cdrv.yaml", "blacklist: [lm75]\noptoins: {}\n")
    path = pi5.root / "etc/i2cdrv/i2cdrv.yaml"
    path.chmod(0o644)
    assert pi5.to_do() == [f"sudoedit {path}"]
    assert pi5.says("optoins").text.startswith(f"{path}:2:1: unknown key 'optoins' (did you mean options?)")


def test_ones_own_configuration_with_a_mistake(pi5: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pi5.put("home/anna/my.yaml", "options: {bme280: {osrs_q: x16}}\n")
    path.chmod(0o664)
    monkeypatch.setattr("i2cdrv.lib.pathwalk._is_private", lambda *_: True)  # anna's own group
    pi5.options = pi5.options._replace(config=str(path))
    assert pi5.to_do() == [f"nano {path}"]
    assert pi5.says("osrs_q").text.startswith(f"{path}:1:20: options.bme280.osrs_q: unknown parameter")


def test_a_configuration_for_a_module_that_does_not_exist(pi5: Box) -> None:
    path = pi5.put("etc/i2cdrv/i2cdrv.yaml", "blacklist: [lm57]\n")
    assert pi5.says("there is no module").text.startswith(f"{path}:1:13: blacklist: there is no module 'lm57'")


def test_the_requested_configuration_is_missing(pi5: Box) -> None:
    for directory, editor in ((0o755, "sudoedit"), (0o777, "nano")):
        pi5.root.chmod(directory)
        pi5.options = pi5.options._replace(config=str(pi5.root / "my.yaml"))
        assert pi5.to_do() == [f"{editor} {pi5.root}/my.yaml"]
    assert pi5.says("there is no configuration file").topic == "files"


def test_a_valid_configuration(pi5: Box) -> None:
    path = pi5.put("etc/i2cdrv/i2cdrv.yaml", "options: {bme280: {osrs_p: x16}}\ncpus: 0-99999\n")
    assert f"configuration {path} is valid" in [one.text for one in pi5.found()]
    (cpus,) = [one for one in pi5.found() if one.grade is Grade.PROBLEM]
    assert cpus.topic == "cpus"
    assert cpus.text.startswith(f"{path}:2:7: cpus=0-99999: 99999 is beyond the last, ")
    assert cpus.fix.startswith("i2cdrv doctor --cpus ")


def test_the_cpus_of_a_bus(pi5: Box) -> None:
    path = pi5.put("etc/i2cdrv/i2cdrv.yaml", "buses: {1: {cpus: 0}, garden: {adapter: MCP2221, cpus: 0-99999}}\n")
    assert pi5.says("thread of bus 1").text == "the thread of bus 1 runs on: 0 (rule: cpus=0)"
    (cpus,) = [one for one in pi5.found() if one.grade is Grade.PROBLEM]
    assert cpus.text.startswith(f"{path}:1:56: buses.garden.cpus=0-99999: 99999 is beyond the last, ")
    assert cpus.fix.startswith("i2cdrv doctor --cpus ")


@pytest.mark.parametrize("content", ["{", "[]", b"\xff"])
def test_a_broken_state(pi5: Box, content: str | bytes) -> None:
    path = pi5.put("var/lib/i2cdrv/state.json", content)
    assert pi5.to_do() == [f"sudo mv {path} {path}.bad"]
    pi5.put("var/lib/i2cdrv/state.json", sealed(b"{}"))
    assert pi5.to_do() == []


def test_a_state_of_a_later_format(pi5: Box) -> None:
    path = pi5.put("var/lib/i2cdrv/state.json", b"i2cdrv-state 2 sha512:01\n{}\n")
    assert pi5.to_do() == [f"sudo mv {path} {path}.newer"]
    assert "has format 2, which is newer than 1" in pi5.says("refuses run-time changes").text


@pytest.mark.skipif(os.geteuid() != 0, reason="makes what belongs to another user")
def test_a_state_of_another_user(pi5: Box) -> None:
    path = pi5.put("var/lib/i2cdrv/state.json", sealed(b"{}"))
    os.chown(path, 65533, 65533)
    assert "belongs to" in pi5.says(f"the state {path} is not trusted").text


def test_without_drivers(pi5: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("i2cdrv.core.module.search_path", list)
    monkeypatch.setattr("sys.executable", "/opt/i2cdrv/bin/python3")
    assert pi5.to_do() == ["/opt/i2cdrv/bin/python3 -m pip install --force-reinstall i2cdrv"]


def test_a_broken_driver(pi5: Box, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = tmp_path / "drivers"
    place.mkdir()
    broken = place / "sht9x_of_a_test.py"
    broken.write_text("1 / 0\n")
    broken.chmod(0o644)
    monkeypatch.setattr("i2cdrv.core.module.search_path", lambda: [place])
    assert pi5.to_do() == [f"sudoedit {broken}"]
    assert pi5.says("ZeroDivisionError").text.startswith(f"{broken} cannot be loaded: line 1")
    place.chmod(0o777)
    assert pi5.to_do() == [f"chmod o-w {place}", f"sudoedit {broken}"]


def test_an_unreadable_part_does_not_end_the_rest(pi5: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    def fuse(machine: doctor.Machine) -> Iterator[Finding]:
        yield Finding("fuse", Grade.OK, "there")
        raise PermissionError(errno.EACCES, "Permission denied", "/dev/fuse")

    monkeypatch.setattr(doctor.host, "fuse", fuse)
    assert pi5.to_do() == ["sudo i2cdrv doctor"]
    assert "cpus" in {one.topic for one in pi5.found()}


# Python

PYTHON_314 = {"python_version": "3.14", "python_full_version": "3.14.0"}


def test_needs_are_those_of_the_package() -> None:
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    needed = [one for one in map(Requirement, named) if one.marker is None or one.marker.evaluate()]
    assert {f"{name}>={least}" for name, least in host.NEEDS.items()} == {
        f"{one.name}{one.specifier}" for one in needed
    }


def test_python_314_needs_an_smbus2_whose_buffers_it_takes() -> None:
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    needed = [one for one in map(Requirement, named) if one.marker is None or one.marker.evaluate(PYTHON_314)]
    assert [str(one.specifier) for one in needed if one.name == "smbus2"] == [">=0.6"]


def test_packages_that_are_missing_or_old(pi5: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "smbus2":
            raise PackageNotFoundError(name)
        return {"structlog": "21.5.0", "PyYAML": "10.0"}[name]

    monkeypatch.setattr(host, "version", version)
    monkeypatch.setattr("sys.executable", "/opt/i2cdrv/bin/python3")
    smbus2 = "0.4.2" if sys.version_info < (3, 14) else "0.6"
    assert pi5.to_do() == [
        f"/opt/i2cdrv/bin/python3 -m pip install 'smbus2>={smbus2}'",
        "/opt/i2cdrv/bin/python3 -m pip install 'structlog>=22'",
    ]
