"""``detect`` decided by the adapter's own name; doctor and daemon decided by the controller behind a multiplexer.

The camera and display bus of a mainline kernel is ``i2c-2-mux (chan_id 1)``: it was probed.  A user's cascaded
multiplexer ``i2c-22-mux (chan_id 3)`` was refused.  Right: the controller at the root decides.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from i2cdrv.core import registry
from i2cdrv.core.detect import scan
from i2cdrv.i2c import topology
from i2cdrv.sim import SimAdapter

from .common import verdict


class Tree(NamedTuple):
    """A controller of that number and name, multiplexers behind it, and the channel under test."""

    root: int
    name: str
    channel: int
    between: tuple[int, ...]
    probed: bool


TREES = (
    Tree(2, "bcm2835 (i2c@7e205000)", 4, (), probed=False),  # camera and display
    Tree(1, "bcm2835 (i2c@7e804000)", 30, (22,), probed=True),  # the header
)


def sysfs_of(tree: Tree) -> Path:
    top = Path(tempfile.mkdtemp())
    listed, path = top / "sys/bus/i2c/devices", top / "sys/devices/soc"
    listed.mkdir(parents=True)
    name = tree.name
    for nr in (tree.root, *tree.between, tree.channel):
        path = path / f"i2c-{nr}"
        path.mkdir(parents=True)
        (path / "name").write_text(f"{name}\n")
        (listed / f"i2c-{nr}").symlink_to(path)
        name = f"i2c-{nr}-mux (chan_id 1)"
    return top / "sys"


def is_probed(tree: Tree) -> bool:
    name = topology.adapter_name(tree.channel, sys=sysfs_of(tree))
    bus = registry.acquire(SimAdapter({}, nr=tree.channel, name=name))
    try:
        scan(bus, [])
    except OSError:
        return False
    finally:
        bus.put()
    return True


if __name__ == "__main__":
    wrong = [tree for tree in TREES if is_probed(tree) != tree.probed]
    verdict(wrong, ", ".join(f"i2c-{tree.channel} behind {tree.name}" for tree in wrong) or "the controller decides")
