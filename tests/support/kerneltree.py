"""A machine's /sys and /dev below another directory, made as the kernel makes them."""

from __future__ import annotations

import os
from pathlib import Path


class Machine:
    """A tree whose content a test declares."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sys = root / "sys"
        self.dev = root / "dev"
        self.sys.mkdir()
        self.dev.mkdir()

    def adapter(self, nr: int, name: str, parent: str = "platform/soc/fe804000.i2c") -> None:
        """i2c-NR below another device; below an adapter it is a mux channel."""
        path = self.sys / "devices" / parent / f"i2c-{nr}"
        char = path / f"i2c-dev/i2c-{nr}"
        char.mkdir(parents=True)
        (path / "name").write_text(f"{name}\n")
        (char / "name").write_text(f"{name}\n")
        link(self.sys / f"bus/i2c/devices/i2c-{nr}", path)
        link(self.sys / f"class/i2c-dev/i2c-{nr}", char)
        (self.dev / f"i2c-{nr}").touch()

    def client(self, nr: int, addr: int, driver: str = "", module: str = "", name: str = "") -> Path:
        """A device below i2c-NR, perhaps with a driver."""
        device = name or f"{nr}-{addr:04x}"
        path = (self.sys / f"bus/i2c/devices/i2c-{nr}").resolve() / device
        path.mkdir()
        link(self.sys / "bus/i2c/devices" / device, path)
        if driver:
            home = self.sys / "bus/i2c/drivers" / driver
            home.mkdir(parents=True, exist_ok=True)
            link(path / "driver", home)
            link(home / device, path)
        if module:
            (self.sys / "module" / module).mkdir(parents=True)
            link(self.sys / "bus/i2c/drivers" / driver / "module", self.sys / "module" / module)
        return path

    def put(self, path: str, content: str | bytes) -> Path:
        """A file of any tree: ``etc/group``."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def model(self, text: str) -> None:
        path = self.sys / "firmware/devicetree/base/model"
        path.parent.mkdir(parents=True)
        path.write_bytes(text.encode() + b"\0")


def link(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(os.path.relpath(target, path.parent.resolve()))
