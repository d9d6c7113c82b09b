"""A server with a method for each thing a method can do, and a client that speaks bytes."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING, Any

from i2cdrv.errors import Error
from i2cdrv.ipc.varlink import Call, Interface, Limits, Product, Server

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

PATIENCE = 60.0  # s; only a failing test needs them
TEXT = """\
# For the tests.
interface io.i2cdrv.Desk
method Echo(text: string) -> (text: string)
method Fail(errno: int, message: string) -> ()
method Crash() -> ()
method Who() -> (pid: int, uid: int, gid: int, may_change: bool)
method Load(module: string) -> ()
method Wait() -> (word: string)
method Change() -> (word: string)
method Count(to: int, fail: ?bool) -> (number: ?int)
method Follow() -> (number: ?int)
method Flood(size: int) -> (text: string)
method Absent() -> ()
error Error (errno: int, name: string, message: string)
"""
DESK = "io.i2cdrv.Desk"


class Desk:
    """The handlers, and a record of their calls."""

    def __init__(self) -> None:
        self.loaded: list[str] = []
        self.waiting = threading.Semaphore(0)  # released by each Wait and Follow that runs
        self.go = threading.Event()  # lets Wait end
        self.ended = threading.Event()  # set when a Follow or Flood has ended
        self.sent = 0  # replies of Flood
        interface = Interface(TEXT)
        for name in ("Echo", "Fail", "Crash", "Who", "Wait", "Count", "Follow", "Flood"):
            interface.add(name, getattr(self, name.lower()))
        interface.add("Load", self.load, changes=True)
        interface.add("Change", self.wait, changes=True)
        self.interface = interface

    def echo(self, call: Call) -> Mapping[str, Any]:
        return {"text": call.parameters["text"]}

    def fail(self, call: Call) -> Mapping[str, Any]:
        raise Error(call.parameters["message"], call.parameters["errno"])

    def crash(self, call: Call) -> Mapping[str, Any]:
        raise ZeroDivisionError("in the handler")

    def who(self, call: Call) -> Mapping[str, Any]:
        return {**call.peer._asdict(), "may_change": call.is_privileged}

    def load(self, call: Call) -> Mapping[str, Any]:
        self.loaded.append(call.parameters["module"])
        return {}

    def wait(self, call: Call) -> Mapping[str, Any]:
        self.waiting.release()
        assert self.go.wait(PATIENCE)
        return {"word": "done"}

    def count(self, call: Call) -> Generator[Mapping[str, Any], None, Mapping[str, Any]]:
        to = min(call.parameters["to"], 2000)
        for number in range(to - 1):
            yield {"number": number}
        if call.parameters.get("fail"):
            raise Error("counted too far", 34)
        return {"number": to - 1}

    def follow(self, call: Call) -> Generator[Mapping[str, Any], None, None]:
        """Send one reply, then nothing until no client waits."""
        try:
            yield {"number": 0}
            self.waiting.release()
            assert call.closed.wait(PATIENCE)
        finally:
            self.ended.set()

    def flood(self, call: Call) -> Generator[Mapping[str, Any], None, None]:
        """Send replies forever."""
        text = "x" * call.parameters["size"]
        try:
            while True:
                yield {"text": text}
                self.sent += 1
        finally:
            self.ended.set()

    def server(self, path: Path, **limits: Any) -> Server:
        return Server(path, [self.interface], product=Product(version="1.2", url="u"), limits=Limits(**limits))


class Raw:
    """A client that sends and receives any bytes."""

    def __init__(self, path: Path) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(str(path))
        self.inbox = b""

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def say(self, *messages: bytes) -> None:
        self.sock.sendall(b"".join(messages))

    def hear(self) -> bytes:
        """Return one message with its NUL, or the rest if the connection was closed."""
        while b"\0" not in self.inbox:
            try:
                data = self.sock.recv(65536)
            except ConnectionResetError:  # closed, and not all we sent was read
                data = b""
            if not data:
                rest, self.inbox = self.inbox, b""
                return rest
            self.inbox += data
        message, _, self.inbox = self.inbox.partition(b"\0")
        return message + b"\0"

    def ask(self, *messages: bytes) -> Any:
        self.say(*messages)
        return json.loads(self.hear()[:-1])
