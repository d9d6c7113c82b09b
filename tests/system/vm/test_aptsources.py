"""The machine's own apt sources, in both formats of sources.list(5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import aptsources
from .aptsources import debian, entry
from .progress import Failed

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb-src http://mirror.example/debian bookworm main
deb [arch=amd64,arm64 signed-by=/k.gpg] http://mirror.example/debian/ bookworm main contrib  # a comment
deb http://mirror.example/debian bookworm-updates main
"""
DEB822 = f"""\
Types: deb deb-src
# http://snapshot.example/debian
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main non-free
Signed-By: {KEYRING}

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm-backports
Components: main
"""
OTHER_ARCHIVE = "deb http://archive.example/debian/ bookworm main\n"  # as Raspberry Pi OS has


@pytest.fixture
def apt(tmp_path: Path) -> Path:
    (tmp_path / "apt/sources.list.d").mkdir(parents=True)
    return tmp_path / "apt"


@pytest.fixture
def bookworm(tmp_path: Path) -> Path:
    (tmp_path / "os-release").write_text('ID=debian\nVERSION_CODENAME=bookworm\nVERSION_ID="12"\n')
    return tmp_path / "os-release"


def test_a_suite_is_added_beside_an_entry_of_one_line(apt: Path, bookworm: Path) -> None:
    (apt / "sources.list").write_text(ONE_LINE)
    assert entry("bookworm-backports", apt, bookworm) == (
        "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm-backports\nComponents: main\n"
        "Architectures: amd64 arm64\nSigned-By: /k.gpg\n"
    )


def test_a_suite_is_added_beside_a_stanza(apt: Path, bookworm: Path) -> None:
    (apt / "sources.list.d/debian.sources").write_text(DEB822)
    assert entry("bookworm-backports", apt, bookworm) == (
        "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm-backports\nComponents: main\n"
        f"Signed-By: {KEYRING}\n"
    )


@pytest.mark.parametrize("place", ["sources.list", "sources.list.d/a.list"])
def test_a_suite_that_is_there_is_not_added(apt: Path, bookworm: Path, place: str) -> None:
    (apt / place).write_text(f"{ONE_LINE}deb http://mirror.example/debian bookworm-backports main\n")
    assert entry("bookworm-backports", apt, bookworm) == ""


def test_an_archive_beside_debians_is_not_its_mirror(apt: Path, bookworm: Path) -> None:
    (apt / "sources.list").write_text(OTHER_ARCHIVE)
    (apt / "sources.list.d/debian.sources").write_text(DEB822)
    assert debian(apt, bookworm).uri == "http://mirror.example/debian"


def test_the_first_of_a_list_of_mirrors_is_used(apt: Path, bookworm: Path, tmp_path: Path) -> None:
    (tmp_path / "mirrors").write_text("https://near.example/debian\nhttps://far.example/debian\n")
    (apt / "sources.list.d/debian.sources").write_text(
        DEB822.replace("http://mirror.example/debian", f"mirror+file://{tmp_path}/mirrors")
    )
    assert debian(apt, bookworm).uri == "https://near.example/debian"


def test_a_key_in_a_stanza_stays_whole(apt: Path, bookworm: Path) -> None:
    key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEY865UxYJ\n -----END PGP PUBLIC KEY BLOCK-----"
    (apt / "sources.list.d/debian.sources").write_text(DEB822.replace(KEYRING, f"\n {key}"))
    assert entry("trixie", apt, bookworm).endswith(f"\nSigned-By: {key}\n")


@pytest.mark.parametrize("text", ["", "deb cdrom:[Debian_12]/ bookworm main\n", "deb http://x.example sid main\n"])
def test_a_machine_without_a_mirror_gets_the_setting_to_make(apt: Path, bookworm: Path, text: str) -> None:
    (apt / "sources.list").write_text(text)
    with pytest.raises(Failed, match="no source of bookworm; set I2CDRV_VM_MIRROR"):
        debian(apt, bookworm)


def test_a_mirror_that_is_set_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("I2CDRV_VM_MIRROR", "http://set.example/debian")
    assert aptsources.mirror() == "http://set.example/debian"
