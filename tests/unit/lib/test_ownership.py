"""The files that root makes in a directory of the service's user."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from i2cdrv.core.published import Publication
from i2cdrv.daemon.statefile import RuntimeDevice, StateFile
from i2cdrv.errors import Error
from i2cdrv.lib import trusted
from i2cdrv.lib.ownership import open_lock
from i2cdrv.sysfs.kernfs import Tree
from i2cdrv.sysfs.mounted import mounted_tree

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = 65533
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has something to give")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of the service's user."""
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.setattr(trusted, "SERVICE", (str(place),))
    os.chown(place, SERVICE, SERVICE)
    return place


def owners(place: Path) -> set[int]:
    return {path.lstat().st_uid for path in place.rglob("*")}


def test_it_is_that_users(place: Path) -> None:
    StateFile(place / "state.json").change(lambda state: state.devices.append(RuntimeDevice("lm75", "1", 0x48)))
    publication = Publication(place, "1-0048")
    with mounted_tree(Tree(), place / "sys"):
        assert (place / "sys.lock").stat().st_uid == SERVICE
    publication.close()
    assert owners(place) == {SERVICE}
    assert len(list(place.rglob("*"))) == 5  # state.json, devices, the device's lock, sys, sys.lock


def test_no_link_leads_root_elsewhere(place: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("of root")
    for link in ("state.json.new", "sys.lock"):
        (place / link).symlink_to(victim)
    StateFile(place / "state.json").change(lambda state: state.modules.append("lm75"))
    with mounted_tree(Tree(), place / "sys"):
        pass
    (place / "devices").symlink_to(tmp_path)
    with pytest.raises(Error, match="devices is a link, which is not followed here"):
        Publication(place, "1-0048")
    os.link(victim, place / "lock")
    with pytest.raises(OSError, match="hard link"):
        open_lock(place / "lock")
    assert (victim.read_text(), victim.stat().st_uid) == ("of root", 0)
