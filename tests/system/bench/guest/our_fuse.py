"""Serves a tree with one value, or with many devices: ``our_fuse TARGET [DEVICES FILES]``."""

from __future__ import annotations

import sys
import threading
from functools import partial
from pathlib import Path

from i2cdrv.sysfs import fuse
from i2cdrv.sysfs.kernfs import Attribute, Tree


def main(target: str, devices: str = "0", files: str = "0") -> None:
    tree = Tree()
    tree.root.add("value", Attribute(0o444, lambda: b"21470\n"))
    for device in range(int(devices)):
        home = tree.root.directory(f"1-{device:04x}")
        for number in range(int(files) - 1):
            home.add(f"attribute{number}", Attribute(0o644, partial(_text, number), None))
    fuse.Server(tree, fuse.mount(Path(target))).start()
    print("up", flush=True)
    threading.Event().wait()


def _text(number: int) -> bytes:
    return b"%d\n" % number


if __name__ == "__main__":
    main(*sys.argv[1:])
