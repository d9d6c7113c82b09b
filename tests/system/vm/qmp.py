"""The QEMU machine protocol, as much of it as changing a chip's property takes."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any


class Qmp:
    """A conversation with a running QEMU; connects with the first command."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stream: Any = None

    def connect(self) -> None:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(str(self.path))
            self.stream = line.makefile("rw", encoding="utf-8")  # keeps the connection open
        self.stream.readline()  # the greeting
        self.command("qmp_capabilities")

    def command(self, name: str, **arguments: Any) -> Any:
        """Execute one command and return its result."""
        if self.stream is None:
            self.connect()
        self.stream.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.stream.flush()
        while line := self.stream.readline():
            reply = json.loads(line)
            if "error" in reply:
                raise OSError(f"{name}: {reply['error']['desc']}")
            if "return" in reply:
                return reply["return"]  # everything else is an event
        raise OSError(f"{name}: QEMU closed the connection")

    def set(self, chip: str, name: str, value: int) -> None:
        """Change a property of the device with this id."""
        self.command("qom-set", path=f"/machine/peripheral/{chip}", property=name, value=value)
