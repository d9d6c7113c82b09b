"""``make install`` and ``make uninstall``: the files afterwards, and that nothing is left."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from i2cdrv.config.config import SECTIONS, load
from i2cdrv.daemon import mounter
from tests.support.checkout import ROOT

EXAMPLE = ROOT / "config" / "i2cdrv.yaml"
DEBIANS = "/usr/bin/python3"


def python(*words: str | Path, of: str = sys.executable) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [of, "-m", "config.install", *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def is_debians() -> bool:
    code = "import sys; sys.exit(sys.version_info < (3, 11) or not any('dist-packages' in one for one in sys.path))"
    return Path(DEBIANS).exists() and subprocess.run([DEBIANS, "-c", code], check=False).returncode == 0


class Staged:
    """Return the files below a directory, for this Python."""

    def __init__(self, destdir: Path) -> None:
        self.destdir, self.options = destdir, ("--prefix", sys.prefix, "--destdir", destdir)

    def install(self) -> subprocess.CompletedProcess[str]:
        done = python("install", *self.options)
        assert done.returncode == 0, done.stderr
        return done

    def uninstall(self) -> str:
        done = python("uninstall", *self.options)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def files(self) -> set[str]:
        return {f"/{path.relative_to(self.destdir)}" for path in self.destdir.rglob("*") if not path.is_dir()}

    @property
    def packages(self) -> Path:
        (found,) = self.destdir.rglob("i2cdrv/__init__.py")
        return found.parent.parent

    @property
    def configuration(self) -> Path:
        return self.destdir / "etc/i2cdrv/i2cdrv.yaml"


@pytest.fixture
def staged(tmp_path: Path) -> Staged:
    staged = Staged(tmp_path / "stage")
    staged.install()
    return staged


def test_the_program_runs_from_where_it_was_put(staged: Staged) -> None:
    script = Path(f"{staged.destdir}{sys.prefix}/bin/i2cdrv")
    assert os.access(script, os.X_OK)
    assert script.read_text().splitlines()[0] == f"#!{sys.executable} -P"
    env = {**os.environ, "PYTHONPATH": str(staged.packages)}
    words = [sys.executable, str(script), "load", "bme280", "--bus", "sim", "--once"]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("0-0076 bme280: temp ")
    where = [sys.executable, "-Pc", "import i2cdrv, i2cdrv.drivers.bme280 as b; print(i2cdrv.__file__, b.__file__)"]
    found = subprocess.run(where, env=env, capture_output=True, text=True, check=True).stdout.split()
    assert all(path.startswith(str(staged.packages)) for path in found)


def test_the_files_of_a_service_and_a_shell_lie_where_they_look(staged: Staged) -> None:
    lib, share = f"{sys.prefix}/lib", f"{sys.prefix}/share"
    assert staged.files() >= {
        f"{lib}/systemd/system/i2cdrv.service",
        f"{lib}/systemd/system/i2cdrv-mount.socket",
        f"{lib}/systemd/system/i2cdrv-mount@.service",
        f"{lib}/sysusers.d/i2cdrv.conf",
        f"{lib}/tmpfiles.d/i2cdrv.conf",
        f"{lib}/udev/rules.d/60-i2cdrv.rules",
        f"{share}/man/man1/i2cdrv.1",
        f"{share}/man/man1/i2cdrv-load.1",
        f"{share}/bash-completion/completions/i2cdrv",
        f"{share}/zsh/site-functions/_i2cdrv",
        f"{share}/fish/vendor_completions.d/i2cdrv.fish",
        "/etc/i2cdrv/i2cdrv.yaml",
    }


def test_the_unit_starts_the_program_that_was_installed(staged: Staged) -> None:
    unit = Path(f"{staged.destdir}{sys.prefix}/lib/systemd/system/i2cdrv.service").read_text()
    commands = dict(re.findall(r"^(Exec\w+)=[-+]*(\S+)", unit, re.MULTILINE))
    assert commands == {
        "ExecStartPre": sys.executable,
        "ExecStart": f"{sys.prefix}/bin/i2cdrv",
        "ExecReload": f"{sys.prefix}/bin/i2cdrv",
        "ExecStopPost": sys.executable,
    }


def test_the_service_and_the_helper_that_mounts_agree_on_paths(staged: Staged) -> None:
    units = Path(f"{staged.destdir}{sys.prefix}/lib/systemd/system")
    helper = (units / "i2cdrv-mount@.service").read_text()
    assert f"\nExecStart={sys.executable} -Im i2cdrv.daemon.mounthelper mount-again /run/i2cdrv/sys\n" in helper
    assert f"\nListenStream={mounter.SOCKET}\n" in (units / "i2cdrv-mount.socket").read_text()
    for word in ("Wants", "After"):
        assert re.search(rf"^{word}=.*\bi2cdrv-mount\.socket$", (units / "i2cdrv.service").read_text(), re.MULTILINE)


def test_pip_and_pytest_find_their_metadata(staged: Staged) -> None:
    (place,) = staged.packages.glob("*.dist-info")
    found = importlib.metadata.Distribution.at(place)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert place.name == f"i2cdrv-{found.version}.dist-info"
    assert found.metadata["Name"] == "i2cdrv"
    assert set(found.requires or ()) >= set(project["dependencies"])
    points = {(point.group, point.name, point.value) for point in found.entry_points}
    assert points == {
        ("console_scripts", "i2cdrv", "i2cdrv.cli.main:main"),
        ("pytest11", "i2cdrv", "i2cdrv.pytest_plugin"),
    }
    recorded = {os.path.normpath(f"{staged.packages}/{file}") for file in found.files or ()}
    assert recorded == {f"{staged.destdir}{file}" for file in staged.files()}


def test_uninstalled_nothing_is_left(staged: Staged) -> None:
    (staged.packages / "i2cdrv" / "__pycache__").mkdir()
    (staged.packages / "i2cdrv" / "__pycache__" / "cli.pyc").touch()
    packages = staged.packages
    assert staged.uninstall() == ""
    assert staged.files() == set()
    assert list(packages.iterdir()) == []
    assert not staged.configuration.parent.exists()


def test_a_configuration_that_was_changed_is_the_users(staged: Staged) -> None:
    staged.configuration.write_text("interval: 5\n")
    assert staged.install().stderr == f"{staged.configuration} stays as it is\n"
    assert staged.configuration.read_text() == "interval: 5\n"
    assert staged.uninstall() == f"{staged.configuration} was changed, and stays\n"
    assert staged.files() == {"/etc/i2cdrv/i2cdrv.yaml"}


def test_files_of_an_older_version_are_removed(staged: Staged) -> None:
    (new,) = staged.packages.glob("*.dist-info")
    old = new.rename(new.with_name("i2cdrv-0.0.1.dist-info"))
    module = staged.packages / "i2cdrv" / "old.py"
    module.touch()
    with (old / "RECORD").open("a") as record:
        record.write("i2cdrv/old.py,,\ni2cdrv-0.0.1.dist-info/METADATA,,\ni2cdrv-0.0.1.dist-info/INSTALLER,,\n")
        record.write("i2cdrv-0.0.1.dist-info/entry_points.txt,,\ni2cdrv-0.0.1.dist-info/licenses/LICENSE,,\n")
        record.write("i2cdrv-0.0.1.dist-info/RECORD,,\n")
    staged.install()
    assert not module.exists()
    assert list(staged.packages.glob("*.dist-info")) == [new]
    assert staged.configuration.exists()


def test_a_prefix_where_this_python_does_not_look_is_refused(tmp_path: Path) -> None:
    done = python("install", "--prefix", "/opt/i2cdrv", "--destdir", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{sys.executable} does not look for packages below /opt/i2cdrv, but here:\n" in done.stderr
    assert "PREFIX=" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not is_debians(), reason="no Python of Debian here")
@pytest.mark.parametrize(
    ("prefix", "packages"), [("/usr", r"/usr/lib/python3"), ("/usr/local", r"/usr/local/lib/python3\.\d+")]
)
def test_debians_python_has_its_packages_where_debian_wants_them(tmp_path: Path, prefix: str, packages: str) -> None:
    done = python("install", "--prefix", prefix, "--destdir", tmp_path, of=DEBIANS)
    assert done.returncode == 0, done.stderr
    (found,) = tmp_path.rglob("i2cdrv/__init__.py")
    assert re.fullmatch(f"{packages}/dist-packages/i2cdrv/__init__.py", f"/{found.relative_to(tmp_path)}")
    zsh = "vendor-completions" if prefix == "/usr" else "site-functions"
    assert (tmp_path / prefix[1:] / "share/zsh" / zsh / "_i2cdrv").exists()


# The configuration that is shipped.


def paragraphs() -> dict[str, str]:
    """The examples in the comments, by section: from the line with a section's name to the end of the paragraph."""
    found = {}
    for text in EXAMPLE.read_text().split("\n\n"):
        example = re.search(rf"^# ({'|'.join(SECTIONS)}):( .*)?$(\n# .*)*", text, re.MULTILINE)
        if example:
            found[example[1]] = re.sub(r"^# ", "", example[0], flags=re.MULTILINE) + "\n"
    return found


def test_as_shipped_the_configuration_drives_nothing() -> None:
    config = load(EXAMPLE)
    assert (config.service.devices, config.service.modules, config.service.interval) == ((), {}, 1.0)
    assert not config.option_entries
    assert config.cpus is None


def test_it_has_an_example_of_every_section() -> None:
    assert {*paragraphs(), "interval"} == set(SECTIONS)


def test_all_examples_together_are_a_configuration(tmp_path: Path) -> None:
    path = tmp_path / "i2cdrv.yaml"
    path.write_text("".join(paragraphs().values()))
    config = load(path)
    assert [device.module for device in config.service.devices] == ["bme280", "sht4x", "ina219"]
    assert config.service.bus("garden") == "MCP2221"
    done = subprocess.run(
        [sys.executable, "-m", "i2cdrv", "check", path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
